"""Open the ways in which Office locks a document ([MS-OFFCRYPTO] 2.3): of a word make a key.

From Office 2007 on a whole package is hidden with AES, by *standard* (2.3.4.7: SHA-1 fifty
thousand times) or *agile* encryption (2.3.4.11: a digest as often as the file says).
Before, streams were hidden with RC4, of a key of MD5 (2.3.6) or SHA-1 (2.3.5), anew for
each block; and before that Excel only turned octets around (2.3.7, XOR).

`cost` is about what one try takes, in seconds.  Each lock tells whether a word opens it,
and undoes what it hid.
"""

import hashlib
import re
import struct
from base64 import b64decode
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol

from pratique.scanners.containers.gather import Damaged
from pratique.scanners.containers.office import ciphers

# 2.3.4.7, and what Office 2010 and later write for agile encryption.
_STANDARD_SPINS = 50_000
# [MS-OFFCRYPTO] allows ten million, seven seconds; a million is ten times what Office writes.
SPINS = 1_000_000
# One turn of SHA-512 over 68 octets in Python, measured: 0.7 microseconds.
_SPIN_SECONDS = 0.8e-6
_CHEAP = 0.0001
_SEGMENT = 4096
_BLOCK = 16
_DIGESTS = frozenset({"MD5", "SHA1", "SHA256", "SHA384", "SHA512", "SHA-1"})
# 2.3.4.13: what is hashed for each of three keys.
_INPUT, _VALUE, _KEY = (
    bytes.fromhex(one) for one in ("fea7d2763b4b9e79", "d7aa0f6d3061344e", "146e0be7abacd0d6")
)
# As much of an agile description as is read; Office writes 1,200 octets.
_XML = 64 * 1024
_ELEMENT = re.compile(r"<(?:[A-Za-z0-9_.-]{1,32}:)?(keyData|encryptedKey)\s([^>]{0,8192})>")
_ATTRIBUTE = re.compile(r"""([A-Za-z]{1,32})\s{0,8}=\s{0,8}["']([^"']{0,4096})["']""")


class PackageLock(Protocol):
    """A lock on a whole package."""

    @property
    def cost(self) -> float:
        """What one try takes, in seconds."""

    def open(self, word: str) -> bytes | None:
        """The key, if the word is the password."""

    def plain(self, key: bytes, octets: bytes) -> Iterator[bytes]:
        """What the package is, in pieces."""


class StreamLock(Protocol):
    """A lock on streams, block by block."""

    def open(self, word: str) -> bytes | None:
        """What the keys of blocks are made of, if the word is the password."""

    def plain(self, key: bytes, octets: bytes, block: int, size: int) -> bytes:
        """What a stream is whose blocks have that size, from that block on."""


@dataclass(frozen=True, slots=True)
class Api:
    """The fields of EncryptionHeader and EncryptionVerifier (2.3.2, 2.3.3)."""

    key_octets: int
    salt: bytes
    verifier: bytes
    verifier_hash: bytes

    @classmethod
    def read(cls, octets: bytes) -> "Api":
        """From the flags behind the version on."""
        try:
            (size,) = struct.unpack_from("<4xI", octets)
            (bits,) = struct.unpack_from("<I", octets, 8 + 16)
        except struct.error as error:
            raise Damaged("encrypted, and it does not say how") from error
        verifier = octets[8 + size :]
        if len(verifier) < 60 or not bits <= 256:
            raise Damaged("encrypted, and it does not say how")
        return cls(max(bits // 8, 0), verifier[4:20], verifier[20:36], verifier[40:72])


@dataclass(frozen=True, slots=True)
class Standard:
    """2.3.4.5 to 2.3.4.9."""

    api: Api
    cost: float = _STANDARD_SPINS * _SPIN_SECONDS

    def open(self, word: str) -> bytes | None:
        """The key, if the word is the password."""
        digest = _spin("sha1", self.api.salt + word.encode("utf-16-le", "replace"), _STANDARD_SPINS)
        digest = hashlib.sha1(digest + bytes(4), usedforsecurity=False).digest()
        first, second = (
            hashlib.sha1(
                bytes(octet ^ pad for octet in digest.ljust(64, b"\0")), usedforsecurity=False
            ).digest()
            for pad in (0x36, 0x5C)
        )
        key = (first + second)[: self.api.key_octets]
        verifier = ciphers.aes_ecb(key, self.api.verifier)
        hash_ = ciphers.aes_ecb(key, self.api.verifier_hash)[:20]
        right = hashlib.sha1(verifier, usedforsecurity=False).digest() == hash_
        return key if verifier and right else None

    def plain(self, key: bytes, octets: bytes) -> Iterator[bytes]:
        """What the package is, in pieces."""
        left = int.from_bytes(octets[:8], "little")
        for at in range(8, len(octets), _SEGMENT):
            piece = ciphers.aes_ecb(key, octets[at : at + _SEGMENT])[:left]
            left -= len(piece)
            yield piece
        if left > 0:
            raise Damaged("it is cut off")


@dataclass(frozen=True, slots=True)
class Agile:
    """2.3.4.10 to 2.3.4.15."""

    key: dict[str, str]
    encrypted: dict[str, str]
    spins: int = field(init=False)

    def __post_init__(self) -> None:
        """Refuse what no try could end."""
        told = self.encrypted.get("spinCount", "")
        spins = int(told) if told.isdigit() and len(told) < 10 else SPINS + 1
        object.__setattr__(self, "spins", spins)
        ways = (self.key, self.encrypted)
        if any(way.get("cipherAlgorithm") != "AES" or way.get("hashAlgorithm") not in _DIGESTS
               or "CBC" not in way.get("cipherChaining", "") for way in ways):  # fmt: skip
            raise Damaged("encrypted in a way that no password opens")
        if spins > SPINS:
            raise Damaged(f"a password is hashed {spins} times for each try")

    @property
    def cost(self) -> float:
        """What one try takes, in seconds."""
        return self.spins * _SPIN_SECONDS + _CHEAP

    def open(self, word: str) -> bytes | None:
        """The key, if the word is the password."""
        name, salt = _digest(self.encrypted), _octets(self.encrypted, "saltValue")
        digest = _spin(name, salt + word.encode("utf-16-le", "replace"), self.spins)

        def hidden(block: bytes, attribute: str) -> bytes:
            bits = self.encrypted.get("keyBits", "")
            octets = int(bits) // 8 if bits.isdigit() and len(bits) < 5 else 0
            key = hashlib.new(name, digest + block).digest().ljust(octets, b"\x36")[:octets]
            start = salt[:_BLOCK].ljust(_BLOCK, b"\x36")
            return ciphers.aes_cbc(key, start, _octets(self.encrypted, attribute))

        verifier = hidden(_INPUT, "encryptedVerifierHashInput")
        size = hashlib.new(name).digest_size
        hash_ = hidden(_VALUE, "encryptedVerifierHashValue")[:size]
        salt_size = self.encrypted.get("saltSize", "")
        verifier = verifier[: int(salt_size)] if salt_size in {"8", "16", "32"} else verifier
        if not verifier or hashlib.new(name, verifier).digest() != hash_:
            return None
        return hidden(_KEY, "encryptedKeyValue")

    def plain(self, key: bytes, octets: bytes) -> Iterator[bytes]:
        """What the package is, in pieces."""
        bits = self.key.get("keyBits", "")
        key = key[: int(bits) // 8 if bits.isdigit() and len(bits) < 5 else 0]
        name, salt = _digest(self.key), _octets(self.key, "saltValue")
        left = int.from_bytes(octets[:8], "little")
        for number, at in enumerate(range(8, len(octets), _SEGMENT)):
            start = hashlib.new(name, salt + number.to_bytes(4, "little")).digest()
            start = start[:_BLOCK].ljust(_BLOCK, b"\x36")
            piece = ciphers.aes_cbc(key, start, octets[at : at + _SEGMENT])[:left]
            left -= len(piece)
            yield piece
        if left > 0:
            raise Damaged("it is cut off")


def _plain(key: Callable[[int], bytes], octets: bytes, block: int, size: int) -> bytes:
    """What RC4 hid in blocks of that size, each with a key of its own, from that block on."""
    return b"".join(
        ciphers.rc4(key(number), octets[at : at + size])
        for number, at in enumerate(range(0, len(octets), size), block)
    )


@dataclass(frozen=True, slots=True)
class Rc4:
    """2.3.6: RC4 with 40 bits of MD5."""

    salt: bytes
    verifier: bytes
    verifier_hash: bytes

    def open(self, word: str) -> bytes | None:
        """What the keys of blocks are made of, if the word is the password."""
        first = hashlib.md5(word.encode("utf-16-le", "replace"), usedforsecurity=False).digest()[:5]
        made = hashlib.md5((first + self.salt) * 16, usedforsecurity=False).digest()[:5]
        both = ciphers.rc4(self._key(made, 0), self.verifier + self.verifier_hash)
        right = hashlib.md5(both[:16], usedforsecurity=False).digest() == both[16:32]
        return made if right else None

    @staticmethod
    def _key(made: bytes, block: int) -> bytes:
        numbered = made + block.to_bytes(4, "little")
        return hashlib.md5(numbered, usedforsecurity=False).digest()

    def plain(self, key: bytes, octets: bytes, block: int, size: int) -> bytes:
        """What a stream is whose blocks have that size, from that block on."""
        return _plain(partial(self._key, key), octets, block, size)


@dataclass(frozen=True, slots=True)
class Rc4Api:
    """2.3.5: RC4 with a key of SHA-1, as the system's library makes it."""

    api: Api

    def open(self, word: str) -> bytes | None:
        """What the keys of blocks are made of, if the word is the password."""
        asked = self.api.salt + word.encode("utf-16-le", "replace")
        made = hashlib.sha1(asked, usedforsecurity=False).digest()
        both = ciphers.rc4(self._key(made, 0), self.api.verifier + self.api.verifier_hash[:20])
        right = hashlib.sha1(both[:16], usedforsecurity=False).digest() == both[16:36]
        return made if right else None

    def _key(self, made: bytes, block: int) -> bytes:
        numbered = made + block.to_bytes(4, "little")
        digest = hashlib.sha1(numbered, usedforsecurity=False).digest()
        # A key of 40 bits is filled up with zeros; no length at all means 40 bits (2.3.5.1).
        if self.api.key_octets in {0, 5}:
            return digest[:5] + bytes(11)
        return digest[: self.api.key_octets]

    def plain(self, key: bytes, octets: bytes, block: int, size: int) -> bytes:
        """What a stream is whose blocks have that size, from that block on."""
        return _plain(partial(self._key, key), octets, block, size)


def package_lock(information: bytes) -> PackageLock:
    """The lock that a stream `EncryptionInfo` describes; `Damaged` if no word opens it."""
    major, minor = struct.unpack_from("<HH", information.ljust(4, b"\0"))
    if (major, minor) == (4, 4):
        text = information[8 : 8 + _XML].decode("utf-8", "replace")
        found = {name: dict(_ATTRIBUTE.findall(rest)) for name, rest in _ELEMENT.findall(text)}
        if {"keyData", "encryptedKey"} <= found.keys():
            return Agile(found["keyData"], found["encryptedKey"])
        raise Damaged("encrypted, and it does not say how")
    if major in {2, 3, 4} and minor == 2:
        return Standard(Api.read(information[4:]))
    raise Damaged("encrypted in a way that no password opens")


def stream_lock(information: bytes) -> StreamLock:
    """The lock that stands before streams, from its version on."""
    major, minor = struct.unpack_from("<HH", information.ljust(4, b"\0"))
    if (major, minor) == (1, 1) and len(information) >= 52:
        return Rc4(information[4:20], information[20:36], information[36:52])
    if major in {2, 3, 4} and minor == 2:
        return Rc4Api(Api.read(information[4:]))
    raise Damaged("encrypted in a way that no password opens")


def _spin(name: str, octets: bytes, times: int) -> bytes:
    """A digest of a digest, so many times, each with its number in front."""
    new = getattr(hashlib, name)
    digest: bytes = new(octets).digest()
    for number in range(times):
        digest = new(number.to_bytes(4, "little") + digest).digest()
    return digest


def _digest(way: dict[str, str]) -> str:
    return way["hashAlgorithm"].replace("-", "").lower()


def _octets(way: dict[str, str], name: str) -> bytes:
    try:
        return b64decode(way.get(name, ""))
    except ValueError:
        return b""
