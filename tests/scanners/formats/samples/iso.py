"""ISO 9660 images, written by hand from ECMA-119: one tree, of one folder."""

import struct

SECTOR = 2048


def both(number: int, form: str = "I") -> bytes:
    """A number with its lowest octet first, and again with its highest first."""
    return struct.pack("<" + form, number) + struct.pack(">" + form, number)


def record(name: bytes, extent: int, size: int, flags: int = 0, more: bytes = b"") -> bytes:
    """ECMA-119 9.1."""
    fields = bytes(1) + both(extent) + both(size) + bytes(7) + bytes([flags]) + bytes(2)
    fields += both(1, "H") + bytes([len(name)]) + name + bytes((len(name) + 1) % 2) + more
    return bytes([len(fields) + 1]) + fields


def iso(records: list[tuple[bytes, int, int]], body: bytes, volume: int | None = None) -> bytes:
    """Records of (name, extent, size); the body begins in sector 19."""
    folder = record(b"\0", 18, SECTOR, 2) + record(b"\1", 18, SECTOR, 2)
    room = b""
    for name, extent, size in records:
        one = record(name, extent, size)
        if len(folder) + len(one) > SECTOR:
            room, folder = room + folder.ljust(SECTOR, b"\0"), b""
        folder += one
    room += folder.ljust(SECTOR, b"\0")
    body = body.ljust(-(-len(body) // SECTOR) * SECTOR, b"\0")
    place = 18 if len(room) == SECTOR else 19 + len(body) // SECTOR
    sectors = 19 + (len(body) + (len(room) if place > 18 else 0)) // SECTOR
    first = b"\1CD001\1\0" + b" " * 64 + bytes(8) + both(volume or sectors)
    first = first.ljust(120, b"\0") + both(1, "H") + both(1, "H") + both(SECTOR, "H")
    first = first.ljust(156, b"\0") + record(b"\0", place, len(room), 2)
    image = bytes(16 * SECTOR) + first.ljust(SECTOR, b"\0") + b"\xffCD001\1".ljust(SECTOR, b"\0")
    if place == 18:
        return image + room + body
    return image + bytes(SECTOR) + body + room


def good(text: bytes) -> bytes:
    return iso([(b"fox.txt;1", 19, len(text))], text)


def broken(text: bytes) -> bytes:
    return iso([(b"fox.txt;1", 19, len(text) + SECTOR)], text)


def bomb() -> bytes:
    """Many files that lie one over the other."""
    files = [(b"%d.bin;1" % number, 19, (1 << 20) - number) for number in range(1000)]
    return iso(files, bytes(1 << 20))
