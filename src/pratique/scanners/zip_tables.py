"""Read the tables of a zip file: its directory at the end, its headers before each member.

A zip file says everything twice: once in a header before each member, once in the
central directory behind all of them (APPNOTE 4.3).  Most readers believe the directory,
readers of streams believe the headers, and a file made for it shows different members
to each.  In an honest file the members lie one after the other from the first octet to
the directory, and both tables say the same.  This file tells where that is not so; it
unpacks nothing.

An end record need not close the file: every unpacker looks for it from the back, and
each tolerates something else behind it.  So it is looked for everywhere, and is taken
for one if a directory lies where it says and a member where the directory says.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice, pairwise

_END, _ENTRY, HEADER = b"PK\x05\x06", b"PK\x01\x02", b"PK\x03\x04"
_END64 = b"PK\x06\x06"
# APPNOTE 4.3.16: the end record is 22 octets and a comment.
_END_SIZE = 22
# The file is looked through for end records in pieces, from the back.
_PIECE = 1024 * 1024
# Words about zip files hold some signatures of an end record, and a file that is made
# to tire us holds millions: so many are tried, in a few hundredths of a second.
TRIES = 10_000
# A directory is sound if one of its first entries has a header in its place.  So many
# are asked, of so many directories: their extra fields may be long.
_LOOKED_AT, UNSOUND = 4, 16
# APPNOTE 4.3.12 and 4.3.7: the fixed parts of an entry and of a header.
_ENTRY_SIZE, HEADER_SIZE = 46, 30
# APPNOTE 4.3.9: behind a member that was written as a stream come its checksum and two
# sizes, of 8 octets each under zip64 and else of 4, with a signature before them or not.
_DESCRIPTORS = (16, 24, 12, 20)
_DESCRIPTOR = b"PK\x07\x08"
STREAMED, ENCRYPTED = 0x08, 0x01
# APPNOTE 4.5.3 and 4.6.9: the extra fields that hold large sizes, and the name in UTF-8.
_ZIP64, _UNICODE_PATH = 0x0001, 0x7075
# Nobody writes more than ten; an extra field may be 16,000 empty ones.
FIELDS = 256
_LARGE = 0xFFFFFFFF


@dataclass(frozen=True, slots=True)
class End:
    """The end record: where the directory lies, and how far the file is shifted.

    `sound` says that the directory has an entry whose header is in its place.
    """

    directory: int
    position: int
    count: int
    shift: int
    behind: int
    stop: int
    sound: bool

    @property
    def lists(self) -> bool:
        """Whether its directory has entries."""
        return self.directory < self.stop

    @property
    def closes_file(self) -> bool:
        """Nothing follows it, and it is not an empty archive's: so it is no accident."""
        return self.behind == 0 and self.count > 0


@dataclass(frozen=True, slots=True)
class Listed:
    """What a table says of one member; `offset` is its header's, from the file's start.

    `body` is where its octets begin, known to its header alone.  `wide` says that sizes
    may stand elsewhere (zip64), `crowded` that not all extra fields were read.
    """

    raw_name: bytes
    other_name: bytes
    flags: int
    method: int
    sum: int
    packed: int
    size: int
    offset: int
    wide: bool
    crowded: bool
    body: int = 0


def find_end(octets: memoryview) -> End | None:
    """The last end record with a sound directory; without one, the last that may be one."""
    second = None
    unsound = 0
    for at in islice(_signatures(octets), TRIES):
        end = _read_end(octets, at)
        if end is not None and end.sound:
            return end
        if end is not None and end.lists:
            unsound += 1
            second = second if second is not None and second.lists else end
        if unsound > UNSOUND:
            break
        second = second or end
    return second


def too_many_ends(octets: memoryview) -> bool:
    """Whether `find_end` does not look at every signature of an end record."""
    return next(islice(_signatures(octets), TRIES, None), None) is not None


def _signatures(octets: memoryview) -> Iterator[int]:
    """Where end records may be, from the back."""
    stop = len(octets)
    while stop > 0:
        start = max(0, stop - _PIECE)
        # Three octets more, for a signature that begins in this piece and ends in the next.
        piece = bytes(octets[start : stop + len(_END) - 1])
        at = len(piece)
        while (at := piece.rfind(_END, 0, at + len(_END) - 1)) >= 0:
            yield start + at
        stop = start


def _number(octets: memoryview | bytes, at: int, size: int) -> int:
    return int.from_bytes(octets[at : at + size], "little")


def _read_end(octets: memoryview, at: int) -> End | None:
    if at + _END_SIZE > len(octets):
        return None
    count, size, offset = (_number(octets, at + field, 4) for field in (10, 12, 16))
    count &= 0xFFFF
    stop = at
    if _LARGE in {size, offset} or count == 0xFFFF:
        # APPNOTE 4.3.14: the larger record and its locator stand right before this one.
        stop = at - 76
        if stop < 0 or bytes(octets[stop : stop + 4]) != _END64:
            return None
        count, size, offset = (_number(octets, stop + field, 8) for field in (32, 40, 48))
    behind = len(octets) - (at + _END_SIZE + _number(octets, at + 20, 2))
    return _directory(octets, (count, size, offset), End(0, at, count, 0, behind, stop, False))


def _directory(octets: memoryview, said: tuple[int, int, int], end: End) -> End | None:
    """The end with its directory: right before it, or else where it says."""
    count, size, offset = said
    for directory, shift in ((end.stop - size, end.stop - size - offset), (offset, 0)):
        if shift >= 0 and 0 <= directory <= end.stop:
            listing = bytes(octets[directory : directory + 4]) == _ENTRY
            if listing or not (count or size):
                found = End(directory, end.position, count, shift, end.behind, end.stop, False)
                sound = any(
                    bytes(octets[entry.offset : entry.offset + 4]) == HEADER
                    for entry in islice(listed(octets, found), _LOOKED_AT)
                )
                return End(directory, end.position, count, shift, end.behind, end.stop, sound)
    return None


def listed(octets: memoryview, end: End) -> Iterator[Listed]:
    """The directory's entries, to its end and whatever its count says."""
    at = end.directory
    while bytes(octets[at : at + 4]) == _ENTRY and at + _ENTRY_SIZE <= end.position:
        name, extra, comment = (_number(octets, at + field, 2) for field in (28, 30, 32))
        start = at + _ENTRY_SIZE
        yield _read(octets, at + 8, start, _number(octets, at + 42, 4), end.shift)
        at = start + name + extra + comment


def header(octets: memoryview, offset: int) -> Listed | None:
    """What the header at that place says, if there is one."""
    if offset < 0 or bytes(octets[offset : offset + 4]) != HEADER:
        return None
    return _read(octets, offset + 6, offset + HEADER_SIZE, offset, 0)


def _read(octets: memoryview, at: int, start: int, offset: int, shift: int) -> Listed:
    """Both tables: the same fields from the flags on, name and extra fields at `start`."""
    flags, method, sum_ = (_number(octets, at + field, size) for field, size in _FIELDS)
    packed, size = _number(octets, at + 12, 4), _number(octets, at + 16, 4)
    name_end = start + _number(octets, at + 20, 2)
    body = name_end + _number(octets, at + 22, 2)
    extra, crowded = _extra(bytes(octets[name_end:body]))
    wide = iter(struct.iter_unpack("<Q", extra[_ZIP64][: len(extra[_ZIP64]) // 8 * 8]))
    # APPNOTE 4.5.3: only those stand there that do not fit, in this order.
    size, packed, offset = (
        next(wide, (said,))[0] if said == _LARGE else said for said in (size, packed, offset)
    )
    return Listed(
        raw_name=bytes(octets[start:name_end]),
        other_name=extra[_UNICODE_PATH][5:],
        flags=flags,
        method=method,
        sum=sum_,
        packed=packed,
        size=size,
        offset=offset + shift,
        wide=bool(extra[_ZIP64]),
        crowded=crowded,
        body=body,
    )


# Where they stand from the flags on, and their sizes: flags, method, checksum.
_FIELDS = ((0, 2), (2, 2), (8, 4))


def _extra(octets: bytes) -> tuple[dict[int, bytes], bool]:
    """The two extra fields that matter (APPNOTE 4.5.1), and whether there are too many."""
    found = {_ZIP64: b"", _UNICODE_PATH: b""}
    at = 0
    for _ in range(FIELDS):
        if at + 4 > len(octets):
            return found, False
        tag, size = _number(octets, at, 2), _number(octets, at + 2, 2)
        if tag in found:
            found[tag] = octets[at + 4 : at + 4 + size]
        at += 4 + size
    return found, at + 4 <= len(octets)


def differences(entry: Listed, before: Listed) -> list[str]:
    """What the directory and the header before the member tell differently of it."""
    found = []
    if entry.raw_name != before.raw_name:
        found.append("name")
    if entry.method != before.method:
        found.append("method")
    if (entry.flags ^ before.flags) & ENCRYPTED:
        found.append("encryption")
    # APPNOTE 4.4.4, bit 3: they stand behind the member; 4.5.3: or in an extra field.
    if not before.flags & STREAMED and not (entry.wide or before.wide):
        pairs = {
            "checksum": (entry.sum, before.sum),
            "packed size": (entry.packed, before.packed),
            "size": (entry.size, before.size),
        }
        found += [word for word, (one, other) in pairs.items() if one != other]
    return found


def repaired(octets: memoryview, end: End, count: int) -> bytes:
    """The archive up to a plain end record that says what was found.

    Readers look for the end record each in its own way; this one none can miss.
    """
    offset, size = end.directory - end.shift, end.stop - end.directory
    if end.stop != end.position or count >= 0xFFFF or max(offset, size) >= _LARGE:
        return bytes(octets[: end.position + _END_SIZE - 2]) + bytes(2)
    record = struct.pack("<4sHHHHIIH", _END, 0, 0, count, count, size, offset, 0)
    return bytes(octets[: end.position]) + record


def header_name(octets: memoryview, offset: int) -> bytes:
    """The name in the header at that place; empty if there is no header."""
    found = header(octets, offset)
    return found.raw_name if found is not None else b""


def names(octets: memoryview, most: int) -> list[bytes]:
    """The first names of the directory, or of the first header where there is none."""
    end = find_end(octets)
    if end is None:
        return [header_name(octets, 0)]
    return [entry.raw_name for entry in islice(listed(octets, end), most)]


def gaps(octets: memoryview, end: End, entries: list[Listed]) -> Iterator[tuple[int, int]]:
    """The pieces between the first octet and the directory that no entry covers.

    So is the extra field of a header that is large enough to hold another header.
    """
    edges = {entry.offset for entry in entries} | {end.directory}
    covered = sorted((entry.offset, _behind(octets, entry, edges)) for entry in entries)
    places = [(0, 0), *covered, (end.directory, end.directory)]
    for (_, behind), (following, _) in pairwise(places):
        if behind < following:
            yield behind, following
    for entry in entries:
        before = header(octets, entry.offset)
        if before is not None:
            start = entry.offset + HEADER_SIZE + len(before.raw_name)
            if HEADER in bytes(octets[start : before.body]):
                yield start, before.body


def _behind(octets: memoryview, entry: Listed, edges: set[int]) -> int:
    """Where a member ends, with the descriptor that may stand behind it."""
    lengths = _number(octets, entry.offset + 26, 2) + _number(octets, entry.offset + 28, 2)
    behind = entry.offset + HEADER_SIZE + lengths + entry.packed
    if not entry.flags & STREAMED or behind in edges:
        return behind
    fits = (behind + size for size in _DESCRIPTORS if behind + size in edges)
    signed = bytes(octets[behind : behind + 4]) == _DESCRIPTOR
    return next(fits, behind + (16 if signed else 12))
