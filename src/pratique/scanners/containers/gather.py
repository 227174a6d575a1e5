"""Gather a member's octets from pieces, each held against the budget.

Every format that unpacks goes through here, so that a bomb is stopped in one place:
at the limit of one part, of the whole message, or of what a packed octet may become.
What was decoded before damage is kept: many an unpacker shows it to its user.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pratique.scanners.budget import Budget, OverBudget

# What is not unpacked is read in pieces of this size.
PIECE = 64 * 1024


class Damaged(Exception):
    """The container, or the member that is being read, cannot be read on."""


@dataclass(slots=True)
class Gather:
    """Counts what one container of `packed` octets becomes."""

    budget: Budget
    packed: int
    unpacked: int = 0
    # What it may become at most, where nothing in it is packed; 0 is no such limit.
    most: int = 0

    def octets(self, pieces: Iterable[bytes]) -> tuple[memoryview, str]:
        """Join the pieces; with them why some are missing, or nothing.

        `OverBudget` comes when one piece is too many, and never later.
        """
        gathered: bytes | bytearray = b""
        why = ""
        try:
            for piece in pieces:
                self.budget.check_part_octets(len(gathered) + len(piece))
                self.charge(len(piece))
                if not gathered:
                    gathered = piece  # mostly it is the only one, and is not copied
                    continue
                if isinstance(gathered, bytes):
                    gathered = bytearray(gathered)
                gathered += piece
        except Damaged as damage:
            why = str(damage)
        return memoryview(gathered).toreadonly(), why

    def charge(self, count: int) -> None:
        """Account for octets that came out of the container, kept or not."""
        self.budget.charge_octets(count)
        self.unpacked += count
        self.budget.check_ratio(self.packed, self.unpacked)
        if self.most and self.unpacked > self.most:
            raise OverBudget("ratio", f"more than {self.most} octets, one over the other")


def pieces_of(octets: memoryview | bytes) -> Iterator[bytes]:
    """The octets as they are, in pieces that are small against any limit."""
    for start in range(0, len(octets), PIECE):
        yield bytes(octets[start : start + PIECE])
