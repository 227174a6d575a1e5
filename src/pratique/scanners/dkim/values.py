"""Read what stands in a tag: numbers, base64, names of hosts and fields, identities.

None says that it cannot be read; what a default is, the reader of the signature knows.
Hosts are given as DNS is asked for them (RFC 8616 4), so a selector or a domain that DNS
cannot have is none.
"""

import binascii
import re

from pratique.scanners.dkim.tags import WHITE
from pratique.scanners.links.host import LONGEST, to_ascii
from pratique.scanners.text import to_text

# OpenSSL takes no key of more than 16,384 bits, and a signature is as long as its key.
MOST_VALUE = 2048
# RFC 5322 2.1.1: nothing that stands on one line is longer.
MOST_IDENTITY = 998
# RFC 6376 3.5, h=: 76 digits may be in l=; none of so many is less than any body.
MOST_DIGITS = 76
# Year 9999, the last that a Timestamp may name; what is later never comes (RFC 6376 3.5, x=).
LAST_SECOND = 253_402_300_799

_BASE64 = re.compile(rb"[A-Za-z0-9+/]++={0,2}+")
_WHITE = re.compile(rb"[ \t\r\n]++")
_DIGITS = re.compile(rb"[0-9]{1,%d}" % MOST_DIGITS)
# RFC 6376 3.1 and 3.5; underscores stand in real selectors.
_HOST = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)(?:\.(?!-)[a-z0-9_-]{1,63}(?<!-))*")
# RFC 5322 3.6.8 without the semicolon, which ends the tag.
_FIELD_NAME = re.compile(rb"[!-9<-~]++")
_HEX = re.compile(rb"=([0-9A-F]{2})")


def number(value: bytes) -> int | None:
    """An unsigned decimal."""
    return int(value) if _DIGITS.fullmatch(value) is not None else None


def second(value: bytes) -> int | None:
    """A time in seconds since 1970; what is too late for a date is the last there is."""
    found = number(value)
    return None if found is None else min(found, LAST_SECOND)


def base64(value: bytes) -> bytes | None:
    """What it encodes (RFC 6376 3.2, base64string)."""
    text = _WHITE.sub(b"", value)
    if len(text) % 4 or _BASE64.fullmatch(text) is None or len(text) > MOST_VALUE * 4 // 3 + 4:
        return None
    try:
        octets = binascii.a2b_base64(text)
    except binascii.Error:
        return None
    return octets if len(octets) <= MOST_VALUE else None


def host(value: bytes, labels: int) -> str | None:
    """A name of at least so many labels, in lower case and as A-labels."""
    if not value or len(value) > LONGEST:
        return None
    text = to_text(value)[0]
    name = text.lower() if text.isascii() else to_ascii(text).lower()
    if len(name) > LONGEST or _HOST.fullmatch(name) is None or name.count(".") + 1 < labels:
        return None
    return name


def field_names(value: bytes) -> list[bytes] | None:
    """The names in h=, in lower case and in order."""
    names = words(value.lower())
    return names if all(map(_FIELD_NAME.fullmatch, names)) else None


def words(value: bytes) -> list[bytes]:
    """What colons divide (q=), without the white space around them.

    Looked for together with the colon, a hundred thousand blanks take half a minute.
    """
    return [word.strip(WHITE) for word in value.split(b":")]


def identity(value: bytes) -> tuple[str, str] | None:
    """Local part, which may be empty, and host of i= (RFC 6376 2.6 and 2.11)."""
    local, at, domain = _WHITE.sub(b"", value).rpartition(b"@")
    name = host(domain, 1)
    if not at or name is None or len(local) > MOST_IDENTITY:
        return None
    octets = _HEX.sub(lambda found: bytes([int(found[1], 16)]), local)
    return to_text(octets)[0], name


def text(value: bytes) -> str:
    """What a tag says, to be shown; no word of ours is longer."""
    return to_text(value[:64].strip(WHITE))[0]
