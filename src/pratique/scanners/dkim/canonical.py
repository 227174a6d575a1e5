"""Bring header fields and the body into the two canonical forms (RFC 6376 3.4).

What is signed has lines that end with CRLF.  Stored mail has LF alone; here as in
mime/header.py LF with or without CR ends a line, and a CR that stands alone is an octet like
any other.  (The doors pass on neither.)

The body comes in pieces and goes out in pieces, so that its length costs no memory; empty
lines at its end are counted until something follows them.  `relaxed` asks for what it would
change before it looks for places: in a file of 25 MB in base64 there is no blank.
"""

import re
from collections.abc import Iterator
from typing import Literal

Form = Literal["simple", "relaxed"]
FORMS: tuple[Form, ...] = ("simple", "relaxed")
_BLANKS = b" \t"
_SPACES = re.compile(rb"  ++")
# Two become one: runs of up to sixteen are gone after so many times, the rest is rare.
_HALVINGS = 4
_EMPTY_LINES = b"\r\n" * 32_768


def with_crlf(octets: bytes) -> bytes:
    """The same lines, each with CRLF for its end."""
    if octets.count(b"\n") == octets.count(b"\r\n"):
        return octets
    if b"\r" in octets:
        octets = octets.replace(b"\r\n", b"\n")
    return octets.replace(b"\n", b"\r\n")


def simple_field(octets: bytes) -> bytes:
    """A whole field, line ends included, as it stands (RFC 6376 3.4.1)."""
    field = with_crlf(octets)
    return field if field.endswith(b"\r\n") else field + b"\r\n"


def relaxed_field(octets: bytes) -> bytes:
    """Name in lower case, unfolded, blanks made one or none (RFC 6376 3.4.2)."""
    name, _, value = simple_field(octets).partition(b":")
    value = _squeeze(value.replace(b"\r\n", b"")).strip(b" ")
    return b"%b:%b\r\n" % (name.strip(_BLANKS).lower(), value)


class BodyForm:
    """One canonical form of a body (RFC 6376 3.4.3 and 3.4.4), piece by piece."""

    def __init__(self, form: Form) -> None:
        self._is_relaxed = form == "relaxed"
        # A blank whose meaning the next piece decides: at the end of a line it is none.
        self._held = b""
        # Empty lines, and the end of the line before them, that may be the last.
        self._lines = 0
        self._is_empty = True

    def add(self, piece: bytes) -> Iterator[bytes]:
        """What a piece becomes; its lines end with CRLF, and no CRLF is divided."""
        if self._is_relaxed:
            piece = _relax(self._held + piece if self._held else piece)
            self._held = b" " if piece.endswith(b" ") else b""
            piece = piece.removesuffix(b" ")
        yield from self._without_last_lines(piece)

    def _without_last_lines(self, piece: bytes) -> Iterator[bytes]:
        ends = piece[len(piece.rstrip(b"\r\n")) :].replace(b"\r\n", b"\n")
        lines = len(ends) - len(ends.rstrip(b"\n"))
        content = piece[: len(piece) - 2 * lines] if lines else piece
        if content:
            yield from self._pending()
            yield content
            self._is_empty = False
        self._lines += lines

    def _pending(self) -> Iterator[bytes]:
        octets, self._lines = 2 * self._lines, 0
        while octets:
            yield _EMPTY_LINES[:octets]
            octets -= min(octets, len(_EMPTY_LINES))

    def end(self) -> Iterator[bytes]:
        """What comes after the last piece: one line end, and none in an empty relaxed body."""
        if self._held:
            yield from self._pending()
            yield self._held
            self._is_empty = False
        if not (self._is_relaxed and self._is_empty):
            yield b"\r\n"


def _relax(piece: bytes) -> bytes:
    """Blanks made one, and those before a line's end none."""
    piece = _squeeze(piece)
    return piece.replace(b" \r\n", b"\r\n") if b" " in piece else piece


def _squeeze(octets: bytes) -> bytes:
    """Each run of blanks made one space."""
    if b"\t" in octets:
        octets = octets.replace(b"\t", b" ")
    if b" " not in octets:
        return octets
    for _ in range(_HALVINGS):
        shorter = octets.replace(b"  ", b" ")
        if len(shorter) == len(octets):
            return octets
        octets = shorter
    return _SPACES.sub(b" ", octets)


def pieces(body: memoryview, size: int) -> Iterator[bytes]:
    """A body in pieces, each line ending with CRLF, and no CRLF divided between two."""
    held = b""
    for at in range(0, len(body), size):
        piece = held + bytes(body[at : at + size])
        held = b"\r" if piece.endswith(b"\r") else b""
        yield with_crlf(piece.removesuffix(b"\r"))
    if held:
        yield held
