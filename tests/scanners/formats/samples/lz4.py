"""Files of LZ4, made with the library that the reader uses as well."""

import lz4.frame


def good(text: bytes) -> bytes:
    return lz4.frame.compress(text, content_checksum=True)


def broken(text: bytes) -> bytes:
    return good(text)[:-20]


def bomb() -> bytes:
    return lz4.frame.compress(bytes(1 << 28))
