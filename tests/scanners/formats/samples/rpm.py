"""RPM packages, written by hand: two headers, and a text where the packed archive is."""

import struct

NAME = "contents"
# The header is a member too.
ALONE = False
# What lies behind the headers has no size of its own.
CUTS = False


def header(store: bytes) -> bytes:
    entry = struct.pack(">4I", 1000, 6, 0, 1)
    return b"\x8e\xad\xe8\x01" + bytes(4) + struct.pack(">2I", 1, len(store)) + entry + store


def rpm(contents: bytes) -> bytes:
    lead = b"\xed\xab\xee\xdb\3\0\0\0\0\1fox-1-1".ljust(96, b"\0")
    signature = header(b"none\0")
    return lead + signature + bytes(-len(lead + signature) % 8) + header(b"fox\0") + contents


def good(text: bytes) -> bytes:
    return rpm(text)


def broken(text: bytes) -> bytes:
    return rpm(text)[:150]
