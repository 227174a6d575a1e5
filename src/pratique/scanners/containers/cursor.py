"""Read a table of numbers and octets from front to back, and never past its end.

What a table says of its own length is a stranger's word, so each step is held against
what is there; past the end is damage, and a count is held against the octets that are
left, since each of what is counted takes some.
"""

from pratique.scanners.containers.gather import Damaged


class Cursor:
    """A place in a table that moves on with all that is read."""

    def __init__(self, octets: memoryview | bytes, at: int = 0) -> None:
        self._octets = octets
        self.at = at

    @property
    def left(self) -> int:
        """How many octets lie behind the place."""
        return len(self._octets) - self.at

    def take(self, count: int) -> bytes:
        """So many octets."""
        if not 0 <= count <= self.left:
            raise Damaged("its table is cut off")
        self.at += count
        return bytes(self._octets[self.at - count : self.at])

    def octet(self) -> int:
        """One octet, as a number."""
        return self.take(1)[0]

    def little(self, count: int) -> int:
        """A number of so many octets, the lowest first."""
        return int.from_bytes(self.take(count), "little")

    def big(self, count: int) -> int:
        """A number of so many octets, the highest first."""
        return int.from_bytes(self.take(count), "big")

    def count(self, number: int) -> int:
        """The number, if there is at least an octet for each."""
        if number > self.left + 1:
            raise Damaged("its table counts more than it holds")
        return number

    def until_zero(self, most: int) -> bytes:
        """Octets up to a zero, which is read as well."""
        piece = bytes(self._octets[self.at : self.at + most + 1])
        text, zero, _ = piece.partition(b"\0")
        if not zero:
            raise Damaged("a name in its table does not end")
        self.at += len(text) + 1
        return text
