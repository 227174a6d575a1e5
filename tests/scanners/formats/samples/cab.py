"""Cabinets, written by hand from [MS-CAB]: one folder, stored or by MSZIP."""

import struct
import zlib

BLOCK = 32768


def blocks(octets: bytes, *, packed: bool) -> list[bytes]:
    """CFDATA, with a check sum of zero, which is none; MSZIP keeps a window between them."""
    out = []
    for start in range(0, len(octets), BLOCK):
        piece = octets[start : start + BLOCK]
        stored = piece
        if packed:
            before = octets[max(0, start - BLOCK) : start]
            packer = zlib.compressobj(9, zlib.DEFLATED, -15, zdict=before)
            stored = b"CK" + packer.compress(piece) + packer.flush()
        out.append(struct.pack("<IHH", 0, len(stored), len(piece)) + stored)
    return out


def cab(files: dict[str, bytes], *, packed: bool = True) -> bytes:
    whole = blocks(b"".join(files.values()), packed=packed)
    entries, at = b"", 0
    for name, octets in files.items():
        entries += struct.pack("<IIHHHH", len(octets), at, 0, 0x21, 0, 0x20) + name.encode() + b"\0"
        at += len(octets)
    start = 36 + 8 + len(entries)
    folder = struct.pack("<IHH", start, len(whole), int(packed))
    size = start + sum(map(len, whole))
    head = b"MSCF" + struct.pack("<IIIIIBBHHHHH", 0, size, 0, 44, 0, 3, 1, 1, len(files), 0, 0, 0)
    return head + folder + entries + b"".join(whole)


def good(text: bytes) -> bytes:
    return cab({"fox.txt": text})


def broken(text: bytes) -> bytes:
    return good(text)[:-20]


def bomb() -> bytes:
    return cab({"zeros": bytes(40 << 20)})
