"""Gzip files, made with the standard library."""

import gzip
import zlib


def good(text: bytes) -> bytes:
    return gzip.compress(text, mtime=0)


def broken(text: bytes) -> bytes:
    return good(text)[:-20]


def bomb() -> bytes:
    """A gigabyte of zeros: one flushed megabyte, again and again."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    first, again = (packer.compress(bytes(1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH) for _ in "12")
    return first + again * 1023
