"""RAR archives, written by hand from the published technical notes: stored, locked, RAR 4.

Nobody but RAR packs RAR, so these are stored; what is packed comes from nowhere free.
"""

import hashlib
import struct
from binascii import crc32

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

PASSWORD = "secret"
SALT, VECTOR = bytes(range(16)), bytes(range(16, 32))
# Rounds of the key as a power of two; RAR takes 15.
POWER = 4
MAGIC = b"Rar!\x1a\x07\x01\0"


def vint(number: int) -> bytes:
    octets = bytearray()
    while number > 0x7F:
        octets.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*octets, number])


def block(header: bytes) -> bytes:
    sized = vint(len(header)) + header
    return struct.pack("<I", crc32(sized)) + sized


def key(password: str, more: int = 0) -> bytes:
    return hashlib.pbkdf2_hmac("sha256", password.encode(), SALT, (1 << POWER) + more, 32)


def check(password: str) -> bytes:
    long = key(password, 32)
    folded = bytes(long[at] ^ long[at + 8] ^ long[at + 16] ^ long[at + 24] for at in range(8))
    return folded + hashlib.sha256(folded).digest()[:4]


def sealed(octets: bytes, password: str) -> bytes:
    sealer = Cipher(algorithms.AES(key(password)), modes.CBC(VECTOR)).encryptor()
    return sealer.update(octets + bytes(-len(octets) % 16))


def file(
    name: str, octets: bytes, password: str = "", sum_: int | None = None
) -> tuple[bytes, bytes]:
    """The header of a file block and what stands behind it."""
    stored, extra = octets, b""
    if password:
        stored = sealed(octets, password)
        record = b"\1\0\1" + bytes([POWER]) + SALT + VECTOR + check(password)
        extra = vint(len(record)) + record
    raw = name.encode()
    header = b"\2" + (b"\3" + vint(len(extra)) if extra else b"\2") + vint(len(stored)) + b"\4"
    header += (
        vint(len(octets)) + b"\x20" + struct.pack("<I", crc32(octets) if sum_ is None else sum_)
    )
    return header + b"\0\0" + vint(len(raw)) + raw + extra, stored


def rar5(files: dict[str, bytes], password: str = "", sum_: int | None = None) -> bytes:
    blocks = [MAGIC, block(b"\1\0\0")]
    for name, octets in files.items():
        header, stored = file(name, octets, password, sum_)
        blocks += [block(header), stored]
    return b"".join([*blocks, block(b"\5\0\0")])


def hidden(files: dict[str, bytes], password: str) -> bytes:
    """With locked headers, each behind its vector."""
    lock = block(b"\4\0\0\1" + bytes([POWER]) + SALT + check(password))
    out = MAGIC + lock + VECTOR + sealed(block(b"\1\0\0"), password)
    for name, octets in files.items():
        header, stored = file(name, octets, password)
        out += VECTOR + sealed(block(header), password) + stored
    return out + VECTOR + sealed(block(b"\5\0\0"), password)


def old(files: dict[str, bytes], password: str = "") -> bytes:
    """The form of RAR 1.5 to 4."""
    out = b"Rar!\x1a\x07\0" + summed(struct.pack("<BHH", 0x73, 0, 13) + bytes(6))
    for name, octets in files.items():
        raw, stored, salt = name.encode("cp437"), octets, b""
        if password:
            salt = SALT[:8]
            stored = sealed_old(octets, password)
        fields = struct.pack("<IIBIIBBHI", len(stored), len(octets), 2, crc32(octets), 0x21 << 16,
                             29, 0x30, len(raw), 0x20)  # fmt: skip
        flags = 0x8000 | (0x404 if password else 0)
        header = struct.pack("<BHH", 0x74, flags, 32 + len(raw) + len(salt))
        out += summed(header + fields + raw + salt) + stored
    return out + summed(struct.pack("<BHH", 0x7B, 0x4000, 7))


def summed(header: bytes) -> bytes:
    return struct.pack("<H", crc32(header) & 0xFFFF) + header


def sealed_old(octets: bytes, password: str) -> bytes:
    """SHA-1 of password, salt and a counter, 2^18 times (unrar's crypt3.cpp)."""
    sum_, vector = hashlib.sha1(), b""
    start = password.encode("utf-16-le") + SALT[:8]
    for number in range(1 << 18):
        sum_.update(start + struct.pack("<I", number)[:3])
        if number % (1 << 14) == 0:
            vector += sum_.copy().digest()[19:20]
    secret = struct.pack("<4I", *struct.unpack(">4I", sum_.digest()[:16]))
    sealer = Cipher(algorithms.AES(secret), modes.CBC(vector)).encryptor()
    return sealer.update(octets + bytes(-len(octets) % 16))


def good(text: bytes) -> bytes:
    return rar5({"fox.txt": text})


def broken(text: bytes) -> bytes:
    return rar5({"fox.txt": text}, sum_=crc32(text) ^ 1)


def encrypted(text: bytes) -> bytes:
    return rar5({"fox.txt": text}, PASSWORD)
