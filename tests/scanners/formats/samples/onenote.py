"""Sections of OneNote with a file in them, by the specification ([MS-ONESTORE] 2.3.1, 2.6.13)."""

import struct

SECTION = bytes.fromhex("e4525c7b8cd8a74daeb15378d02996d3")
STORE = bytes.fromhex("3fdd9a101b91f549a5d01791edc8aed8")
PACKED = bytes.fromhex("2fe98d63d4a6c14b9a36b3fc2511a5b7")
BEGIN = bytes.fromhex("e716e3bd65261145a4c48d4d0b7a9eac")
END = bytes.fromhex("22a7fb71790f0b4abb13899256426b24")


def store(octets: bytes) -> bytes:
    return BEGIN + struct.pack("<QIQ", len(octets), 0, 0) + octets + bytes(-len(octets) % 8) + END


def name_of(name: str) -> bytes:
    raw = name.encode("utf-16-le") + b"\0\0"
    return struct.pack("<I", len(raw)) + raw


def section(*pieces: bytes, form: bytes = STORE) -> bytes:
    inside = b"".join(pieces)
    size = struct.pack("<Q", 1024 + len(inside))
    head = (SECTION.ljust(48, b"\0") + form).ljust(0xC4, b"\0") + size
    return head.ljust(1024, b"\0") + inside


def good(text: bytes) -> bytes:
    return section(bytes(40), name_of("fox.txt"), store(text), b"\x01" * 8)


def broken(text: bytes) -> bytes:
    return good(text)[:1400]


def bomb() -> bytes:
    """More files than a message may have parts."""
    return section(store(b"") * 10_050)
