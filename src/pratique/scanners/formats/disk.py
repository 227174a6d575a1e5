"""Open disk images by their partition table, MBR or GPT (UEFI 2.10, 5): each partition is a part.

What lies in no partition no system shows; a partition is then told by its own form, and
one whose form has no reader says so itself.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from pratique.scanners.budget import Budget
from pratique.scanners.containers.gather import Gather
from pratique.scanners.containers.stored import Giver
from pratique.scanners.part import Found, Member, Part, Recognized

_SECTOR = 512
_TABLE, _ENTRIES = 446, 4
# Kinds of partitions that hold partitions, and the one that stands for a GPT.
_EXTENDED, _GPT = frozenset({0x05, 0x0F, 0x85}), 0xEE
# Windows takes 128 partitions of a disk, as many as a GPT has by default.
_PARTITIONS = 128


@dataclass(frozen=True, slots=True)
class _Partition:
    start: int
    size: int
    name: str = ""


def _smallest() -> bytes:
    entry = b"\0\0\0\0\x7f\0\0\0" + (1).to_bytes(4, "little") + (1).to_bytes(4, "little")
    return bytes(_TABLE) + entry.ljust(64, b"\0") + b"\x55\xaa" + bytes(_SECTOR)


class Disk:
    """Gives the partitions of a disk."""

    name: ClassVar[str] = "disk"
    types: ClassVar[frozenset[str]] = frozenset({"application/x-raw-disk-image"})
    told_by: ClassVar[str] = "type"
    # One partition of one sector, of a kind that says nothing.
    smallest: ClassVar[bytes] = _smallest()

    # Samples that the tests need not have, and why.
    lacks: ClassVar[dict[str, str]] = {
        "encrypted": "the format has no encryption",
        "bomb": f"at most {_PARTITIONS} partitions are cut out, and nothing is unpacked",
    }

    def recognize(self, part: Part) -> Recognized:
        """Tell by the detected type."""
        return "whole" if part.known.type in self.types else ""

    def members(self, part: Part, budget: Budget) -> Iterator[Found]:
        """Give each partition."""
        giver = Giver(part, Gather(budget, len(part.octets)))
        partitions = list(dict.fromkeys(_partitions(part.octets)))[: _PARTITIONS + 1]
        if not partitions or len(partitions) > _PARTITIONS:
            giver.mark(f"it has {'no partition' if not partitions else 'too many partitions'}")
        for number, one in enumerate(partitions[:_PARTITIONS], 1):
            member = Member(f"disk:{one.name or number}", name=one.name)
            yield from giver.slice(member, one.start, one.size)


def _partitions(octets: memoryview) -> Iterator[_Partition]:
    """By both tables: a system that finds no GPT announced in the MBR does not look for it."""
    guid = bytes(octets[_SECTOR : _SECTOR + 8]) == b"EFI PART"
    if guid:
        yield from _by_guid(octets)
    for kind, start, size in _entries(octets, 0):
        if guid and kind == _GPT:
            continue
        if kind in _EXTENDED:
            yield from _logical(octets, start)
        else:
            yield _Partition(start * _SECTOR, size * _SECTOR)


def _entries(octets: memoryview, sector: int) -> Iterator[tuple[int, int, int]]:
    """Kind, first sector and count of sectors of a table's entries."""
    table = bytes(octets[sector * _SECTOR : (sector + 1) * _SECTOR])
    if table[510:] != b"\x55\xaa":
        return
    for number in range(_ENTRIES):
        entry = table[_TABLE + number * 16 : _TABLE + number * 16 + 16]
        start, size = (int.from_bytes(entry[n : n + 4], "little") for n in (8, 12))
        if entry[4] and size:
            yield entry[4], start, size


def _logical(octets: memoryview, first: int) -> Iterator[_Partition]:
    """Each logical partition has a table that leads to the next, counted from the first."""
    at, seen = first, set[int]()
    while at not in seen and len(seen) <= _PARTITIONS:
        seen.add(at)
        following = 0
        for kind, start, size in _entries(octets, at):
            if kind in _EXTENDED:
                following = first + start
            else:
                yield _Partition((at + start) * _SECTOR, size * _SECTOR)
        if not following:
            return
        at = following


def _by_guid(octets: memoryview) -> Iterator[_Partition]:
    header = bytes(octets[_SECTOR : _SECTOR * 2])
    at = int.from_bytes(header[72:80], "little") * _SECTOR
    count, step = (int.from_bytes(header[n : n + 4], "little") for n in (80, 84))
    for number in range(min(count, _PARTITIONS * 2)):
        entry = bytes(octets[at + number * step : at + number * step + min(step, 128)])
        if len(entry) == 128 and any(entry[:16]):
            first, last = (int.from_bytes(entry[n : n + 8], "little") for n in (32, 40))
            name = entry[56:].decode("utf-16-le", "replace").partition("\0")[0]
            yield _Partition(first * _SECTOR, max(0, last + 1 - first) * _SECTOR, name)
