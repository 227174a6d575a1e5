"""Shortcuts, by the specification ([MS-SHLLINK])."""

import struct

NAME = "arguments"
ALONE = False
CLASS = bytes.fromhex("4c0000000114020000000000c000000000000046")
IDS, PLACE, RELATIVE, ARGUMENTS, WIDE = 0x01, 0x02, 0x08, 0x20, 0x80


def counted(text: str) -> bytes:
    return struct.pack("<H", len(text)) + text.encode("utf-16-le")


def place(path: bytes) -> bytes:
    """2.3, LinkInfo with a local path."""
    body = path + b"\0"
    return struct.pack("<7I", 28 + len(body) + 1, 28, 1, 0, 28, 0, 28 + len(body)) + body + b"\0"


def shortcut(arguments: str, extra: bytes = bytes(4), behind: bytes = b"") -> bytes:
    flags = IDS | PLACE | RELATIVE | ARGUMENTS | WIDE
    head = (CLASS + struct.pack("<I", flags)).ljust(76, b"\0")
    ids = struct.pack("<H", 22) + b"\x14\0\x1fX" + b"cmd.exe".ljust(16, b"\0") + b"\0\0"
    strings = counted(".\\cmd.exe") + counted(arguments)
    return head + ids + place(b"C:\\Windows\\cmd.exe") + strings + extra + behind


def good(text: bytes) -> bytes:
    return shortcut(text.decode())


def broken(text: bytes) -> bytes:
    return good(text)[:400]
