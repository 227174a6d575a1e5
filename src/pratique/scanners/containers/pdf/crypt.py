"""Open PDF's own encryption (ISO 32000-2, 7.6, the standard security handler).

Of a password and the file's dictionary a key is made, and of that a key for each object.
Most encrypted files have an empty user password: everybody reads them, and only printing
or copying is forbidden.  Revisions 2 to 4 make the key with MD5 and RC4 (Algorithm 2), 5
and 6 with SHA-2 and AES (2.A, 2.B); octets are hidden with RC4 or AES, which the crypt
filters name, one for strings, one for streams, one for embedded files (7.6.6).

Limitation: other handlers (public keys, 7.6.5) open with no word, and say so.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from pratique.scanners.containers.gather import Damaged
from pratique.scanners.containers.office import ciphers
from pratique.scanners.containers.pdf.syntax import Name, Ref, Value

# Algorithm 2, step a.
_PADDING = bytes.fromhex("28bf4e5e4e758a4164004e56fffa01082e2e00b6d0683e802f0ca9fe6453697a")
_IDENTITY, _RC4, _AES, _AES_256 = "Identity", "V2", "AESV2", "AESV3"
_METHODS = frozenset({_IDENTITY, _RC4, _AES, _AES_256})
_BLOCK = 16
_ZEROS = bytes(_BLOCK)
# Algorithm 2.B ends at its own pleasure after 64 rounds; each more has half a chance.
_ROUNDS = 2000
# 7.6.4.3.2: UTF-8, cut there.
_LONGEST_PASSWORD = 127


@dataclass(frozen=True, slots=True)
class Lock:
    """What a file's encryption dictionary says."""

    revision: int
    key_octets: int
    owner: bytes
    user: bytes
    owner_key: bytes
    user_key: bytes
    permissions: bytes
    id_: bytes
    strings: str
    streams: str
    files: str
    hides_metadata: bool

    def open(self, word: str) -> bytes | None:
        """The file's key, if the word is its user's or its owner's password."""
        if self.revision >= 5:
            raw = word.encode("utf-8", "replace")[:_LONGEST_PASSWORD]
            return self._open_new(raw)
        raw = word.encode("latin-1", "replace")
        return self._open_old(raw) or self._open_old(self._of_owner(raw))

    def _open_old(self, raw: bytes) -> bytes | None:
        key = self._old_key(raw)
        if self.revision == 2:
            return key if ciphers.rc4(key, _PADDING) == self.user else None
        proof = hashlib.md5(_PADDING + self.id_, usedforsecurity=False).digest()
        for number in range(20):
            proof = ciphers.rc4(bytes(octet ^ number for octet in key), proof)
        return key if proof == self.user[:_BLOCK] else None

    def _old_key(self, raw: bytes) -> bytes:
        """Algorithm 2."""
        end = b"" if self.hides_metadata or self.revision < 4 else b"\xff" * 4
        asked = (raw + _PADDING)[:32] + self.owner[:32] + self.permissions + self.id_ + end
        digest = hashlib.md5(asked, usedforsecurity=False).digest()
        if self.revision >= 3:
            for _ in range(50):
                digest = hashlib.md5(digest[: self.key_octets], usedforsecurity=False).digest()
        return digest[: self.key_octets]

    def _of_owner(self, raw: bytes) -> bytes:
        """Algorithm 7: the user's password, by the owner's."""
        digest = hashlib.md5((raw + _PADDING)[:32], usedforsecurity=False).digest()
        if self.revision == 2:
            return ciphers.rc4(digest[: self.key_octets], self.owner[:32])
        for _ in range(50):
            digest = hashlib.md5(digest, usedforsecurity=False).digest()
        key, word = digest[: self.key_octets], self.owner[:32]
        for number in range(19, -1, -1):
            word = ciphers.rc4(bytes(octet ^ number for octet in key), word)
        return word

    def _open_new(self, raw: bytes) -> bytes | None:
        """Algorithm 2.A."""
        user, owner = self.user[:48], self.owner[:48]
        for known, wrapped, also in ((user, self.user_key, b""), (owner, self.owner_key, user)):
            if self._digest(raw, known[32:40], also) == known[:32]:
                return ciphers.aes_cbc(self._digest(raw, known[40:48], also), _ZEROS, wrapped[:32])
        return None

    def _digest(self, raw: bytes, salt: bytes, also: bytes) -> bytes:
        """Algorithm 2.B; revision 5 stops after the first step."""
        key = hashlib.sha256(raw + salt + also).digest()
        if self.revision == 5:
            return key
        for number in range(_ROUNDS):
            block = (raw + key + also) * 64
            hidden = ciphers.aes_cbc_forth(key[:16], key[16:32], block)
            form = (hashlib.sha256, hashlib.sha384, hashlib.sha512)[sum(hidden[:16]) % 3]
            key = form(hidden).digest()
            if number >= 63 and hidden[-1] <= number - 31:
                break
        return key[:32]


def plain(octets: bytes, method: str, key: bytes, ref: Ref) -> bytes:
    """What a string or a stream of that object is, by the method that hides it (7.6.3)."""
    if method == _IDENTITY:
        return octets
    if method != _AES_256:
        salt = b"sAlT" if method == _AES else b""
        place = ref.number.to_bytes(8, "little")[:3] + ref.generation.to_bytes(8, "little")[:2]
        digest = hashlib.md5(key + place + salt, usedforsecurity=False).digest()
        key = digest[: min(len(key) + 5, _BLOCK)]
    if method == _RC4:
        return ciphers.rc4(key, octets)
    return ciphers.without_padding(ciphers.aes_cbc(key, octets[:_BLOCK], octets[_BLOCK:]))


def lock(values: Mapping[str, Value], id_: bytes) -> Lock:
    """Read an encryption dictionary; `Damaged` if no word can open it."""
    version, revision = _number(values, "V", 0), _number(values, "R", 0)
    if values.get("Filter") != "Standard" or version not in {1, 2, 4, 5} or not 2 <= revision <= 6:
        raise Damaged("encrypted in a way that no password opens")
    octets = _number(values, "Length", 40) // 8 if version in {2, 4} else 5
    methods = _methods(values) if version >= 4 else (_RC4, _RC4, _RC4)
    return Lock(
        revision=revision,
        key_octets=16 if version == 4 else min(max(octets, 5), 16),
        owner=_octets(values, "O"),
        user=_octets(values, "U"),
        owner_key=_octets(values, "OE"),
        user_key=_octets(values, "UE"),
        permissions=(_number(values, "P", 0) & 0xFFFFFFFF).to_bytes(4, "little"),
        id_=id_,
        strings=methods[0],
        streams=methods[1],
        files=methods[2],
        hides_metadata=values.get("EncryptMetadata", 1) != 0,
    )


def _methods(values: Mapping[str, Value]) -> tuple[str, str, str]:
    """The methods for strings, streams and files, by the filters' names (7.6.6)."""
    filters = values.get("CF")
    known = filters if isinstance(filters, dict) else {}

    def method(name: Value) -> str:
        named = known.get(name) if isinstance(name, Name) else None
        told = named.get("CFM") if isinstance(named, dict) else None
        return str(told) if told in _METHODS else _IDENTITY

    streams = values.get("StmF")
    return method(values.get("StrF")), method(streams), method(values.get("EFF", streams))


def _number(values: Mapping[str, Value], key: str, default: int) -> int:
    value = values.get(key)
    return value if isinstance(value, int) else default


def _octets(values: Mapping[str, Value], key: str) -> bytes:
    value = values.get(key)
    return value if isinstance(value, bytes) else b""
