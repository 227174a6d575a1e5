"""VHD images, written by hand: fixed and dynamic."""

import struct

NAME = ""
BLOCK = 4096


def footer(kind: int, size: int, at: int = 0xFFFFFFFFFFFFFFFF) -> bytes:
    start = b"conectix" + struct.pack(">IIQ", 2, 0x10000, at) + bytes(24)
    return (start + struct.pack(">QI", size, 0) + struct.pack(">I", kind)).ljust(512, b"\0")


def fixed(octets: bytes) -> bytes:
    return octets + footer(2, len(octets))


def dynamic(octets: bytes, size: int = 0) -> bytes:
    """A copy of the footer, the header, the table, and blocks with a sector of bits each."""
    size = size or len(octets)
    blocks = -(-len(octets) // BLOCK)
    entries = -(-size // BLOCK)
    room = -(-entries * 4 // 512)
    first = 3 + room
    step = 1 + BLOCK // 512
    header = b"cxsparse" + struct.pack(">QQIII", 0xFFFFFFFFFFFFFFFF, 1536, 0x10000, entries, BLOCK)
    places = [first + n * step if n < blocks else 0xFFFFFFFF for n in range(entries)]
    table = b"".join(struct.pack(">I", each) for each in places).ljust(room * 512, b"\xff")
    body = b"".join(b"\xff" * 512 + octets[n * BLOCK : n * BLOCK + BLOCK].ljust(BLOCK, b"\0")
                    for n in range(blocks))  # fmt: skip
    end = footer(3, size, 512)
    return end + header.ljust(1024, b"\0") + table + body + end


def good(text: bytes) -> bytes:
    return fixed(text)


def broken(text: bytes) -> bytes:
    return dynamic(text)[:2500]


def bomb() -> bytes:
    return dynamic(b"x", 63 << 20)
