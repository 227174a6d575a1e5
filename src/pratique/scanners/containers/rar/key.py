"""Make the keys of locked RAR archives from a password, and unlock with them.

RAR 5 takes PBKDF2 (RFC 8018 5.2) with SHA-256, and may keep a check value that tells a
wrong password at once.  RAR 3 and 4 hash salt, password and a counter 2^18 times with
SHA-1; eight octets less one of each salt's hash make the initialization vector.
"""

import hashlib

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from pratique.scanners.containers.rar.tables import Lock

# technote, "Encryption record": rounds as a power of two; unrar takes up to 24.
MOST = 24
_CHECK_ROUNDS = 32
_ROUNDS, _STEP = 1 << 18, 1 << 14
# unrar's MAXPASSWORD.
_LONGEST = 127
# Measured on one core of 2.5 GHz: a round of PBKDF2, and all of RAR 4's.
_SECONDS_A_ROUND, _SECONDS = 6e-7, 0.03
# A library that loads a part of itself on first use does so now: a worker opens nothing.
Cipher(algorithms.AES(bytes(16)), modes.CBC(bytes(16))).decryptor().update(bytes(16))


def cost(lock: Lock) -> float:
    """Rough seconds for one try."""
    return _SECONDS_A_ROUND * float(1 << lock.rounds) if lock.rounds else _SECONDS


def key(password: str, lock: Lock) -> tuple[bytes, bytes]:
    """The key, and the initialization vector if it comes from the password."""
    if lock.rounds:
        word = password[:_LONGEST].encode("utf-8", "replace")
        rounds = 1 << min(lock.rounds, MOST)
        return hashlib.pbkdf2_hmac("sha256", word, lock.salt, rounds, 32), lock.vector
    return _key_of_rar4(password[:_LONGEST].encode("utf-16-le", "replace") + lock.salt)


def is_wrong(password: str, lock: Lock) -> bool:
    """Whether the check value refuses the password; without one nothing is known."""
    if not lock.check:
        return False
    word = password[:_LONGEST].encode("utf-8", "replace")
    rounds = (1 << min(lock.rounds, MOST)) + _CHECK_ROUNDS
    long = hashlib.pbkdf2_hmac("sha256", word, lock.salt, rounds, 32)
    folded = bytes(a ^ b ^ c ^ d for a, b, c, d in
                   zip(long[:8], long[8:16], long[16:24], long[24:], strict=True))  # fmt: skip
    return folded != lock.check[:8]


def opened(octets: memoryview | bytes, password: str, lock: Lock) -> bytes:
    """Octets decrypted with a lock's own vector, whole blocks of them."""
    secret, vector = key(password, lock)
    return decrypted(octets, secret, vector)


def decrypted(octets: memoryview | bytes, secret: bytes, vector: bytes) -> bytes:
    """Whole blocks, decrypted; what is left of a cut one nobody can."""
    opener = Cipher(algorithms.AES(secret), modes.CBC(vector)).decryptor()
    return opener.update(octets[: len(octets) // 16 * 16])


def _key_of_rar4(prefix: bytes) -> tuple[bytes, bytes]:
    stride = len(prefix) + 3
    block = bytearray((prefix + bytes(3)) * _STEP)
    low = bytes(range(256))
    block[len(prefix) :: stride] = low * (_STEP // 256)
    highs = [b"".join(bytes([start + number]) * 256 for number in range(_STEP // 256))
             for start in range(0, 256, _STEP // 256)]  # fmt: skip
    sum_, vector = hashlib.sha1(usedforsecurity=False), bytearray()
    for number in range(_ROUNDS // _STEP):
        block[len(prefix) + 1 :: stride] = highs[number % len(highs)]
        block[len(prefix) + 2 :: stride] = bytes([number // len(highs)]) * _STEP
        sum_.update(block[:stride])
        vector += sum_.copy().digest()[19:20]
        sum_.update(memoryview(block)[stride:])
    digest = sum_.digest()
    words = [digest[at : at + 4][::-1] for at in range(0, 16, 4)]
    return b"".join(words), bytes(vector)
