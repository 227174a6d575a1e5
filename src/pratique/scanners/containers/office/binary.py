"""Undo the encryption of Word's, Excel's and PowerPoint's own streams, in their places.

Each keeps open what it needs to see that the file is locked: Word the first 68 octets of
its stream ([MS-DOC] 2.2.6), Excel the headers of records and a few whole ones ([MS-XLS]
2.2.10), PowerPoint its directory of objects ([MS-PPT] 2.3.7).  The result is the same
compound file with other octets in its streams, and no mark of a lock any more.

Limitation: Word's octets that are turned around ([MS-DOC] 2.2.6.1) stay closed.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from pratique.scanners.budget import Budget
from pratique.scanners.containers.gather import Damaged
from pratique.scanners.containers.office import xor as office_xor
from pratique.scanners.containers.office.lock import StreamLock, stream_lock
from pratique.scanners.containers.office.ole import Compound, Entry

# [MS-DOC] 2.5.2, FibBase: bits at 10, and the length of what describes the lock.
_FIB, _ENCRYPTED, _TURNED, _TABLE = 68, 0x0100, 0x8000, 0x0200
_WORD_BLOCK, _EXCEL_BLOCK = 512, 1024
# [MS-XLS] 2.2.10: records that are never hidden, and one whose first four octets are not.
_BOF, _EOF, _FILE_PASS, _SHEET = 0x0809, 0x000A, 0x002F, 0x0085
_OPEN = frozenset({_BOF, _FILE_PASS, 0x0194, 0x0195, 0x00E1, 0x0196, 0x0138})
# Records before the one that says that a workbook is locked: it comes second or third.
_FIRST = 100
# [MS-PPT] 2.3.3, 2.3.4: an edit, the directory of objects; 2.3.7: the lock.
_EDIT, _DIRECTORY, _LOCKED_EDIT = 0x0FF5, 0x1772, 0x20
# Saves that are followed back; PowerPoint starts anew after some dozens.
_EDITS = 1000


class _Locked(Protocol):
    """One form's lock, and the streams that it hides."""

    def open(self, word: str) -> bytes | None: ...

    def streams(self, key: bytes) -> Iterator[tuple[Entry, bytes]]: ...


class BinaryLock:
    """A locked document of Office up to 2003."""

    cost = 0.0001

    def __init__(self, compound: Compound, octets: memoryview, budget: Budget) -> None:
        self._compound = compound
        self._octets = octets
        self._budget = budget
        self._lock: _Locked | None = None
        for form in (_word, _workbook, _slides):
            self._lock = self._lock or form(compound)

    @property
    def locked(self) -> bool:
        """Whether it is locked at all."""
        return self._lock is not None

    def open(self, word: str) -> bytes | None:
        """What its keys are made of, if the word is the password."""
        return self._lock.open(word) if self._lock is not None else None

    def plain(self, key: bytes) -> bytes:
        """The compound file with open streams."""
        self._budget.charge_octets(2 * len(self._octets))
        copy = bytearray(self._octets)
        for entry, octets in self._lock.streams(key) if self._lock is not None else ():
            self._compound.write(copy, entry, octets)
        return bytes(copy)


@dataclass(slots=True)
class _Word:
    compound: Compound
    streams_: list[Entry]
    lock: StreamLock

    def open(self, word: str) -> bytes | None:
        return self.lock.open(word)

    def streams(self, key: bytes) -> Iterator[tuple[Entry, bytes]]:
        for number, entry in enumerate(self.streams_):
            octets = bytes(self.compound.read(entry)[0])
            plain = self.lock.plain(key, octets, 0, _WORD_BLOCK)
            if number == 0:
                (flags,) = struct.unpack_from("<H", octets, 10)
                flags &= ~(_ENCRYPTED | _TURNED)
                head = octets[:10] + struct.pack("<H", flags) + octets[12:14] + bytes(4)
                plain = head + octets[18:_FIB] + plain[_FIB:]
            yield entry, plain


def _word(compound: Compound) -> "_Locked | None":
    document = compound.below(0, "WordDocument")
    head = bytes(compound.read(document, _FIB)[0]) if document is not None else b""
    if document is None or len(head) < _FIB:
        return None
    (flags,) = struct.unpack_from("<H", head, 10)
    if not flags & _ENCRYPTED:
        return None
    if flags & _TURNED:
        raise Damaged("Word's octets are turned around, and no reader turns them back")
    table = compound.below(0, "1Table" if flags & _TABLE else "0Table")
    if table is None:
        raise Damaged("encrypted, and it does not say how")
    (size,) = struct.unpack_from("<I", head, 14)
    lock = stream_lock(bytes(compound.read(table, min(size, 4096))[0]))
    others = [compound.below(0, "Data")]
    return _Word(compound, [document, table, *(one for one in others if one)], lock)


@dataclass(slots=True)
class _Workbook:
    compound: Compound
    entry: Entry
    lock: StreamLock | None
    # What a word has to come to, where octets are turned (MS-XLS 2.4.117).
    verifier: int = 0

    def open(self, word: str) -> bytes | None:
        if self.lock is not None:
            return self.lock.open(word)
        return office_xor.key_of(word) if office_xor.opens(word, self.verifier) else None

    def streams(self, key: bytes) -> Iterator[tuple[Entry, bytes]]:
        octets = bytes(self.compound.read(self.entry)[0])
        plain = bytearray(octets)
        whole = self.lock.plain(key, octets, 0, _EXCEL_BLOCK) if self.lock is not None else b""
        for type_, at, size in _records(octets):
            begin = at + 4 if type_ == _SHEET else at
            if type_ == _FILE_PASS:
                plain[at - 4 : at + size] = bytes(2) + octets[at - 2 : at] + bytes(size)
            elif type_ not in _OPEN and begin < at + size:
                hidden = octets[begin : at + size]
                plain[begin : at + size] = (
                    whole[begin : at + size]
                    if self.lock is not None
                    else office_xor.plain(key, hidden, begin + size)
                )
        yield self.entry, bytes(plain)


def _records(octets: bytes) -> Iterator[tuple[int, int, int]]:
    """Each record's type, where its octets begin, and how many are there."""
    at = 0
    while at + 4 <= len(octets):
        type_, size = struct.unpack_from("<HH", octets, at)
        size = min(size, len(octets) - at - 4)
        yield type_, at + 4, size
        at += 4 + size


def _workbook(compound: Compound) -> "_Locked | None":
    entry = compound.below(0, "Workbook") or compound.below(0, "Book")
    if entry is None:
        return None
    octets = bytes(compound.read(entry, 64 * 1024)[0])
    for number, (type_, at, size) in enumerate(_records(octets)):
        if number > _FIRST or (number == 0 and type_ != _BOF) or type_ == _EOF:
            return None
        if type_ == _FILE_PASS and size >= 6:
            form = int.from_bytes(octets[at : at + 2], "little")
            if form == 0:
                verifier = int.from_bytes(octets[at + 4 : at + 6], "little")
                return _Workbook(compound, entry, None, verifier)
            return _Workbook(compound, entry, stream_lock(octets[at + 2 : at + size]))
        if type_ == _FILE_PASS and size == 4:
            # Before Excel 97 the record has the key and its proof alone.
            return _Workbook(
                compound, entry, None, int.from_bytes(octets[at + 2 : at + 4], "little")
            )
    return None


@dataclass(slots=True)
class _Slides:
    compound: Compound
    user: Entry
    document: Entry
    lock: StreamLock
    # Where each object begins, by its number; edits, and the object that is the lock.
    objects: dict[int, int]
    edits: list[int]
    lock_number: int

    def open(self, word: str) -> bytes | None:
        return self.lock.open(word)

    def streams(self, key: bytes) -> Iterator[tuple[Entry, bytes]]:
        octets = bytes(self.compound.read(self.document)[0])
        plain = bytearray(octets)
        for number, at in self.objects.items():
            head = octets[at : at + 8]
            if number == self.lock_number:
                size = int.from_bytes(head[4:8], "little")
                plain[at + 8 : at + 8 + size] = bytes(len(octets[at + 8 : at + 8 + size]))
                continue
            if int.from_bytes(head[2:4], "little") in {_EDIT, _DIRECTORY}:
                continue
            opened = self.lock.plain(key, head, number, len(octets))
            end = min(len(octets), at + 8 + int.from_bytes(opened[4:8], "little"))
            plain[at:end] = self.lock.plain(key, octets[at:end], number, len(octets))
        for at in self.edits:
            plain[at + 4 : at + 8] = (_LOCKED_EDIT - 4).to_bytes(4, "little")
        yield self.document, bytes(plain)


def _slides(compound: Compound) -> "_Locked | None":
    user, document = compound.below(0, "Current User"), compound.below(0, "PowerPoint Document")
    if user is None or document is None:
        return None
    at = int.from_bytes(bytes(compound.read(user, 20)[0])[16:20], "little")
    octets = bytes(compound.read(document)[0])
    objects: dict[int, int] = {}
    edits: list[int] = []
    locks: list[int] = []
    while 0 < at + 1 <= len(octets) - 28 and at not in edits and len(edits) < _EDITS:
        type_, size = struct.unpack_from("<HI", octets, at + 2)
        if type_ != _EDIT:
            break
        edits.append(at)
        if size >= _LOCKED_EDIT:
            locks.append(int.from_bytes(octets[at + 36 : at + 40], "little"))
        before, directory = struct.unpack_from("<II", octets, at + 16)
        _directory(octets, directory, objects)
        at = before or -1
    if not locks:
        return None
    start = objects.get(locks[0], len(octets))
    lock = stream_lock(octets[start + 8 : start + 8 + 4096])
    return _Slides(compound, user, document, lock, objects, edits, locks[0])


def _directory(octets: bytes, at: int, objects: dict[int, int]) -> None:
    """Where each object begins; what a later edit says counts (MS-PPT 2.3.5)."""
    type_, size = struct.unpack_from("<HI", octets[at : at + 8].ljust(8, b"\0"), 2)
    if type_ != _DIRECTORY:
        return
    end, at = min(len(octets), at + 8 + size), at + 8
    while at + 4 <= end:
        (both,) = struct.unpack_from("<I", octets, at)
        first, count = both & 0xFFFFF, both >> 20
        at += 4
        for number in range(min(count, (end - at) // 4)):
            (place,) = struct.unpack_from("<I", octets, at + 4 * number)
            objects.setdefault(first + number, place)
        at += 4 * count
