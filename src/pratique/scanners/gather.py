"""Gather a member's octets from pieces, each held against the budget.

Every format that unpacks goes through here, so that a bomb is stopped in one place:
at the limit of one part, of the whole message, or of what a packed octet may become.
What was decoded before damage is kept: many an unpacker shows it to its user.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from pratique.scanners.budget import Budget


class Damaged(Exception):  # noqa: N818 - a fact about a container, not an error of ours
    """The container, or the member that is being read, cannot be read on."""


@dataclass(slots=True)
class Gather:
    """Counts what one container of `packed` octets becomes."""

    budget: Budget
    packed: int
    unpacked: int = 0

    def octets(self, pieces: Iterable[bytes]) -> tuple[memoryview, str]:
        """Join the pieces; beside them why they are not all, or nothing.

        `OverBudget` comes when one piece is too many, and never later.
        """
        gathered = bytearray()
        why = ""
        try:
            for piece in pieces:
                self._charge(len(gathered) + len(piece), len(piece))
                gathered += piece
        except Damaged as damage:
            why = str(damage)
        return memoryview(gathered).toreadonly(), why

    def _charge(self, of_member: int, of_piece: int) -> None:
        self.budget.check_part_octets(of_member)
        self.budget.charge_octets(of_piece)
        self.unpacked += of_piece
        self.budget.check_ratio(self.packed, self.unpacked)
