"""RTF with an object of OLE 1 that is a package ([MS-OLEDS] 2.2.5)."""

import struct


def package(name: str, octets: bytes) -> bytes:
    raw = name.encode() + b"\0"
    inside = b"\2\0" + raw + b"C:\\a\\" + raw + b"\0\0\3\0"
    inside += struct.pack("<I", len(raw) + 8) + b"C:\\temp\\" + raw
    return inside + struct.pack("<I", len(octets)) + octets


def first_version(class_: bytes, native: bytes) -> bytes:
    head = struct.pack("<III", 0x501, 2, len(class_) + 1) + class_ + b"\0" + bytes(8)
    return head + struct.pack("<I", len(native)) + native


def document(digits: bytes) -> bytes:
    return b"{\\rtf1\\ansi Hello{\\object\\objemb{\\*\\objdata " + digits + b"}}\\par}"


def good(text: bytes) -> bytes:
    return document(first_version(b"Package", package("fox.txt", text)).hex().encode())


def broken(text: bytes) -> bytes:
    return good(text)[:900]


def bomb() -> bytes:
    """More objects than a message may have parts."""
    digits = first_version(b"Package", package("a", b"")).hex().encode()
    return b"{\\rtf1" + b"{\\object{\\*\\objdata %b}}" % digits * 10_050 + b"}"
