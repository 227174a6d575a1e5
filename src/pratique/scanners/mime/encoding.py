"""Decode content transfer encodings, RFC 2045 6, the way mail programs do: tolerantly.

Base64: what is no letter of the alphabet is passed over, as RFC 2045 6.8 demands.  After
padding most decoders stop; some go on, and what follows is what the first ones never
see.  So every padded stream is decoded and all are joined.  A last group that is cut
off gives the octets that are whole.

Quoted-printable: blanks before a line end are transport padding and go (RFC 2045 6.7
rule 3), lower-case digits are taken, a `=` that begins no escape stays as it is.

Each decoder is a few passes in C over the octets.  The caller charges the budget by
`bound` before it asks.
"""

import binascii
import re
from collections.abc import Iterator
from typing import NamedTuple

from pratique.scanners.budget import Budget

IDENTITY = frozenset({"7bit", "8bit", "binary", "", "7-bit", "8-bit"})
UUENCODE = frozenset({"x-uuencode", "uuencode", "x-uue", "uue", "x-uu", "uu"})
KNOWN = IDENTITY | UUENCODE | {"base64", "quoted-printable"}

_BLANKS = b" \t\r\n\x0b\x0c"
_ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_NOT_BASE64 = bytes(set(range(256)) - set(_ALPHABET) - {ord("=")})
# A stream costs a turn of a loop in Python; real mail has one.  What lies after so many
# is decoded as one stream, its padding passed over.
STREAMS = 1000
_PADDING_BLANKS = (b" ", b"\t")
_PADDING = (b" \n", b"\t\n", b" \r\n", b"\t\r\n")
_BLANKS_BEFORE_LINE_END = re.compile(rb"(?<![ \t])[ \t]++(?=\r?\n|\Z)")
# So much is decoded before the clock is read again.
_PIECE = 1024 * 1024
# "=" that is neither an escape nor a soft line break.
_STRAY = re.compile(rb"=(?![0-9A-Fa-f]{2}|\r?\n|\r?\Z)")
# One before a CR that ends a line for some.
_STRAY_END = re.compile(rb"=(?=\r(?!\n|\Z))")


class Decoded(NamedTuple):
    """Octets, and where readers differ about them: a word of `Ambiguities` and why."""

    octets: bytes
    oddity: str = ""
    detail: str = ""
    # Every program shows it alike in a text.
    alike: bool = False


def bound(encoding: str, size: int) -> int:
    """How many octets at most come of so many encoded ones."""
    if encoding in UUENCODE:
        return 0  # it charges for itself, line by line
    return (size + 3) // 4 * 3 if encoding == "base64" else size


def decode(encoded: bytes, encoding: str, budget: Budget) -> Decoded:
    """The octets, by one of the KNOWN encodings; uuencoded ones are files (`uu.py`)."""
    if encoding == "base64":
        return decode_base64(encoded)
    if encoding == "quoted-printable":
        return decode_quoted_printable(encoded, budget)
    return Decoded(encoded)


def decode_base64(encoded: bytes) -> Decoded:
    """All padded streams of base64, joined."""
    residue = encoded.translate(None, _ALPHABET + _BLANKS)
    junk = residue.translate(None, b"=")
    if not junk and (not residue or _padding_only(encoded)):
        return Decoded(_stream(encoded))
    octets = _streams(encoded.translate(None, _NOT_BASE64))
    detail = f"octets outside the alphabet: {junk[:20]!r}" if junk else "data after the padding"
    return Decoded(octets, "bad_base64", detail)


def _padding_only(encoded: bytes) -> bool:
    """Tell whether each = stands at the very end."""
    return b"=" not in encoded.rstrip(_BLANKS + b"=")


def _streams(kept: bytes) -> bytes:
    """Decode letters and padding: each padded stream by itself."""
    pieces: list[bytes] = []
    at = 0
    while (padding := kept.find(b"=", at)) >= 0 and len(pieces) < STREAMS:
        pieces.append(_stream(kept[at:padding]))
        at = padding + 1
        while kept.startswith(b"=", at):
            at += 1
    pieces.append(_stream(kept[at:].translate(None, b"=")))
    return b"".join(pieces)


def _stream(encoded: bytes) -> bytes:
    """Decode one stream; a last group that is not whole gives what it can."""
    try:
        return binascii.a2b_base64(encoded)
    except binascii.Error:
        letters = encoded.translate(None, _NOT_BASE64 + b"=")
    if len(letters) % 4 == 1:
        letters = letters[:-1]
    return binascii.a2b_base64(letters + b"=" * (-len(letters) % 4))


def decode_quoted_printable(encoded: bytes, budget: Budget) -> Decoded:
    """The octets; a stray = stays as it is and is told."""
    octets: list[bytes] = []
    stray, alike = b"", True
    for piece in _pieces(encoded):
        budget.check_clock()
        if piece.endswith(_PADDING_BLANKS) or any(blank in piece for blank in _PADDING):
            piece = _BLANKS_BEFORE_LINE_END.sub(b"", piece)  # noqa: PLW2901 - the same piece, trimmed
        found = _STRAY.search(piece)
        if found is not None:
            alike = alike and _STRAY_END.search(piece) is None
            stray = stray or piece[found.start() : found.start() + 3]
            piece = _STRAY.sub(b"=3D", piece)  # noqa: PLW2901 - as above
        octets.append(binascii.a2b_qp(piece))
    if not stray:
        return Decoded(b"".join(octets))
    detail = f"{stray!r} is no escape"
    return Decoded(b"".join(octets), "bad_quoted_printable", detail, alike)


def _pieces(encoded: bytes) -> Iterator[bytes]:
    """The octets in pieces that end with a line, or in the midst of a very long one."""
    at = 0
    while len(encoded) - at > _PIECE:
        stop = encoded.rfind(b"\n", at, at + _PIECE) + 1
        if not stop:
            # Not in the midst of an escape, nor of a run of blanks.
            kept = len(encoded[at : at + _PIECE].rstrip(b" \t"))
            stop = at + (kept if kept > 2 else _PIECE)
            stop -= next((back for back in (1, 2) if encoded[stop - back] == ord("=")), 0)
        yield encoded[at:stop]
        at = stop
    yield encoded[at:] if at else encoded


def looks_like_base64(encoded: bytes) -> bool:
    """Tell whether the octets' beginning is nothing but base64 of some length."""
    start = encoded[:1024].translate(None, _BLANKS)
    return len(start) >= 16 and not start.translate(None, _ALPHABET).strip(b"=")
