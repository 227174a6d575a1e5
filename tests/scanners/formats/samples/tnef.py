"""TNEF by hand, from [MS-OXTNEF]; the tests let tnef(1) read it as well."""

import struct

# An attachment is an attribute like any other: where one is cut off, the file may end.
CUTS = False


def attribute(level: int, number: int, octets: bytes) -> bytes:
    sum_ = struct.pack("<H", sum(octets) & 0xFFFF)
    return struct.pack("<BII", level, number, len(octets)) + octets + sum_


def attachment(name: bytes, octets: bytes, properties: bytes = b"") -> bytes:
    rendering = struct.pack("<HIHHI", 1, 0xFFFFFFFF, 32, 32, 0)
    made = attribute(2, 0x00069002, rendering) + attribute(2, 0x00018010, name + b"\0")
    made += attribute(2, 0x0006800F, octets)
    return made + (attribute(2, 0x00069005, properties) if properties else b"")


def tnef(*attributes: bytes) -> bytes:
    head = b"\x78\x9f\x3e\x22\1\0" + attribute(1, 0x00089006, struct.pack("<I", 0x00010000))
    return head + attribute(1, 0x00078008, b"IPM.Microsoft Mail.Note\0") + b"".join(attributes)


def properties(*each: tuple[int, int, bytes]) -> bytes:
    """MAPI properties of the counted types: type, number, value."""
    made = struct.pack("<I", len(each))
    for type_, number, value in each:
        made += struct.pack("<HHII", type_, number, 1, len(value)) + value
        made += bytes(-len(value) % 4)
    return made


def good(text: bytes) -> bytes:
    return tnef(attachment(b"fox.txt", text))


def broken(text: bytes) -> bytes:
    return good(text)[:-30]


def compressed(text: bytes, size: int | None = None) -> bytes:
    """RTF as LZFu has it ([MS-OXRTFCP] 2.1): letters only, and what follows as it is given."""
    body = b"".join(b"\0" + text[at : at + 8] for at in range(0, len(text), 8))
    head = struct.pack("<II", len(body) + 12, len(text) if size is None else size)
    return head + b"LZFu" + bytes(4) + body
