"""Read the header of a 7z archive (7-Zip's DOC/7zFormat.txt): folders, files, how each is packed.

The header stands at the end and is mostly packed itself, perhaps locked; a *folder* is a
stream of one or many files that went through a row of coders.  Every number is held
against the header's length before it is believed, and against a limit: 2 KB of packed
header unpack to a list of millions of files, which nobody would wait for.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from zlib import crc32

from pratique.scanners.budget import OverBudget
from pratique.scanners.containers.cursor import Cursor
from pratique.scanners.containers.gather import Damaged

MAGIC = b"7z\xbc\xaf\x27\x1c"
_START = 32
# 7zFormat.txt, "Property IDs".
_END, _HEADER, _FILES, _PACK, _UNPACK, _SUBSTREAMS = 0x00, 0x01, 0x05, 0x06, 0x07, 0x08
_SIZE, _CRC, _FOLDER, _CODERS_SIZE, _COUNTS = 0x09, 0x0A, 0x0B, 0x0C, 0x0D
_EMPTY_STREAM, _EMPTY_FILE, _NAMES, _PACKED_HEADER = 0x0E, 0x0F, 0x11, 0x17
# 7-Zip takes 32 coders and as many streams a folder; four are in use.
_CODERS = 32
# Files, folders and streams of one archive; the walk takes no more parts than that anyway.
ENTRIES = 20_000
# A folder has four coders where programs are packed, but then few folders are there.
_CODERS_IN_ALL = 2 * ENTRIES
# 7-Zip writes three sections, and a dozen kinds of properties.
_SECTIONS = 64
# A header of ENTRIES files with long names has 10 MB.
_LONGEST_HEADER = 16 * 1024 * 1024
# 7-Zip packs a header once.
_PACKED = 4


@dataclass(slots=True)
class Coder:
    """One step of packing; its streams are numbered through the whole folder."""

    method: bytes
    settings: bytes
    inputs: range
    output: int


@dataclass(slots=True)
class Folder:
    """A packed stream of one or more files; `packed` are places of its packed streams."""

    coders: list[Coder]
    # Which output an input is bound to.
    bound: dict[int, int]
    # Inputs that are packed streams, in order.
    unbound: list[int]
    sizes: list[int] = field(default_factory=list)
    sum: int | None = None
    packed: list[tuple[int, int]] = field(default_factory=list)
    # Size and check sum of each file in it.
    files: list[tuple[int, int | None]] = field(default_factory=list)

    @property
    def last(self) -> int:
        """The output that is bound to nothing: what was packed."""
        bound = set(self.bound.values())
        free = [coder.output for coder in self.coders if coder.output not in bound]
        if len(free) != 1:
            raise Damaged("a folder whose coders end nowhere")
        return free[0]


@dataclass(frozen=True, slots=True)
class File:
    """A file or a folder of files, by the archive's list; `empty` ones are in no stream."""

    name: str
    raw_name: bytes
    empty: bool
    is_folder: bool


@dataclass(frozen=True, slots=True)
class Header:
    """What an archive says of itself; `end` is where it ends."""

    folders: list[Folder]
    files: list[File]
    end: int


# Unpacks a folder to the last octet of its one file.
Unpack = Callable[[Folder], bytes]


def read(octets: memoryview, unpack: Unpack) -> Header:
    """The header; `unpack` is asked where it is packed, and may raise what it likes."""
    if len(octets) < _START:
        raise Damaged("it is cut off")
    start = bytes(octets[:_START])
    if crc32(start[12:]) != int.from_bytes(start[8:12], "little"):
        raise Damaged("the check sum of its beginning is wrong")
    offset, size, sum_ = (
        int.from_bytes(start[at:end], "little") for at, end in ((12, 20), (20, 28), (28, 32))
    )
    end = _START + offset + size
    if end > len(octets):
        raise Damaged("its header lies behind its end")
    if not size:
        return Header([], [], end)
    table = _checked(octets[_START + offset : end], sum_)
    for _ in range(_PACKED):
        cursor = Cursor(table)
        kind = cursor.octet()
        if kind == _HEADER:
            return _header(cursor, end)
        if kind != _PACKED_HEADER:
            break
        folders = _streams(cursor)
        if len(folders) != 1:
            break
        table = _checked(unpack(folders[0]), folders[0].sum)
    raise Damaged("its header is of no known form")


def _checked(table: memoryview | bytes, sum_: int | None) -> bytes:
    if len(table) > _LONGEST_HEADER:
        raise Damaged(f"its header is longer than {_LONGEST_HEADER} octets")
    if sum_ is not None and crc32(table) != sum_:
        raise Damaged("the check sum of its header is wrong")
    return bytes(table)


def _number(cursor: Cursor) -> int:
    """7zFormat.txt, "REAL_UINT64": the first octet's high bits say how many follow."""
    first, mask, number = cursor.octet(), 0x80, 0
    for place in range(8):
        if not first & mask:
            return number + ((first & (mask - 1)) << 8 * place)
        number += cursor.octet() << 8 * place
        mask >>= 1
    return number


def _kinds(cursor: Cursor) -> Iterator[int]:
    """What the sections are that follow, up to the mark of their end."""
    for _ in range(_SECTIONS):
        kind = cursor.octet()
        if kind == _END:
            return
        yield kind
    raise Damaged(f"a header of more than {_SECTIONS} sections")


def _count(cursor: Cursor, number: int) -> int:
    """A count of what follows, if there is room for so many and they are not too many."""
    if cursor.count(number) > ENTRIES:
        raise OverBudget("parts", f"more than {ENTRIES} files")
    return number


def _header(cursor: Cursor, end: int) -> Header:
    folders: list[Folder] = []
    files: list[File] = []
    for kind in _kinds(cursor):
        if kind == 0x02:  # archive properties: a list of kind, size, octets
            for _ in _kinds(cursor):
                cursor.take(_number(cursor))
        elif kind == 0x03:  # additional streams
            _streams(cursor)
        elif kind == 0x04:
            folders = _streams(cursor)
        elif kind == _FILES:
            files = _files(cursor)
        else:
            raise Damaged("its header is of no known form")
    return Header(folders, files, end)


def _streams(cursor: Cursor) -> list[Folder]:
    packed: list[tuple[int, int]] = []
    folders: list[Folder] = []
    counted = False
    for kind in _kinds(cursor):
        if kind == _PACK:
            packed = _packed(cursor)
        elif kind == _UNPACK:
            folders = _folders(cursor)
        elif kind == _SUBSTREAMS:
            _substreams(cursor, folders)
            counted = True
        else:
            raise Damaged("its header is of no known form")
    at = 0
    for folder in folders:
        folder.packed = packed[at : at + len(folder.unbound)]
        at += len(folder.unbound)
        if len(folder.packed) != len(folder.unbound):
            raise Damaged("a folder whose packed streams are not there")
        if not counted:
            folder.files = [(folder.sizes[folder.last], folder.sum)]
    return folders


def _packed(cursor: Cursor) -> list[tuple[int, int]]:
    at = _START + _number(cursor)
    count = _count(cursor, _number(cursor))
    sizes: list[int] = []
    for kind in _kinds(cursor):
        if kind == _SIZE:
            sizes = [_number(cursor) for _ in range(count)]
        elif kind == _CRC:
            _sums(cursor, count)
        else:
            raise Damaged("its header is of no known form")
    places = []
    for size in sizes:
        places.append((at, size))
        at += size
    return places


def _folders(cursor: Cursor) -> list[Folder]:
    if cursor.octet() != _FOLDER:
        raise Damaged("its header is of no known form")
    count = _count(cursor, _number(cursor))
    if cursor.octet():
        raise Damaged("its folders are kept outside of its header")
    folders = list(_listed(cursor, count))
    for kind in _kinds(cursor):
        if kind == _CODERS_SIZE:
            for folder in folders:
                folder.sizes = [_number(cursor) for _ in folder.coders]
        elif kind == _CRC:
            for folder, sum_ in zip(folders, _sums(cursor, count), strict=True):
                folder.sum = sum_
        else:
            raise Damaged("its header is of no known form")
    if any(len(folder.sizes) != len(folder.coders) for folder in folders):
        raise Damaged("a folder without sizes")
    return folders


def _listed(cursor: Cursor, count: int) -> Iterator[Folder]:
    coders = 0
    for _ in range(count):
        folder = _folder(cursor)
        coders += len(folder.coders)
        if coders > _CODERS_IN_ALL:
            raise Damaged(f"more than {_CODERS_IN_ALL} coders")
        yield folder


def _folder(cursor: Cursor) -> Folder:
    coders: list[Coder] = []
    inputs = 0
    for output in range(_few(_number(cursor))):
        flags = cursor.octet()
        method, takes = cursor.take(flags & 0x0F), 1
        if flags & 0x10:
            takes = _few(_number(cursor))
            if _number(cursor) != 1:
                raise Damaged("a coder with several outputs")
        settings = cursor.take(_number(cursor)) if flags & 0x20 else b""
        coders.append(Coder(method, settings, range(inputs, inputs + takes), output))
        inputs += takes
    bound = {}
    for _ in range(len(coders) - 1):
        taking = _number(cursor)
        bound[taking] = _number(cursor)
    if set(bound) - set(range(inputs)) or set(bound.values()) - set(range(len(coders))):
        raise Damaged("a folder whose coders are bound to nothing")
    unbound = [number for number in range(inputs) if number not in bound]
    if len(unbound) > 1:
        unbound = [_number(cursor) for _ in unbound]
    return Folder(coders, bound, unbound)


def _few(number: int) -> int:
    if not 1 <= number <= _CODERS:
        raise Damaged(f"a folder with {number} coders or streams")
    return number


def _sums(cursor: Cursor, count: int) -> list[int | None]:
    told = [True] * count if cursor.octet() else _bits(cursor, count)
    return [cursor.little(4) if each else None for each in told]


def _bits(cursor: Cursor, count: int) -> list[bool]:
    octets = cursor.take((count + 7) // 8)
    return [bool(octets[number // 8] & 0x80 >> number % 8) for number in range(count)]


def _substreams(cursor: Cursor, folders: list[Folder]) -> None:
    """How many files each folder holds, how long they are, and their check sums."""
    counts = [1] * len(folders)
    kind = cursor.octet()
    if kind == _COUNTS:
        counts = [_count(cursor, _number(cursor)) for _ in folders]
        kind = cursor.octet()
    _count(cursor, sum(counts) - len(folders))
    sizes: list[list[int]] = []
    for folder, count in zip(folders, counts, strict=True):
        told = [_number(cursor) for _ in range(count - 1)] if kind == _SIZE else []
        rest = folder.sizes[folder.last] - sum(told)
        if rest < 0 or (count > 1 and kind != _SIZE):
            raise Damaged("files that are longer than their folder")
        sizes.append([*told, rest] if count else [])
    if kind == _SIZE:
        kind = cursor.octet()
    unknown = [not (len(own) == 1 and folder.sum is not None) for folder, own in
               zip(folders, sizes, strict=True)]  # fmt: skip
    wanted = sum(len(own) for own, ask in zip(sizes, unknown, strict=True) if ask)
    sums: list[int | None] = [None] * wanted
    while kind != _END:
        if kind == _CRC:
            sums = _sums(cursor, wanted)
        else:
            cursor.take(_number(cursor))
        kind = cursor.octet()
    following = iter(sums)
    for folder, own, ask in zip(folders, sizes, unknown, strict=True):
        folder.files = [(size, next(following) if ask else folder.sum) for size in own]


def _files(cursor: Cursor) -> list[File]:
    count = _count(cursor, _number(cursor))
    names: list[bytes] = [b""] * count
    without: list[bool] = [False] * count
    empty_files: list[bool] = []
    for kind in _kinds(cursor):
        inner = Cursor(cursor.take(_number(cursor)))
        if kind == _EMPTY_STREAM:
            without = _bits(inner, count)
        elif kind == _EMPTY_FILE:
            empty_files = _bits(inner, sum(without))
        elif kind == _NAMES:
            names = _names(inner, count)
    empty = iter(empty_files)
    return [
        File(raw.decode("utf-16-le", "replace"), raw, none, none and not next(empty, False))
        for raw, none in zip(names, without, strict=True)
    ]


def _names(cursor: Cursor, count: int) -> list[bytes]:
    if cursor.octet():
        raise Damaged("its names are kept outside of its header")
    text = cursor.take(cursor.left)
    names, at = [], 0
    for _ in range(count):
        end = at
        while (end := text.find(b"\0\0", end)) >= 0 and (end - at) % 2:
            end += 1
        if end < 0:
            raise Damaged("a name in its header does not end")
        names.append(text[at:end])
        at = end + 2
    return names
