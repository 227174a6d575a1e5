"""Compiled help, written as readers understand it; its LZX has blocks that are not packed."""

import struct

GUID = "{7FC28940-9D31-11D0-9B27-00A0C91E9C7C}"
BASE = "::DataSpace/Storage/MSCompressed/"
TRANSFORM = bytes.fromhex("4089c27f319dd0119b2700a0c91e9c7c")
DIRECTORY = bytes.fromhex("6a92025d2e21d0119df900a0c922e6ec")


def names_of_sections() -> bytes:
    """How many words, how many names, and each with its length and a NUL."""
    names = ("Uncompressed", "MSCompressed")
    words = b"".join(
        struct.pack("<H", len(name)) + name.encode("utf-16-le") + b"\0\0" for name in names
    )
    return struct.pack("<HH", len(words) // 2 + 2, len(names)) + words


NAMES = names_of_sections()
FRAME, CHUNK = 0x8000, 0x1000


def number(value: int) -> bytes:
    octets = [value & 0x7F]
    while value := value >> 7:
        octets.append(value & 0x7F | 0x80)
    return bytes(octets[::-1])


def listed(name: str, section: int, at: int, size: int) -> bytes:
    raw = name.encode()
    return number(len(raw)) + raw + number(section) + number(at) + number(size)


def chunk(entries: list[bytes]) -> bytes:
    inside = b"".join(entries)
    free = CHUNK - 20 - len(inside)
    return b"PMGL" + struct.pack("<IIII", free, 0, 0xFFFFFFFF, 0xFFFFFFFF) + inside + bytes(free)


def frame(octets: bytes, first: str) -> bytes:
    """A frame of LZX in one block that is not packed: form 3, its size; then it is aligned."""
    bits = f"{first}{3:03b}{len(octets):024b}".ljust(32, "0")
    words = [int(bits[at : at + 16], 2) for at in (0, 16)]
    return (
        struct.pack("<HH", *words) + struct.pack("<III", 1, 1, 1) + octets + bytes(len(octets) % 2)
    )


def help_(stored: dict[str, bytes], packed: dict[str, bytes]) -> bytes:
    section, entries = b"", []
    whole = b"".join(packed.values())
    # Each second frame starts anew: a bit more, for the translation of calls.
    frames = [
        frame(whole[at : at + FRAME].ljust(FRAME, b"\0"), "" if at // FRAME % 2 else "0")
        for at in range(0, len(whole), FRAME)
    ]
    places = [sum(map(len, frames[:at])) for at in range(len(frames))]
    held = {"::DataSpace/NameList": NAMES} | stored
    if packed:
        held[BASE + "SpanInfo"] = struct.pack("<Q", len(whole))
        held[BASE + "Transform/List"] = TRANSFORM
        held[BASE + "ControlData"] = struct.pack("<I4sIIIII", 6, b"LZXC", 2, 2, 2, 0, 0)
        held[BASE + f"Transform/{GUID}/InstanceData/ResetTable"] = struct.pack(
            "<IIIIQQQ", 2, len(places), 8, 0x28, len(whole), sum(map(len, frames)), FRAME
        ) + struct.pack(f"<{len(places)}Q", *places)
        held[BASE + "Content"] = b"".join(frames)
    for name, octets in held.items():
        entries.append(listed(name, 0, len(section), len(octets)))
        section += octets
    at = 0
    for name, octets in packed.items():
        entries.append(listed(name, 1, at, len(octets)))
        at += len(octets)
    chunks = b"".join(chunk(entries[at : at + 40]) for at in range(0, len(entries), 40))
    return file_of(chunks, section)


def file_of(chunks: bytes, section: bytes) -> bytes:
    count = len(chunks) // CHUNK
    head = b"ITSP" + struct.pack(
        "<11I", 1, 0x54, 10, CHUNK, 2, 1, 0xFFFFFFFF, 0, count - 1, 0xFFFFFFFF, count
    )
    head += struct.pack("<I", 0x409) + DIRECTORY + struct.pack("<I", 0x54) + b"\xff" * 12
    directory = head + chunks
    start = 0x60 + 0x18
    size = start + len(directory) + len(section)
    top = b"ITSF" + struct.pack("<IIIII", 3, 0x60, 1, 0, 0x409)
    top += bytes.fromhex("10fd017caa7bd0119e0c00a0c922e6ec11fd017caa7bd0119e0c00a0c922e6ec")
    top += struct.pack("<QQQQQ", 0x60, 0x18, start, len(directory), start + len(directory))
    return top + struct.pack("<IIQII", 0x1FE, 0, size, 0, 0) + directory + section


def good(text: bytes) -> bytes:
    return help_({}, {"/fox.txt": text})


def broken(text: bytes) -> bytes:
    return good(text)[: -FRAME + 500]


def bomb() -> bytes:
    """More names than a message may have parts, of one octet."""
    entries = [listed(f"/{number}", 0, 0, 1) for number in range(12_000)]
    chunks = b"".join(chunk(entries[at : at + 200]) for at in range(0, len(entries), 200))
    return file_of(chunks, bytes(100))
