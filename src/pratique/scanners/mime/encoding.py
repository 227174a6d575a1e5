"""Decode content transfer encodings, RFC 2045 6, the way mail programs do: tolerantly.

Base64: what is no letter of the alphabet is passed over, as RFC 2045 6.8 demands.  After
padding most decoders stop; some go on, and what follows is what the first ones never
see.  So every padded stream is decoded and all are joined.  A last group that is cut
off gives the octets that are whole.

Quoted-printable: blanks before a line end are transport padding and go (RFC 2045 6.7
rule 3), lower-case digits are taken, a `=` that begins no escape stays as it is.

Plain base64 goes through pybase64, which takes many letters at a time and a quarter of the
standard library's time; it is most of the octets of most mail.

What breaks the grammar is told, with a first reading; `decoders.py` has the others.  Each
decoder is a few passes in C over the octets.  The caller charges the budget by `bound`
before it asks.
"""

import binascii
import re
from collections.abc import Iterator
from typing import NamedTuple

import pybase64

from pratique.scanners.budget import Budget

IDENTITY = frozenset({"7bit", "8bit", "binary", "", "7-bit", "8-bit"})
UUENCODE = frozenset({"x-uuencode", "uuencode", "x-uue", "uue", "x-uu", "uu"})
KNOWN = IDENTITY | UUENCODE | {"base64", "quoted-printable"}

_BLANKS = b" \t\r\n\x0b\x0c"
_ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_ALPHABET_AND_LINE_ENDS = _ALPHABET + b"\r\n"
_NO_LETTER = bytes(set(range(256)) - set(_ALPHABET))
_NOT_BASE64 = bytes(set(range(256)) - set(_ALPHABET) - {ord("=")})
_PADDED = frozenset({b"", b"=", b"=="})
_INNER_BLANK = re.compile(rb"[ \t](?<=[A-Za-z0-9+/].)[ \t]*+[A-Za-z0-9+/]")
# A stream costs a turn of a loop in Python; real mail has one.  What lies after so many
# is decoded as one stream, its padding passed over.
STREAMS = 1000
# So much is decoded before the clock is read again.
_PIECE = 1024 * 1024
# RFC 2045 6.7 has lines of 76 letters; of so few octets all line ends are counted.
_LINES = 4096
# Within so many at the end padding stands, with some line ends behind it.
_END = 64
# "=" that is no escape with capital letters, and no soft line break.
_NO_ESCAPE = re.compile(rb"=(?![0-9A-F]{2}|\r\n(?!\n)|\n(?!\r(?!\n))|\r?\Z)")
# One that is no escape to anybody; blanks may follow one that breaks a line.
_STRAY = re.compile(rb"=(?![0-9A-Fa-f]{2}|[ \t]*+\r?\n|[ \t]*+\r?\Z)")
_SMALL = re.compile(rb"=(?:[0-9A-F]?[a-f])")
_SPACED = re.compile(rb"=[ \t]++(?=\r?\n|\Z)")
# One before a CR that ends a line for some.
_STRAY_END = re.compile(rb"=(?=\r(?!\n|\Z))")
_PADDING_BLANKS = (b" ", b"\t")
_PADDING = (b" \n", b"\t\n", b" \r\n", b"\t\r\n")
_BLANKS_BEFORE_LINE_END = re.compile(rb"(?<![ \t])[ \t]++(?=\r?\n|\Z)")


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


def decode_plain(encoded: memoryview) -> bytes | None:
    """What nearly all base64 is: letters and line ends, then padding; None if it is not.

    One pass decodes, and passes over what is no letter; how many there were is told by how
    much came of it.  Of 25 MB nothing is copied for that.
    """
    try:
        decoded = bytes(pybase64.b64decode(encoded))
    except binascii.Error:
        return None
    end = bytes(encoded[-_END:]).rstrip(b"\r\n")
    padding = len(end) - len(end.rstrip(b"="))
    letters = (4 * len(decoded) + 2) // 3
    if padding > 2 or (letters + padding) % 4:
        return None
    passed_over = len(encoded) - letters - padding
    return decoded if _are_line_ends(encoded, passed_over) else None


def _are_line_ends(encoded: memoryview, count: int) -> bool:
    """Whether so many that are no letters are all line ends.

    Lines are as long as the first mostly: then each is told by the two octets at its end.
    """
    if not count:
        return True
    if len(encoded) > _LINES:
        width = bytes(encoded[:_LINES]).find(b"\n") + 1
        whole = len(encoded) // width * width if width > 1 else 0
        last = bytes(encoded[whole:])
        ends = (bytes(encoded[width - back : whole : width]) for back in (1, 2) if whole)
        if count == sum(_line_ends(each) for each in (*ends, last)):
            return True
    return count == _line_ends(bytes(encoded))


def _line_ends(octets: bytes) -> int:
    return octets.count(b"\n") + octets.count(b"\r")


def decode_base64(encoded: bytes) -> Decoded:
    """All padded streams of base64, joined."""
    plain = decode_plain(memoryview(encoded))
    if plain is not None:
        return Decoded(plain)
    residue = encoded.translate(None, _ALPHABET_AND_LINE_ENDS)
    if residue in _PADDED and encoded[-64:].rstrip(_BLANKS).endswith(residue):
        return _whole(encoded)
    junk = residue.translate(None, b"=" + _BLANKS)
    if not junk and b"=" not in encoded.rstrip(_BLANKS + b"="):
        if _INNER_BLANK.search(encoded) is not None:
            return Decoded(decode_letters(encoded), "bad_base64", "blanks between the letters")
        return _whole(encoded)
    detail = f"octets outside the alphabet: {junk[:20]!r}" if junk else "data after the padding"
    return Decoded(decode_streams(encoded), "bad_base64", detail)


def _whole(encoded: bytes) -> Decoded:
    """Letters with padding at their end only; if there is too little, that is told."""
    try:
        return Decoded(binascii.a2b_base64(encoded))
    except binascii.Error:
        return Decoded(decode_letters(encoded), "bad_base64", "not padded, or cut off")


def decode_streams(encoded: bytes) -> bytes:
    """Each padded stream by itself, joined; all else is passed over."""
    kept = encoded.translate(None, _NOT_BASE64)
    pieces: list[bytes] = []
    at = 0
    while (padding := kept.find(b"=", at)) >= 0 and len(pieces) < STREAMS:
        pieces.append(decode_letters(kept[at:padding]))
        at = padding + 1
        while kept.startswith(b"=", at):
            at += 1
    pieces.append(decode_letters(kept[at:]))
    return b"".join(pieces)


def decode_letters(encoded: bytes) -> bytes:
    """One stream of letters, whatever stands between; a last octet that is not whole goes."""
    letters = encoded.translate(None, _NO_LETTER)
    if len(letters) % 4 == 1:
        letters = letters[:-1]
    return binascii.a2b_base64(letters + b"=" * (-len(letters) % 4))


def decode_quoted_printable(encoded: bytes, budget: Budget) -> Decoded:
    """The octets; a stray = stays as it is and is told."""
    octets: list[bytes] = []
    detail, alike = "", True
    for piece in _pieces(encoded):
        budget.check_clock()
        if _NO_ESCAPE.search(piece) is not None:
            found = _STRAY.search(piece)
            if found is not None:
                shown = piece[found.start() : found.start() + 3]
                alike = alike and _STRAY_END.search(piece) is None
                detail = detail or f"{shown!r} is no escape"
            elif _SPACED.search(piece) is not None:
                detail = detail or "blanks behind a soft line break"
            elif _SMALL.search(piece) is not None:
                detail = detail or "an escape in small letters"
            else:
                detail = detail or "a soft line break of two kinds of line ends"
        octets.append(escapes(piece))
    return Decoded(b"".join(octets), "bad_quoted_printable" if detail else "", detail, alike)


def escapes(piece: bytes) -> bytes:
    """Decode what is an escape to most; every other = stays."""
    if piece.endswith(_PADDING_BLANKS) or any(blank in piece for blank in _PADDING):
        piece = _BLANKS_BEFORE_LINE_END.sub(b"", piece)
    if _STRAY.search(piece) is not None:
        piece = _STRAY.sub(b"=3D", piece)
    return binascii.a2b_qp(piece)


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


def resembles_base64(encoded: bytes) -> bool:
    """Tell whether most of the octets' beginning is base64; some of it may be junk."""
    start = encoded[:1024].translate(None, _BLANKS + b"=")
    return len(start) >= 16 and len(start.translate(None, _ALPHABET)) * 4 <= len(start)
