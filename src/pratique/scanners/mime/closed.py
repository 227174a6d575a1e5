"""Tell what lies closed in an entity: encrypted, opaque, or not in this message at all.

PGP/MIME (RFC 3156), inline PGP (RFC 9580 6.2), S/MIME (RFC 8551 3.2), message/partial
and message/external-body (RFC 2046 5.2.2, 5.2.3).  What is closed is a fact of its own:
nobody has read it, and a policy must say what that means.

Only the octets prove it, from the first to the last (`proof.py`).  What a header says is
a claim, and if a claim closed a part, every archive could travel under it unseen.  A part
that is declared encrypted and is not stays open to all readers, and that is told.
"""

from typing import NamedTuple

from pratique.scanners.mime.entity import Entity
from pratique.scanners.mime.proof import is_armour, is_openpgp, read_cms, readable_within

_SMIME = frozenset({b"application/pkcs7-mime", b"application/x-pkcs7-mime"})
_ELSEWHERE = frozenset({b"message/partial", b"message/external-body"})
_ENCRYPTED = frozenset({"enveloped-data", "encrypted-data", "authenveloped-data"})
_TEXT_OR_PGP = (b"text/", b"application/pgp")
_CLAIM = "declared encrypted, but is not"


class Closed(NamedTuple):
    """A word of `Unopened`, why, whether encryption is the reason; or what is odd."""

    unopened: str = ""
    why: str = ""
    encrypted: bool = False
    # What was claimed and is not so.
    odd: str = ""


OPEN = Closed()
_PGP = Closed("pgp", "OpenPGP", encrypted=True)
_INLINE = Closed("pgp", "inline OpenPGP", encrypted=True)


def look(entity: Entity, octets: bytes) -> Closed:
    """What is closed in a leaf, by its type and its decoded octets."""
    main = entity.types[0].main
    parent = entity.parent
    in_encrypted = parent is not None and parent.types[0].main == b"multipart/encrypted"
    if main.startswith(_TEXT_OR_PGP) and not in_encrypted:
        if b"-----BEGIN PGP MESSAGE" in octets and is_armour(octets):
            return _INLINE if main.startswith(b"text/") else _PGP
        if main == b"application/pgp-encrypted" and not _is_version(octets):
            return Closed(odd=_CLAIM)
        return OPEN
    if main in _ELSEWHERE:
        return Closed("elsewhere", f"{entity.declared_type}: the content is not in this message")
    if not (in_encrypted or main in _SMIME):
        return OPEN
    if readable_within(octets):
        return Closed(odd=_CLAIM)
    return _look_smime(octets) if main in _SMIME else _look_encrypted(entity, octets)


def _is_version(octets: bytes) -> bool:
    """RFC 3156 4: the part that only says "Version: 1"; it hides nothing."""
    return len(octets) <= 1024 and octets.strip().lower()[:8] in {b"version:", b""}


def _look_encrypted(entity: Entity, octets: bytes) -> Closed:
    """RFC 1847 2.2: the second part of multipart/encrypted is the encrypted one."""
    if is_armour(octets) or is_openpgp(octets):
        return _PGP
    return OPEN if entity.number == 1 and _is_version(octets) else Closed(odd=_CLAIM)


def _look_smime(octets: bytes) -> Closed:
    """By the content type in the CMS itself; the parameter only says what to call it."""
    kind = read_cms(octets)
    if kind in _ENCRYPTED:
        return Closed("smime", f"CMS {kind}", encrypted=True)
    # What is signed lies open in it (`formats/cms.py`); so does a list of certificates.
    if kind == "signed-data":
        return OPEN
    if kind:
        return Closed("unreadable", f"CMS {kind} that is not opened")
    return Closed(odd=_CLAIM)
