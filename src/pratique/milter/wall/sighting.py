"""Gather what one worker says of one message, and check it against what can be true.

A worker reads what strangers wrote, so one day a stranger may be speaking through it.
It could always say "clean"; that is what killing, retiring and the policy are for.  What
it must not be able to do is harm this side: fill its memory, have octets cut that are
not in our fields, use a word that no rule knows, or stay silent and be believed.  Nor may it
speak for others: for engines, DNS lists and the checks of where mail is from, whose
facts are added on this side, or for scanners and signatures that its nursery does not have.
Each of these is a lie (`Lie`), and a worker that lies is treated like one that died.
"""

import math
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp

from pratique.milter.lookups.bounces.proof import WEIGHTS
from pratique.milter.mail import Content
from pratique.milter.programs.handed import Handed
from pratique.scanners import facts_pb2 as facts
from pratique.scanners.wall_pb2 import Started

# A worker says no more than 1,000 findings and 200 ambiguities (scanners/report.py),
# and a limit and a failure for each part and scanner.  Counted before they are kept:
# a list entry takes two octets on the wire and hundreds here.
MOST_FINDINGS = 2_000
MOST_AMBIGUITIES = 1_000
MOST_FAULTS = 20_000
MOST_ENTRIES = 2_000
# Ten of DKIM, and ten sets of ARC with two each: a key is fetched for each one.
MOST_SIGNATURES = 30
_FEWEST = min(MOST_FINDINGS, MOST_AMBIGUITIES, MOST_FAULTS, MOST_ENTRIES)

# Forged copies of our own fields: a header is read up to one mebibyte (budget.py).
MAX_CUT = 1024 * 1024
_OURS = (b"x-pratique-", b"mime-ambiguity-results")
# RFC 8601 5: a field that falsely claims to be ours is cut out, which lookups/auth decides.
_RESULTS = (b"authentication-results:",)
# Blanks and NULs that some readers skip, before a name and in it.
_SKIPPED = b" \t\0"
_NAME_WINDOW = 4096

_NAME = re.compile(r"[a-z0-9._-]{1,64}", re.IGNORECASE)

# The end of year 9999, the last that a Timestamp may name.
_LAST_SECOND = 253_402_300_799
# Nanoseconds.
_SECOND = 1_000_000_000


def _words(vocabulary: type) -> frozenset[str]:
    return frozenset(vocabulary.Word.keys()) | {""}  # type: ignore[attr-defined]


_KINDS, _UNOPENED = _words(facts.Kinds), _words(facts.Unopened)
_DISGUISES, _VIEWS = _words(facts.Disguises), _words(facts.Views)
_SEVERITIES, _AMBIGUITIES = _words(facts.Severities), _words(facts.Ambiguities)
_LIMITS = _words(facts.Limits)
# The other failures happen on this side of the wall.
_FAILURES = frozenset(("scanner", "reader", "unavailable"))
# What is proved, or compared with what we sent, is known on this side only.
_OTHERS, _EVIDENCE = _words(facts.OtherReports), _words(facts.EvidenceKinds) - WEIGHTS.keys()
_TRICKS = _words(facts.LinkTricks)
_SPOOFS = _words(facts.SpoofSigns)
_SIGNATURE_PROBLEMS = _words(facts.SignatureProblems)


_NO_WORD = "a word that facts.proto does not have"


class Lie(Exception):
    """A worker said what no honest worker says."""


@dataclass(frozen=True, slots=True)
class Names:
    """Whom a worker may speak for; None means anyone."""

    # The scanners that find something.
    scanners: frozenset[str] | None = None
    # The signatures and databases that it is found with.
    sources: frozenset[str] | None = None


_ANYBODY = Names()


@dataclass(slots=True)
class Sighting:
    """What one worker said of one message, and how it ended."""

    # Parts that the budget allows.
    most_parts: int
    names: Names = _ANYBODY
    known: facts.Facts = field(default_factory=facts.Facts)
    parts: dict[int, facts.Part] = field(default_factory=dict)
    # "done", "died", "late" or "lied".
    end: str = "died"
    detail: str = ""
    # How long the worker says it took, if it came to the end.
    seconds: float = 0.0
    # The reader or scanner that was announced last, if it did not come to its end.
    last: Started | None = None
    # Parts for outside programs: the caller closes them.
    handed: list[Handed] = field(default_factory=list)
    # Whether `known` includes the parts, in the order of their ids; None: nothing is known yet.
    _is_whole: bool | None = None
    # Octets of all that was taken.
    _octets: int = 0

    def start(self, started: Started) -> None:
        """Remember whom to blame.  Raises Lie."""
        if not _NAME.fullmatch(started.name):
            raise Lie("a scanner whose name is none")
        self.last = started

    def take(self, found: facts.Facts) -> None:
        """Add facts as `wall.proto` says: parts by id, all else merged.  Raises Lie.

        Takes ownership of `found`.
        """
        self._count(found)
        _check(found, self.names)
        parts = self.parts
        for part in found.parts:
            parts[part.id] = part
        if len(parts) > self.most_parts:
            raise Lie(f"a list of {len(parts)} parts, at most {self.most_parts} can be true")
        if self._is_whole is None and _is_in_order(list(parts), len(found.parts)):
            # Ordinary mail: all of it at once, and each part once and in order.
            self.known, self._is_whole = found, True
            return
        if self._is_whole:
            del self.known.parts[:]
        self._is_whole = False
        del found.parts[:]
        self.known.MergeFrom(found)

    def finish(self, content: Content) -> None:
        """Check the whole against the message that was handed over.  Raises Lie."""
        # An answer without the message itself would pass most policies.
        if 0 not in self.parts or self.known.mail.size != content.size:
            raise Lie("facts without the message that they are about")
        if len(self.known.signatures) > MOST_SIGNATURES:
            raise Lie(f"{len(self.known.signatures)} signatures, at most {MOST_SIGNATURES}")
        _check_cuts(content, self.known.mail)
        _check_results(content, self.known.stated_results)
        self.end = "done"

    def whole(self) -> facts.Facts:
        """Return all facts so far, the parts in the order of their ids."""
        if self._is_whole:
            return self.known
        gathered = facts.Facts()
        gathered.CopyFrom(self.known)
        gathered.parts.extend(self.parts[number] for number in sorted(self.parts))
        return gathered

    def _count(self, found: facts.Facts) -> None:
        # A list entry takes at least two octets: in this few octets no list is too long.
        self._octets += found.ByteSize()
        if self._octets <= 2 * _FEWEST:
            return
        known, mail = self.known, found.mail
        header = mail.header
        for count, most in (
            # A part is stated again when more became known of it.
            (len(found.parts), self.most_parts + MOST_FAULTS),
            (len(known.findings) + len(found.findings), MOST_FINDINGS),
            (len(known.ambiguities) + len(found.ambiguities), MOST_AMBIGUITIES),
            (len(known.limits) + len(found.limits), MOST_FAULTS),
            (len(known.failures) + len(found.failures), MOST_FAULTS),
            (len(known.bounce.evidence) + len(found.bounce.evidence), MOST_ENTRIES),
            *(
                (len(getattr(known.bounce.returned, name)) + len(listed), MOST_ENTRIES)
                for name, listed in _lists_of(found.bounce.returned)
            ),
            (len(known.links) + len(found.links), MOST_ENTRIES),
            (len(known.sources) + len(found.sources), MOST_ENTRIES),
            (len(known.signatures) + len(found.signatures), MOST_SIGNATURES),
            (len(known.spoof_signs) + len(found.spoof_signs), MOST_ENTRIES),
            (len(known.stated_results) + len(found.stated_results), MOST_ENTRIES),
            (len(known.mail.foreign_fields) + len(mail.foreign_fields), MOST_ENTRIES),
            (len(mail.header_anomalies), MOST_ENTRIES),
            *((len(getattr(header, one.name)), MOST_ENTRIES) for one, _ in header.ListFields()),
            *((len(part.names), MOST_ENTRIES) for part in found.parts),
            *((len(one.fields), MOST_ENTRIES) for one in found.signatures),
            *((len(one.results), MOST_ENTRIES) for one in found.stated_results),
        ):
            if count > most:
                raise Lie(f"a list of {count}, at most {most} can be true")


def _lists_of(returned: facts.Returned) -> Iterator[tuple[str, Sequence[object]]]:
    for one, listed in returned.ListFields():
        if one.is_repeated:
            yield one.name, listed


def _is_in_order(ids: list[int], stated: int) -> bool:
    """Tell whether each stated part came once, and in the order of their ids."""
    return len(ids) == stated and ids == sorted(ids)


def _check(found: facts.Facts, names: Names) -> None:
    """Check who may state each field that is present, and its words against facts.proto."""
    # Most fields are absent: asking for each of them would cost as much as all the rest.
    for field_, value in found.ListFields():
        check = _CHECKS.get(field_.name)
        if check is None:
            # What others state: `asking.py`, `lookups/`, the doors.
            raise Lie(f"{field_.name}, which no worker states")
        check(value, names)


def _check_word(word: str, words: frozenset[str]) -> None:
    """Refuse a word that is in no vocabulary: no rule would match it."""
    if word not in words:
        raise Lie(_NO_WORD)


def _check_nothing(_value: object, _names: Names) -> None:
    """Accept: there is no word to check, and only a worker can have stated it."""


def _check_parts(parts: Iterable[facts.Part], _: Names) -> None:
    # There are thousands of parts: calling four functions for each would take twice as long.
    for part in parts:
        if part.kind not in _KINDS or part.unopened not in _UNOPENED:
            raise Lie(_NO_WORD)
        if not (_VIEWS.issuperset(part.views) and _DISGUISES.issuperset(part.disguised)):
            raise Lie(_NO_WORD)


def _check_findings(findings: Iterable[facts.Finding], names: Names) -> None:
    for one in findings:
        _check_word(one.severity, _SEVERITIES)
        _check_name(one.scanner, names.scanners)
        _check_moment(one.database_date)


def _check_sources(sources: Iterable[facts.Source], names: Names) -> None:
    for one in sources:
        _check_name(one.name, names.sources)
        _check_moment(one.date)


def _check_links(links: Iterable[facts.Link], _: Names) -> None:
    for one in links:
        if not _TRICKS.issuperset(one.tricks):
            raise Lie(_NO_WORD)
        if one.listed:
            raise Lie("lists that it cannot have asked")


def _check_spoof_signs(signs: Iterable[facts.SpoofSign], _: Names) -> None:
    for one in signs:
        _check_word(one.kind, _SPOOFS)


def _check_ambiguities(ambiguities: Iterable[facts.Ambiguity], _: Names) -> None:
    for one in ambiguities:
        _check_word(one.class_, _AMBIGUITIES)


def _check_limits(limits: Iterable[facts.Limit], _: Names) -> None:
    for one in limits:
        _check_word(one.class_, _LIMITS)


def _check_failures(failures: Iterable[facts.Failure], _: Names) -> None:
    for one in failures:
        _check_word(one.class_, _FAILURES)


def _check_bounce(bounce: facts.Bounce, names: Names) -> None:
    _check_word(bounce.other, _OTHERS)
    for evidence in bounce.evidence:
        _check_word(evidence.kind, _EVIDENCE)
        if not math.isfinite(evidence.weight):
            raise Lie("a weight that is no number")
    _check_moment(bounce.returned.date)
    _check_signatures(bounce.returned.signatures, names)
    if bounce.verified:
        raise Lie("a bounce that it cannot have verified")
    if bounce.weight or bounce.lately or bounce.flood:
        raise Lie("what of bounces is counted on this side only")


def _check_signatures(signatures: Iterable[facts.Signature], _: Names) -> None:
    """Check that a signature has either a hash of 32 octets or a problem."""
    for one in signatures:
        _check_word(one.problem, _SIGNATURE_PROBLEMS)
        if len(one.signed_sha256) != (0 if one.problem else 32):
            raise Lie("a signature with a hash that is none")
        _check_moment(one.signed_at)
        _check_moment(one.expires_at)


def _check_moment(moment: Timestamp) -> None:
    """Refuse a moment that could not be read as a date on this side."""
    if not (0 <= moment.seconds <= _LAST_SECOND and 0 <= moment.nanos < _SECOND):
        raise Lie("a date that there is not")


def _check_name(stated: str, known: frozenset[str] | None) -> None:
    if known is not None and stated not in known:
        raise Lie("findings or signatures that its nursery does not have")


# The fields that a worker may state; all others are stated on this side.
_CHECKS: dict[str, Callable[[Any, Names], None]] = {
    "mail": _check_nothing,
    "parts": _check_parts,
    "ambiguities": _check_ambiguities,
    "findings": _check_findings,
    "bounce": _check_bounce,
    "limits": _check_limits,
    "failures": _check_failures,
    "links": _check_links,
    "links_left_out": _check_nothing,
    "sources": _check_sources,
    "signatures": _check_signatures,
    "spoof_signs": _check_spoof_signs,
    "stated_results": _check_nothing,
}


def _check_cuts(content: Content, mail: facts.Mail) -> None:
    """Allow cutting only whole fields of ours: their beginnings and ends are compared."""
    reached = cut = 0
    for span in mail.foreign_fields:
        if not reached <= span.start < span.end <= content.size:
            raise Lie(f"a cut from {span.start} to {span.end} that cannot be made")
        if not _begins_with(_OURS, content, span.start, span.end):
            raise Lie(f"a cut from {span.start} to {span.end} that is no field of ours")
        reached = span.end
        cut += span.end - span.start
    if cut > MAX_CUT:
        raise Lie(f"cuts of {cut} octets, at most {MAX_CUT} can be true")


def _check_results(content: Content, stated: Iterable[facts.StatedResults]) -> None:
    """Check each span that may be cut later: a whole field of this name, or empty."""
    cut = 0
    for one in stated:
        if one.start == one.end == 0:
            continue
        if not 0 <= one.start < one.end <= content.size:
            raise Lie(f"results from {one.start} to {one.end} that cannot be there")
        if not _begins_with(_RESULTS, content, one.start, one.end):
            raise Lie(f"results from {one.start} to {one.end} that are no such field")
        cut += one.end - one.start
    if cut > MAX_CUT:
        raise Lie(f"results of {cut} octets, at most {MAX_CUT} can be true")


def _begins_with(names: tuple[bytes, ...], content: Content, start: int, end: int) -> bool:
    """Tell whether a span is whole lines that begin with the name of such a field."""
    before = content.peek(start - 1, 1) if start else b"\n"
    last = content.peek(end - 1, 1)
    whole = before == b"\n" and (last == b"\n" or end == content.size)
    name = content.peek(start, min(_NAME_WINDOW, end - start)).translate(None, _SKIPPED)
    # Where blanks fill the window, the colon lies beyond it.
    return whole and (name.lower() + b":").startswith(names)
