"""Open .Z, what compress(1) writes: one file, packed by LZW, through libarchive.

It keeps no name and no size, has no mark at its end and no check sum, so whatever lies
behind it is unpacked with it, and a cut file is one that ends sooner.
"""

from collections.abc import Iterator
from typing import ClassVar

from pratique.scanners.budget import Budget
from pratique.scanners.containers.archive import Archive
from pratique.scanners.containers.around import told
from pratique.scanners.containers.gather import Damaged, Gather
from pratique.scanners.containers.streams import unpacked_names
from pratique.scanners.part import Found, Member, Part, Recognized


class Compress:
    """Gives the one file that a .Z file holds."""

    name: ClassVar[str] = "compress"
    types: ClassVar[frozenset[str]] = frozenset({"application/x-compress"})
    told_by: ClassVar[str] = "front"
    # The letter "a", in one code of nine bits.
    smallest: ClassVar[bytes] = bytes.fromhex("1f9d906100")

    # Samples that the tests need not have, and why.
    lacks: ClassVar[dict[str, str]] = {"encrypted": "the format has no encryption"}

    def recognize(self, part: Part) -> Recognized:
        """Tell by the detected type, or by the first octets."""
        return told(part, self.types)

    def members(self, part: Part, budget: Budget) -> Iterator[Found]:
        """Give the file."""
        name, *others = unpacked_names(part)
        member = Member(step=f"compress:{name}", name=name, names=tuple(others))
        pieces = _pieces(part.octets)
        member.octets, member.why = Gather(budget, len(part.octets)).octets(pieces)
        if member.why:
            member.unopened = part.known.unopened = "unreadable"
            part.known.why = member.why
        yield member


def _pieces(octets: memoryview) -> Iterator[bytes]:
    with Archive(octets, "raw", filters=("compress",)) as archive:
        for _ in archive.entries():
            yield from archive.pieces()
            return
    raise Damaged("it holds nothing")
