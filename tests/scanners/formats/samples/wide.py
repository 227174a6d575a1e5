"""A message saved with two octets a letter."""

import codecs

NAME = ""


def good(text: bytes) -> bytes:
    return codecs.BOM_UTF16_LE + text.decode("ascii").encode("utf-16-le")
