"""Open lzip (lzip's manual, "File format"): one file, in one or more members that are joined.

Each is a header of six octets, an LZMA stream with settings that never change and a mark
at its end, and a trailer with a check sum and two sizes.  It keeps no name.

Limitation: the check sum is compared, the sizes are not.
"""

import lzma
from binascii import crc32
from collections.abc import Iterator
from typing import ClassVar

from pratique.scanners.budget import Budget
from pratique.scanners.containers.around import told
from pratique.scanners.containers.streams import MEMORY, Streams, open_stream, unpacked_names
from pratique.scanners.part import Found, Member, Part, Recognized

MAGIC = b"LZIP"
_HEADER, _TRAILER = 6, 20
# The manual allows 512 MB; what `lzip -9` packs wants 32 MB.
_DICTIONARY = 64 * 1024 * 1024


class _Unpacker:
    """One member: its header, then LZMA, then its trailer."""

    def __init__(self) -> None:
        self._head = b""
        self._lzma: lzma.LZMADecompressor | None = None
        self._tail: bytes | None = None
        self._sum = 0
        self._checked = False

    @property
    def eof(self) -> bool:
        """The trailer was compared."""
        return self._checked

    @property
    def needs_input(self) -> bool:
        """Nothing is left of the last input."""
        if self._tail is not None:
            return len(self._tail) < _TRAILER
        return self._lzma is None or self._lzma.needs_input

    @property
    def unused_data(self) -> bytes:
        """What of the last input lies behind the trailer."""
        return (self._tail or b"")[_TRAILER:]

    def decompress(self, octets: bytes, max_length: int) -> bytes:
        """Unpack at most so much; what was unpacked is given before the sum is compared."""
        if self._tail is None:
            unpacked = self._unpack(octets, max_length)
            self._sum = crc32(unpacked, self._sum)
            return unpacked
        self._tail += octets
        if len(self._tail) >= _TRAILER:
            if int.from_bytes(self._tail[:4], "little") != self._sum:
                raise ValueError("its check sum is wrong")
            self._checked = True
        return b""

    def _unpack(self, octets: bytes, max_length: int) -> bytes:
        if self._lzma is None:
            self._head += octets
            if len(self._head) < _HEADER:
                return b""
            self._lzma, octets = _stream(self._head[5]), self._head[_HEADER:]
        unpacked = self._lzma.decompress(octets, max_length)
        if self._lzma.eof:
            self._tail = self._lzma.unused_data
        return unpacked


def _stream(coded: int) -> lzma.LZMADecompressor:
    size = 1 << (coded & 0x1F)
    size -= size // 16 * (coded >> 5)
    if not 4096 <= size <= _DICTIONARY:
        raise lzma.LZMAError("Memory usage limit exceeded" if size > MEMORY else "no dictionary")
    settings = {"id": lzma.FILTER_LZMA1, "dict_size": size, "lc": 3, "lp": 0, "pb": 2}
    return lzma.LZMADecompressor(format=lzma.FORMAT_RAW, filters=[settings])


class Lzip:
    """Gives the one file that an lzip file holds."""

    name: ClassVar[str] = "lzip"
    types: ClassVar[frozenset[str]] = frozenset({"application/x-lzip"})
    told_by: ClassVar[str] = "front"
    # An empty file, packed.
    smallest: ClassVar[bytes] = bytes.fromhex(
        "4c5a4950010c0083fffbffffc0000000000000000000000000000000000000002400000000000000"
    )

    # Samples that the tests need not have, and why.
    lacks: ClassVar[dict[str, str]] = {"encrypted": "the format has no encryption"}

    def recognize(self, part: Part) -> Recognized:
        """Tell by the detected type, or by the first octets."""
        return told(part, self.types)

    def members(self, part: Part, budget: Budget) -> Iterator[Found]:
        """Give the file; then say what lies behind it."""
        name, *others = unpacked_names(part)
        member = Member(step=f"lzip:{name}", name=name, names=tuple(others))
        yield from open_stream(part, budget, Streams(part.octets, MAGIC, _Unpacker), member)
