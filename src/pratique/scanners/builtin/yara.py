"""Match YARA rules against every part: the rules we ship and those of the admin.

How rules are read, compiled and tried, and what their metadata mean, is in ../yara_rules/.

Rules about the shape of a whole message look for words of mail, which stand in 25 MB of
text a million times; so the rules of a file whose name ends in `.head.yar` see only the
first 256 KB of a part.  Most parts are smaller, and those are looked through once, by all
rules together.  In the same pass the marks are looked for that readers want (`marks.py`).
Where the only rules about heads are those that we ship, a look tells of most parts that none
of these can match, and they are not tried (`yara_rules/possible.py`).

Of the message itself, where it is a container (it has MIME parts), no rule sees more than
those first octets: what is behind them are its parts, encoded, and each is shown decoded and
whole.  A message without MIME parts is a part like any other, and is shown whole.

YARA stops a scan by itself after whole seconds, and drops the matches of a string that
matches too often; both are failures of this scanner on that part, since rules that
would have matched may have been missed.

What the rules say of some octets they say of them again, in whatever mail: so it is kept,
by SHA-256, unless something went wrong.  It is kept within one worker, which is confined
and does not live long: whoever could write in there could as well change what is said.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any, ClassVar

import yara

from pratique.scanners import facts_pb2 as facts
from pratique.scanners import marks
from pratique.scanners import wall_pb2 as wall
from pratique.scanners.part import Part, Unfit
from pratique.scanners.yara_rules.loading import load
from pratique.scanners.yara_rules.meta import said
from pratique.scanners.yara_rules.possible import may_match
from pratique.scanners.yara_rules.sources import WrongRules

# 5,849 rules take 1 s for 25 MB of text; five times that is a rule gone wild.
_SECONDS = 5
# The worms whose shape is known were messages of 10 to 150 KB.
HEAD = 256 * 1024
# Stands in the header of each message that has MIME parts (RFC 2046 5.1).
_MULTIPART = re.compile(rb"multipart/", re.IGNORECASE)

# So much is kept: a few hundred octets each.  A file that matches more rules than that is
# none that comes again and again.
KEPT, _KEPT_FINDINGS = 2048, 16
# A smaller part is scanned as fast as it is looked up.
_KEPT_FROM = 4096


@dataclass(slots=True)
class _Seen:
    """What one part matched: rules' names with their metadata, and marks."""

    rules: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    marks: set[bytes] = field(default_factory=set)

    def add(self, match: dict[str, Any]) -> int:
        """Take a match over."""
        if match["namespace"] == marks.NAMESPACE:
            self.marks.add(marks.of_rule(match["rule"]))
        else:
            self.rules.append((match["rule"], match["meta"]))
        return int(yara.CALLBACK_CONTINUE)


class Yara:
    """Holds the compiled rules."""

    name: ClassVar[str] = "yara"

    def __init__(self, setup: wall.Setup) -> None:
        shipped = Path(str(files("pratique.scanners").joinpath("rules")))
        folders = [Path(folder) for folder in setup.rule_folders]
        beside = {marks.NAMESPACE: marks.RULES}
        try:
            rules = load(shipped, folders, beside, setup.rule_cache)
        except WrongRules as wrong:
            raise Unfit(str(wrong)) from wrong
        self._all, self._whole, self._head = rules.all, rules.whole, rules.head
        self._head_can_be_spared = rules.can_be_spared
        # No mark is asked for in a message, which is text and mostly base64.
        self._message = rules.whole if rules.has_whole else None
        self._kept: dict[str, _Seen] = {}
        self._version = rules.version

    def scan(self, part: Part) -> Iterator[facts.Facts]:
        """State each rule that matches as a finding; note which marks stand in the part."""
        seen, problems = self._kept.get(part.known.sha256), list[str]()
        message = part.known.kind == "message"
        if seen is None:
            seen, problems = self._look(_shown(part), message=message)
            if not problems and not message and len(part.octets) >= _KEPT_FROM:
                self._keep(part.known.sha256, seen)
        if not problems and not message:
            part.marks = frozenset(seen.marks)
        if seen.rules or problems:
            yield self._stated(seen, problems, part.known.id)

    def _look(self, octets: memoryview, *, message: bool) -> tuple[_Seen, list[str]]:
        """What matches, and what went wrong."""
        seen = _Seen()
        if not len(octets):
            return seen, []
        rules, head = (self._message if message else self._whole), octets[:HEAD]
        if self._head_can_be_spared and not may_match(head):
            return seen, _match(rules, octets, seen) if rules is not None else []
        if rules is not None and self._all is not None and len(octets) <= HEAD:
            return seen, _match(self._all, octets, seen)
        problems = _match(rules, octets, seen) if rules is not None else []
        return seen, problems + _match(self._head, head, seen)

    def _keep(self, sha256: str, seen: _Seen) -> None:
        if sha256 and len(seen.rules) <= _KEPT_FINDINGS:
            if len(self._kept) >= KEPT:
                del self._kept[next(iter(self._kept))]
            self._kept[sha256] = seen

    def _stated(self, seen: _Seen, problems: list[str], part: int) -> facts.Facts:
        found = facts.Facts()
        for rule, meta in seen.rules:
            of_rule = said(meta)
            found.findings.add(
                scanner=self.name,
                name=rule,
                family=of_rule.family,
                severity=of_rule.severity,
                part=part,
                engine_version=yara.YARA_VERSION,
                database_version=self._version,
                note=of_rule.note,
                reference=of_rule.reference,
            )
        for problem in problems:
            found.failures.add(class_="scanner", part=part, detail=f"yara: {problem}")
        return found


def _shown(part: Part) -> memoryview:
    """What rules see of a part: all of it, but only the head of the message itself."""
    octets, known = part.octets, part.known
    if len(octets) <= HEAD or known.kind != "message" or known.parent >= 0:
        return octets
    return octets[:HEAD] if _MULTIPART.search(octets[:HEAD]) else octets


def _match(rules: yara.Rules, octets: memoryview, seen: _Seen) -> list[str]:
    """Run the rules; give what went wrong.

    In the fast mode a string is done with its first match where its rule does not count.
    """
    problems: list[str] = []
    try:
        rules.match(
            data=octets,
            callback=seen.add,
            which_callbacks=yara.CALLBACK_MATCHES,
            warnings_callback=_noter(problems),
            timeout=_SECONDS,
            fast=True,
        )
    except yara.TimeoutError:
        problems.append(f"not finished after {_SECONDS} seconds")
    except yara.Error as error:
        problems.append(str(error))
    return problems


def _noter(problems: list[str]) -> Callable[[int, Any], int]:
    def note(_kind: int, warning: Any) -> int:
        rule = getattr(warning, "rule", "a rule")
        problems.append(f"{rule} matches too often")
        return int(yara.CALLBACK_CONTINUE)

    return note
