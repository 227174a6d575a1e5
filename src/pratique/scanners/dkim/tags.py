"""Read a list of tags: `v=1; a=rsa-sha256; ...` (RFC 6376 3.2).

The grammar is kept to the letter: two readers that make different lists of the same octets
are how one signature is valid for one of them.  What does not follow it is no list.  Values
may hold UTF-8 beside ASCII (RFC 8616 4), and no control character.

The value of b= is what a signature does not sign, so where it stands is kept.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

# RFC 6376 3.5 knows fourteen, and unknown ones are passed over; nobody writes a hundred.
MOST_TAGS = 100
# Folding white space; a line end is followed by a blank in each fold of a header field.
_FWS = rb"[ \t\r\n]*+"
_TAG = re.compile(_FWS + rb"([A-Za-z][A-Za-z0-9_]*+)" + _FWS + rb"=([^;]*+)(?:;|\Z)")
_BLANK = re.compile(_FWS + rb"\Z")
_CONTROLS = bytes(octet for octet in (*range(32), 127) if octet not in b"\t\r\n")
WHITE = b" \t\r\n"


@dataclass(frozen=True, slots=True)
class Tags:
    """Values by tag, without the white space around them, and where that of b= stands."""

    values: Mapping[bytes, bytes]
    # Offsets of what follows `b=`, white space included, in the text that was read.
    hole: tuple[int, int]

    def get(self, tag: bytes) -> bytes:
        """The value of a tag; empty if it is not there."""
        return self.values.get(tag, b"")


def read_tags(text: bytes) -> Tags | None:
    """The tags of a field's body, its own CRLF included; None if it is no list of tags."""
    if not _is_plain(text):
        return None
    values: dict[bytes, bytes] = {}
    at, hole = 0, (0, 0)
    while (found := _TAG.match(text, at)) is not None:
        name, value = found[1], found[2].strip(WHITE)
        if name in values or len(values) == MOST_TAGS:
            return None
        values[name] = value
        if name == b"b":
            hole = found.span(2)
        at = found.end()
    # One semicolon may stand at the end.
    is_whole = bool(values) and _BLANK.match(text, at) is not None
    return Tags(values, hole) if is_whole else None


def _is_plain(text: bytes) -> bool:
    """UTF-8 without control characters, and no line end but in a fold (RFC 5322 2.2.3)."""
    line = text.removesuffix(b"\r\n").replace(b"\r\n ", b"").replace(b"\r\n\t", b"")
    if b"\r" in line or b"\n" in line or len(line.translate(None, _CONTROLS)) != len(line):
        return False
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
