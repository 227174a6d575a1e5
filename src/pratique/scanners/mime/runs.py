"""Find base64 in what nobody decodes: lines of its letters, one below the other.

A transfer encoding that stands in the wrong place, or is spelt so that we take it for
none, leaves base64 where text should be; and some program decodes it.  So each run of two
lines or more of forty letters or more is decoded and shown as a further view, and so is
one line of five hundred, and what holds nothing else at all.  That is no ambiguity: most
such runs are keys and fingerprints.

A run counts if its letters are those of encoded octets: capitals, small ones and digits,
which a list of checksums or a ruler lacks.  What stands behind `-----BEGIN` is armour of
OpenPGP or PEM (RFC 9580 6.2, RFC 7468) and no file, and is passed over.
"""

import re
from collections.abc import Iterator

# A file that is cut into pieces by other lines; more is no letter.
RUNS = 64
# So much of a text is searched; a run that begins in it is read to its end.
SEARCHED = 4 * 1024 * 1024
_RUN = re.compile(
    rb"\n((?>[A-Za-z0-9+/]{40,}+[ \t]*+\r?\n)++(?>[A-Za-z0-9+/]++={0,2}+(?=\s|\Z))?+"
    rb"|[A-Za-z0-9+/]{500,}+={0,2}+(?=\s|\Z))"
)
_FIRST = re.compile(rb"(?=[A-Za-z0-9+/]{40})")
_LONG_LINE = 500
# Armour's own header fields are short.
_ABOVE = 1024
# A file of a few octets; a word, a number or a name is shorter.
_SHORTEST = 60
_LOOKED_AT = 4096
_CAPITALS = bytes(range(65, 91))
_SMALL = bytes(range(97, 123))
_DIGITS = bytes(range(48, 58))
_INNER_BLANK = re.compile(rb"[^\s][ \t]++[^\s]")
_PLAIN = _CAPITALS + _SMALL + _DIGITS + b"+/= \t\r\n"


def find_runs(octets: bytes) -> Iterator[bytes]:
    """The runs, in order; the caller counts."""
    if is_whole(octets):
        yield octets
        return
    if _FIRST.match(octets) is not None:
        # The first line has none before it.
        octets = b"\n" + octets
    at = 0
    while (run := _RUN.search(octets, at, len(octets))) is not None and run.start() < SEARCHED:
        start, at = run.start(1), run.end()
        if _is_encoded(run[1]) and not _in_armour(octets, start):
            yield run[1]


def is_whole(octets: bytes) -> bool:
    """Tell whether there is nothing but base64, however long its lines are."""
    # Prose has blanks within its lines, and mostly in its first.
    if len(octets) < _SHORTEST or _INNER_BLANK.search(octets, 0, _LOOKED_AT) is not None:
        return False
    if octets[:_LOOKED_AT].translate(None, _PLAIN):
        return False
    if octets.translate(None, _PLAIN) or not _has_every_sort(octets):
        return False
    return _INNER_BLANK.search(octets) is None


def _is_encoded(run: bytes) -> bool:
    """Tell a run by its letters, of which random octets have every sort."""
    if len(run) < _LONG_LINE and b"\n" not in run.rstrip():
        return False
    return _has_every_sort(run)


def _has_every_sort(run: bytes) -> bool:
    seen = run[:_LOOKED_AT]
    return all(len(seen.translate(None, sort)) < len(seen) for sort in (_CAPITALS, _SMALL, _DIGITS))


def _in_armour(octets: bytes, at: int) -> bool:
    above = max(0, at - _ABOVE)
    begin = octets.rfind(b"-----BEGIN ", above, at)
    return begin >= 0 and octets.find(b"-----END ", begin, at) < 0
