"""Find the content in CMS (RFC 5652; PKCS #7, RFC 2315), whatever is around it.

Signed, digested and authenticated data hold their content as it is, compressed data
(RFC 3274) packed by zlib.  A detached signature and a list of certificates have none.
"""

import re
from binascii import Error, a2b_base64
from dataclasses import dataclass

from pratique.scanners.containers.cms import ber
from pratique.scanners.containers.cms.ber import Element
from pratique.scanners.containers.gather import Damaged

_PKCS7 = bytes.fromhex("2a864886f70d0107")
_SMIME = bytes.fromhex("2a864886f70d01091001")
PLAIN, SIGNED, DIGESTED = _PKCS7 + b"\1", _PKCS7 + b"\2", _PKCS7 + b"\5"
ENVELOPED, BOTH, ENCRYPTED = _PKCS7 + b"\3", _PKCS7 + b"\4", _PKCS7 + b"\6"
AUTHENTICATED, COMPRESSED, AUTH_ENVELOPED = _SMIME + b"\2", _SMIME + b"\x09", _SMIME + b"\x17"
LOCKED = frozenset({ENVELOPED, BOTH, ENCRYPTED, AUTH_ENVELOPED})
_HOLDS = frozenset({SIGNED, DIGESTED, AUTHENTICATED, COMPRESSED})
# RFC 7468 5 and 8; older writers name the type of the content.
_ARMOUR = re.compile(
    rb"-----BEGIN (?:PKCS ?#?7|CMS|PKCS #7 SIGNED DATA|SMIME)-----\s{0,8}+([A-Za-z0-9+/=\s]++)"
)


@dataclass(frozen=True, slots=True)
class Content:
    """The type of a CMS content, its inner type, and the element that has the octets.

    `within` is None where there is no content; `end` is where the CMS ends.
    """

    type_: bytes
    inner: bytes
    within: Element | None
    end: int


def unarmoured(octets: bytes) -> bytes:
    """The octets of armoured CMS; others as they are."""
    found = _ARMOUR.match(octets.lstrip()) if is_armoured(octets[:1024]) else None
    if found is None:
        return octets
    try:
        return a2b_base64(found[1])
    except Error:
        return octets


def is_armoured(head: bytes) -> bool:
    """Whether this begins with the armour of CMS."""
    return (
        head[:64].lstrip().startswith(b"-----BEGIN")
        and _ARMOUR.match(head[:1024].lstrip()) is not None
    )


def read_content(octets: memoryview) -> Content:
    """What the outermost CMS holds; `Damaged` where it cannot be read so far."""
    outer = ber.element(octets, 0, len(octets))
    if outer.tag != ber.SEQUENCE:
        raise Damaged("it does not begin as CMS does")
    parts = ber.children(octets, outer)
    type_ = _identifier(octets, next(parts, None))
    end = ber.behind(octets, outer) if not outer.open else _end(octets, outer)
    explicit = next(parts, None)
    if type_ == PLAIN:
        return Content(type_, PLAIN, _content(octets, explicit), end)
    if type_ not in _HOLDS or explicit is None:
        return Content(type_, b"", None, end)
    body = next(ber.children(octets, explicit), None)
    if body is None or body.tag != ber.SEQUENCE:
        raise Damaged("a content that is no sequence")
    inner, within = _encapsulated(octets, body)
    return Content(type_, inner, within, end)


def _end(octets: memoryview, outer: Element) -> int:
    """Where it ends if it says so; what is cut off behind the content ends with the file."""
    try:
        return ber.behind(octets, outer)
    except Damaged:
        return len(octets)


def _identifier(octets: memoryview, one: Element | None) -> bytes:
    if one is None or one.tag != ber.IDENTIFIER:
        raise Damaged("no type of content")
    return bytes(octets[one.start : one.end])


def _encapsulated(octets: memoryview, body: Element) -> tuple[bytes, Element | None]:
    """The first sequence that begins with an identifier and is no algorithm's.

    RFC 5652 5.1, 7, 9.1 and RFC 3274 1.1 have other things before it, which are sets,
    numbers, tagged, or algorithms; it is the last sequence of all.
    """
    last: tuple[bytes, Element | None] = (b"", None)
    for one in ber.children(octets, body):
        if one.tag == ber.SEQUENCE:
            parts = list(_first_two(octets, one))
            if parts and parts[0].tag == ber.IDENTIFIER:
                within = parts[1] if len(parts) > 1 and parts[1].context == 0 else None
                last = (_identifier(octets, parts[0]), _content(octets, within))
                if within is not None:
                    return last
    return last


def _first_two(octets: memoryview, one: Element) -> list[Element]:
    found = []
    for inner in ber.children(octets, one):
        found.append(inner)
        if len(found) == 2:
            break
    return found


def _content(octets: memoryview, explicit: Element | None) -> Element | None:
    return next(ber.children(octets, explicit), None) if explicit is not None else None
