"""Files of zstd, made with the library that the reader uses as well."""

import zstandard


def good(text: bytes) -> bytes:
    return zstandard.ZstdCompressor(write_checksum=True).compress(text)


def broken(text: bytes) -> bytes:
    return good(text)[:-20]


def bomb() -> bytes:
    return zstandard.ZstdCompressor().compress(bytes(1 << 28))
