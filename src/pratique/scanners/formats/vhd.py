"""Open VHD (Microsoft's "Virtual Hard Disk Image Format Specification" 1.0): the disk in it.

A fixed one is the disk and a footer of 512 octets behind it; a dynamic one has a copy of
the footer in front, and blocks of the disk wherever a table says.  The disk is then told
by its own form.

Limitations: a disk that is larger than a part may be is over the budget, also if hardly
any of it is written; a differencing one needs its parent, which is another file.
"""

from collections.abc import Iterator
from typing import ClassVar

from pratique.scanners.budget import Budget
from pratique.scanners.containers.around import behind
from pratique.scanners.containers.gather import Damaged, Gather
from pratique.scanners.containers.stored import Giver
from pratique.scanners.part import Found, Member, Part, Recognized

_FOOTER, _COOKIE, _SPARSE = 512, b"conectix", b"cxsparse"
_FIXED, _DYNAMIC, _DIFFERENCING = 2, 3, 4
_UNUSED, _SECTOR = 0xFFFFFFFF, 512
_PIECE = 64 * 1024
# "Dynamic Disk Header": 2 MB by default.
_LARGEST_BLOCK = 64 * 1024 * 1024


class Vhd:
    """Gives the disk of an image."""

    name: ClassVar[str] = "vhd"
    types: ClassVar[frozenset[str]] = frozenset({"application/x-vhd"})
    told_by: ClassVar[str] = "type"
    # A fixed disk of no octets.
    smallest: ClassVar[bytes] = (
        _COOKIE + bytes(8) + b"\xff" * 8 + bytes(36) + b"\0\0\0\2" + bytes(448)
    )

    # Samples that the tests need not have, and why.
    lacks: ClassVar[dict[str, str]] = {"encrypted": "the format has no encryption"}

    def recognize(self, part: Part) -> Recognized:
        """Tell by the detected type."""
        return "whole" if part.known.type in self.types else ""

    def members(self, part: Part, budget: Budget) -> Iterator[Found]:
        """Give the disk."""
        octets, giver = part.octets, Giver(part, Gather(budget, len(part.octets)))
        last, first = bytes(octets[-_FOOTER:]), bytes(octets[:_FOOTER])
        footer = last if last.startswith(_COOKIE) else first
        if len(footer) < _FOOTER or not footer.startswith(_COOKIE):
            giver.mark("it is cut off")
            return
        kind, size = int.from_bytes(footer[60:64], "big"), int.from_bytes(footer[48:56], "big")
        member = Member("vhd:disk")
        if kind == _FIXED:
            if len(octets) - _FOOTER < size:
                giver.mark("it is cut off")
            end = min(size, len(octets) - _FOOTER)
            yield from giver.slice(member, 0, end)
            yield from behind(octets[:-_FOOTER], end, budget)
        elif kind == _DYNAMIC:
            at = int.from_bytes(footer[16:24], "big")
            yield from giver.pieces(member, _blocks(octets, at, size), size)
        elif kind == _DIFFERENCING:
            giver.mark("it is the difference to another image")
        else:
            giver.mark(f"a disk of the unknown kind {kind}")


def _blocks(octets: memoryview, at: int, size: int) -> Iterator[bytes]:
    header = bytes(octets[at : at + 64])
    if not header.startswith(_SPARSE) or len(header) < 64:
        raise Damaged("it has no table of blocks")
    table = int.from_bytes(header[16:24], "big")
    entries, block = (int.from_bytes(header[n : n + 4], "big") for n in (28, 32))
    if not 0 < block <= _LARGEST_BLOCK or block % _SECTOR:
        raise Damaged("it has blocks of no possible size")
    # A bit for each sector stands in front of a block, filled up to a sector.
    bits = -(-(block // _SECTOR) // (8 * _SECTOR)) * _SECTOR
    for number in range(-(-size // block)):
        entry = bytes(octets[table + number * 4 : table + number * 4 + 4])
        if number >= entries or len(entry) < 4:
            raise Damaged("its table of blocks is too short")
        sector = int.from_bytes(entry, "big")
        wanted = min(block, size - number * block)
        start = sector * _SECTOR + bits
        for place in range(0, wanted, _PIECE):
            length = min(_PIECE, wanted - place)
            if sector == _UNUSED:
                yield bytes(length)
                continue
            piece = bytes(octets[start + place : start + place + length])
            yield piece
            if len(piece) < length:
                raise Damaged("a block that lies behind the end")
