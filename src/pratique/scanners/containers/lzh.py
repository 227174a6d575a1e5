"""Unpack what LHA and ARJ pack, through libarchive.

Both pack by Haruyasu Yoshizaki's LZHUF: ARJ's methods 1 to 3 are LHA's -lh7- with a
smaller window.  libarchive reads LHA; so what is packed is written anew behind a header
of LHA's level 0, which is as plain as can be, and has no check sum that ARJ has not.
"""

import struct
from collections.abc import Iterator

from pratique.scanners.containers.archive import Archive
from pratique.scanners.containers.gather import Damaged

PIECE = 64 * 1024
_STORED = frozenset({b"-lh0-", b"-lz4-", b"-pm0-"})
_PACKED = frozenset({b"-lh4-", b"-lh5-", b"-lh6-", b"-lh7-"})
# -lh4- is -lh5- with a smaller window, and libarchive knows only the latter; what is stored
# is stored.
_AS = {b"-lh4-": b"-lh5-", b"-lz4-": b"-lh0-", b"-pm0-": b"-lh0-"}


def unpacked(
    method: bytes, packed: memoryview, size: int, sum_: int | None = None
) -> Iterator[bytes]:
    """What was packed by a method that has such a name in LHA, in bounded pieces.

    libarchive holds it against LHA's check sum of 16 bits, if that is told.
    """
    if method not in _STORED | _PACKED:
        raise Damaged(f"no reader for {method.decode('ascii', 'replace')}")
    if method in _STORED:
        packed = packed[:size]
    octets = _header(_AS.get(method, method), len(packed), size, sum_) + bytes(packed) + b"\0"
    left = size
    with Archive(octets, "lha") as archive:
        for _ in archive.entries():
            for piece in archive.pieces():
                left -= len(piece)
                yield piece
            break
    if left:
        raise Damaged("it is shorter than it says")


def _header(method: bytes, packed: int, size: int, sum_: int | None) -> bytes:
    fields = method + struct.pack("<IIIBB", packed & 0xFFFFFFFF, size, 0x21 << 16, 0x20, 0)
    # A name of one letter, and the check sum, which may be left out.
    fields += b"\1a" + (b"" if sum_ is None else sum_.to_bytes(2, "little"))
    return bytes([len(fields), sum(fields) & 0xFF]) + fields
