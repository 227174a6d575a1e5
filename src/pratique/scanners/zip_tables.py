"""Read the tables of a zip file: its directory at the end, its headers before each member.

A zip file says everything twice: once in a header before each member, once in the
central directory behind all of them (APPNOTE 4.3).  Most readers believe the directory,
readers of streams believe the headers, and a file made for it shows different members
to each.  In an honest file the members lie one after the other from the first octet to
the directory, and both tables say the same.  This file tells where that is not so; it
unpacks nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

_END, _ENTRY, HEADER = b"PK\x05\x06", b"PK\x01\x02", b"PK\x03\x04"
_END64 = b"PK\x06\x06"
# APPNOTE 4.3.16: the end record is 22 octets and a comment of at most 65,535.
_END_SIZE, _COMMENT = 22, 65_535
# A comment may hold the signature of an end record, but not often.
_TRIES = 16
# APPNOTE 4.3.12 and 4.3.7: the fixed parts of an entry and of a header.
_ENTRY_SIZE, HEADER_SIZE = 46, 30
# APPNOTE 4.3.9: behind a member that was written as a stream, sizes may follow.
_DESCRIPTOR = 24
_STREAMED, _ENCRYPTED, _UNICODE = 0x08, 0x01, 0x800


@dataclass(frozen=True, slots=True)
class End:
    """The end record: where the directory lies, and how far the file is shifted."""

    directory: int
    position: int
    count: int
    shift: int
    behind: int

    @property
    def closes_file(self) -> bool:
        """Nothing follows it, and it is not an empty archive's: so it is no accident."""
        return self.behind == 0 and self.count > 0


@dataclass(frozen=True, slots=True)
class Listed:
    """What the directory says of one member; `offset` counts from the file's start."""

    raw_name: bytes
    flags: int
    packed: int
    offset: int


def find_end(octets: memoryview) -> End | None:
    """The last end record with a directory before it."""
    start = max(0, len(octets) - _END_SIZE - _COMMENT)
    tail = bytes(octets[start:])
    at = len(tail)
    for _ in range(_TRIES):
        at = tail.rfind(_END, 0, at + 3)
        if at < 0:
            return None
        end = _read_end(octets, start + at)
        if end is not None:
            return end
    return None


def _number(octets: memoryview, at: int, size: int) -> int:
    return int.from_bytes(octets[at : at + size], "little")


def _read_end(octets: memoryview, at: int) -> End | None:
    if at + _END_SIZE > len(octets):
        return None
    count, size, offset = (_number(octets, at + field, 4) for field in (10, 12, 16))
    count &= 0xFFFF
    behind = len(octets) - (at + _END_SIZE + _number(octets, at + 20, 2))
    stop = at
    if 0xFFFFFFFF in {size, offset} or count == 0xFFFF:
        # APPNOTE 4.3.14: the larger record and its locator stand right before this one.
        stop = at - 76
        if stop < 0 or bytes(octets[stop : stop + 4]) != _END64:
            return None
        count, size, offset = (_number(octets, stop + field, 8) for field in (32, 40, 48))
    directory = stop - size
    if directory < 0 or directory < offset:
        return None
    if count and bytes(octets[directory : directory + 4]) != _ENTRY:
        return None
    return End(directory, at, count, directory - offset, behind)


def listed(octets: memoryview, end: End) -> Iterator[Listed]:
    """The directory's entries, to its end and whatever its count says."""
    at = end.directory
    while bytes(octets[at : at + 4]) == _ENTRY and at + _ENTRY_SIZE <= end.position:
        name, extra, comment = (_number(octets, at + field, 2) for field in (28, 30, 32))
        start = at + _ENTRY_SIZE
        yield Listed(
            raw_name=bytes(octets[start : start + name]),
            flags=_number(octets, at + 8, 2),
            packed=_number(octets, at + 20, 4),
            offset=end.shift + _number(octets, at + 42, 4),
        )
        at = start + name + extra + comment


def header_name(octets: memoryview, offset: int) -> bytes:
    """The name in the header at that place; empty if there is no header."""
    if bytes(octets[offset : offset + 4]) != HEADER:
        return b""
    start = offset + HEADER_SIZE
    return bytes(octets[start : start + _number(octets, offset + 26, 2)])


def names(octets: memoryview, most: int) -> list[bytes]:
    """The first names of the directory, or of the first header where there is none."""
    end = find_end(octets)
    if end is None:
        return [header_name(octets, 0)]
    return [entry.raw_name for entry, _ in zip(listed(octets, end), range(most), strict=False)]


def gaps(octets: memoryview, end: End, entries: list[Listed]) -> Iterator[tuple[int, int]]:
    """The pieces between the first octet and the directory that no entry covers."""
    covered = sorted((entry.offset, _behind(octets, entry)) for entry in entries)
    edges = [(0, 0), *covered, (end.directory, end.directory)]
    for (_, behind), (following, _) in pairwise(edges):
        if behind < following:
            yield behind, following


def _behind(octets: memoryview, entry: Listed) -> int:
    lengths = _number(octets, entry.offset + 26, 2) + _number(octets, entry.offset + 28, 2)
    packed = entry.packed if entry.packed != 0xFFFFFFFF else _number(octets, entry.offset + 18, 4)
    behind = entry.offset + HEADER_SIZE + lengths + packed
    if not entry.flags & _STREAMED:
        return behind
    descriptor = bytes(octets[behind : behind + _DESCRIPTOR])
    following = min(
        (at for mark in (HEADER, _ENTRY, _END64) if (at := descriptor.find(mark, 12)) >= 0),
        default=0,
    )
    return behind + (following or (16 if descriptor.startswith(b"PK\x07\x08") else 12))
