"""Read how OpenDocument locks its members (ODF 1.3 part 2, 4), and open them with a word.

The manifest says it for each member: a digest of the word, a key derived of that, and a
cipher (Blowfish from OpenOffice.org, AES since ODF 1.2).  A digest of the first kilobyte
proves the key.  LibreOffice since 24.2 locks the whole package as one member instead, with
Argon2id and AES-GCM, which proves itself.
"""

import hashlib
import re
from base64 import b64decode
from dataclasses import dataclass
from html import unescape

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from pratique.scanners.containers.gather import Damaged
from pratique.scanners.containers.office import ciphers

# OpenOffice.org 1,024, LibreOffice 100,000; each takes half a microsecond.
ITERATIONS = 1_000_000
_ITERATION_SECONDS = 0.5e-6
# LibreOffice: 64 MB, three times, which takes 0.2 s; more would not fit a worker.
_MEMORY, _TIMES, _LANES = 64 * 1024, 16, 16
_ARGON_SECONDS = 0.1
_PROVED = 1024
_TAG, _IV = 16, 12
_ENTRY = re.compile(r"<(?:[\w.-]{1,32}:)?file-entry\s")
# What is said of one member: LibreOffice writes 1,000 characters.
_SAID = 8192
_ATTRIBUTE = re.compile(
    r"""(?:[\w.-]{1,32}:)?([\w-]{1,64})\s{0,8}=\s{0,8}["']([^"']{0,4096})["']"""
)


@dataclass(frozen=True, slots=True)
class Lock:
    """How one member is locked."""

    path: str
    told: dict[str, str]

    @property
    def cost(self) -> float:
        """What one try takes, in seconds."""
        if self._argon:
            return _ARGON_SECONDS * self._number("argon2-iterations", 3)
        return self._number("iteration-count", 1024) * _ITERATION_SECONDS

    @property
    def _argon(self) -> bool:
        return "argon2id" in self.told.get("key-derivation-name", "").lower()

    def check(self) -> None:
        """Raise `Damaged` if no word opens it."""
        name = self.told.get("algorithm-name", "").lower()
        if not ("blowfish" in name or "-cbc" in name or "-gcm" in name):
            raise Damaged("encrypted in a way that no password opens")
        if self._argon:
            asked = (self._number("argon2-memory", _MEMORY), self._number("argon2-iterations", 3),
                     self._number("argon2-lanes", 4))  # fmt: skip
            over = any(
                one > most for one, most in zip(asked, (_MEMORY, _TIMES, _LANES), strict=True)
            )
        else:
            over = not 0 < self._number("iteration-count", 1024) <= ITERATIONS
        if over:
            raise Damaged("a try of a password takes too long or too much memory")

    def open(self, word: str, octets: bytes) -> bytes | None:
        """What the member is, still packed, if the word is the password."""
        key = self._key(word.encode("utf-8", "replace"))
        name, start = (
            self.told.get("algorithm-name", "").lower(),
            self._octets("initialisation-vector"),
        )
        if "-gcm" in name:
            return self._proved_by_itself(key, start, octets)
        if "blowfish" in name:
            plain = ciphers.blowfish_cfb(key, start, octets)
            return plain if self._proves(plain) else None
        plain = ciphers.aes_cbc(key, start, octets)
        trimmed = plain[: -plain[-1]] if plain and 0 < plain[-1] <= _TAG else plain
        return next((one for one in (trimmed, plain) if self._proves(one)), None)

    @staticmethod
    def _proved_by_itself(key: bytes, start: bytes, octets: bytes) -> bytes | None:
        """W3C's form has what the cipher starts with in front of the octets."""
        inside = octets[_IV:] if octets.startswith(start) and start else octets
        try:
            return AESGCM(key).decrypt(start or octets[:_IV], inside, None)
        except (InvalidTag, ValueError):
            return None

    def _proves(self, plain: bytes) -> bool:
        name = self.told.get("checksum-type", "").lower()
        digest = hashlib.sha256 if "sha256" in name else hashlib.sha1
        head = plain[:_PROVED] if "1k" in name else plain
        return bool(plain) and digest(head).digest() == self._octets("checksum")

    def _key(self, raw: bytes) -> bytes:
        start = self.told.get("start-key-generation-name", "SHA1").lower()
        digest = hashlib.sha256 if "sha256" in start else hashlib.sha1
        first, salt, size = digest(raw).digest(), self._octets("salt"), self._number("key-size", 16)
        size = min(max(size, 1), 64)
        if self._argon:
            cost = (self._number("argon2-iterations", 3), self._number("argon2-memory", _MEMORY),
                    self._number("argon2-lanes", 4))  # fmt: skip
            return ciphers.argon2id(first, salt, cost, size)
        return hashlib.pbkdf2_hmac("sha1", first, salt, self._number("iteration-count", 1024), size)

    def _number(self, name: str, default: int) -> int:
        value = self.told.get(name, "")
        return int(value) if value.isdigit() and len(value) < 10 else default

    def _octets(self, name: str) -> bytes:
        try:
            return b64decode(self.told.get(name, ""))
        except ValueError:
            return b""


def locks(manifest: str) -> list[Lock]:
    """The members that a manifest says are locked."""
    found = []
    for entry in _ENTRY.split(manifest)[1:]:
        head, _, said = entry[:_SAID].partition(">")
        if "encryption-data" not in said:
            continue
        path = dict(_ATTRIBUTE.findall(head)).get("full-path", "")
        told: dict[str, str] = {}
        # The key's size is said of the first digest too, behind that of the key.
        for name, value in _ATTRIBUTE.findall(said):
            told.setdefault(name, unescape(value))
        found.append(Lock(unescape(path), told))
    return found
