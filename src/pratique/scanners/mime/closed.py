"""Tell what lies closed in an entity: encrypted, opaque, or not in this message at all.

PGP/MIME (RFC 3156), inline PGP (RFC 9580 6.2), S/MIME (RFC 8551 3.2), message/partial
and message/external-body (RFC 2046 5.2.2, 5.2.3).  What is closed is a fact of its own:
nobody has looked into it, and a policy must say what that means.
"""

from typing import NamedTuple

from pratique.scanners.mime.entity import Entity

_PGP = b"-----BEGIN PGP MESSAGE-----"
_SMIME = frozenset({b"application/pkcs7-mime", b"application/x-pkcs7-mime"})
_ELSEWHERE = frozenset({b"message/partial", b"message/external-body"})
# CMS content types (RFC 5652, RFC 5083, RFC 3274) as they stand in DER and BER alike.
_CMS = {
    b"\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02": "signed-data",
    b"\x2a\x86\x48\x86\xf7\x0d\x01\x07\x03": "enveloped-data",
    b"\x2a\x86\x48\x86\xf7\x0d\x01\x07\x06": "encrypted-data",
    b"\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x01\x17": "authenveloped-data",
    b"\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x01\x09": "compressed-data",
}
_ENCRYPTED = frozenset({"enveloped-data", "encrypted-data", "authenveloped-data"})
# The content type stands behind two tags and two lengths of at most nine octets.
_CMS_FRONT = 40


class Closed(NamedTuple):
    """A word of `Unopened`, why, and whether encryption is the reason."""

    unopened: str = ""
    why: str = ""
    encrypted: bool = False


OPEN = Closed()


def look(entity: Entity, octets: bytes | memoryview) -> Closed:
    """What is closed in a leaf, by its type and its decoded octets."""
    main = entity.types[0].main
    if main in _ELSEWHERE:
        return Closed("elsewhere", f"{entity.declared_type}: the content is not in this message")
    if main in _SMIME:
        return _look_smime(entity, octets)
    if main == b"application/pgp-encrypted":
        # RFC 3156 4: the part that only says "Version: 1"; it hides nothing.
        return Closed("pgp", "OpenPGP", encrypted=True) if _has_pgp(octets) else OPEN
    parent = entity.parent
    if parent is not None and parent.types[0].main == b"multipart/encrypted":
        return _look_encrypted(parent, octets)
    if main.startswith((b"text/", b"application/pgp")) and _has_pgp(octets):
        return Closed("pgp", "inline OpenPGP", encrypted=True)
    return OPEN


def _look_encrypted(parent: Entity, octets: bytes | memoryview) -> Closed:
    """RFC 1847 2.2: the second part of multipart/encrypted is the encrypted one."""
    protocols = parent.types[0].all(b"protocol")
    if b"application/pgp-encrypted" in [each.lower() for each in protocols] or _has_pgp(octets):
        return Closed("pgp", "OpenPGP", encrypted=True)
    return Closed("unreadable", "multipart/encrypted of an unknown protocol", encrypted=True)


def _look_smime(entity: Entity, octets: bytes | memoryview) -> Closed:
    """By the content type in the CMS itself, else by what the parameter says."""
    declared = [each.decode("ascii", "replace") for each in entity.types[0].all(b"smime-type")]
    kind = _cms_type(bytes(octets[:_CMS_FRONT])) or (declared or [""])[0].lower()
    if kind in _ENCRYPTED:
        return Closed("smime", f"CMS {kind}", encrypted=True)
    if kind == "certs-only" or (kind == "signed-data" and "certs-only" in declared):
        return OPEN
    if not octets or not kind:
        return Closed("unreadable", "application/pkcs7-mime that is no CMS")
    return Closed("unreadable", f"CMS {kind} that is not opened")


def _cms_type(front: bytes) -> str:
    for identifier, kind in _CMS.items():
        if bytes([6, len(identifier)]) + identifier in front:
            return kind
    return ""


def _has_pgp(octets: bytes | memoryview) -> bool:
    """Tell whether an armoured OpenPGP message stands at the beginning of a line."""
    text = bytes(octets)
    at = text.find(_PGP)
    while at >= 0:
        if at == 0 or text[at - 1] in b"\r\n":
            return True
        at = text.find(_PGP, at + len(_PGP))
    return False
