"""Write octets in a transfer encoding that gives them back exactly (RFC 2045 6).

Text of short lines stays as it is, other text is quoted-printable, all else is base64.
Neither encoding ever has `=_` in it (RFC 2045 6.7), so a boundary with these two octets
is safe from both; a text that has them is encoded, and is safe then.
"""

import binascii
from collections.abc import Iterator
from typing import NamedTuple

from pratique.scanners.budget import Budget

# What every boundary of ours has in it.
MARK = b"=_"
# RFC 5322 2.1.1.
_LINE = 998
# 76 characters a line (RFC 2045 6.8) are 57 octets; so many lines in one step.
_OCTETS = 57
_CHARACTERS = 76
_LINES = 16_384


class Encoded(NamedTuple):
    """An encoding's name, and the body in it."""

    name: bytes
    body: list[bytes]


def encode(octets: bytes, budget: Budget, *, is_text: bool, ends: bool = False) -> Encoded:
    """The body for octets; `ends` says that nothing follows it in the message."""
    if not is_text or not _has_lines(octets):
        return Encoded(b"base64", list(_base64(octets, budget)))
    if _is_short(octets) and not (ends and not octets.endswith(b"\r\n")):
        return Encoded(b"7bit", [octets])
    return Encoded(b"quoted-printable", [_quoted(octets, ends=ends)])


def _has_lines(octets: bytes) -> bool:
    """Tell whether each CR and LF ends a line, so that it may stand in a text."""
    if b"\0" in octets:
        return False
    pairs = octets.count(b"\r\n")
    return octets.count(b"\r") == pairs == octets.count(b"\n")


def _is_short(octets: bytes) -> bool:
    if not octets.isascii() or MARK in octets:
        return False
    at = 0
    while at < len(octets):
        end = octets.find(b"\r\n", at, at + _LINE + 2)
        if end < 0:
            return len(octets) - at <= _LINE
        at = end + 2
    return True


def _base64(octets: bytes, budget: Budget) -> Iterator[bytes]:
    step = _OCTETS * _LINES
    for start in range(0, len(octets), step):
        budget.check_clock()
        coded = binascii.b2a_base64(octets[start : start + step], newline=False)
        rows = (coded[at : at + _CHARACTERS] for at in range(0, len(coded), _CHARACTERS))
        yield b"\r\n".join(rows) + b"\r\n"


def _quoted(octets: bytes, *, ends: bool) -> bytes:
    coded = binascii.b2a_qp(octets, istext=True).replace(b"\r\n", b"\n")
    # What follows the body may end its last line: a soft line break keeps it out.
    soft = b"=\n" if ends and not coded.endswith(b"\n") else b""
    return (coded + soft).replace(b"\n", b"\r\n")
