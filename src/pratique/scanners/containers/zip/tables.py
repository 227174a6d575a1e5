"""Read the tables of a zip file: end records, directory entries, headers before members.

A zip file says everything twice: once in a header before each member, once in the
central directory behind all of them (APPNOTE 4.3).  Most readers believe the directory,
readers of streams believe the headers, and a file made for it shows different members
to each.  This file reads the records where they lie, and believes none of them: it
unpacks nothing, and `zip_plan.py` decides what belongs together.

An end record need not close the file: every unpacker looks for it from the back, and
each tolerates something else behind it.  So it is looked for everywhere, and is taken
for one if a directory lies where it says and a member where the directory says.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

END, ENTRY, HEADER = b"PK\x05\x06", b"PK\x01\x02", b"PK\x03\x04"
END64, _LOCATOR = b"PK\x06\x06", b"PK\x06\x07"
# APPNOTE 4.3.16, 4.3.14, 4.3.15: the fixed parts of the end records and of the locator.
END_SIZE, END64_SIZE, _LOCATOR_SIZE = 22, 56, 20
# The larger record may have a field that can be extended (4.3.14); nobody fills it.
_END64_WITHIN = 4096
# The file is looked through for end records in pieces, from the back.
_PIECE = 1024 * 1024
# Words about zip files hold some signatures of an end record, and a file that is made
# to tire us holds millions: so many are tried, in a few hundredths of a second.
TRIES = 10_000
# A directory is sound if one of its first entries has a header in its place.  So many
# are asked, of so many directories: their extra fields may be long.
_LOOKED_AT, UNSOUND = 4, 16
# APPNOTE 4.3.12 and 4.3.7: the fixed parts of an entry and of a header.
_ENTRY_FIELDS = struct.Struct("<BBHHHHHIIIHHHHHII")
_HEADER_FIELDS = struct.Struct("<HHHHHIIIHH")
ENTRY_SIZE, HEADER_SIZE = 46, 30
# Where an entry has the lengths of its name, its extra field and its comment.
_LENGTHS, _LENGTHS_AT = struct.Struct("<HHH"), 28
_RECORD, _RECORD64 = struct.Struct("<HHHHIIH"), struct.Struct("<IIQQQQ")
# APPNOTE 4.4.4: the bits of the flags that matter.
ENCRYPTED, STREAMED, STRONG = 0x01, 0x08, 0x40
# APPNOTE 4.5.3, 4.6.9, 4.5.12, and WinZip's "AES encryption" note: the extra fields that
# hold large sizes, the name in UTF-8, PKWARE's encryption, and WinZip's.
_ZIP64, _UNICODE_PATH, _STRONG_HEADER, _AES = 0x0001, 0x7075, 0x0017, 0x9901
# Nobody writes more than ten; an extra field may be 16,000 empty ones.
FIELDS = 256
LARGE = 0xFFFFFFFF


class End(NamedTuple):
    """One reading of an end record: where the directory lies, how far the file is shifted.

    `sound` says that the directory has an entry whose header is in its place, `disks`
    that it speaks of several volumes, `wide` that it is a zip64 record.
    """

    directory: int
    position: int
    counted: int
    shift: int
    behind: int
    stop: int
    # How long it says that the directory is.
    size: int = 0
    sound: bool = False
    disks: bool = False
    wide: bool = False

    @property
    def lists(self) -> bool:
        """Whether its directory has entries."""
        return self.directory < self.stop

    def listing(self, directory: int, shift: int, size: int) -> "End":
        """The same with a directory."""
        sizes = (self.behind, self.stop, size)
        told = (directory, self.position, self.counted, shift, *sizes)
        return End(*told, False, self.disks, self.wide)

    @property
    def closes_file(self) -> bool:
        """Nothing follows it, and it is not an empty archive's: so it is no accident."""
        return self.behind == 0 and self.counted > 0


class Listed(NamedTuple):
    """What a table says of one member; `offset` is its header's, from the file's start.

    `body` is where a header's own record ends, and so the member's octets begin; of an
    entry it is where the next one begins.
    """

    raw_name: bytes
    flags: int
    method: int
    time: int
    sum: int
    packed: int
    size: int
    offset: int
    body: int
    extra: "Extra"
    # The attributes say that it is a folder (APPNOTE 4.4.15: by Unix or by DOS).
    folder: bool = False
    # The first octets are said to lie in another volume.
    elsewhere: bool = False

    @property
    def encrypted(self) -> bool:
        """Whether a password is wanted by its word."""
        return bool(self.flags & ENCRYPTED) or self.method == AES_METHOD

    @property
    def streamed(self) -> bool:
        """Whether its sizes stand behind the member and not here."""
        return bool(self.flags & STREAMED)

    @property
    def strong(self) -> bool:
        """Whether PKWARE's own strong encryption is said, by a flag or by an extra field."""
        said = self.flags & STRONG or _STRONG_HEADER in self.extra.fields
        return bool(self.flags & ENCRYPTED and said)


AES_METHOD = 99


def find_end(octets: memoryview) -> End | None:
    """The last end record with a sound directory; without one, the last that may be one."""
    second = None
    unsound = 0
    for at in islice(_signatures(octets), TRIES):
        for end in ends_at(octets, at):
            if end.lists and is_sound(octets, end):
                return end._replace(sound=True)
            if end.lists:
                unsound += 1
                second = second if second is not None and second.lists else end
            second = second or end
        if unsound > UNSOUND:
            break
    return second


def too_many_ends(octets: memoryview) -> bool:
    """Whether `find_end` does not look at every signature of an end record."""
    return next(islice(_signatures(octets), TRIES, None), None) is not None


def closes(octets: memoryview, *, exactly: bool = True) -> bool:
    """Whether an end record that counts members ends with the file, wherever it points."""
    tail = bytes(octets[-END_SIZE - 0xFFFF :])
    at = tail.rfind(END)
    if at < 0 or at + END_SIZE > len(tail):
        return False
    *_, here, count, _, _, comment = _RECORD.unpack_from(tail, at + 4)
    ends = at + END_SIZE + comment == len(tail) or not exactly
    return bool(count) and here == count and ends


def _signatures(octets: memoryview) -> Iterator[int]:
    """Where end records may be, from the back."""
    stop = len(octets)
    while stop > 0:
        start = max(0, stop - _PIECE)
        # Three octets more, for a signature that begins in this piece and ends in the next.
        piece = bytes(octets[start : stop + len(END) - 1])
        at = len(piece)
        while (at := piece.rfind(END, 0, at + len(END) - 1)) >= 0:
            yield start + at
        stop = start


def signature(octets: memoryview, at: int) -> bytes:
    """The four octets at a place; of a place outside the file none."""
    return bytes(octets[at : at + 4]) if at >= 0 else b""


def ends_at(octets: memoryview, at: int) -> list[End]:
    """The readings of the end record at that place: of itself, and of the larger one.

    By APPNOTE 4.4.1.4 the larger one counts where a field here says so; some readers
    take it wherever there is one.
    """
    if at < 0 or at + END_SIZE > len(octets):
        return []
    disk, start, here, count, size, offset, comment = _RECORD.unpack_from(octets, at + 4)
    behind = len(octets) - (at + END_SIZE + comment)
    disks = not {disk, start} <= {0, 0xFFFF} or here != count
    larger = _end64(octets, at)
    wide = end64_at(octets, larger, at, behind) if larger is not None else []
    if wide and (LARGE in {size, offset} or count == 0xFFFF):
        return wide
    stop = at if larger is None else larger
    # Info-ZIP may point at a larger record and write none (`zip -fz - -`).
    offset = stop - size if offset == LARGE else offset
    end = End(0, at, count, 0, behind, stop, disks=disks)
    return _directories(octets, end, size, offset) + wide


def _end64(octets: memoryview, at: int) -> int | None:
    """Where the larger record is that a locator before the end record names."""
    locator = at - _LOCATOR_SIZE
    if signature(octets, locator) != _LOCATOR:
        return None
    (said,) = struct.unpack_from("<Q", octets, locator + 8)
    start = max(0, locator - _END64_WITHIN)
    near = start + bytes(octets[start:locator]).rfind(END64)
    for place in (said, near):
        if place < locator and signature(octets, place) == END64:
            return place
    return None


def end64_at(octets: memoryview, at: int, position: int, behind: int) -> list[End]:
    """The readings of the larger record at that place; `position` is the smaller one's."""
    if at < 0 or at + END64_SIZE > len(octets):
        return []
    disk, start, here, count, size, offset = _RECORD64.unpack_from(octets, at + 16)
    disks = bool(disk or start) or here != count
    end = End(0, position, count, 0, behind, at, disks=disks, wide=True)
    return _directories(octets, end, size, offset)


def _directories(octets: memoryview, end: End, size: int, offset: int) -> list[End]:
    """The end with its directory: right before it, or else where it says."""
    found: list[End] = []
    for directory, shift in ((end.stop - size, end.stop - size - offset), (offset, 0)):
        if not 0 <= directory <= end.stop:
            continue
        # Some readers let the shift be negative: a file whose beginning was cut off.
        listing = signature(octets, directory) == ENTRY
        if not listing and (end.counted or size or shift < 0):
            continue
        if found and (directory, shift) == (found[0].directory, found[0].shift):
            continue
        found.append(end.listing(directory, shift, size))
    return found


def is_sound(octets: memoryview, end: End) -> bool:
    """Whether one of its first entries has a header in its place."""
    first = islice(listed(octets, end), _LOOKED_AT)
    return any(signature(octets, entry.offset) == HEADER for entry in first)


def listed(octets: memoryview, end: End) -> Iterator[Listed]:
    """The directory's entries, to its end and whatever its count says."""
    at = end.directory
    while (entry := entry_at(octets, at, end.shift)) is not None and at < end.position:
        yield entry
        at = entry.body


def entry_at(octets: memoryview, at: int, shift: int) -> Listed | None:
    """The directory's entry at that place, if there is one."""
    if at < 0 or octets[at : at + 4] != ENTRY or at + ENTRY_SIZE > len(octets):
        return None
    fields = _ENTRY_FIELDS.unpack_from(octets, at + 4)
    _, system, _, flags, method, time, _, sum_, packed, size, name, extra, comment = fields[:13]
    disk, _, attributes, offset = fields[13:]
    name_end = at + ENTRY_SIZE + name
    told = Extra.read(bytes(octets[name_end : name_end + extra])) if extra else _NO_EXTRA
    if extra:
        size, packed, offset = told.widened(size, packed, offset)
    # APPNOTE 4.4.2.2: 3 is Unix, whose mode is the upper half; 0x10 is DOS's folder.
    folder = attributes & 0x10 or (system == 3 and attributes >> 28 == 4)
    return Listed(
        raw_name=bytes(octets[at + ENTRY_SIZE : name_end]),
        flags=flags,
        method=method,
        time=time,
        sum=sum_,
        packed=packed,
        size=size,
        offset=offset + shift,
        body=name_end + extra + comment,
        extra=told,
        folder=bool(folder),
        elsewhere=disk not in {0, 0xFFFF},
    )


def header(octets: memoryview, offset: int) -> Listed | None:
    """What the header at that place says, if there is one."""
    if offset < 0 or octets[offset : offset + 4] != HEADER or offset + HEADER_SIZE > len(octets):
        return None
    _, flags, method, time, _, sum_, packed, size, name, extra = _HEADER_FIELDS.unpack_from(
        octets, offset + 4
    )
    name_end = offset + HEADER_SIZE + name
    told = Extra.read(bytes(octets[name_end : name_end + extra])) if extra else _NO_EXTRA
    if extra:
        size, packed, _ = told.widened(size, packed, 0)
    return Listed(
        raw_name=bytes(octets[offset + HEADER_SIZE : name_end]),
        flags=flags,
        method=method,
        time=time,
        sum=sum_,
        packed=packed,
        size=size,
        offset=offset,
        body=name_end + extra,
        extra=told,
    )


@dataclass(frozen=True, slots=True)
class Extra:
    """The extra fields of one record (APPNOTE 4.5.1), as far as they matter."""

    fields: dict[int, bytes]
    crowded: bool = False

    @classmethod
    def read(cls, octets: bytes) -> "Extra":
        """Read as many as there may be; of two with one tag the first counts."""
        if not octets:
            return _NO_EXTRA
        found: dict[int, bytes] = {}
        at = 0
        for _ in range(FIELDS):
            # Android's tools align members with zeros here, fewer than a field has.
            if at + 4 > len(octets):
                return cls(found, bool(octets[at:].strip(b"\0")))
            tag, size = struct.unpack_from("<HH", octets, at)
            found.setdefault(tag, octets[at + 4 : at + 4 + size])
            at += 4 + size
            if at > len(octets):
                return cls(found, crowded=True)
        return cls(found, crowded=at < len(octets))

    def widened(self, size: int, packed: int, offset: int) -> tuple[int, int, int]:
        """APPNOTE 4.5.3: only those stand there that do not fit, in this order."""
        large = self.fields.get(_ZIP64)
        if not large:
            return size, packed, offset
        wide = iter(struct.iter_unpack("<Q", large[: len(large) // 8 * 8]))
        size = next(wide, (size,))[0] if size == LARGE else size
        packed = next(wide, (packed,))[0] if packed == LARGE else packed
        offset = next(wide, (offset,))[0] if offset == LARGE else offset
        return size, packed, offset

    @property
    def is_large(self) -> bool:
        """Whether sizes of 64 bits stand here, needed or not (APPNOTE 4.5.3)."""
        return _ZIP64 in self.fields

    @property
    def name(self) -> bytes:
        """The name in UTF-8 that stands beside the other one; empty if there is none."""
        return self.fields.get(_UNICODE_PATH, b"")[5:]

    @property
    def aes(self) -> bytes:
        """What WinZip's encryption needs to know; empty if it is not used."""
        return self.fields.get(_AES, b"")


_NO_EXTRA = Extra({})


def header_name(octets: memoryview, offset: int) -> bytes:
    """The name in the header at that place; empty if there is no header."""
    if octets[offset : offset + 4] != HEADER or offset + HEADER_SIZE > len(octets):
        return b""
    name_at = offset + HEADER_SIZE
    return bytes(
        octets[name_at : name_at + int.from_bytes(octets[offset + 26 : offset + 28], "little")]
    )


def names(octets: memoryview, most: int) -> list[bytes]:
    """The first names of the directory, or of the first header where there is none."""
    end = find_end(octets)
    if end is None:
        return [header_name(octets, 0)]
    return list(islice(_listed_names(octets, end), most))


def _listed_names(octets: memoryview, end: End) -> Iterator[bytes]:
    """The names of the entries that `listed` gives, and nothing else of them."""
    at = end.directory
    while 0 <= at < end.position and octets[at : at + 4] == ENTRY:
        name_at = at + ENTRY_SIZE
        if name_at > len(octets):
            return
        name, extra, comment = _LENGTHS.unpack_from(octets, at + _LENGTHS_AT)
        yield bytes(octets[name_at : name_at + name])
        at = name_at + name + extra + comment
