"""Match YARA rules against every part: the rules we ship and those of the admin.

Each file is a namespace of its own, so rules of different files may share a name.  A
rule's metadata tell what a match means: `family`, `severity` (information, suspicious,
malicious; suspicious if it says nothing) and `description`.

Rules about the shape of a whole message look for words of mail, which stand in 25 MB of
text a million times; so the rules of a file whose name ends in `.head.yar` see only the
first 256 KB of a part.

YARA stops a scan by itself after whole seconds, and drops the matches of a string that
matches too often; both are failures of this scanner on that part, since rules that
would have matched may have been missed.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any, ClassVar

import yara

from pratique.scanners import facts_pb2 as facts
from pratique.scanners import wall_pb2 as wall
from pratique.scanners.part import Part, Unfit

# 5,849 rules take 1 s for 25 MB of text; five times that is a rule gone wild.
_SECONDS = 5
_SUFFIXES = frozenset({".yar", ".yara"})
_HEAD_SUFFIXES = (".head.yar", ".head.yara")
# The worms whose shape is known were messages of 10 to 150 KB.
HEAD = 256 * 1024
_SEVERITIES = frozenset({"information", "suspicious", "malicious"})
_HASH_DIGITS = 12


Add = Callable[[dict[str, Any]], int]


class Yara:
    """Holds the compiled rules."""

    name: ClassVar[str] = "yara"

    def __init__(self, setup: wall.Setup) -> None:
        shipped = Path(str(files("pratique.scanners").joinpath("rules")))
        sources = _read([shipped, *map(Path, setup.rule_folders)])
        self._rules, self._head_rules = map(_compile, _part(sources))
        text = "\0".join(f"{name}\0{source}" for name, source in sorted(sources.items()))
        self._version = hashlib.sha256(text.encode()).hexdigest()[:_HASH_DIGITS]

    def scan(self, part: Part) -> Iterator[facts.Facts]:
        """State each rule that matches as a finding."""
        found = facts.Facts()
        if len(part.octets):
            add = _adder(found, part.known.id, self._version)
            problems = _match(self._rules, part.octets, add)
            problems += _match(self._head_rules, part.octets[:HEAD], add)
            for problem in problems:
                found.failures.add(class_="scanner", part=part.known.id, detail=f"yara: {problem}")
        yield found


def _match(rules: yara.Rules, octets: memoryview, add: Add) -> list[str]:
    """Run the rules; give what went wrong."""
    problems: list[str] = []
    try:
        rules.match(
            data=octets,
            callback=add,
            which_callbacks=yara.CALLBACK_MATCHES,
            warnings_callback=_noter(problems),
            timeout=_SECONDS,
        )
    except yara.TimeoutError:
        problems.append(f"not finished after {_SECONDS} seconds")
    except yara.Error as error:
        problems.append(str(error))
    return problems


def _adder(found: facts.Facts, part: int, version: str) -> Add:
    def add(match: dict[str, Any]) -> int:
        meta = match["meta"]
        severity = str(meta.get("severity", ""))
        found.findings.add(
            scanner=Yara.name,
            name=match["rule"],
            family=str(meta.get("family", "")),
            severity=severity if severity in _SEVERITIES else "suspicious",
            part=part,
            engine_version=yara.YARA_VERSION,
            database_version=version,
            note=str(meta.get("description", "")),
        )
        return int(yara.CALLBACK_CONTINUE)

    return add


def _noter(problems: list[str]) -> Callable[[int, Any], int]:
    def note(_kind: int, warning: Any) -> int:
        rule = getattr(warning, "rule", "a rule")
        problems.append(f"{rule} matches too often")
        return int(yara.CALLBACK_CONTINUE)

    return note


def _read(folders: Iterable[Path]) -> dict[str, str]:
    """Every rule file's source by its path."""
    sources: dict[str, str] = {}
    for folder in folders:
        try:
            paths = sorted(path for path in folder.iterdir() if path.suffix in _SUFFIXES)
            sources |= {str(path): path.read_text("utf-8") for path in paths}
        except (OSError, UnicodeDecodeError) as error:
            raise Unfit(f"rule folder {folder}: {error}") from error
    return sources


def _part(sources: dict[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """The files whose rules see all of a part, and those whose rules see its head."""
    whole: dict[str, str] = {}
    head: dict[str, str] = {}
    for path, source in sources.items():
        (head if path.endswith(_HEAD_SUFFIXES) else whole)[path] = source
    return whole, head


def _compile(sources: dict[str, str]) -> yara.Rules:
    try:
        return yara.compile(sources=sources, includes=False)
    except yara.Error as error:
        raise Unfit(_blame(sources) or f"rules: {error}") from error


def _blame(sources: dict[str, str]) -> str:
    """Which file is broken, and in which line; only asked once it is known that one is."""
    for path, source in sources.items():
        try:
            yara.compile(source=source, includes=False)
        except yara.Error as error:
            return f"rule file {path}: {error}"
    return ""
