"""Read a DKIM key record (RFC 6376 3.6.1, RFC 8463 3), and check a signature with it.

RFC 8301 3.2: RSA below 1,024 bits is not believed.  Above 4,096 bits verifiers need not
accept keys; we do not, since the cost grows with the square.  OpenSSL takes any exponent up to
3,072 bits, and one as long as the modulus makes checking as expensive as signing: real keys
have 65,537, so more than 33 bits is refused.
"""

import base64
import binascii
from dataclasses import dataclass
from functools import lru_cache

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.serialization import load_der_public_key

from pratique.milter.lookups.auth import tag_list

LEAST_BITS, MOST_BITS = 1024, 4096
MOST_EXPONENT_BITS = 33
# The DER of an RSA key of 4,096 bits has 550 octets; anything longer is not even decoded.
MOST_DER = 1024
# Keys of large services are read again and again: this many short records are kept in parsed
# form, in some two megabytes at most.  A key of 4,096 bits takes 750 octets.
SHORT, KEPT = 1024, 512

_SHA256 = Prehashed(hashes.SHA256())
# a= of a signature, and k= of its key.
_KINDS = {"rsa-sha256": "rsa", "ed25519-sha256": "ed25519"}


class BadKey(ValueError):
    """The record is not a key, or not one to be believed; the message says why."""


@dataclass(frozen=True, slots=True)
class Key:
    """A public key, and what its owner says of it."""

    public: RSAPublicKey | Ed25519PublicKey
    # t=y: the domain is only testing DKIM.
    testing: bool = False
    # t=s: the domain of i= must be d= itself, not one below it.
    strict: bool = False

    @property
    def kind(self) -> str:
        """The word of k=."""
        return "rsa" if isinstance(self.public, RSAPublicKey) else "ed25519"

    def fits(self, algorithm: str) -> bool:
        """Whether this key can have made a signature with this a=."""
        return _KINDS.get(algorithm) == self.kind

    def signed(self, digest: bytes, value: bytes) -> bool:
        """Whether the value is this key's signature over a SHA-256."""
        try:
            if isinstance(self.public, RSAPublicKey):
                self.public.verify(value, digest, padding.PKCS1v15(), _SHA256)
            else:
                # RFC 8463 3: PureEdDSA of the hash, not of the header.
                self.public.verify(value, digest)
        except (InvalidSignature, ValueError):
            return False
        return True


def read(text: str) -> Key:
    """Return the key of a record.  Raises BadKey."""
    return _read_short(text) if len(text) <= SHORT else _read(text)


def _read(text: str) -> Key:
    tags = tag_list.read(text)
    if tags is None or "p" not in tags:
        raise BadKey("the key record cannot be read")
    if "v" in tags and (tags["v"] != "DKIM1" or next(iter(tags)) != "v"):
        raise BadKey("the key record is of another version")
    if not _allows(tags.get("h", "sha256"), "sha256"):
        raise BadKey("the key is not for SHA-256")
    if not {"*", "email"} & _words(tags.get("s", "*")):
        raise BadKey("the key is not for mail")
    flags = _words(tags.get("t", ""))
    public = _public(tags.get("k", "rsa"), _decoded(tags["p"]))
    return Key(public, testing="y" in flags, strict="s" in flags)


_read_short = lru_cache(maxsize=KEPT)(_read)


def _words(value: str) -> set[str]:
    return {word.strip() for word in value.split(":")}


def _allows(value: str, word: str) -> bool:
    return word in _words(value)


def _decoded(value: str) -> bytes:
    squeezed = "".join(value.split())
    if not squeezed:
        raise BadKey("the key is revoked")
    if len(squeezed) > MOST_DER * 4 // 3:
        raise BadKey("the key is too long")
    try:
        return base64.b64decode(squeezed, validate=True)
    except (binascii.Error, ValueError):
        raise BadKey("the key is no base64") from None


def _public(kind: str, octets: bytes) -> RSAPublicKey | Ed25519PublicKey:
    try:
        if kind == "ed25519":
            return Ed25519PublicKey.from_public_bytes(octets)
        public = load_der_public_key(octets)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise BadKey("the key is none") from None
    if kind != "rsa" or not isinstance(public, RSAPublicKey):
        raise BadKey("the key is of an unknown kind")
    if not LEAST_BITS <= public.key_size <= MOST_BITS:
        raise BadKey(f"the key has {public.key_size} bits (RFC 8301 3.2)")
    if public.public_numbers().e.bit_length() > MOST_EXPONENT_BITS:
        raise BadKey("the key has an exponent that no honest key has")
    return public
