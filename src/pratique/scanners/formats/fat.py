"""Open FAT volumes: floppies, sticks, partitions of disk images (see `fat_tables`).

What was deleted no system shows; but where a root lists nothing and there are octets all
the same, its files may have been deleted, or it may be damaged, and that is said.
"""

from collections.abc import Iterator
from typing import ClassVar

from pratique.scanners.budget import Budget
from pratique.scanners.containers.around import behind
from pratique.scanners.containers.disks import fat_tables
from pratique.scanners.containers.gather import Damaged, Gather
from pratique.scanners.containers.stored import Giver
from pratique.scanners.part import Found, Member, Part, Recognized


def _smallest() -> bytes:
    # 1 sector a cluster, 1 reserved, 1 table of 1 sector, 16 entries in the root, 8 sectors.
    boot = (
        b"\xeb\x3c\x90MSDOS5.0"
        + b"\0\2\1\1\0\1\x10\0\x08\0\xf8\1\0".ljust(499, b"\0")
        + b"\x55\xaa"
    )
    entry = b"A          ".ljust(32, b"\0")
    return boot + b"\xf8\xff\xff".ljust(512, b"\0") + entry.ljust(512, b"\0") + bytes(5 * 512)


class Fat:
    """Gives the files of a FAT volume."""

    name: ClassVar[str] = "fat"
    types: ClassVar[frozenset[str]] = frozenset({"application/x-fat-image"})
    told_by: ClassVar[str] = "type"
    # An empty file named "A".
    smallest: ClassVar[bytes] = _smallest()

    # Samples that the tests need not have, and why.
    lacks: ClassVar[dict[str, str]] = {"encrypted": "the format has no encryption"}

    def recognize(self, part: Part) -> Recognized:
        """Tell by the detected type."""
        return "whole" if part.known.type in self.types else ""

    def members(self, part: Part, budget: Budget) -> Iterator[Found]:
        """Give each file that was not deleted."""
        # No two files share clusters, but on a damaged volume.
        giver = Giver(part, Gather(budget, len(part.octets), most=2 * len(part.octets)))
        try:
            volume = fat_tables.read(part.octets)
        except Damaged as damage:
            giver.mark(str(damage))
            return
        if volume.first > len(part.octets):
            giver.mark("it is cut off")
        is_empty = True
        for file in volume.files(budget.check_clock):
            is_empty = False
            name, *others = file.names
            member = Member(f"fat:{name}", name=name, names=tuple(others), raw_name=file.raw_name)
            yield from giver.pieces(member, volume.pieces(file), file.size)
        if volume.damage:
            giver.mark(volume.damage)
        elif is_empty and (volume.end > len(part.octets) or not volume.is_blank()):
            giver.mark("it holds octets, and lists no file")
        if volume.end >= volume.first:
            yield from behind(part.octets, volume.end, budget)
