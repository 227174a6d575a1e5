"""Archives of 7z, written by hand from 7-Zip's DOC/7zFormat.txt: plain, packed, locked."""

import hashlib
import lzma
import struct
from binascii import crc32

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

PASSWORD = "secret"
# Rounds of the key, as a power of two; 7-Zip takes 19, and is slow.
POWER = 6
COPY, LZMA, LZMA2, AES = b"\0", b"\3\1\1", b"\x21", b"\6\xf1\7\1"
VECTOR = bytes(range(16))


def number(value: int) -> bytes:
    """The first octet's high bits say how many octets follow."""
    for more in range(8):
        if value < 1 << 7 * (more + 1):
            first = 0xFF00 >> more & 0xFF | value >> 8 * more
            return bytes([first]) + (value & (1 << 8 * more) - 1).to_bytes(more, "little")
    return b"\xff" + value.to_bytes(8, "little")


def packed(octets: bytes, method: bytes) -> tuple[bytes, bytes]:
    """What a method makes of the octets, and its settings."""
    if method == COPY:
        return octets, b""
    if method == LZMA2:
        filters = [{"id": lzma.FILTER_LZMA2, "dict_size": 1 << 16}]
        return lzma.compress(octets, lzma.FORMAT_RAW, filters=filters), b"\x08"
    filters = [{"id": lzma.FILTER_LZMA1, "dict_size": 1 << 16, "lc": 3, "lp": 0, "pb": 2}]
    settings = b"\x5d" + struct.pack("<I", 1 << 16)
    return lzma.compress(octets, lzma.FORMAT_RAW, filters=filters), settings


def locked(octets: bytes, password: str, power: int = POWER) -> tuple[bytes, bytes]:
    counted = (password.encode("utf-16-le") + struct.pack("<Q", each) for each in range(1 << power))
    key = hashlib.sha256(b"".join(counted)).digest()
    sealer = Cipher(algorithms.AES(key), modes.CBC(VECTOR)).encryptor()
    settings = bytes([power | 0x40, 0x0F]) + VECTOR
    return sealer.update(octets + bytes(-len(octets) % 16)), settings


def coder(method: bytes, settings: bytes) -> bytes:
    flags = len(method) | (0x20 if settings else 0)
    return bytes([flags]) + method + (number(len(settings)) + settings if settings else b"")


def streams(octets: bytes, method: bytes, password: str, at: int) -> tuple[bytes, bytes]:
    """The packed octets of one folder, and the description of it."""
    stream, settings = packed(octets, method)
    coders, sizes, bound = [coder(method, settings)], [len(octets)], b""
    if password:
        sizes.append(len(stream))
        stream, settings = locked(stream, password)
        coders.append(coder(AES, settings))
        bound = b"\0\1"
    told = b"\x06" + number(at) + b"\1\x09" + number(len(stream)) + b"\0"
    told += b"\x07\x0b\1\0" + bytes([len(coders)]) + b"".join(coders) + bound
    return stream, told + b"\x0c" + b"".join(map(number, sizes))


def sevenzip(
    files: dict[str, bytes], method: bytes = LZMA2, password: str = "", hidden: str = ""
) -> bytes:
    """All files in one folder; `hidden` is the password of the header."""
    full = {name: octets for name, octets in files.items() if octets}
    body, told = b"", b""
    if full:
        body, about = streams(b"".join(full.values()), method, password, 0)
        about += b"\0\x08\x0d" + number(len(full))
        if len(full) > 1:
            about += b"\x09" + b"".join(number(len(each)) for each in [*full.values()][:-1])
        sums = b"".join(struct.pack("<I", crc32(each)) for each in full.values())
        told = b"\x04" + about + b"\x0a\1" + sums + b"\0\0"
    names = b"".join(name.encode("utf-16-le") + b"\0\0" for name in files)
    listed = b"\x05" + number(len(files))
    if len(full) < len(files):
        bits = int("".join("01"[not each] for each in files.values()).ljust(8, "0"), 2)
        none = (1 << len(files) - len(full)) - 1 << 8 - len(files) + len(full)
        listed += b"\x0e\1" + bytes([bits]) + b"\x0f\1" + bytes([none])
    listed += b"\x11" + number(len(names) + 1) + b"\0" + names + b"\0"
    header = b"\x01" + told + listed + b"\0"
    if hidden:
        sum_ = struct.pack("<I", crc32(header))
        more, about = streams(header, LZMA, hidden, len(body))
        body += more
        header = b"\x17" + about + b"\x0a\1" + sum_ + b"\0\0"
    start = struct.pack("<QQI", len(body), len(header), crc32(header))
    return b"7z\xbc\xaf\x27\x1c\0\4" + struct.pack("<I", crc32(start)) + start + body + header


def listing(files: int) -> bytes:
    """A list of so many empty files without names, packed."""
    bits = b"\xff" * -(-files // 8)
    flags = b"".join(kind + number(len(bits)) + bits for kind in (b"\x0e", b"\x0f"))
    names = b"\x11" + number(2 * files + 1) + bytes(2 * files + 1)
    header = b"\x01\x05" + number(files) + flags + names + b"\0\0"
    body, about = streams(header, LZMA, "", 0)
    packed_header = b"\x17" + about + b"\x0a\1" + struct.pack("<I", crc32(header)) + b"\0\0"
    start = struct.pack("<QQI", len(body), len(packed_header), crc32(packed_header))
    whole = struct.pack("<I", crc32(start)) + start + body + packed_header
    return b"7z\xbc\xaf\x27\x1c\0\4" + whole


def good(text: bytes) -> bytes:
    return sevenzip({"fox.txt": text})


def broken(text: bytes) -> bytes:
    """The header is whole, and an octet of what is packed is not."""
    whole = bytearray(good(text))
    whole[45] ^= 0xFF
    return bytes(whole)


def encrypted(text: bytes) -> bytes:
    return sevenzip({"fox.txt": text}, LZMA, PASSWORD)


def bomb() -> bytes:
    return sevenzip({"zeros": bytes(63 << 20), "more": bytes(63 << 20)})
