"""Archives of LHA, written by hand: stored, with a header of level 0 (header.doc.md)."""

import struct


def header(name: bytes, method: bytes, packed: int, size: int, sum_: int = 0) -> bytes:
    fields = method + struct.pack("<IIIBB", packed, size, 0x21 << 16, 0x20, 0)
    fields += bytes([len(name)]) + name + struct.pack("<H", sum_)
    return bytes([len(fields), sum(fields) & 0xFF]) + fields


def check_sum(octets: bytes) -> int:
    """CRC-16 (header.doc.md): the polynomial x^16 + x^15 + x^2 + 1, the lowest bit first."""
    known = 0
    for octet in octets:
        known ^= octet
        for _ in range(8):
            known = known >> 1 ^ (0xA001 if known & 1 else 0)
    return known


def lha(files: dict[str, bytes]) -> bytes:
    out = b""
    for name, octets in files.items():
        size = len(octets)
        out += header(name.encode(), b"-lh0-", size, size, check_sum(octets)) + octets
    return out + b"\0"


def good(text: bytes) -> bytes:
    return lha({"fox.txt": text})


def broken(text: bytes) -> bytes:
    return good(text)[:-20]


def bomb() -> bytes:
    """A size that no part may have: it is believed before anything is unpacked."""
    return header(b"zeros", b"-lh5-", 9, 1 << 30) + bytes(9) + b"\0"
