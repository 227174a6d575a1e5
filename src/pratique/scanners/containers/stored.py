"""Give members that lie in a container as they are, or come from it in pieces.

Whatever an archive's tables say of a member, giving it is the same: its size is held
against the limit of one part before anything is copied, what is cut off keeps what there
is, and what cannot be read of it is damage of the container as well.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pratique.scanners.budget import OverBudget
from pratique.scanners.containers.gather import Gather
from pratique.scanners.containers.members import left
from pratique.scanners.part import Found, Member, Part

# libarchive's words, and ours, for a form that a reader has not, instead of for damage.
_LACKING = re.compile(r"upport|unavailable|nimplemented|no reader", re.ASCII)


@dataclass(slots=True)
class Giver:
    """Gives the members of one container, and marks it where one is damaged."""

    part: Part
    gather: Gather

    def mark(self, why: str) -> None:
        """State that the container is damaged, or of a form that an outside program may know."""
        self.part.state_unopened(why, "needs_program" if _LACKING.search(why) else "unreadable")

    def slice(self, member: Member, start: int, size: int) -> Iterator[Found]:
        """Give what lies there as it is; nothing is copied, but all is counted."""
        octets = self.part.octets[start : start + size]
        try:
            self.gather.budget.check_part_octets(size)
        except OverBudget as over:
            yield from left(member, over)
            return
        self.gather.charge(len(octets))
        member.octets = octets
        if len(octets) < size:
            self._damage(member, "it is cut off")
        yield member

    def pieces(self, member: Member, pieces: Iterable[bytes], size: int | None) -> Iterator[Found]:
        """Give what the pieces hold; no size if it costs to step over them."""
        try:
            self.gather.budget.check_part_octets(size or 0)
            member.octets, why = self.gather.octets(pieces)
        except OverBudget as over:
            yield from left(member, over)
            if over.class_ != "part_octets" or size is None:
                raise
            return
        if why:
            self._damage(member, why)
        yield member

    def _damage(self, member: Member, why: str) -> None:
        member.unopened, member.why = "unreadable", why
        self.mark(why)
