"""Bzip2 files, made with the standard library."""

import bz2


def good(text: bytes) -> bytes:
    return bz2.compress(text)


def broken(text: bytes) -> bytes:
    return good(text)[:-20]


def bomb() -> bytes:
    return bz2.compress(bytes(32 << 20))
