"""Decode what is broken in every way in which some decoder is known to decode it.

RFC 2045 6.8 has a decoder pass over what is no letter of base64; some take it for the
end, some stop at the padding, some take a `-` for a `+`, some decode each line or each
paragraph by itself.  Of quoted-printable, 6.7, decoders differ on every `=` that begins no
escape: it stays, it goes, it takes one or two octets with it.

Only what failed its decoder's gate (`encoding.py`) comes here.  Each decoding is a few
passes in C; there are DECODINGS at most.
"""

import binascii
import re
from collections.abc import Iterator
from itertools import islice

from pratique.scanners.mime.encoding import decode_letters, decode_streams, escapes
from pratique.scanners.mime.runs import find_runs

# More than the readings below give; so an addition to them is bounded as well.
DECODINGS = 20
# Paragraphs that are decoded each by itself: a file, and what a list puts below it.
_PARAGRAPHS = 4
_NO_LETTER = re.compile(rb"[^A-Za-z0-9+/\s]")
_EMPTY_LINE = re.compile(rb"\r*\n[ \t]*\r*\n\s*")
_JUNK_LINE = re.compile(rb"(?:\A|\n)[ \t]*+[A-Za-z0-9+/]*+=*+[ \t]*+[^A-Za-z0-9+/=\s]")
_SOFT = re.compile(rb"=[ \t]*+(?:\r*\n|\r)")
_SOFT_AND_MORE = re.compile(rb"=[ \t]*+[\r\n]++")
_STRAY = re.compile(rb"=(?![0-9A-Fa-f]{2})")
# It goes alone, or takes one octet with it, or two.
_TAKEN = tuple(re.compile(_STRAY.pattern + taken) for taken in (rb"", rb"[^\r\n]", rb"[^\r\n]{2}"))
_ONE_DIGIT = re.compile(rb"=([0-9A-Fa-f])(?![0-9A-Fa-f])")
_URL_SAFE = bytes.maketrans(b"-_", b"+/")


def decodings(encoded: bytes, name: str) -> Iterator[bytes]:
    """Every further decoding, one at a time; some may be equal."""
    readings = _base64(encoded) if name == "base64" else _quoted_printable(encoded)
    return filter(None, islice(readings, DECODINGS))


def _base64(encoded: bytes) -> Iterator[bytes]:
    yield _as_python(encoded)
    yield decode_letters(encoded)
    yield decode_streams(encoded)
    yield decode_letters(encoded.partition(b"=")[0])
    stop = _NO_LETTER.search(encoded)
    if stop is not None:
        yield decode_letters(encoded[: stop.start()])
    junk = _JUNK_LINE.search(encoded)
    if junk is not None:
        yield decode_streams(encoded[: junk.start()])
    if b"-" in encoded or b"_" in encoded:
        yield decode_letters(encoded.translate(_URL_SAFE))
    for paragraph in _EMPTY_LINE.split(encoded.strip(), maxsplit=_PARAGRAPHS)[:_PARAGRAPHS]:
        yield decode_streams(paragraph)
    # Lines of letters alone, whatever stands between.
    for run in islice(find_runs(encoded), _PARAGRAPHS):
        yield decode_streams(run)


def _as_python(encoded: bytes) -> bytes:
    """Padding ends it where a group is full, and is passed over elsewhere."""
    try:
        return binascii.a2b_base64(encoded)
    except binascii.Error:
        return b""


def _quoted_printable(encoded: bytes) -> Iterator[bytes]:
    """By what becomes of a `=` that begins no escape, and of a soft line break's line end."""
    joined = _SOFT.sub(b"", encoded)
    more = _SOFT_AND_MORE.sub(b"", encoded)
    for each in (joined,) if joined == more else (joined, more):
        yield escapes(each)
        if _STRAY.search(each) is None:
            continue
        yield escapes(_ONE_DIGIT.sub(rb"=0\1", each))
        for stray in _TAKEN:
            yield escapes(stray.sub(b"", each))
