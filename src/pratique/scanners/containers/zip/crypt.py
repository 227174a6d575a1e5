"""Try words on a locked zip member: PKWARE's old encryption, and WinZip's AES.

Both prove a word wrong from the first octets alone.  PKWARE's (APPNOTE 6.1) has one octet
for it, so one wrong word in 256 passes; WinZip's ("AES Encryption Information", 2009)
derives two octets from the word, for which it computes 1,000 rounds of HMAC-SHA1.  Which
word is right the checksum or the authentication code tells in the end.

The proof is done here, and libarchive decrypts what passed, under a header of our own:
what comes out is the packed stream, read afterwards like any other.  PKWARE's strong
encryption (APPNOTE 7) is licensed, nobody sends it, and nothing here reads it.

A word is a string of octets to both, and no table says in which charset it was typed:
7-Zip and WinZip on Windows take the system's code page, everybody else UTF-8.
"""

import hashlib
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from pratique.scanners.containers.zip.methods import STORED, Header, single
from pratique.scanners.containers.zip.tables import AES_METHOD, ENCRYPTED, Listed

# What one try takes, for the account of the words: 25 octets through the cipher below;
# 1,000 rounds and four blocks of PBKDF2.
CRYPTO_SECONDS, AES_SECONDS = 0.00005, 0.001
_PAGES = ("utf-8", "cp932", "cp437", "cp1252", "cp1251", "cp866", "gbk")
_CRYPTO_HEADER = 12
# By strength: octets of the key; its salt is half as long.
_AES_KEYS = {1: 16, 2: 24, 3: 32}
_PROOF, _CODE, _ROUNDS = 2, 10, 1000
# WinZip's extra field: its version, "AE", strength, method.  Version 2 has no checksum.
_AES_EXTRA, AE_2 = 7, 2
_MASK = 0xFFFFFFFF


def octets_of(word: str) -> list[bytes]:
    """The word in each charset that it may have been typed in."""
    if word.isascii():
        return [word.encode()]
    found: dict[bytes, None] = {}
    for page in _PAGES:
        try:
            found[word.encode(page)] = None
        except UnicodeEncodeError:
            continue
    return list(found)


@dataclass(frozen=True, slots=True)
class Crypto:
    """A member under PKWARE's encryption; `checks` are the octets that prove a word."""

    octets: memoryview
    checks: frozenset[int]
    seconds: float = CRYPTO_SECONDS
    # It has no code of its own that proves the whole of it.
    proven: bool = False

    def fits(self, word: bytes) -> bool:
        """Whether the word may be the right one."""
        return len(self.octets) >= _CRYPTO_HEADER and self._proof(word) in self.checks

    def _proof(self, word: bytes) -> int:
        return _decrypted(word, bytes(self.octets[:_CRYPTO_HEADER]))[-1]

    def pieces(self, word: bytes) -> Iterator[bytes]:
        """The packed stream, as this word decrypts it."""
        size = len(self.octets) - _CRYPTO_HEADER
        if size > 0:
            sum_ = self._proof(word) << 24
            told = Header(STORED, size=size, flags=ENCRYPTED, sum=sum_, password=word)
            yield from single(self.octets, told)


def _decrypted(word: bytes, octets: bytes) -> bytes:
    """APPNOTE 6.1.5 to 6.1.7: three keys, which each octet changes."""
    first, second, third = 0x12345678, 0x23456789, 0x34567890
    found = bytearray()
    for place, octet in enumerate(word + octets):
        if place >= len(word):
            mask = (third | 2) & 0xFFFF
            octet ^= ((mask * (mask ^ 1)) >> 8) & 0xFF  # noqa: PLW2901 - the keys go on with the plain one
            found.append(octet)
        first = _step(first, octet)
        second = ((second + (first & 0xFF)) * 134775813 + 1) & _MASK
        third = _step(third, second >> 24)
    return bytes(found)


def _step(key: int, octet: int) -> int:
    return (key >> 8) ^ _TABLE[(key ^ octet) & 0xFF]


# The table of CRC-32 (ISO 3309), read off the checksum of one octet each.
_TABLE = tuple(zlib.crc32(bytes([octet]), _MASK) ^ _MASK for octet in range(256))


@dataclass(frozen=True, slots=True)
class Aes:
    """A member under WinZip's encryption."""

    octets: memoryview
    key: int
    seconds: float = AES_SECONDS
    proven: bool = True

    def fits(self, word: bytes) -> bool:
        """Whether the word gives the two octets that stand behind the salt."""
        salt = bytes(self.octets[: self.key // 2])
        stated = bytes(self.octets[self.key // 2 : self.key // 2 + _PROOF])
        length = 2 * self.key + _PROOF
        made = hashlib.pbkdf2_hmac("sha1", word, salt, _ROUNDS, length)
        return len(stated) == _PROOF and made[-_PROOF:] == stated

    def pieces(self, word: bytes) -> Iterator[bytes]:
        """The packed stream; `Damaged` at its end if its authentication code is wrong."""
        size = len(self.octets) - self.key // 2 - _PROOF - _CODE
        if size > 0:
            strength = next(each for each, key in _AES_KEYS.items() if key == self.key)
            extra = b"\x01\x99\x07\0\x02\0AE" + bytes([strength, STORED, 0])
            told = Header(AES_METHOD, size, flags=ENCRYPTED, extra=extra, password=word)
            yield from single(self.octets, told)


def lock_of(said: Listed, octets: memoryview, checks: set[int]) -> Crypto | Aes | None:
    """How the member is locked by this word of it; None if no word opens it here."""
    if said.strong:
        return None
    if said.method != AES_METHOD:
        return Crypto(octets, frozenset(checks))
    extra = said.extra.aes
    key = _AES_KEYS.get(extra[4]) if len(extra) >= _AES_EXTRA else None
    return Aes(octets, key) if key else None


def has_sum(said: Listed) -> bool:
    """Whether its checksum means anything: WinZip's second version writes none."""
    return said.method != AES_METHOD or int.from_bytes(said.extra.aes[:2], "little") != AE_2
