"""Files of xz, made with the standard library."""

import lzma


def good(text: bytes) -> bytes:
    return lzma.compress(text)


def broken(text: bytes) -> bytes:
    return good(text)[:-20]


def bomb() -> bytes:
    return lzma.compress(bytes(64 << 20), preset=0)
