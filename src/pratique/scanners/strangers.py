"""Make a scanner that is not ours one of ours: show it parts, and distrust what it says.

It is code of the admin's, and means no harm; but nobody here has read it.  So what it
gives is held against v1.py before it becomes facts: a thing that is no finding, a severity
that is none, a name without end.  Such nonsense is a failure with the scanner's name, like
an error that it raises.  What it found before that is kept, and the other scanners go on.

What it is not shown it cannot miss in silence: a part that is too large for it is a limit
with its name.  Hanging, and dying, are for the other side of the wall to notice: each
scanner is announced before each part.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pratique.scanners import facts_pb2 as facts
from pratique.scanners import v1
from pratique.scanners.part import Part, as_bytes
from pratique.scanners.report import DETAIL, shorten

# Names are for policies and lists, which nobody writes longer; an address on the web is.
NAME, REFERENCE = 100, 500
# Of one message, whatever it says of each part: a report has room for 1,000 findings of all
# scanners together, and one that always speaks must not keep the others from being heard.
MESSAGE_FINDINGS = 300


class Nonsense(Exception):
    """A scanner gave what is no finding; says in words what."""


@dataclass(slots=True)
class Stranger:
    """A scanner of the admin's, as the walk asks it."""

    name: str
    scanner: v1.Scanner
    limits: v1.Limits
    # Of its package, or of its file.
    version: str = ""
    # Where its code lies.
    file: str = ""
    # Findings in the message at hand.
    _stated: int = 0

    def scan(self, part: Part) -> Iterator[facts.Facts]:
        """State what it says of the part.  Raises Nonsense, and what it raises."""
        number = part.known.id
        if number == 0:
            self._stated = 0
        if self.limits.kinds and (part.known.kind or "other") not in self.limits.kinds:
            return
        if len(part.octets) > self.limits.octets:
            yield self._limit("part_octets", number, f"more than {self.limits.octets} octets")
            return
        for count, said in enumerate(self._said(part), 1):
            if count > self.limits.findings:
                yield self._limit("findings", number, f"more than {self.limits.findings} findings")
                return
            self._stated += 1
            if self._stated > MESSAGE_FINDINGS:
                if self._stated == MESSAGE_FINDINGS + 1:
                    most = f"more than {MESSAGE_FINDINGS} findings in one message"
                    yield self._limit("findings", number, most)
                return
            yield facts.Facts(findings=[self._finding(said, number, count)])

    def _said(self, part: Part) -> Iterator[object]:
        """What the scanner gives, whatever that is."""
        try:
            said: object = self.scanner.scan(_shown(part))
            if said is None:
                return
            if not isinstance(said, Iterable):
                raise Nonsense(f"scan gave {_described(said)}, and no findings")
            yield from said
        except MemoryError:
            # The walk would take it for a limit of the message, and name nobody.
            raise Nonsense("it wants more memory than a worker may have") from None
        except (SystemExit, KeyboardInterrupt) as end:
            raise Nonsense(f"it wants to end the program ({end})") from None

    def _finding(self, said: object, part: int, count: int) -> facts.Finding:
        if not isinstance(said, v1.Finding):
            raise Nonsense(f"no finding, but {_described(said)}")
        if problem := _problem(said):
            raise Nonsense(f"its finding {count}: {problem}")
        return facts.Finding(
            scanner=self.name,
            name=said.name,
            family=said.family,
            severity=said.severity,
            part=part,
            engine_version=self.version,
            note=shorten(said.note, DETAIL),
            reference=said.reference,
        )

    def _limit(self, class_: str, part: int, detail: str) -> facts.Facts:
        limit = facts.Limit(class_=class_, part=part, detail=f"{self.name}: {detail}")
        return facts.Facts(limits=[limit])


def _shown(part: Part) -> v1.Part:
    known = part.known
    return v1.Part(
        octets=as_bytes(part.octets),
        name=known.name,
        names=part.names,
        type=known.type,
        kind=known.kind or "other",
        path=known.path,
        size=known.size,
        sha256=known.sha256,
    )


def _problem(said: v1.Finding) -> str:
    """What is wrong with a finding; empty if nothing is."""
    for field, most in (("name", NAME), ("family", NAME), ("reference", REFERENCE)):
        value = getattr(said, field)
        if not isinstance(value, str):
            return f"{field} is {_described(value)}, and no text"
        if len(value) > most:
            return f"{field} has {len(value)} characters, at most {most} are allowed"
        if not value.isprintable():
            return f"{field} has characters that cannot be shown: {_described(value)}"
    if not said.name:
        return "it has no name"
    if not isinstance(said.note, str):
        return f"note is {_described(said.note)}, and no text"
    if said.severity not in v1.SEVERITIES:
        words = ", ".join(v1.SEVERITIES)
        return f"severity is {_described(said.severity)}, and not one of {words}"
    return ""


def _described(value: object) -> str:
    """A value in few words, however large it is."""
    if isinstance(value, str):
        return repr(value[:40])
    return f"a {type(value).__name__}"
