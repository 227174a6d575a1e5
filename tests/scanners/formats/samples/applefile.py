"""AppleSingle by hand, from RFC 1740, appendix A."""

import struct


def applefile(octets: bytes, name: bytes, resources: bytes = b"", magic: int = 0x00051600) -> bytes:
    entries = [(3, name), (2, resources), (1, octets)]
    start = 26 + 12 * len(entries)
    table, body = b"", b""
    for id_, content in entries:
        table += struct.pack(">III", id_, start + len(body), len(content))
        body += content
    return struct.pack(">II16xH", magic, 0x00020000, len(entries)) + table + body


def good(text: bytes) -> bytes:
    return applefile(text, b"fox.txt")


def broken(text: bytes) -> bytes:
    return good(text)[:-20]
