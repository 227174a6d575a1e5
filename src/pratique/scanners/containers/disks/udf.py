"""Read the tree of a UDF volume (ECMA-167, OSTA's UDF 2.60), as far as images in mail need it.

From an anchor in sector 256 to the volume's descriptors, to the partition, to the root's
file entry, and from folder to folder.  Every place is a block of a partition; a partition
is a row of sectors, or a file in one that holds all folders and entries (2.2.10).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from pratique.scanners.containers.disks.iso_tables import RECORDS, Image
from pratique.scanners.containers.gather import Damaged

_ANCHOR = 256
_SIZES = (2048, 512)
# ECMA-167 3/7.2.1, 4/7.2.1: the kinds of descriptors.
_POINTER, _PARTITION, _VOLUME, _LAST = 2, 5, 6, 8
_SET, _ENTRY, _LONG_ENTRY, _IDENTIFIER = 256, 261, 266, 257
_IDENTIFIER_OCTETS = 38
_DESCRIPTORS = 64
_FOLDER, _DELETED, _PARENT = 2, 4, 8
# Allocation descriptors of one file: a file of 64 MB in pieces of a sector has half of it.
_EXTENTS = 65_536
# A folder of RECORDS names of the longest kind.
_LONGEST_FOLDER = 16 * 1024 * 1024
_Extents = tuple[tuple[int, int], ...]


class Unknown(Exception):
    """A kind of partition that is not read here; says which."""


@dataclass(slots=True)
class _Volume:
    octets: memoryview
    block: int
    # Where each numbered partition begins, in blocks.
    starts: dict[int, int] = field(default_factory=dict)
    # By the order of the maps: the number of a partition, or a file that is one.
    maps: list[int | _Extents] = field(default_factory=list)
    root: tuple[int, int] = (0, 0)


def is_there(octets: memoryview) -> bool:
    """Whether a volume recognition sequence names UDF (ECMA-167 2/9.1)."""
    area = bytes(octets[0x8000 : 0x8000 + 32 * 2048])
    return any(area[at + 1 : at + 6] in {b"NSR02", b"NSR03"} for at in range(0, len(area), 2048))


def read(octets: memoryview, image: Image, tick: Callable[[], None]) -> None:
    """Take every file of the volume to those of the image."""
    volume = _described(octets)
    waiting, seen, count = [(volume.root, "")], {volume.root}, 0
    while waiting:
        tick()
        place, path = waiting.pop()
        table = b"".join(_octets(volume, _entry(volume, place)[1]))
        # ECMA-167 4/8.6: each folder lists at least the one that it is in.
        if len(table) < _IDENTIFIER_OCTETS:
            raise Damaged("UDF with a folder that lists nothing")
        for flags, inner, name in _identifiers(table):
            count += 1
            if count > RECORDS:
                raise Damaged(f"more than {RECORDS} files")
            tick()
            if flags & (_PARENT | _DELETED):
                continue
            if flags & _FOLDER:
                if inner not in seen:
                    seen.add(inner)
                    waiting.append((inner, f"{path}{name}/"))
                continue
            _, extents = _entry(volume, inner)
            image.file(extents).names[path + name] = None


def _described(octets: memoryview) -> _Volume:
    for block in _SIZES:
        anchor = bytes(octets[_ANCHOR * block : _ANCHOR * block + 32])
        if anchor[:2] == _POINTER.to_bytes(2, "little"):
            volume = _Volume(octets, block)
            _descriptors(volume, int.from_bytes(anchor[20:24], "little"))
            return volume
    raise Damaged("UDF without an anchor")


def _descriptors(volume: _Volume, at: int) -> None:
    logical = b""
    for number in range(at, at + _DESCRIPTORS):
        sector = bytes(volume.octets[number * volume.block : (number + 1) * volume.block])
        kind = int.from_bytes(sector[:2], "little")
        if kind == _PARTITION:
            own, start = sector[22:24], sector[188:192]
            volume.starts[int.from_bytes(own, "little")] = int.from_bytes(start, "little")
        elif kind == _VOLUME:
            logical = sector
        elif kind in {0, _LAST} or len(sector) < volume.block:
            break
    if len(logical) < 440 or not volume.starts:
        raise Damaged("UDF without a volume or a partition")
    _maps(volume, logical)
    set_ = _block(volume, *_long(logical[248:264]))
    if int.from_bytes(set_[:2], "little") != _SET:
        raise Damaged("UDF without a set of files")
    volume.root = _long(set_[400:416])


def _maps(volume: _Volume, logical: bytes) -> None:
    """UDF 2.60 2.2.4: what each reference to a partition stands for."""
    at, metadata = 440, -1
    for _ in range(min(8, int.from_bytes(logical[268:272], "little"))):
        one = logical[at : at + max(1, logical[at + 1])]
        at += len(one)
        if one[:1] == b"\1":
            volume.maps.append(int.from_bytes(one[4:6], "little"))
        elif b"*UDF Metadata Partition" in one:
            metadata = len(volume.maps)
            number, file = (int.from_bytes(one[a:b], "little") for a, b in ((38, 40), (40, 44)))
            volume.maps.append(number)
            _, volume.maps[metadata] = _entry(volume, (file, metadata))
        else:
            raise Unknown(f"a partition of UDF of the kind {one[5:28]!r}")


def _long(octets: bytes) -> tuple[int, int]:
    """A long allocation descriptor's block and partition (ECMA-167 4/14.14.2)."""
    return int.from_bytes(octets[4:8], "little"), int.from_bytes(octets[8:10], "little")


def _place(volume: _Volume, block: int, partition: int) -> int:
    """The first octet of a block of a partition."""
    if partition >= len(volume.maps):
        raise Damaged("UDF that refers to no partition")
    where = volume.maps[partition]
    if isinstance(where, int):
        return (volume.starts.get(where, 0) + block) * volume.block
    left = block * volume.block
    for start, size in where:
        if left < size:
            return start + left
        left -= size
    raise Damaged("UDF that refers behind a partition")


def _block(volume: _Volume, block: int, partition: int) -> bytes:
    start = _place(volume, block, partition)
    octets = bytes(volume.octets[start : start + volume.block])
    if len(octets) < volume.block:
        raise Damaged("UDF that refers behind the end")
    return octets


def _entry(volume: _Volume, place: tuple[int, int]) -> tuple[int, _Extents]:
    """A file's length and where it lies (ECMA-167 4/14.9, UDF 2.60 2.3.6)."""
    entry, kind = _block(volume, *place), 0
    kind = int.from_bytes(entry[:2], "little")
    if kind not in {_ENTRY, _LONG_ENTRY}:
        raise Damaged("UDF without a file's entry")
    fixed = 176 if kind == _ENTRY else 216
    length = int.from_bytes(entry[56:64], "little")
    extra, told = (int.from_bytes(entry[fixed - 8 + n : fixed - 4 + n], "little") for n in (0, 4))
    start = fixed + extra
    form = entry[34] & 7
    if form == 3:
        at = _place(volume, *place) + start
        return length, ((at, min(length, told)),)
    if form > 1:
        raise Damaged("UDF with a form of extents that is unknown")
    table = entry[start : start + told]
    return length, _extents(volume, table, place[1], long=form == 1, length=length)


def _extents(volume: _Volume, table: bytes, partition: int, *, long: bool, length: int) -> _Extents:
    """Extents, cut to the length of the file; some go on in a block of their own."""
    found: list[tuple[int, int]] = []
    step, at = 16 if long else 8, 0
    for _ in range(_EXTENTS):
        one = table[at : at + step]
        at += step
        coded = int.from_bytes(one[:4], "little")
        kind, size = coded >> 30, min(coded & 0x3FFFFFFF, length)
        if len(one) < step or not coded & 0x3FFFFFFF:
            return tuple(found)
        block, own = _long(one) if long else (int.from_bytes(one[4:8], "little"), partition)
        if kind == 3:
            more = _block(volume, block, own)
            table, at = more[24 : 24 + int.from_bytes(more[20:24], "little")], 0
            continue
        # Kinds 1 and 2 are room that nobody wrote to: it reads as zeros.
        if size:
            found.append((_place(volume, block, own) if kind == 0 else -1, size))
        length -= size
    raise Damaged(f"more than {_EXTENTS} extents in a file")


def _octets(volume: _Volume, extents: _Extents) -> Iterator[bytes]:
    if sum(size for _, size in extents) > _LONGEST_FOLDER:
        raise Damaged(f"a folder of more than {_LONGEST_FOLDER} octets")
    for start, size in extents:
        piece = bytes(volume.octets[start : start + size]) if start >= 0 else bytes(size)
        if len(piece) < size:
            raise Damaged("a folder that lies behind the end")
        yield piece


def _identifiers(table: bytes) -> Iterator[tuple[int, tuple[int, int], str]]:
    """What a folder lists (ECMA-167 4/14.4): flags, where the entry is, a name."""
    at = 0
    while at + _IDENTIFIER_OCTETS <= len(table):
        if int.from_bytes(table[at : at + 2], "little") != _IDENTIFIER:
            raise Damaged("UDF with a folder of no known form")
        flags, named = table[at + 18], table[at + 19]
        used = int.from_bytes(table[at + 36 : at + 38], "little")
        raw = table[at + 38 + used : at + 38 + used + named]
        page = "utf-16-be" if raw[:1] == b"\x10" else "latin-1"
        yield flags, _long(table[at + 20 : at + 36]), raw[1:].decode(page, "replace")
        at += -(-(38 + used + named) // 4) * 4
