"""Open OneNote's files ([MS-ONESTORE]): every file that is embedded in one.

Each embedded file is a FileDataStoreObject (2.6.13): a GUID, a length, the octets, another
GUID.  They are looked for by that GUID from the first octet to the last, so that no
reference that leads to one, or leads past it, matters.

What a file is called stands in the properties of a page ([MS-ONE] 2.1.13,
EmbeddedFileName): a string of UTF-16 behind its own length.  Which file it belongs to is
found only through all tables; here every file bears all names of the section, in the order
of their places, its own first where there are as many names as files.

Pictures need no name.  But a text is a script or is none by its name alone, so a section
that has a text and no name was not read to its end, and says so.
"""

import re
from collections.abc import Iterator
from typing import ClassVar

from pratique.scanners import kinds, text_signatures
from pratique.scanners.budget import Budget
from pratique.scanners.containers.members import counted, fitted
from pratique.scanners.part import Found, Member, Part, Recognized, Signs, as_bytes

_TYPE = "application/onenote"
_EXTENSIONS = frozenset({"one", "onetoc2"})
_BEGIN = bytes.fromhex("e716e3bd65261145a4c48d4d0b7a9eac")
# The GUID, the length, and twelve octets that mean nothing.
_HEAD = 36
# [MS-ONESTORE] 2.3.1: the header's size, where it says its form, and how long the file is.
_FILE_HEAD, _FILE_FORM, _FILE_SIZE = 1024, 48, 0xC4
_STORE = bytes.fromhex("3fdd9a101b91f549a5d01791edc8aed8")
# 2.8: the form in which servers keep sections; files lie in it in another way.
_PACKED = bytes.fromhex("2fe98d63d4a6c14b9a36b3fc2511a5b7")
# An extension, and the blanks and dots behind it that Windows leaves out.
_EXTENSION = re.compile(rb"\.\0(?:[0-9A-Za-z-]\0){1,24}(?=((?:[ .]\0){0,8}(?:\0\0)?))")
# Windows takes paths of 260 characters.
_NAME = 260
# Places where a name might end: what a section's texts say of hosts and files is some.
_PLACES = 100_000
# Names that one file bears.
_BORNE = 16
# A section without any files, as OneNote's header begins one (2.3.1).
_SECTION = bytes.fromhex("e4525c7b8cd8a74daeb15378d02996d3")


class OneNote:
    """Gives the files in a section."""

    name: ClassVar[str] = "onenote"
    signs: ClassVar[Signs] = Signs(types=frozenset({_TYPE}), marks=(_BEGIN,))
    smallest: ClassVar[bytes] = (
        (_SECTION.ljust(_FILE_FORM, b"\0") + _STORE).ljust(_FILE_SIZE, b"\0")
        + _FILE_HEAD.to_bytes(8, "little")
    ).ljust(_FILE_HEAD, b"\0")

    # Samples that the tests need not have, and why.
    lacks: ClassVar[dict[str, str]] = {"encrypted": "locked sections keep what is in them closed"}

    def recognize(self, part: Part) -> Recognized:
        """Tell by the detected type; files may lie in what is no section any more."""
        known = part.known
        if known.type == _TYPE:
            return "whole"
        told = known.type in kinds.UNKNOWN or not _EXTENSIONS.isdisjoint(part.extensions)
        if not told or part.lacks(_BEGIN):
            return ""
        return "within" if _BEGIN in as_bytes(part.octets) else ""

    def members(self, part: Part, budget: Budget) -> Iterator[Found]:
        """Give each file in the order of the octets."""
        octets = as_bytes(part.octets)
        if part.known.type in {_TYPE, ""}:
            _check(part, octets)
        places = [found.start() for found in re.finditer(re.escape(_BEGIN), octets)]
        names, more = _names(octets)
        if more:
            part.known.unopened, part.known.why = "over_budget", "too many words like names"
        yield from counted(_files(part, octets, places, names, budget), budget)


def _check(part: Part, octets: bytes) -> None:
    """Say of a section what its header says: that it is not all there, or of another form."""
    form = octets[_FILE_FORM : _FILE_FORM + len(_STORE)]
    size = int.from_bytes(octets[_FILE_SIZE : _FILE_SIZE + 8], "little") if form == _STORE else 0
    if form == _PACKED:
        part.known.unopened = "unreadable"
        part.known.why = "a section as servers keep it, and no reader for that"
    elif len(octets) < max(size, _FILE_HEAD):
        part.known.unopened, part.known.why = "unreadable", "it is cut off"


def _files(
    part: Part, octets: bytes, places: list[int], names: list[str], budget: Budget
) -> Iterator[Found]:
    for number, at in enumerate(places):
        size = int.from_bytes(octets[at + 16 : at + 24], "little")
        inside = memoryview(octets)[at + _HEAD : at + _HEAD + size]
        budget.charge_octets(len(inside))
        own = names[number : number + 1] if len(names) == len(places) else []
        called = list(dict.fromkeys([*own, *names]))[:_BORNE] or [""]
        member = Member(f"onenote:{called[0] or number + 1}", inside, name=called[0],
                        names=tuple(called[1:]))  # fmt: skip
        if len(inside) < size:
            member.unopened, member.why = "unreadable", f"{len(inside)} of {size} octets are there"
            part.known.unopened, part.known.why = "unreadable", member.why
        elif called == [""] and not part.known.unopened and _is_text(inside):
            part.known.unopened = "unreadable"
            part.known.why = "it has no name for a text in it, which may be a script"
        yield from fitted(member, budget)


def _is_text(octets: memoryview) -> bool:
    wide = bytes(octets[:2]) in {b"\xff\xfe", b"\xfe\xff"}
    return len(octets) > 0 and (wide or text_signatures.is_text(octets, declared=False))


def _names(octets: bytes) -> tuple[list[str], bool]:
    """Every string that ends in an extension and stands behind its own length.

    And whether there are more places to look at than anybody writes.
    """
    names: dict[str, None] = {}
    for number, found in enumerate(_EXTENSION.finditer(octets)):
        if number >= _PLACES:
            return list(names), True
        start = _behind_length(octets, found.start(), found.end(1))
        if start:
            size = int.from_bytes(octets[start - 4 : start], "little")
            text = octets[start : start + size].decode("utf-16-le", "replace").rstrip("\0")
            if text.isprintable():
                names[text] = None
    return list(names), False


def _behind_length(octets: bytes, dot: int, end: int) -> int:
    """Where the string begins that ends in this extension, or with what is behind its name.

    No character is 0, so the last zero in front of it belongs to its length.
    """
    start, first = dot, max(2, dot - 2 * _NAME)
    while start > first:
        start = octets.rfind(b"\0\0", first, start + 1) + 2
        if start < 4 or not (dot - start) % 2:
            break
        start -= 2
    size = int.from_bytes(octets[start - 4 : start], "little") if start >= 4 else 0
    return start if dot < start + size <= end and start <= dot else 0
