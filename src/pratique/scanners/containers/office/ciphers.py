"""Undo the ciphers that documents are locked with: RC4, AES, Blowfish; and Argon2 for keys.

All by `cryptography` (OpenSSL's code).  It takes RC4 keys of some lengths only; but a key
that is written twice is the same key to RC4 (its schedule reads the key round and round),
so most others are brought to such a length, and the few left take a slow way.
"""

from argon2.low_level import Type, core, ffi
from cryptography.hazmat.decrepit.ciphers.algorithms import ARC4, Blowfish
from cryptography.hazmat.decrepit.ciphers.modes import CFB
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC, ECB

_RC4_OCTETS = frozenset({5, 7, 8, 10, 16, 20, 24, 32})
_AES_OCTETS = frozenset({16, 24, 32})
_BLOCK = 16


def rc4(key: bytes, octets: bytes) -> bytes:
    """RC4, which is the same both ways; a key of any length, an empty one gives nothing."""
    if not key:
        return b""
    longer = next((key * times for times in range(1, 7) if len(key) * times in _RC4_OCTETS), None)
    if longer is None:
        return _rc4(key, octets)
    return Cipher(ARC4(longer), mode=None).decryptor().update(octets)


def _rc4(key: bytes, octets: bytes) -> bytes:
    state, j = list(range(256)), 0
    for i in range(256):
        j = (j + state[i] + key[i % len(key)]) & 255
        state[i], state[j] = state[j], state[i]
    i = j = 0
    plain = bytearray()
    for octet in octets:
        i = (i + 1) & 255
        j = (j + state[i]) & 255
        state[i], state[j] = state[j], state[i]
        plain.append(octet ^ state[(state[i] + state[j]) & 255])
    return bytes(plain)


def aes_cbc(key: bytes, start: bytes, octets: bytes) -> bytes:
    """AES in chained blocks; what is no whole block at the end is left out."""
    if len(key) not in _AES_OCTETS or len(start) != _BLOCK:
        return b""
    whole = octets[: len(octets) // _BLOCK * _BLOCK]
    return Cipher(AES(key), CBC(start)).decryptor().update(whole)


def aes_cbc_forth(key: bytes, start: bytes, octets: bytes) -> bytes:
    """The other way: one derivation of keys (ISO 32000-2, 7.6.4.3.4) encrypts."""
    whole = octets[: len(octets) // _BLOCK * _BLOCK]
    return Cipher(AES(key), CBC(start)).encryptor().update(whole)


def aes_ecb(key: bytes, octets: bytes) -> bytes:
    """AES block by block."""
    if len(key) not in _AES_OCTETS:
        return b""
    whole = octets[: len(octets) // _BLOCK * _BLOCK]
    return Cipher(AES(key), ECB()).decryptor().update(whole)  # noqa: S305 - it is what is there


def blowfish_cfb(key: bytes, start: bytes, octets: bytes) -> bytes:
    """Blowfish with feedback of 64 bits."""
    if not 4 <= len(key) <= 56 or len(start) != 8:
        return b""
    return Cipher(Blowfish(key), CFB(start)).decryptor().update(octets)


def without_padding(octets: bytes) -> bytes:
    """Without the padding of PKCS 7, if there is one."""
    last = octets[-1] if octets else 0
    return octets[:-last] if 0 < last <= _BLOCK else octets


def argon2id(word: bytes, salt: bytes, cost: tuple[int, int, int], size: int) -> bytes:
    """A key by Argon2id (RFC 9106) of times, memory in KB, lanes; empty where it makes none.

    In one thread: a confined worker may start no other, and OpenSSL would, one a lane.
    """
    times, memory, lanes = cost
    key = ffi.new("uint8_t[]", size)
    raw, salted = ffi.new("uint8_t[]", word), ffi.new("uint8_t[]", salt)
    asked = {
        "version": 0x13, "out": key, "outlen": size, "pwd": raw, "pwdlen": len(word),
        "salt": salted, "saltlen": len(salt), "secret": ffi.NULL, "secretlen": 0,
        "ad": ffi.NULL, "adlen": 0, "t_cost": times, "m_cost": memory, "lanes": lanes,
        "threads": 1, "allocate_cbk": ffi.NULL, "free_cbk": ffi.NULL,
        "flags": 0,
    }  # fmt: skip
    failed = core(ffi.new("argon2_context *", asked), Type.ID.value)
    return b"" if failed else bytes(ffi.buffer(key, size))
