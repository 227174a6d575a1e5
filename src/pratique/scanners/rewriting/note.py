"""Write the note that stands in the place of a part: a text/plain entity (RFC 2046 4.1.3).

Its text comes from outside, and has a stranger's words in it, a file name above all.  So
it is held to what a text may have, and no line of it can be taken for a delimiter.
"""

import binascii

from pratique.scanners.rewriting.fields import NEWLINE

_ASCII = b"Content-Type: text/plain; charset=us-ascii\r\nContent-Transfer-Encoding: 7bit\r\n"
_UTF8 = (
    b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n"
)
# RFC 5322 2.1.1 wants lines of 78; 998 is where servers break them.
_LINE = 200


def note_fields(text: str) -> bytes:
    """The fields of the note, with their line ends."""
    return _ASCII if _is_plain(_safe(text)) else _UTF8


def note_body(text: str, newline: bytes = NEWLINE) -> bytes:
    """The body of the note; it ends without a line end, which belongs to the delimiter."""
    safe = _safe(text)
    octets = safe.encode("utf-8", "replace")
    if not _is_plain(safe):
        # A line that is broken on the way may begin anywhere, but not with a dash: a NUL, of
        # which there is none, keeps the place of one.
        coded = binascii.b2a_qp(octets.replace(b"-", b"\0"), istext=True)
        octets = coded.replace(b"=00", b"=2D").replace(NEWLINE, b"\n")
    return octets.replace(b"\n", newline)


def note_entity(text: str, newline: bytes = NEWLINE) -> bytes:
    """The note as an entity of a multipart."""
    return note_fields(text).replace(NEWLINE, newline) + newline + note_body(text, newline)


def _is_plain(text: str) -> bool:
    return text.isascii() and all(len(line) <= _LINE for line in text.split("\n"))


def _safe(text: str) -> str:
    return "\n".join(map(_safe_line, text.rstrip("\n").split("\n")))


def _safe_line(line: str) -> str:
    shown = "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in line)
    return f". {shown}" if shown.lstrip(" ").startswith("-") else shown
