"""Archives of ARJ, written by hand from unarj's technote.txt: stored, and garbled."""

import struct
from binascii import crc32

PASSWORD = "secret"
TWIST = 7


def block(first: bytes, name: bytes) -> bytes:
    basic = bytes([len(first) + 1]) + first + name + b"\0\0"
    return (
        b"\x60\xea"
        + struct.pack("<H", len(basic))
        + basic
        + struct.pack("<I", crc32(basic))
        + b"\0\0"
    )


def header(name: bytes, method: int, flags: int, sizes: tuple[int, int], sum_: int) -> bytes:
    """A file's header; `sizes` are that of what is packed, and that of the file."""
    fields = struct.pack("<BBBBBBBIIIIHHH", 11, 1, 2, flags, method, 0, TWIST, 0x21 << 16,
                         *sizes, sum_, 0, 0o644, 0)  # fmt: skip
    return block(fields, name)


def main() -> bytes:
    return block(
        struct.pack("<BBBBBBBIIIIHHH", 11, 1, 2, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0), b"x.arj"
    )


def arj(files: dict[str, bytes], password: str = "") -> bytes:
    out = main()
    for name, octets in files.items():
        mask = [(ord(letter) + TWIST) & 0xFF for letter in password] or [0]
        stored = bytes(octet ^ mask[at % len(mask)] for at, octet in enumerate(octets))
        sizes = len(octets), len(octets)
        out += header(name.encode(), 0, int(bool(password)), sizes, crc32(octets)) + stored
    return out + b"\x60\xea\0\0"


def good(text: bytes) -> bytes:
    return arj({"fox.txt": text})


def broken(text: bytes) -> bytes:
    return good(text)[:-20]


def encrypted(text: bytes) -> bytes:
    return arj({"fox.txt": text}, PASSWORD)


def bomb() -> bytes:
    """A size that no part may have: it is believed before anything is unpacked."""
    return main() + header(b"zeros", 1, 0, (9, 1 << 30), 0) + bytes(9) + b"\x60\xea\0\0"
