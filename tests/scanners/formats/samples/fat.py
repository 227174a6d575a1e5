"""FAT volumes, written by hand: 12 bits, clusters of one sector."""

import struct

NAME = "fox.txt"
SECTOR = 512


def fat(files: dict[str, tuple[int, int]], body: bytes) -> bytes:
    """Files by their first cluster and their size; the body is in a row from cluster 2."""
    clusters = -(-len(body) // SECTOR)
    tables = -(-(clusters + 2) * 3 // 2 // SECTOR) or 1
    roots = -(-len(files) // 16) * 16
    sectors = 1 + tables + roots * 32 // SECTOR + clusters + 2
    boot = b"\xeb\x3c\x90MSDOS5.0" + struct.pack("<HBHBHHBH", SECTOR, 1, 1, 1, roots, sectors, 0xF8,
                                                 tables)  # fmt: skip
    boot = boot.ljust(510, b"\0") + b"\x55\xaa"
    row = [0xFF8, 0xFFF, *range(3, clusters + 2), 0xFFF, 0]
    pairs = zip(row[::2], [*row[1::2], 0], strict=False)
    table = b"".join((low | high << 12).to_bytes(3, "little") for low, high in pairs)
    root = b""
    for name, (cluster, size) in files.items():
        stem, _, last = name.upper().partition(".")
        entry = stem.ljust(8).encode() + last.ljust(3).encode() + b"\x20\x18" + bytes(13)
        root += entry + struct.pack("<HI", cluster, size)
    return (
        boot
        + table.ljust(tables * SECTOR, b"\0")
        + root.ljust(roots * 32, b"\0")
        + body.ljust((clusters + 2) * SECTOR, b"\0")
    )


def good(text: bytes) -> bytes:
    return fat({"fox.txt": (2, len(text))}, text)


def broken(text: bytes) -> bytes:
    return fat({"fox.txt": (2, len(text) + 2 * SECTOR)}, text)


def bomb() -> bytes:
    """Many files that lie one over the other."""
    return fat({f"{n}.bin": (2, 1 << 20) for n in range(1000)}, bytes(1 << 20))
