"""Open cabinets ([MS-CAB]) through libarchive, also behind a program that unpacks itself.

libarchive knows all ways of packing but Quantum, which nobody writes any more.

Limitations: a cabinet with Quantum wants an outside program; a file that goes on in
another cabinet is `unreadable`.
"""

from collections.abc import Iterator
from typing import ClassVar

from pratique.scanners.budget import Budget
from pratique.scanners.containers.archive import Archive, Entry
from pratique.scanners.containers.around import behind, carries, find_all, told
from pratique.scanners.containers.gather import Damaged, Gather
from pratique.scanners.containers.oem import readings
from pratique.scanners.containers.stored import Giver
from pratique.scanners.part import Found, Member, Part, Recognized

_MARK = b"MSCF\0\0\0\0"
_MARKS, _HEADER = 16, 36
# [MS-CAB] 2.1: flags, and the sizes that follow where the last is set.
_FROM_BEFORE, _GOES_ON, _RESERVED = 1, 2, 4
# 2.2: two octets whose lower half is the way of packing.
_QUANTUM = 2


class Cab:
    """Gives the files of a cabinet."""

    name: ClassVar[str] = "cab"
    types: ClassVar[frozenset[str]] = frozenset({"application/vnd.ms-cab-compressed"})
    told_by: ClassVar[str] = "front"
    mark: ClassVar[bytes] = _MARK
    # An empty file named "a", in a folder without blocks.
    smallest: ClassVar[bytes] = (
        _MARK + (62).to_bytes(4, "little") + bytes(4) + (44).to_bytes(4, "little") + bytes(4)
        + b"\3\1\1\0\1\0\0\0\0\0\0\0"
        + (62).to_bytes(4, "little") + bytes(4)
        + bytes(8) + bytes(2) + b"\x21\0\0\0\x20\0" + b"a\0"
    )  # fmt: skip

    # Samples that the tests need not have, and why.
    lacks: ClassVar[dict[str, str]] = {"encrypted": "the format has no encryption"}

    def recognize(self, part: Part) -> Recognized:
        """Tell by the detected type, or by a cabinet in a program or the like."""
        if recognized := told(part, self.types):
            return recognized
        return "within" if carries(part, _MARK) and _holding(part.octets) >= 0 else ""

    def members(self, part: Part, budget: Budget) -> Iterator[Found]:
        """Give each file; then what lies behind the end."""
        octets = part.octets[max(0, _holding(part.octets)) :]
        giver = Giver(part, Gather(budget, len(octets)))
        lacking = _lacking(octets)
        if lacking:
            giver.mark(lacking)
        with Archive(octets, "cab") as archive:
            try:
                for entry in archive.entries():
                    budget.check_clock()
                    yield from giver.pieces(_member(entry), archive.pieces(), None)
            except Damaged as damage:
                giver.mark(str(damage))
                return
        if len(octets) < _size(octets):
            giver.mark("it is cut off")
        yield from behind(octets, _end(octets), budget)


def _member(entry: Entry) -> Member:
    # libarchive turns backslashes round; names with bit 7 of the attributes are UTF-8.
    name, *others = readings(entry.raw_name)
    return Member(f"cab:{name}", name=name, names=tuple(others), raw_name=entry.raw_name)


def _size(octets: memoryview) -> int:
    return int.from_bytes(octets[8:12], "little")


def _holding(octets: memoryview) -> int:
    """Where a header stands that can be one: its list of files lies in it."""
    for at in find_all(octets, _MARK, _MARKS):
        head = bytes(octets[at : at + _HEADER])
        size, files = (int.from_bytes(head[n : n + 4], "little") for n in (8, 16))
        if len(head) == _HEADER and head[25:26] == b"\1" and _HEADER < files <= size:
            return at
    return -1


def _lacking(octets: memoryview) -> str:
    """What of it cannot be read here, by its header and its folders."""
    head = bytes(octets[:_HEADER])
    if len(head) < _HEADER:
        return "it is cut off"
    flags, folders = head[30], int.from_bytes(head[26:28], "little")
    if flags & (_FROM_BEFORE | _GOES_ON):
        return "it goes on in another cabinet"
    at = _HEADER
    if flags & _RESERVED:
        reserved = bytes(octets[at : at + 4]).ljust(4, b"\0")
        at += 4 + int.from_bytes(reserved[:2], "little")
        step = 8 + reserved[2]
    else:
        step = 8
    ways = {
        octets[at + n * step + 6] & 0x0F for n in range(folders) if at + n * step + 6 < len(octets)
    }
    return "no reader for Quantum" if _QUANTUM in ways else ""


def _end(octets: memoryview) -> int:
    """Where it ends, a signature behind it included.

    Authenticode reserves 20 octets in the header that say where the signature is and how
    long: "Authenticode Portable Executable" has no word of it, signtool and 7-Zip do so.
    """
    end, head = _size(octets), bytes(octets[:60])
    if len(head) == 60 and head[30] & _RESERVED and head[36:40] == b"\x14\0\0\0":
        start, size = (int.from_bytes(head[n : n + 4], "little") for n in (44, 48))
        if start == end:
            return end + size
    return end
