"""Unpack one member of a zip file by its method (APPNOTE 4.4.5).

Each stream is read by what reads it best: zlib, bz2 and lzma tell where it ends, so that
octets behind it can be looked at.  What only libarchive reads (zstd, PPMd) is wrapped as
an archive of this one member, so that none of its tables can lie.  Methods that no free
library unpacks are left to outside programs: those that PKZIP used before 1993, and those
of WinZip for pictures and sounds.
"""

import bz2
import lzma
import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from pratique.scanners.containers.archive import Archive
from pratique.scanners.containers.gather import Damaged, pieces_of
from pratique.scanners.containers.streams import MEMORY, Inflate, Streams, Unpacker
from pratique.scanners.containers.zip.inflate64 import Inflate64

STORED, DEFLATED, _DEFLATE64, _BZIP2, _LZMA, _XZ = 0, 8, 9, 12, 14, 95
# Every unpacker has these; clamd 1.4 none but these.
EVERYWHERE = frozenset({STORED, DEFLATED, _DEFLATE64, _BZIP2})
# Their streams say themselves where they end, and are read piece by piece.
ENDING = frozenset({DEFLATED, _DEFLATE64, _BZIP2, _XZ})
# Read by libarchive; 20 is what zstd was called first (APPNOTE 6.3.7).
_ZSTD, _PPMD = 93, 98
_SAME = {20: _ZSTD}
# APPNOTE 4.4.4, bit 1, for LZMA: the stream says itself where it ends.
_MARKED = 0x02
# APPNOTE 5.8.8: two octets of version, two that count the properties, and these.
_LZMA_HEADER, _PROPERTIES = 9, 5
# What zlib is given at once, and what it gives: few calls, and all of it in the caches.
_GULP, _PIECE = 64 * 1024, 64 * 1024
# zlib.h, inflateInit2: negative for deflate without a header, with a window of 32 KB.
_RAW = -15
# Methods that only outside programs read.
OUTSIDE = {
    1: "Shrink",
    2: "Reduce",
    3: "Reduce",
    4: "Reduce",
    5: "Reduce",
    6: "Implode",
    10: "PKWARE's Implode",
    94: "MP3",
    96: "JPEG",
    97: "WavPack",
}


@dataclass(slots=True)
class Packed:
    """The packed octets of one member; `read` is how many of them were needed."""

    octets: memoryview
    method: int
    flags: int
    size: int
    read: int = 0

    @property
    def known(self) -> bool:
        """Whether something here unpacks it."""
        return _SAME.get(self.method, self.method) in _READERS

    def pieces(self) -> Iterator[bytes]:
        """Give what it becomes; `Damaged` where it cannot be read on."""
        reader = _READERS.get(_SAME.get(self.method, self.method))
        if reader is None:
            raise Damaged(f"no reader for compression method {self.method}")
        try:
            yield from reader(self)
        except (zlib.error, lzma.LZMAError, OSError, EOFError, ValueError) as error:
            raise Damaged(str(error)) from error


def _stored(packed: Packed) -> Iterator[bytes]:
    yield from pieces_of(packed.octets)
    packed.read = len(packed.octets)


def _inflate(packed: Packed) -> Iterator[bytes]:
    yield from _stream(packed, lambda: Inflate(_RAW))


def inflated_at_once(packed: Packed) -> bytes | None:
    """What most members become: one piece, of one call; None where it takes more, or is damaged.

    Whoever is given None asks for `pieces`, which says what is wrong.
    """
    if packed.method != DEFLATED or len(packed.octets) > _GULP:
        return None
    unpacker = zlib.decompressobj(_RAW)
    try:
        whole = unpacker.decompress(packed.octets, _PIECE)
    except zlib.error:
        return None
    if not unpacker.eof:
        return None
    packed.read = len(packed.octets) - len(unpacker.unused_data)
    return whole


def _inflate64(packed: Packed) -> Iterator[bytes]:
    unpacker = Inflate64(packed.octets)
    try:
        yield from unpacker.pieces()
    finally:
        packed.read = unpacker.position


def _stream(packed: Packed, new: Callable[[], Unpacker]) -> Iterator[bytes]:
    streams = Streams(packed.octets, b"", new)
    try:
        yield from streams.first()
    finally:
        packed.read = streams.position


def _bzip2(packed: Packed) -> Iterator[bytes]:
    yield from _stream(packed, bz2.BZ2Decompressor)


def _xz(packed: Packed) -> Iterator[bytes]:
    yield from _stream(packed, lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=MEMORY))


def _lzma(packed: Packed) -> Iterator[bytes]:
    """Under the header of a `.lzma` file, where liblzma holds the memory to a limit."""
    head = bytes(packed.octets[:_LZMA_HEADER])
    if len(head) < _LZMA_HEADER or int.from_bytes(head[2:4], "little") != _PROPERTIES:
        raise Damaged("its properties are none")
    size = 0xFFFFFFFFFFFFFFFF if packed.flags & _MARKED else packed.size & 0xFFFFFFFFFFFFFFFF
    alone = head[4:] + struct.pack("<Q", size) + packed.octets[_LZMA_HEADER:]
    inside = Packed(memoryview(alone), packed.method, packed.flags, packed.size)
    new = partial(lzma.LZMADecompressor, lzma.FORMAT_ALONE, memlimit=MEMORY)
    try:
        yield from _stream(inside, new)
    finally:
        packed.read = max(0, inside.read - 4)


def _by_libarchive(packed: Packed) -> Iterator[bytes]:
    method = _SAME.get(packed.method, packed.method)
    yield from single(packed.octets, Header(method, size=packed.size))
    packed.read = len(packed.octets)


_READERS: dict[int, Callable[[Packed], Iterator[bytes]]] = {
    STORED: _stored,
    DEFLATED: _inflate,
    _DEFLATE64: _inflate64,
    _BZIP2: _bzip2,
    _LZMA: _lzma,
    _XZ: _xz,
    _ZSTD: _by_libarchive,
    _PPMD: _by_libarchive,
}


@dataclass(frozen=True, slots=True)
class Header:
    """What libarchive is told of the one member."""

    method: int
    size: int = 0
    flags: int = 0
    sum: int = 0
    extra: bytes = b""
    # The word that decrypts it; empty where it is not encrypted.
    password: bytes = b""


def single(octets: memoryview, told: Header) -> Iterator[bytes]:
    """What libarchive makes of a member, whose checksum is left to the caller."""
    sizes = min(len(octets), 0xFFFFFFFE), min(told.size, 0xFFFFFFFE)
    fields = (20, told.flags, told.method, 0, 33, told.sum, *sizes, 1, len(told.extra))
    header = b"PK\x03\x04" + struct.pack("<HHHHHIIIHH", *fields) + b"a" + told.extra
    options = b"zip:ignorecrc32"
    with Archive(
        header + octets, "zip_streamable", options=options, password=told.password
    ) as archive:
        if next(archive.entries(), None) is None:
            raise Damaged("libarchive finds no member")
        yield from archive.pieces()
