"""Undo what Excel up to 2003 calls a password: octets turned and added ([MS-OFFCRYPTO] 2.3.7).

Sixteen octets are made of the word; each octet of a record is turned by five bits and has
one of them added.  A number of fifteen bits tells whether the word is right, so one wrong
word in 32,768 is taken for right; then the octets make no sense, and nothing worse.
"""

from collections.abc import Sequence

# 2.3.7.2: what is mixed in.
_INITIAL = (0xE1F0, 0x1D0F, 0xCC9C, 0x84C0, 0x110C, 0x0E10, 0xF1CE, 0x313E, 0x1872, 0xE139,
            0xD40F, 0x84F9, 0x280C, 0xA96A, 0x4EC3)  # fmt: skip
_MATRIX = bytes.fromhex(
    "aefc4dd99bb227454e8a9d142a097b61f6c2fda5eb6bc6f79dcf2bbf45638ac605ad0b5a16b42d685ad0"
    "037506ea0dd41ba837506ea0dd40d849a0b35147a28e553daa7a44d56f45de8aad354a4b9496390d721a"
    "eb23c6679cef29ff53fea7fc5fd947d38fa60f6d1eda3db47b68f6d0b86160e3c1c693ad377b6ef6ddec"
    "45a08b4006a10d421a8435086a10aa5144838906022d045a08b4116876b4ed68caf185c31ba7374e6e9c"
    "37306e60dcc0a9a1436386c61dad33316662ccc489a9037306e60dcc1021204240848108123124624"
    "8c4"
)
_PAD = bytes.fromhex("bbffffbaffffb98000be0f00bf0f00")
# Longer words are cut by Excel itself.
_LONGEST = 15


def opens(word: str, verifier: int) -> bool:
    """Tell whether a word has that number (2.3.7.1)."""
    raw = _raw(word)
    number = 0
    for octet in [*reversed(raw), len(raw)]:
        number = (number >> 14 & 1) ^ (number << 1 & 0x7FFF) ^ octet
    return bool(raw) and number ^ 0xCE4B == verifier


def _raw(word: str) -> bytes:
    return word.encode("cp1252", "replace")[:_LONGEST]


def key_of(word: str) -> bytes:
    """The sixteen octets (2.3.7.2)."""
    raw = _raw(word)
    key, at = _INITIAL[len(raw) - 1], len(_MATRIX) // 2 - 1
    for octet in reversed(raw):
        for bit in range(7):
            if octet << bit & 0x40:
                key ^= int.from_bytes(_MATRIX[2 * at : 2 * at + 2], "big")
            at -= 1
    filled = (raw + _PAD)[:16]
    halves = key & 0xFF, key >> 8
    return bytes(_turned(octet ^ halves[place % 2], 1) for place, octet in enumerate(filled))


def _turned(octet: int, bits: int) -> int:
    return (octet >> bits | octet << 8 - bits) & 0xFF


_TURNED: Sequence[int] = tuple(_turned(octet, 5) for octet in range(256))


def plain(key: bytes, octets: bytes, place: int) -> bytes:
    """What the octets are; `place` is that of the first in the key."""
    mixed = key[place % 16 :] + key[: place % 16]
    mask = (mixed * (len(octets) // 16 + 1))[: len(octets)]
    return bytes(_TURNED[octet ^ other] for octet, other in zip(octets, mask, strict=True))
