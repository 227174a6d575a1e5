"""What lies around an archive: in front of it, behind it, and other archives' marks in it.

A self-extracting archive is a program with an archive behind it, and unpackers look for
the archive's mark in the program.  What lies behind an archive's end its own unpacker
leaves alone, while one that looks for marks, or reads from the end as zip's do, finds
another archive there.  So what lies behind is given as a part of its own, which is then
told by its signature and opened like any other; and that it is there is stated.
"""

import re
from collections.abc import Iterator
from functools import cache

from pratique.scanners.budget import Budget
from pratique.scanners.kinds import UNKNOWN, UNREAD
from pratique.scanners.part import Found, Member, Oddity, Part, Recognized
from pratique.scanners.signatures import fronts

# Nobody knows how many zeros there are at a place: so the first piece that is copied is
# small, and each further one larger.
_FIRST, _PIECE = 1 << 12, 1 << 20
# What a transfer adds to a file: NUL to fill a block, a line end, the 1A of XMODEM.  More
# than one line end of it is no accident, but there is no file that short.
_BLANK, _BLANKS = b"\0\r\n\x1a \t", 16
# Kinds that are looked through for the mark of another form: programs unpack themselves,
# media players stop at the end of what they play.
_CARRIERS = frozenset({"executable", "image", "audio", "video"})
_PLAIN = frozenset({"message", "multipart", "text", "html"})
# Nor does an outside program say what lies behind the archive that it opens.
_CARRYING = UNKNOWN | UNREAD | {"application/pdf"}
# A program of another kind: an archive by itself, and opened as that.
_ARCHIVES = ("archive", "+zip", "x-msi", "htmlhelp")
_OPENED = frozenset({"application/vnd.debian.binary-package", "application/x-rpm"})


def carries(part: Part, mark: bytes = b"") -> bool:
    """Whether a part is such that another form, which has that mark, may begin somewhere in it."""
    if part.lacks(mark):
        return False
    kind, type_ = part.known.kind, part.known.type
    if kind not in _CARRIERS and type_ not in _CARRYING:
        return False
    return type_ not in _OPENED and not type_.endswith(_ARCHIVES)


def told(part: Part, types: frozenset[str]) -> Recognized:
    """By the detected type; or by the first octets, where that is another's.

    A text and a picture are of no other form at their first octet.
    """
    if part.known.type in types:
        return "whole"
    return "within" if types & fronts_of(part) else ""


def fronts_of(part: Part) -> frozenset[str]:
    """What else a part is to a program that looks at its first octets; a text is nothing else."""
    if part.known.kind in _PLAIN or part.known.type in UNKNOWN:
        return frozenset()
    return fronts(part.octets)


def find(octets: memoryview, mark: bytes, start: int = 0) -> int:
    """Where the mark stands first, or -1; nothing is copied for that."""
    found = _pattern(mark).search(octets, start)
    return found.start() if found is not None else -1


@cache
def _pattern(mark: bytes) -> re.Pattern[bytes]:
    """A mark of ours, of which there are a few."""
    return re.compile(re.escape(mark))


def find_all(octets: memoryview, mark: bytes, most: int) -> Iterator[int]:
    """Where the mark stands, so many times at most."""
    at = -1
    for _ in range(most):
        at = find(octets, mark, at + 1)
        if at < 0:
            return
        yield at


def skip_zeros(octets: memoryview, at: int) -> int:
    """The next place that is not zero."""
    size = _FIRST
    while (piece := bytes(octets[at : at + size])) and not piece.strip(b"\0"):
        at, size = at + len(piece), min(_PIECE, 2 * size)
    return at + len(piece) - len(piece.lstrip(b"\0"))


def is_blank(octets: memoryview) -> bool:
    """Whether what lies behind an end is nothing but filling."""
    return len(octets) <= _BLANKS and not bytes(octets).strip(_BLANK)


def behind(octets: memoryview, end: int, budget: Budget) -> Iterator[Found]:
    """Give what lies behind an archive's end as a member, and state that it is there."""
    start = skip_zeros(octets, end)
    rest = octets[start:]
    if is_blank(rest):
        return
    budget.charge_octets(len(rest))
    yield Member(step="extra:", octets=rest, view="further")
    yield Oddity("extra_octets", f"{len(rest)} octets after its end")
