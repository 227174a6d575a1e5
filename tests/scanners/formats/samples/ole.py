"""Compound files with a package, written by the specification ([MS-CFB], Packager)."""

import importlib.util
import struct
from pathlib import Path

_SPEC = importlib.util.spec_from_file_location("compound", Path(__file__).with_name("_compound.py"))
_MODULE = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(_MODULE)
compound = _MODULE.compound


def package(name: str, octets: bytes, *, wide: bool = False) -> bytes:
    """What a stream `\\1Ole10Native` holds."""
    raw = name.encode()
    target = b"C:\\Users\\a\\AppData\\Local\\Temp\\" + raw + b"\0"
    inside = b"\2\0" + raw + b"\0C:\\a\\" + raw + b"\0" + b"\0\0\3\0"
    inside += struct.pack("<I", len(target)) + target + struct.pack("<I", len(octets)) + octets
    if wide:
        for text in (target[:-1].decode(), name, "C:\\a\\" + name):
            inside += struct.pack("<I", len(text)) + text.encode("utf-16-le")
    return struct.pack("<I", len(inside)) + inside


def good(text: bytes) -> bytes:
    return compound(
        {"WordDocument": bytes(5000), "ObjectPool/_1/\1Ole10Native": package("fox.txt", text)}
    )


def broken(text: bytes) -> bytes:
    return good(text)[:2000]


def bomb() -> bytes:
    """A directory of more streams than a message may have parts, each of them empty."""
    return compound({f"stream {number}": b"" for number in range(10_050)}, sector=4096)
