"""Read the octets of a page as text, in each charset in which a browser might.

A browser takes the byte order mark first, then what the mail says, then what the page
says of itself in its first 1,024 octets (WHATWG HTML, "determining the character
encoding").  Where a charset is declared that does not hold ASCII as it is (UTF-16,
UTF-7), a program that does not believe it sees another page: so both are read.
"""

import codecs
import re
from collections.abc import Iterator

from pratique.scanners.text import to_text

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# As far as a browser looks for the charset in a page.
_DECLARED_WITHIN = 1024
_DECLARED = re.compile(
    rb"(?:charset|encoding)\s{0,16}=\s{0,16}[\"']?([\w.:-]{1,64})", re.IGNORECASE
)
_ASCII = b"<script data:"


def read_page(octets: bytes, charset: str) -> Iterator[str]:
    """Each reading of a page, the likeliest first; NUL is dropped, as browsers drop it."""
    for mark, marked in _BOMS:
        if octets.startswith(mark):
            yield _read(octets[len(mark) :], marked)
            return
    if bare := _bare_utf16(octets):
        yield _read(octets, bare)
        return
    declared = _DECLARED.search(octets[:_DECLARED_WITHIN]) if not charset else None
    charset = declared[1].decode("ascii", "replace") if declared else charset
    first = _read(octets, charset or "utf-8")
    yield first
    if charset and to_text(_ASCII, charset.lower())[0] != _ASCII.decode():
        yield _read(octets, "utf-8")


def _read(octets: bytes, charset: str) -> str:
    text, bad = to_text(octets, charset.lower())
    if bad and charset == "utf-8":
        # One character an octet, so that what a script keeps in them is not lost.
        text = octets.decode("latin-1")
    return text.replace("\0", "") if "\0" in text else text


def _bare_utf16(octets: bytes) -> str:
    """UTF-16 without a mark, by its first letter (XML 1.0, appendix F)."""
    head = octets[:64].lstrip(b" \r\n\t\0")
    if octets[1:2] == b"\0" and head.startswith(b"<\0") and octets[3:4] == b"\0":
        return "utf-16-le"
    if octets[:1] == b"\0" and head.startswith(b"<\0") and octets[2:3] == b"\0":
        return "utf-16-be"
    return ""
