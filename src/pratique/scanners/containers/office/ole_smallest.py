"""Write the smallest compound files ([MS-CFB]), with which readers are rehearsed.

A header, one sector of the table of chains, a directory of four entries, and short streams
in one sector, with the table that chains them.
"""

import struct

_END, _FREE, _TABLE, _NONE = 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFD, 0xFFFFFFFF
_SECTOR, _SMALL = 512, 64
MAGIC = bytes.fromhex("d0cf11e0a1b11ae1")
_ROOT, _STREAM = 5, 2


def smallest(streams: dict[str, bytes]) -> bytes:
    """A compound file with up to three streams, short and few enough for one sector."""
    mini = b""
    entries: list[bytes] = []
    chains: list[int] = []
    for name, octets in streams.items():
        needed = -(-len(octets) // _SMALL)
        first = len(mini) // _SMALL
        chains += [*range(first + 1, first + needed), _END] if needed else []
        start = first if needed else _END
        right = len(entries) + 2 if len(entries) + 1 < len(streams) else _NONE
        entries.append(_entry(name, _STREAM, (_NONE, right, _NONE), (start, len(octets))))
        mini += octets.ljust(needed * _SMALL, b"\0")
    root = _entry("Root Entry", _ROOT, (_NONE, _NONE, 1 if entries else _NONE), (3, len(mini)))
    directory = b"".join([root, *entries]).ljust(_SECTOR, b"\0")
    table = struct.pack("<4I", _TABLE, _END, _END, _END).ljust(_SECTOR, b"\xff")
    mini_table = struct.pack(f"<{len(chains)}I", *chains).ljust(_SECTOR, b"\xff")
    return _header() + table + directory + mini_table + mini.ljust(_SECTOR, b"\0")


def _header() -> bytes:
    """2.2: version 3, little-endian; the table is sector 0, the directory sector 1."""
    forms = struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6)
    places = struct.pack("<6xIIIIIIIII", 0, 1, 1, 0, 4096, 2, 1, _END, 0)
    return MAGIC + bytes(16) + forms + places + struct.pack("<I", 0) + b"\xff" * 432


def _entry(name: str, kind: int, tree: tuple[int, int, int], place: tuple[int, int]) -> bytes:
    raw = name.encode("utf-16-le") + b"\0\0"
    head = raw.ljust(64, b"\0") + struct.pack("<HBB3I", len(raw), kind, 1, *tree)
    return head + bytes(36) + struct.pack("<IQ", *place)
