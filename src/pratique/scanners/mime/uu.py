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

_BEGIN = re.compile(rb"begin[ \t]+[0-7]{3,4}[ \t]+([^\r\n]{1,1024})\r?\n")
_LENGTHS = frozenset(range(0x20, 0x61))
# A line holds at most 63 octets: the budget is asked after each quarter of a megabyte.
_LINES = 4096


class File(NamedTuple):
    """A uuencoded file: its name as it stands, its octets, and where it ends."""

    name: bytes
    octets: bytes
    end: int


def files(octets: bytes, start: int, end: int, budget: Budget) -> Iterator[File]:
    """Each file whose first line can be decoded, in order."""
    at = start
    while (at := octets.find(b"begin ", at, end)) >= 0:
        begin = _BEGIN.match(octets, at, end) if _begins_line(octets, at, start) else None
        if begin is None:
            budget.check_clock()
            at += len(b"begin ")
            continue
        decoded, at = _decode(octets, begin.end(), end, budget)
        if decoded:
            yield File(begin[1].strip(), decoded, at)


def _begins_line(octets: bytes, at: int, start: int) -> bool:
    return at == start or octets[at - 1] in b"\r\n"


def decode_body(encoded: bytes, budget: Budget) -> bytes:
    """A body that is declared to be uuencoded, with its `begin` line or without."""
    found = next(files(encoded, 0, len(encoded), budget), None)
    return found.octets if found is not None else _decode(encoded, 0, len(encoded), budget)[0]


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
