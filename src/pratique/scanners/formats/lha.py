"""Open LHA and LZH (the notes of LHa for UNIX, header.doc.md), in all four levels of headers.

Our own tables say what is in it; what is packed goes through libarchive (see `lzh`).

Limitation: old and rare methods (-lh1- to -lh3-, LArc's, PMarc's) want an outside program.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from pratique.scanners.budget import Budget
from pratique.scanners.containers.around import behind, carries, find_all, told
from pratique.scanners.containers.cursor import Cursor
from pratique.scanners.containers.gather import Damaged, Gather
from pratique.scanners.containers.lzh import unpacked
from pratique.scanners.containers.oem import readings
from pratique.scanners.containers.stored import Giver
from pratique.scanners.part import Found, Member, Part, Recognized

_FOLDER = b"-lhd-"
# Extended headers: of one file; name, folder, and both in UTF-16.
_EXTENDED, _NAME, _PATH, _WIDE_NAME, _WIDE_PATH = 64, 1, 2, 0x44, 0x45
_MARK, _MARKS = b"-lh", 64


@dataclass(slots=True)
class _Entry:
    method: bytes
    packed: int
    size: int
    start: int = 0
    # Old writers leave it out.
    sum: int | None = None
    names: tuple[str, ...] = ()
    raw: bytes = b""


class Lha:
    """Gives the files of an LHA archive."""

    name: ClassVar[str] = "lha"
    types: ClassVar[frozenset[str]] = frozenset({"application/x-lha"})
    told_by: ClassVar[str] = "front"
    mark: ClassVar[bytes] = _MARK
    # An empty file named "a", stored, with a header of level 0.
    smallest: ClassVar[bytes] = bytes.fromhex(
        "17012d6c68302d00000000000000000000210020000161000000"
    )

    # Samples that the tests need not have, and why.
    lacks: ClassVar[dict[str, str]] = {"encrypted": "the format has no encryption"}

    def recognize(self, part: Part) -> Recognized:
        """Tell by the detected type, or by a header in a program or the like."""
        if recognized := told(part, self.types):
            return recognized
        return "within" if _start(part) >= 0 else ""

    def members(self, part: Part, budget: Budget) -> Iterator[Found]:
        """Give each file; then what lies behind the end."""
        octets, giver = part.octets, Giver(part, Gather(budget, len(part.octets)))
        at = 0 if told(part, self.types) else max(0, _start(part))
        while at < len(octets) and octets[at]:
            budget.check_clock()
            try:
                entry = _entry(octets, at)
            except Damaged as damage:
                giver.mark(str(damage))
                return
            if entry.method != _FOLDER:
                name, *others = entry.names
                member = Member(f"lha:{name}", name=name, names=tuple(others), raw_name=entry.raw)
                packed = octets[entry.start : entry.start + entry.packed]
                pieces = unpacked(entry.method, packed, entry.size, entry.sum)
                yield from giver.pieces(member, pieces, entry.size)
            at = entry.start + entry.packed
        if at > len(octets):
            giver.mark("it is cut off")
        elif at == len(octets) and bytes(octets[-1:]) != b"\0":
            giver.mark("it has no end")
        yield from behind(octets, at, budget)


def _start(part: Part) -> int:
    """Where a header stands in a program: by its check sum, level and method."""
    if not carries(part, _MARK):
        return -1
    for at in find_all(part.octets, _MARK, _MARKS):
        head = bytes(part.octets[at - 2 : at + 300]) if at >= 2 else b""
        if len(head) <= 24 or head[6:7] != b"-" or head[20] > 2 or not head[0]:
            continue
        if head[20] == 2 or sum(head[2 : 2 + head[0]]) & 0xFF == head[1]:
            return at - 2
    return -1


def _entry(octets: memoryview, at: int) -> _Entry:
    """A header of any level; the level stands in the same place in all."""
    cursor = Cursor(octets[at:])
    first = cursor.little(2)
    entry = _Entry(cursor.take(5), cursor.little(4), cursor.little(4))
    cursor.take(5)
    level = cursor.octet()
    if level > 3 or entry.method[:1] != b"-" or entry.method[4:] != b"-":
        raise Damaged("a header of no known form")
    raw, whole = b"", first
    if level < 2:
        raw, whole = cursor.take(cursor.octet()), (first & 0xFF) + 2
    if level or cursor.at + 2 <= whole:
        entry.sum = cursor.little(2)
    if level == 0:
        entry.start = at + whole
        entry.names, entry.raw = _called(raw, [], b"")
        return entry
    cursor.take(1 if level > 1 else max(0, whole - 2 - cursor.at))
    whole = cursor.little(4) if level == 3 else whole
    before = cursor.at
    entry.names, entry.raw = _further(cursor, 4 if level == 3 else 2, raw)
    if level == 1:
        # The packed size counts the extended headers too.
        entry.packed = max(0, entry.packed - (cursor.at - before - 2))
    entry.start = at + (cursor.at if level == 1 else whole)
    return entry


def _further(cursor: Cursor, wide: int, raw: bytes) -> tuple[tuple[str, ...], bytes]:
    """The names by the extended headers, and by the first one if they have none."""
    path, names = b"", []
    for kind, text in _extended(cursor, wide):
        if kind == _NAME:
            raw = text or raw
        elif kind == _PATH:
            path = text.replace(b"\xff", b"/")
        elif kind in {_WIDE_NAME, _WIDE_PATH}:
            names.append(text.decode("utf-16-le", "replace").replace("\uffff", "/"))
    return _called(raw, names, path)


def _extended(cursor: Cursor, wide: int) -> Iterator[tuple[int, bytes]]:
    """Extended headers: each says how long the next one is, the size itself counted."""
    for _ in range(_EXTENDED):
        size = cursor.little(wide)
        if size <= wide:
            return
        yield cursor.octet(), cursor.take(size - wide - 1)
    raise Damaged(f"a file with more than {_EXTENDED} headers")


def _called(raw: bytes, wide: list[str], path: bytes) -> tuple[tuple[str, ...], bytes]:
    # In a name of level 0 a NUL begins a comment or another system's name.
    whole = path + raw
    names = ["".join(reversed(wide))] if wide else []
    names += readings(whole.partition(b"\0")[0])
    if b"\0" in whole:
        names += readings(whole.replace(b"\0", b" "))
    return tuple(dict.fromkeys(names)), whole
