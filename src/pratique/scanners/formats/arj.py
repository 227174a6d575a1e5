"""Open ARJ (Robert Jung's technical note, unarj's technote.txt), locked by the old way as well.

Methods 1 to 3 are LHA's packing and go through libarchive (see `lzh`).  The old way to
lock, "garbling", is the password laid over the octets again and again.

Limitations: method 4 ("fastest") and the newer ways to lock want an outside program; a
file that goes on in another volume is `unreadable`.
"""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar
from zlib import crc32

from pratique.scanners.budget import Budget
from pratique.scanners.containers.around import behind, carries, find_all, told
from pratique.scanners.containers.cursor import Cursor
from pratique.scanners.containers.gather import Damaged, Gather
from pratique.scanners.containers.lzh import unpacked
from pratique.scanners.containers.oem import readings
from pratique.scanners.containers.stored import Giver
from pratique.scanners.keys import Keys
from pratique.scanners.part import Found, Member, Part, Recognized

_MARK = b"\x60\xea"
# A program that unpacks itself has the two octets of the mark by chance, too.
_MARKS = 4096
# technote: a header has at most 2,600 octets; of extended ones none is known.
_LONGEST, _EXTENDED = 2600, 16
_GARBLED, _GOES_ON, _CONTINUES = 0x01, 0x04, 0x08
_FOLDER, _LABEL, _CHAPTER = 3, 4, 5
_METHODS = {0: b"-lh0-", 1: b"-lh7-", 2: b"-lh7-", 3: b"-lh7-"}
# One try of a password costs what unpacking a file costs: a few KB mostly.
_COST = 0.002
# A file that is larger is not tried, but opened by the word for another one.
_TRIED = 16 * 1024 * 1024


@dataclass(slots=True)
class _Entry:
    flags: int
    method: int
    kind: int
    # What is added to each letter of the password.
    twist: int
    packed: memoryview
    size: int
    sum: int
    raw: bytes
    cut: bool


class Arj:
    """Gives the files of an ARJ archive."""

    name: ClassVar[str] = "arj"
    types: ClassVar[frozenset[str]] = frozenset({"application/x-arj"})
    told_by: ClassVar[str] = "front"
    mark: ClassVar[bytes] = _MARK
    # An empty file named "a".
    smallest: ClassVar[bytes] = bytes.fromhex(
        "60ea25001e0b0102000002000000000000000000000000000000000000000000"
        "0000782e61726a0000a7dc9963000060ea21001e0b0102000000070000210000"
        "00000000000000000000000000a401000061000043d0a855000060ea0000"
    )

    # Samples that the tests need not have, and why.
    lacks: ClassVar[dict[str, str]] = {}

    def recognize(self, part: Part) -> Recognized:
        """Tell by the detected type, or by a header in a program or the like."""
        if recognized := told(part, self.types):
            return recognized
        return "within" if carries(part, _MARK) and _start(part.octets) >= 0 else ""

    def members(self, part: Part, budget: Budget) -> Iterator[Found]:
        """Give each file, locked ones with their names only."""
        yield from _members(part, budget, "")

    def locked(self, part: Part) -> bool:
        """Tell by the headers of the files."""
        return any(True for _ in _tried(_archive(part)))

    def unlock(self, part: Part, budget: Budget, keys: Keys) -> Iterator[Found]:
        """Give each file, if one of the words opens the smallest locked one."""
        tried = list(_tried(_archive(part)))
        smallest = min(tried, key=lambda entry: entry.size)
        for word in keys.words(_COST):
            budget.check_clock()
            if _opens(smallest, word, budget):
                keys.opened(word)
                yield from _members(part, budget, word)
                return
        yield from _members(part, budget, "")


def _tried(octets: memoryview) -> Iterator[_Entry]:
    """Locked files on which a word can be tried, as far as there are headers."""
    with contextlib.suppress(Damaged):
        for entry, _ in _entries(octets):
            if _is_tried(entry):
                yield entry


def _is_tried(entry: _Entry) -> bool:
    tried = entry.flags & _GARBLED and entry.method in _METHODS
    return bool(tried and 0 < entry.size <= _TRIED)


def _start(octets: memoryview) -> int:
    """Where a main header stands whose check sum is right."""
    for at in find_all(octets, _MARK, _MARKS):
        size = int.from_bytes(octets[at + 2 : at + 4], "little")
        if 30 <= size <= _LONGEST:
            header = bytes(octets[at + 4 : at + 8 + size])
            if crc32(header[:size]) == int.from_bytes(header[size:], "little"):
                return at
    return -1


def _archive(part: Part) -> memoryview:
    at = 0 if bytes(part.octets[:2]) == _MARK else max(0, _start(part.octets))
    return part.octets[at:]


def _header(octets: memoryview, at: int) -> tuple[bytes, int]:
    """A header and where what follows it begins; an empty one is the end."""
    cursor = Cursor(octets, at)
    if cursor.take(2) != _MARK:
        raise Damaged("a header of no known form")
    size = cursor.little(2)
    if not size:
        return b"", cursor.at
    header = cursor.take(min(size, _LONGEST + 1))
    if size > _LONGEST or cursor.little(4) != crc32(header):
        raise Damaged("the check sum of a header is wrong")
    for _ in range(_EXTENDED):
        more = cursor.little(2)
        if not more:
            return header, cursor.at
        cursor.take(more + 4)
    raise Damaged(f"a file with more than {_EXTENDED} headers")


def _entries(octets: memoryview) -> Iterator[tuple[_Entry, int]]:
    """Each file, and where the next header begins."""
    _, at = _header(octets, 0)
    while True:
        header, at = _header(octets, at)
        if not header:
            return
        cursor = Cursor(header)
        first = cursor.octet()
        cursor.take(3)
        flags, method, kind, twist = (cursor.octet() for _ in range(4))
        cursor.take(4)
        packed, size, sum_ = (cursor.little(4) for _ in range(3))
        raw = Cursor(header, first).until_zero(_LONGEST)
        body = octets[at : at + packed]
        cut = len(body) < packed
        yield _Entry(flags, method, kind, twist, body, size, sum_, raw, cut), at + packed
        at += packed


def _pieces(entry: _Entry, word: str) -> Iterator[bytes]:
    packed = entry.packed
    if entry.flags & _GARBLED:
        packed = _ungarbled(packed, word.encode("latin-1", "replace"), entry.twist)
    method = _METHODS.get(entry.method, b"ARJ method %d" % entry.method)
    known = 0
    for piece in unpacked(method, packed, entry.size):
        known = crc32(piece, known)
        yield piece
    if entry.flags & (_GOES_ON | _CONTINUES):
        raise Damaged("it goes on in another volume")
    if entry.cut:
        raise Damaged("it is cut off")
    if known != entry.sum:
        raise Damaged("its check sum is wrong")


def _ungarbled(packed: memoryview, word: bytes, twist: int) -> memoryview:
    """Unarj's technote: each octet was combined with the next letter, twisted."""
    if not word:
        return packed
    mask = bytes((letter + twist) & 0xFF for letter in word)
    long = int.from_bytes((mask * (len(packed) // len(mask) + 1))[: len(packed)], "big")
    plain = int.from_bytes(packed, "big") ^ long
    return memoryview(plain.to_bytes(len(packed), "big"))


def _opens(entry: _Entry, word: str, budget: Budget) -> bool:
    """Unpacked to its check sum, and kept nowhere: the limits of a part are for what is given."""
    try:
        for _ in _pieces(entry, word):
            budget.check_clock()
    except Damaged:
        return False
    return True


def _members(part: Part, budget: Budget, word: str) -> Iterator[Found]:
    octets = _archive(part)
    giver = Giver(part, Gather(budget, len(octets)))
    try:
        _, end = _header(octets, 0)
        for entry, at in _entries(octets):
            budget.check_clock()
            end = at
            if entry.kind not in {_FOLDER, _LABEL, _CHAPTER}:
                yield from _filled(giver, entry, word)
        _, end = _header(octets, end)
    except Damaged as damage:
        giver.mark(str(damage))
        return
    yield from behind(octets, end, budget)


def _filled(giver: Giver, entry: _Entry, word: str) -> Iterator[Found]:
    name, *others = readings(entry.raw)
    member = Member(f"arj:{name}", name=name, names=tuple(others), raw_name=entry.raw)
    member.encrypted = bool(entry.flags & _GARBLED)
    if member.encrypted and not word:
        member.unopened, member.why = "archive_password", "it wants a password"
        yield member
        return
    member.password = word if member.encrypted else ""
    yield from giver.pieces(member, _pieces(entry, word), entry.size)
