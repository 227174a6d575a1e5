"""Open AppleSingle and AppleDouble (RFC 1740): the parts of a Macintosh file in one.

A table says where each part is: the data fork, the resource fork, the real name, dates.
In mail AppleDouble is one half of multipart/appledouble and has no data fork: that is the
other half.
"""

from collections.abc import Iterator
from typing import ClassVar

from pratique.scanners.budget import Budget
from pratique.scanners.containers.gather import Gather
from pratique.scanners.containers.macintosh.forks import Fork, give
from pratique.scanners.part import Found, Part, Recognized

MAGICS = (b"\0\5\x16\0", b"\0\5\x16\7")
_HEADER, _ENTRY = 26, 12
_CONTENTS, _RESOURCES, _NAME = 1, 2, 3
# RFC 1740 A defines 15 kinds of entry; there is one of each.
_ENTRIES = 64
# No file system of the time had a longer name, and none of today has.
_LONGEST_NAME = 255


class Applefile:
    """Gives the forks of the file."""

    name: ClassVar[str] = "applefile"
    types: ClassVar[frozenset[str]] = frozenset({"application/applefile"})
    told_by: ClassVar[str] = "type"
    smallest: ClassVar[bytes] = MAGICS[0] + b"\0\2\0\0" + bytes(16) + b"\0\0"

    # Samples that the tests need not have, and why.
    lacks: ClassVar[dict[str, str]] = {
        "encrypted": "the form has no encryption",
        "bomb": "it does not compress, and has at most 64 entries",
    }

    def recognize(self, part: Part) -> Recognized:
        """Tell by the detected type."""
        return "whole" if part.known.type in self.types else ""

    def members(self, part: Part, budget: Budget) -> Iterator[Found]:
        """Give the data fork, then the resource fork."""
        octets, gather = part.octets, Gather(budget, len(part.octets))
        entries, raw_name = _entries(octets), b""
        if len(octets) < _HEADER + int.from_bytes(octets[24:26], "big") * _ENTRY:
            part.known.unopened, part.known.why = "unreadable", "its table is cut off"
        for id_, start, size in entries:
            if start + size > len(octets):
                part.known.unopened, part.known.why = "unreadable", "it is cut off"
            if id_ == _NAME:
                raw_name = bytes(octets[start : start + min(size, _LONGEST_NAME)])
        for id_, start, size in sorted(entries):
            if id_ in {_CONTENTS, _RESOURCES} and size:
                content = octets[start : start + size]
                yield from give(Fork(self.name, raw_name, content, id_ == _RESOURCES), gather)


def _entries(octets: memoryview) -> list[tuple[int, int, int]]:
    """Kind, place and length of each entry that the table has."""
    count = min(int.from_bytes(octets[24:26], "big"), _ENTRIES)
    table = octets[_HEADER : _HEADER + count * _ENTRY]
    words = [int.from_bytes(table[at : at + 4], "big") for at in range(0, len(table) - 3, 4)]
    return [(words[at], words[at + 1], words[at + 2]) for at in range(0, len(words) - 2, 3)]
