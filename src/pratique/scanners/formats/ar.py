"""Open ar archives, Debian's packages among them (deb(5)): headers of text, files as they are.

The form has no standard: what System V and GNU write (names ending in "/", long names in
a table of their own) and what BSD writes ("#1/" and the name in front of the file) are
both read.
"""

from collections.abc import Iterator
from typing import ClassVar

from pratique.scanners.budget import Budget
from pratique.scanners.containers.around import behind, told
from pratique.scanners.containers.gather import Gather
from pratique.scanners.containers.oem import readings
from pratique.scanners.containers.stored import Giver
from pratique.scanners.part import Found, Member, Part, Recognized

_MAGIC, _HEADER, _END = b"!<arch>\n", 60, b"`\n"
# GNU's table of names, and the tables of symbols that linkers read.
_NAMES, _TABLES = b"//", frozenset({b"/", b"/SYM64/", b"__.SYMDEF", b"__.SYMDEF SORTED"})
# No file system takes a longer name.
_LONGEST_NAME = 1024


class Ar:
    """Gives the files of an ar archive."""

    name: ClassVar[str] = "ar"
    types: ClassVar[frozenset[str]] = frozenset(
        {"application/x-archive", "application/vnd.debian.binary-package"}
    )
    told_by: ClassVar[str] = "front"
    # An empty file named "a".
    smallest: ClassVar[bytes] = _MAGIC + b"a/".ljust(48) + b"0".ljust(10) + _END

    # Samples that the tests need not have, and why.
    lacks: ClassVar[dict[str, str]] = {
        "encrypted": "the format has no encryption",
        "bomb": "nothing in it is packed, and no two files share octets",
    }

    def recognize(self, part: Part) -> Recognized:
        """Tell by the detected type, or by the first octets."""
        return told(part, self.types)

    def members(self, part: Part, budget: Budget) -> Iterator[Found]:
        """Give each file; where no header follows, what lies there instead."""
        octets, giver = part.octets, Giver(part, Gather(budget, len(part.octets)))
        at, names = len(_MAGIC), b""
        if bytes(octets[:at]) != _MAGIC:
            giver.mark("it is cut off")
            return
        while at < len(octets):
            budget.check_clock()
            header = bytes(octets[at : at + _HEADER])
            digits = header[48:58].strip()
            if header[58:60] != _END or not digits.isdigit():
                break
            at, size, own = at + _HEADER, int(digits), header[:16].rstrip()
            if own == _NAMES:
                names = bytes(octets[at : at + size])
            elif own not in _TABLES:
                raw, inside = _name(own, names, octets[at : at + min(size, _LONGEST_NAME)])
                name, *others = readings(raw)
                member = Member(f"ar:{name}", name=name, names=tuple(others), raw_name=raw)
                yield from giver.slice(member, at + inside, size - inside)
            # Files begin at even places.
            at += size + size % 2
        if len(octets) == len(_MAGIC) or 0 < len(octets) - at < _HEADER:
            giver.mark("it is cut off")
        yield from behind(octets, min(at, len(octets)), budget)


def _name(own: bytes, names: bytes, start: memoryview) -> tuple[bytes, int]:
    """A file's name, and how many octets of the file are its name."""
    if own.startswith(b"#1/") and own[3:].isdigit():
        length = min(int(own[3:]), len(start))
        return bytes(start[:length]).rstrip(b"\0"), length
    if own.startswith(b"/") and own[1:].isdigit():
        at = int(own[1:])
        return names[at : at + _LONGEST_NAME].split(b"\n", 1)[0].removesuffix(b"/"), 0
    return own.removesuffix(b"/"), 0
