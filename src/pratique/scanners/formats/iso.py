"""Open ISO 9660 images: every name of every tree, and what boots from them.

Read by our own tables and not through libarchive, which shows one tree of an image.  A
file is given once, with what each tree calls it.  UDF (ECMA-167), alone or with them, is one
tree more.

Limitations: interleaved files (ECMA-119 6.4.3) are not put together; files that are packed
in the image (zisofs) are given as they lie there, and want an outside program; so does UDF
on disks that are written file by file (virtual and sparable partitions).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from pratique.scanners.budget import Budget, OverBudget
from pratique.scanners.containers.around import behind
from pratique.scanners.containers.disks import iso_tables, udf
from pratique.scanners.containers.disks.iso_tables import File
from pratique.scanners.containers.gather import Damaged, Gather
from pratique.scanners.part import Found, Member, Part, Reached, Recognized

_PIECE = 64 * 1024
# UDF may have files with room that nobody wrote to, which reads as zeros.
_SPARSE = 8 * 1024 * 1024


def _smallest() -> bytes:
    def both(number: int) -> bytes:
        return number.to_bytes(4, "little") + number.to_bytes(4, "big")

    def record(name: bytes, place: int, size: int, flags: int) -> bytes:
        fields = b"\0" + both(place) + both(size) + bytes(7) + bytes([flags, 0, 0, 1, 0, 0, 1])
        return bytes([len(fields) + 2 + len(name)]) + fields + bytes([len(name)]) + name

    volume = b"\1CD001\1".ljust(80, b"\0") + both(19)
    volume = volume.ljust(156, b"\0") + record(b"\0", 18, 2048, 2)
    folder = record(b"\0", 18, 2048, 2) + record(b"\1", 18, 2048, 2) + record(b"A", 0, 0, 0)
    sectors = (volume, b"\xffCD001\1", folder)
    return bytes(16 * 2048) + b"".join(each.ljust(2048, b"\0") for each in sectors)


class Iso:
    """Gives the files of an image."""

    name: ClassVar[str] = "iso"
    types: ClassVar[frozenset[str]] = frozenset({"application/x-iso9660-image"})
    told_by: ClassVar[str] = "type"
    # An empty file named "A", by one record of its root (ECMA-119 8.4 and 9.1).
    smallest: ClassVar[bytes] = _smallest()

    # Samples that the tests need not have, and why.
    lacks: ClassVar[dict[str, str]] = {
        "encrypted": "the format has no encryption",
    }

    def recognize(self, part: Part) -> Recognized:
        """Tell by the detected type."""
        return "whole" if part.known.type in self.types else ""

    def members(self, part: Part, budget: Budget) -> Iterator[Found]:
        """Give each file, then each boot image, then what lies behind the volume."""
        octets = part.octets
        image = iso_tables.read(octets, budget.check_clock)
        _add_udf(part, image, budget)
        if image.damage:
            part.state_unopened(image.damage)
        elif not image.files and not image.end:
            part.state_unopened("it has no tree that we know")
        if image.packed:
            part.state_unopened("files that are packed in it", "needs_program")
        if image.end > len(octets):
            part.state_unopened("it is cut off")
        # Files share no octets but those that are one place, and are given once.
        most = 2 * len(octets) + _SPARSE
        opened = _Opened(part, Gather(budget, len(octets), most=most))
        for file in image.files.values():
            yield from opened.file(file)
        if image.catalog:
            yield from opened.boot(image)
        if image.end and not image.damage:
            yield from behind(octets, image.end, budget)


def _add_udf(part: Part, image: iso_tables.Image, budget: Budget) -> None:
    """Take the files of a UDF volume to those of the other trees."""
    if not udf.is_there(part.octets):
        return
    try:
        udf.read(part.octets, image, budget.check_clock)
    except udf.Unknown as unknown:
        part.known.unopened, part.known.why = "needs_program", str(unknown)
    except Damaged as damage:
        part.state_unopened(str(damage))


@dataclass(slots=True)
class _Opened:
    """An image whose trees were read."""

    part: Part
    gather: Gather

    def file(self, file: File) -> Iterator[Found]:
        """Give one file with all its names."""
        # A name that is only another's upper case says nothing.
        name, *others = list(file.names) or [""]
        member = Member(step=f"iso:{name}", name=name, names=tuple(others))
        yield from self._fill(member, file.extents)

    def boot(self, image: iso_tables.Image) -> Iterator[Found]:
        """Give what a machine would boot from; some of it is a file as well."""
        known = {file.extents[0][0] for file in image.files.values() if file.extents}
        for start, size in iso_tables.boot_images(self.part.octets, image.catalog):
            if size and start not in known:
                yield from self._fill(Member(step="iso:boot"), ((start, size),))

    def _fill(self, member: Member, extents: tuple[tuple[int, int], ...]) -> Iterator[Found]:
        try:
            self.gather.budget.check_part_octets(sum(size for _, size in extents))
            member.octets, member.why = self.gather.octets(self._pieces(extents))
        except OverBudget as over:
            member.unopened, member.why = "over_budget", over.detail
            yield member
            if over.class_ != "part_octets":
                raise
            yield Reached(over.class_, over.detail, at=member)
            return
        if member.why:
            member.unopened = "unreadable"
            self.part.state_unopened(member.why)
        yield member

    def _pieces(self, extents: tuple[tuple[int, int], ...]) -> Iterator[bytes]:
        for start, size in extents:
            end = start + size
            for place in range(start, end, _PIECE):
                wanted = min(end, place + _PIECE)
                piece = (
                    bytes(self.part.octets[place:wanted]) if start >= 0 else bytes(wanted - place)
                )
                yield piece
                if len(piece) < wanted - place:
                    raise Damaged("a file that lies behind the end")
