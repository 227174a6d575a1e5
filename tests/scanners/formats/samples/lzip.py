"""Files of lzip, made by hand around what the standard library packs."""

import lzma
import struct
from binascii import crc32

# 64 KB, coded as its power of two.
DICTIONARY = 16


def lzip(octets: bytes) -> bytes:
    settings = {"id": lzma.FILTER_LZMA1, "dict_size": 1 << DICTIONARY, "preset": 0}
    settings |= {"lc": 3, "lp": 0, "pb": 2}
    packed = lzma.compress(octets, format=lzma.FORMAT_RAW, filters=[settings])
    sizes = struct.pack("<IQQ", crc32(octets), len(octets), len(packed) + 26)
    return b"LZIP\1" + bytes([DICTIONARY]) + packed + sizes


def good(text: bytes) -> bytes:
    return lzip(text)


def broken(text: bytes) -> bytes:
    return good(text)[:-20]


def bomb() -> bytes:
    return lzip(bytes(64 << 20))
