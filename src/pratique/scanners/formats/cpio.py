"""Open cpio archives (POSIX.1-1988 10.1.2 and what SVR4 made of it), in all four forms.

Octal digits, hexadecimal digits with and without check sums, and binary in either order
of octets: a header, a name, a file, again and again, up to a file named "TRAILER!!!".
A form may change from one header to the next; readers take what comes.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from pratique.scanners.budget import Budget
from pratique.scanners.containers.around import behind, told
from pratique.scanners.containers.gather import Gather
from pratique.scanners.containers.oem import readings
from pratique.scanners.containers.stored import Giver
from pratique.scanners.part import Found, Member, Part, Recognized

_LAST = b"TRAILER!!!"
_DIGITS = b"0123456789abcdefABCDEF"
# stat(2): the bits of a mode that say what a file is.
_KIND, _FOLDER = 0o170000, 0o040000
# PATH_MAX.
_LONGEST_NAME = 4096


@dataclass(frozen=True, slots=True)
class _Header:
    mode: int
    size: int
    # Where the name begins, how long it is, where the file begins and where the next header.
    name: int
    named: int
    start: int
    end: int


class Cpio:
    """Gives the files of a cpio archive."""

    name: ClassVar[str] = "cpio"
    types: ClassVar[frozenset[str]] = frozenset({"application/x-cpio"})
    told_by: ClassVar[str] = "front"
    # An empty file named "a", and the end.
    smallest: ClassVar[bytes] = (
        b"070707" + b"000000" * 2 + b"100644" + b"000000" * 4 + b"0" * 11 + b"000002" + b"0" * 11
        + b"a\0"
        + b"070707" + b"000000" * 7 + b"0" * 11 + b"000013" + b"0" * 11 + b"TRAILER!!!\0"
    )  # fmt: skip

    # Samples that the tests need not have, and why.
    lacks: ClassVar[dict[str, str]] = {
        "encrypted": "the format has no encryption",
        "bomb": "nothing in it is packed, and no two files share octets",
    }

    def recognize(self, part: Part) -> Recognized:
        """Tell by the detected type, or by the first octets."""
        return told(part, self.types)

    def members(self, part: Part, budget: Budget) -> Iterator[Found]:
        """Give each file that is no folder; then what lies behind the end."""
        octets, giver, at = part.octets, Giver(part, Gather(budget, len(part.octets))), 0
        while True:
            budget.check_clock()
            header = _header(octets, at)
            if header is None or header.start > len(octets):
                giver.mark("it has no end")
                return
            raw = bytes(octets[header.name : header.name + min(header.named, _LONGEST_NAME)])
            raw = raw.partition(b"\0")[0]
            if raw == _LAST:
                break
            if header.mode & _KIND != _FOLDER or header.size:
                name, *others = readings(raw)
                member = Member(f"cpio:{name}", name=name, names=tuple(others), raw_name=raw)
                yield from giver.slice(member, header.start, header.size)
            at = header.end
        yield from behind(octets, header.end, budget)


def _header(octets: memoryview, at: int) -> _Header | None:
    text = bytes(octets[at : at + 110])
    if text.startswith(b"070707") and len(text) >= 76:
        return _octal(text, at)
    if text.startswith((b"070701", b"070702")) and len(text) == 110:
        return _hexadecimal(text, at)
    if text[:2] in {b"\xc7\x71", b"\x71\xc7"} and len(text) >= 26:
        return _binary(text, at)
    return None


def _octal(text: bytes, at: int) -> _Header | None:
    digits = text[18:24], text[59:65], text[65:76]
    if not all(each.isdigit() and not each.strip(b"01234567") for each in digits):
        return None
    mode, named, size = (int(each, 8) for each in digits)
    start = at + 76 + named
    return _Header(mode, size, at + 76, named, start, start + size)


def _hexadecimal(text: bytes, at: int) -> _Header | None:
    digits = text[14:22], text[54:62], text[94:102]
    # Python would take a sign, and go backwards.
    if any(each.strip(_DIGITS) for each in digits):
        return None
    mode, size, named = (int(each, 16) for each in digits)
    # Name and file are filled up to four octets, counted from the header.
    start = at + -(-(110 + named) // 4) * 4
    return _Header(mode, size, at + 110, named, start, start + -(-size // 4) * 4)


def _binary(text: bytes, at: int) -> _Header:
    # Numbers of two octets; the size is two of them, the higher first in either order.
    order = "<13H" if text[:2] == b"\xc7\x71" else ">13H"
    words = struct.unpack(order, text[:26])
    mode, named, size = words[3], words[10], words[11] << 16 | words[12]
    start = at + 26 + named + named % 2
    return _Header(mode, size, at + 26, named, start, start + size + size % 2)
