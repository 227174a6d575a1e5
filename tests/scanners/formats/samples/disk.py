"""Disks with a partition table, written by hand: MBR and GPT."""

import struct

NAME = ""


def entry(kind: int, start: int, sectors: int) -> bytes:
    return struct.pack("<B3sB3sII", 0, b"", kind, b"", start, sectors)


def table(*entries: bytes) -> bytes:
    return bytes(446) + b"".join(entries).ljust(64, b"\0") + b"\x55\xaa"


def mbr(*bodies: bytes) -> bytes:
    entries, out, at = [], b"", 1
    for body in bodies:
        sectors = -(-len(body) // 512)
        entries.append(entry(0x0C, at, sectors))
        out += body.ljust(sectors * 512, b"\0")
        at += sectors
    return table(*entries) + out


def gpt(name: str, body: bytes) -> bytes:
    sectors = -(-len(body) // 512)
    one = bytes([1]) * 32 + struct.pack("<QQQ", 3, 2 + sectors, 0) + name.encode("utf-16-le")
    header = b"EFI PART".ljust(72, b"\0") + struct.pack("<QII", 2, 1, 128)
    protective = table(entry(0xEE, 1, 2 + sectors))
    return (
        protective
        + header.ljust(512, b"\0")
        + one.ljust(512, b"\0")
        + body.ljust(sectors * 512, b"\0")
    )


def good(text: bytes) -> bytes:
    return mbr(text)


def broken(text: bytes) -> bytes:
    return mbr(text)[:-100]
