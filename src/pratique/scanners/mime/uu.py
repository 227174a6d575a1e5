"""Find and decode uuencoded files: as a transfer encoding, and in the midst of text.

A file is `begin`, a mode, a name, lines that begin with their length, and `end`
(POSIX.1, uuencode).  Mail programs of twenty years decode it wherever it stands in a
text, so each one found is a member.  A line that cannot be decoded ends the file;
what came before is kept.
"""

import binascii
import re
from collections.abc import Iterator
from typing import NamedTuple

from pratique.scanners.budget import Budget

# Nobody looks at the mode, so any digits will do, and empty lines after it are passed over.
_NAME = rb"([^\r\n]{1,1024})\r?\n(?>[ \t]*+\r?\n){0,8}+"
# The first letter stands before the look behind it: so a search costs little where none is.
_WORD = rb"[Bb](?<![^\r\n].)[Ee][Gg][Ii][Nn][ \t]++"
_BEGIN = re.compile(_WORD + rb"[0-9]{1,64}[ \t]++" + _NAME)
# Where the whole body is declared to be uuencoded, the mode may be missing too.
_BEGIN_DECLARED = re.compile(_WORD + rb"(?:[0-9]{1,64}[ \t]++)?" + _NAME)
# A first line without a file after it costs as much to look at as one with; a text about
# uuencode has a handful.
BEGINS = 1000
_LENGTHS = frozenset(range(0x20, 0x61))
# A line holds at most 63 octets: the budget is asked after each quarter of a megabyte.
_LINES = 4096


class File(NamedTuple):
    """A uuencoded file: its name as it stands, its octets, and where it ends."""

    name: bytes
    octets: bytes
    end: int


def files(octets: bytes, budget: Budget, *, declared: bool = False) -> Iterator[File]:
    """Each file whose first line can be decoded, in order; past BEGINS empty ones it stops.

    Where it stops a file without octets is given, so that nobody takes it for the end.
    """
    at = failed = 0
    pattern = _BEGIN_DECLARED if declared else _BEGIN
    while (begin := pattern.search(octets, at)) is not None:
        decoded, at = _decode(octets, begin.end(), len(octets), budget)
        at = max(at, begin.end())
        if decoded:
            yield File(begin[1].strip(), decoded, at)
            continue
        failed += 1
        if failed > BEGINS:
            yield File(b"", b"", at)
            return
        budget.check_clock()


def bare(encoded: bytes, budget: Budget) -> bytes:
    """A body of encoded lines that lacks its `begin`."""
    return _decode(encoded, 0, len(encoded), budget)[0]


def _decode(octets: bytes, at: int, end: int, budget: Budget) -> tuple[bytes, int]:
    """Decode lines from `at` on, up to one that ends the file or is none."""
    decoded = bytearray()
    charged = lines = 0
    while at < end:
        line_end = octets.find(b"\n", at, end)
        line_end = end if line_end < 0 else line_end
        piece = _line(octets[at : min(line_end, at + 256)].rstrip(b"\r"))
        if not piece:
            break
        decoded += piece
        at = line_end + 1
        lines += 1
        if lines % _LINES == 0:
            budget.check_part_octets(len(decoded))
            budget.charge_octets(len(decoded) - charged)
            charged = len(decoded)
    budget.check_part_octets(len(decoded))
    budget.charge_octets(len(decoded) - charged)
    return bytes(decoded), min(at, end)


def _line(line: bytes) -> bytes:
    """One line's octets; empty for the last line and for one that is none."""
    if not line or line[0] not in _LENGTHS:
        return b""
    size = (line[0] - 32) & 63
    letters = (size + 2) // 3 * 4
    # Blanks at the end may be lost on the way; some writers add a checksum letter.
    try:
        return binascii.a2b_uu(line[: 1 + letters].ljust(1 + letters))
    except binascii.Error:
        return b""
