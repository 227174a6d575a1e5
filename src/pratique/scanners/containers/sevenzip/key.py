"""Make the key of a locked 7z archive from a password (7-Zip's 7zAes.cpp).

The key is one SHA-256 over salt, password and a counter of eight octets, again and again,
2^19 times by default: 20 MB to hash, made to be slow.  So what is hashed is written in
blocks of 65,536 rounds, in which only the counter's upper octets change.
"""

import hashlib

from pratique.scanners.containers.gather import Damaged

# 7-Zip refuses more than 2^24 rounds.
MOST = 24
# "No hash at all": salt and password are the key.
_PLAIN = 0x3F
_KEY, _VECTOR = 32, 16
_BLOCK = 1 << 16
# Measured at 2^19 rounds with a word of eight characters, on one core of 2.5 GHz.
_SECONDS_A_ROUND = 1.1e-7
# 7-Zip's own limit is 512 characters; nobody types a tenth of it.
_LONGEST = 512


def settings(octets: bytes) -> tuple[int, bytes, bytes]:
    """Power of the rounds, salt and initialization vector, from a coder's settings."""
    first, second = octets[:1] or b"\0", octets[1:2] or b"\0"
    power, flags = first[0] & 0x3F, first[0]
    salt_size = (flags >> 7 & 1) + (second[0] >> 4)
    vector_size = (flags >> 6 & 1) + (second[0] & 0x0F)
    if not flags & 0xC0:
        return power, b"", bytes(_VECTOR)
    if len(octets) != 2 + salt_size + vector_size:
        raise Damaged("encryption with settings of no known form")
    salt, vector = octets[2 : 2 + salt_size], octets[2 + salt_size :]
    return power if power != _PLAIN else -1, salt, vector.ljust(_VECTOR, b"\0")


def cost(power: int) -> float:
    """Rough seconds for one try."""
    return _SECONDS_A_ROUND * float(1 << max(0, power))


def derive(password: str, salt: bytes, power: int) -> bytes:
    """The key; a power below zero stands for no hash."""
    word = password[:_LONGEST].encode("utf-16-le", "surrogatepass")
    if power < 0:
        return (salt + word)[:_KEY].ljust(_KEY, b"\0")
    prefix, rounds = salt + word, 1 << power
    sum_ = hashlib.sha256()
    block, stride = _counted(prefix, min(rounds, _BLOCK))
    for upper in range(max(1, rounds // _BLOCK)):
        for place in range(2):
            value = upper >> 8 * place & 0xFF
            block[len(prefix) + 2 + place :: stride] = bytes([value]) * (len(block) // stride)
        sum_.update(block)
    return sum_.digest()


def _counted(prefix: bytes, rounds: int) -> tuple[bytearray, int]:
    """So many rounds with the lower half of their counters, and how long one of them is."""
    stride = len(prefix) + 8
    block = bytearray((prefix + bytes(8)) * rounds)
    low = bytes(range(256))
    block[len(prefix) :: stride] = (low * (rounds // 256 + 1))[:rounds]
    high = b"".join(bytes([number]) * 256 for number in low)
    block[len(prefix) + 1 :: stride] = high[:rounds]
    return block, stride
