"""Keep what the walk needs of a container that it has begun to open, or will when it can.

What stands on the walk's stack is here, and what waits for a password beside it; the walk
itself, and every decision, is `unpack.py`.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from pratique.scanners import facts_pb2 as facts
from pratique.scanners.part import Found, Member, Part, Reader, Unlocks


@dataclass(slots=True)
class Opened:
    """A container whose members are being asked for."""

    part: Part
    reader: str
    members: Iterator[Found]
    # Those that open the same part after this one.
    others: list[Reader] = field(default_factory=list)
    # It was locked, and words were tried on it.
    tried: bool = False
    # What members became, by identity; they are kept here so that no id is used twice.
    known: dict[int, tuple[Member, facts.Part]] = field(default_factory=dict)
    # `inside` of its members: what the container itself is in, and what it is called there.
    inside: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        known = self.part.known
        word = "message" if known.kind == "message" else self.reader
        self.inside = (*known.inside[:], word)

    def part_of(self, member: Member | None) -> facts.Part:
        """The part that a member became; None is the container itself."""
        return self.known[id(member)][1] if member is not None else self.part.known


@dataclass(slots=True)
class Locked:
    """A container that waits until every word of the message is known."""

    part: Part
    reader: Unlocks
    others: list[Reader]
