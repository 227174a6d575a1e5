"""Open RAR, of versions 1.5 to 7, also behind a program that unpacks itself.

Our own tables say what is in it; what is stored is cut out, what is packed goes through
libarchive, file by file, written anew without what libarchive does not know (encryption)
or stops at.  Only a solid archive, where each file continues the one before, goes there
as one piece.

Limitations: libarchive unpacks neither what is older than RAR 3 nor solid archives of
RAR 3 and 4: these want an outside program.  A file that goes on in another volume is
`unreadable`.  A locked file of RAR 2 is not tried.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar
from zlib import crc32

from pratique.scanners.budget import Budget, OverBudget
from pratique.scanners.containers.archive import Archive
from pratique.scanners.containers.around import behind, carries, find_all, told
from pratique.scanners.containers.gather import Damaged, Gather
from pratique.scanners.containers.rar import key as rar_key
from pratique.scanners.containers.rar import rar4, rar5
from pratique.scanners.containers.rar.tables import Entry, Lock, Locked, Tables
from pratique.scanners.keys import Keys
from pratique.scanners.part import Found, Member, Part, Reached, Recognized

_MARK = b"Rar!\x1a\x07"
# A program that unpacks itself may name the mark in its own code.
_MARKS = 16
_PIECE = 64 * 1024
# libarchive's words for what it has not, instead of for what is broken.
_LACKING = re.compile(r"upport|unavailable|nimplemented", re.ASCII)
# A file that is larger is not tried, but opened by the word for another one.
_TRIED = 16 * 1024 * 1024
# The oldest form that libarchive unpacks.
_OLDEST = 29


class Rar:
    """Gives the files of a RAR archive."""

    name: ClassVar[str] = "rar"
    types: ClassVar[frozenset[str]] = frozenset({"application/vnd.rar"})
    told_by: ClassVar[str] = "front"
    mark: ClassVar[bytes] = _MARK
    # An empty file named "a", in the form of RAR 5.
    smallest: ClassVar[bytes] = bytes.fromhex(
        "526172211a070100c51a333203010000dafb14aa0e020200040020000000000000016119b23a3503050000"
    )

    # Samples that the tests need not have, and why.
    lacks: ClassVar[dict[str, str]] = {
        "bomb": "nothing free packs RAR; all that comes out of a file is counted as in 7z"
    }

    def recognize(self, part: Part) -> Recognized:
        """Tell by the detected type, or by an archive in a program or the like."""
        if part.known.type in self.types:
            return "whole" if _start(part.octets) >= 0 else ""
        if told(part, self.types):
            return "within"
        return "within" if carries(part, _MARK) and _holding(part.octets) >= 0 else ""

    def members(self, part: Part, budget: Budget) -> Iterator[Found]:
        """Give each file, locked ones with their names only."""
        yield from _members(part, budget, "")

    def locked(self, part: Part) -> bool:
        """Tell by the headers whether they are locked, or any file."""
        try:
            return any(_is_tried(entry) for entry in _read(_archive(part)).entries)
        except Locked:
            return True

    def unlock(self, part: Part, budget: Budget, keys: Keys) -> Iterator[Found]:
        """Give each file, if one of the words opens the headers or the smallest locked one."""
        octets = _archive(part)
        entry, lock = _to_try(octets)
        for word in keys.words(rar_key.cost(lock)):
            budget.check_clock()
            if _opens(octets, entry, word, budget):
                keys.opened(word)
                yield from _members(part, budget, word)
                return
        yield from _members(part, budget, "")


def _start(octets: memoryview) -> int:
    return next(find_all(octets, _MARK, 1), -1)


def _holding(octets: memoryview) -> int:
    """Where an archive begins that holds anything."""
    for at in find_all(octets, _MARK, _MARKS):
        try:
            if _read(octets[at:]).entries:
                return at
        except Locked:
            return at
    return -1


def _archive(part: Part) -> memoryview:
    at = _holding(part.octets)
    return part.octets[at if at >= 0 else max(0, _start(part.octets)) :]


def _read(octets: memoryview, word: str = "") -> Tables:
    if bytes(octets[: len(rar5.MAGIC)]) == rar5.MAGIC:
        return rar5.read(octets, word)
    if bytes(octets[: len(rar4.MAGIC)]) == rar4.MAGIC:
        return rar4.read(octets, word)
    return Tables(4, damage="it is cut off")


def _is_tried(entry: Entry) -> bool:
    small = (entry.size or 0) <= _TRIED
    return entry.lock is not None and bool(entry.lock.salt) and not entry.is_split and small


def _to_try(octets: memoryview) -> tuple[Entry | None, Lock]:
    """On what a word is tried: the smallest locked file, or None for the headers."""
    try:
        tried = [entry for entry in _read(octets).entries if _is_tried(entry)]
    except Locked:
        return None, Lock(b"", rounds=15 if octets[6] else 0)
    # A file that its check value or its check sum can tell, and in no solid row.
    tried.sort(key=lambda entry: (entry.is_solid, not entry.size, len(entry.packed)))
    return tried[0], tried[0].lock or Lock(b"")


def _opens(octets: memoryview, entry: Entry | None, word: str, budget: Budget) -> bool:
    if entry is None or entry.lock is None:
        try:
            _read(octets, word)
        except Locked:
            return False
        return True
    if entry.lock.check or entry.lock.rounds > rar_key.MOST:
        return entry.lock.rounds <= rar_key.MOST and not rar_key.is_wrong(word, entry.lock)
    if entry.sum is None or not entry.size:
        return False
    opened = _Opened(Tables(5 if entry.lock.rounds else 4), Gather(budget, len(octets)), word)
    known = 0
    try:
        # Kept nowhere: the limits of a part are for what is given.
        for piece in opened.pieces(entry):
            budget.check_clock()
            known = crc32(piece, known)
    except (Damaged, OverBudget):
        return False
    return known == entry.sum


def _members(part: Part, budget: Budget, word: str) -> Iterator[Found]:
    octets = _archive(part)
    try:
        tables = _read(octets, word)
    except Locked:
        part.known.encrypted = True
        part.state_unopened("its headers are locked", "archive_password")
        return
    if tables.damage or not tables.entries:
        part.state_unopened(tables.damage or "it holds nothing")
    opened = _Opened(tables, Gather(budget, len(octets)), word)
    for entry in tables.entries:
        if not entry.is_folder:
            budget.check_clock()
            yield from _filled(part, opened, entry)
    if not tables.damage:
        yield from behind(octets, tables.end, budget)


def _filled(part: Part, opened: "_Opened", entry: Entry) -> Iterator[Found]:
    name, *others = entry.names
    member = Member(
        step=f"rar:{name}",
        name=name,
        names=tuple(others),
        raw_name=entry.raw_name,
        encrypted=entry.lock is not None,
    )
    if entry.lock is not None and (not opened.word or not entry.lock.salt):
        member.unopened, member.why = "archive_password", "it wants a password"
        yield member
        return
    member.password = opened.word if member.encrypted else ""
    limits = opened.gather.budget.limits
    try:
        opened.gather.budget.check_part_octets(entry.size or 0)
        member.octets, member.why = opened.gather.octets(opened.pieces(entry))
    except OverBudget as over:
        member.unopened, member.why = "over_budget", over.detail
        yield member
        # It costs to step over it where the next file continues it.
        if over.class_ != "part_octets" or opened.tables.is_solid:
            raise
        yield Reached(over.class_, f"{over.detail} ({limits.part_octets})", at=member)
        return
    if not member.why and entry.sum is not None and crc32(member.octets) != entry.sum:
        member.why = "its check sum is wrong"
    if member.why:
        member.unopened = "unreadable"
        lacking = entry.method and _LACKING.search(member.why)
        part.state_unopened(member.why, "needs_program" if lacking else "unreadable")
    yield member


@dataclass(slots=True)
class _Opened:
    """An archive whose tables were read, and the word that opens what is locked in it."""

    tables: Tables
    gather: Gather
    word: str
    _keys: dict[tuple[bytes, int], tuple[bytes, bytes]] = field(default_factory=dict)
    # All packed files of a solid archive, one after the other.
    _row: Iterator[Iterator[bytes]] | None = None

    def pieces(self, entry: Entry) -> Iterator[bytes]:
        """The octets of an entry, and no more than it says: what is locked is padded."""
        left = self.gather.budget.limits.part_octets + 1 if entry.size is None else entry.size
        for piece in self._all(entry) if left or not entry.method else ():
            yield piece[:left]
            left -= min(left, len(piece))
            if not left and entry.method:
                return

    def _all(self, entry: Entry) -> Iterator[bytes]:
        if not entry.method:
            yield from self.stored(entry)
        elif self.tables.is_solid and not entry.is_split:
            if self._row is None:
                self._row = self._rows([one for one in self.tables.entries if self._is_packed(one)])
            pieces = next(self._row, None)
            if pieces is None:
                raise Damaged("a solid archive that could not be read on")
            yield from pieces
        else:
            yield from self.unpacked([entry])

    def _is_packed(self, entry: Entry) -> bool:
        readable = entry.lock is None or (self.word and entry.lock.salt)
        return bool(entry.method and not entry.is_folder and not entry.is_split and readable)

    def stored(self, entry: Entry) -> Iterator[bytes]:
        """What is stored as it is; with the damage, if some of it is elsewhere."""
        packed = self._plain(entry)
        size = len(packed) if entry.size is None else min(entry.size, len(packed))
        for start in range(0, size, _PIECE):
            yield bytes(packed[start : min(size, start + _PIECE)])
        if entry.is_split:
            raise Damaged("it goes on in another volume")
        if entry.is_cut or (entry.size is not None and size < entry.size):
            raise Damaged("it is cut off")

    def unpacked(self, entries: list[Entry]) -> Iterator[bytes]:
        """What one packed file holds."""
        for pieces in self._rows(entries):
            yield from pieces
            return

    def _rows(self, entries: list[Entry]) -> Iterator[Iterator[bytes]]:
        if any(entry.is_split for entry in entries):
            raise Damaged("it goes on in another volume")
        form = rar5 if self.tables.form == 5 else rar4
        if form is rar4 and any(entry.version < _OLDEST for entry in entries):
            raise Damaged("no support for what is older than RAR 3")
        if form is rar5:
            size = sum(entry.size or self.gather.budget.limits.part_octets for entry in entries)
            if not all(rar5.fit_window(entry, size) for entry in entries):
                raise OverBudget("part_octets", f"a dictionary of more than {rar5.WINDOW} octets")
        plain = ((entry, self._plain(entry)) for entry in entries)
        octets = form.written(plain, solid=self.tables.is_solid and len(entries) > 1)
        with Archive(octets, "rar5" if form is rar5 else "rar") as archive:
            for _ in archive.entries():
                yield archive.pieces()
        raise Damaged("there is nothing in it")

    def _plain(self, entry: Entry) -> memoryview | bytes:
        lock = entry.lock
        if lock is None:
            return entry.packed
        if lock.rounds > rar_key.MOST:
            raise Damaged(f"2 to the power of {lock.rounds} rounds for one password")
        known = self._keys.get((lock.salt, lock.rounds))
        if known is None:
            known = self._keys[lock.salt, lock.rounds] = rar_key.key(self.word, lock)
        return rar_key.decrypted(entry.packed, known[0], lock.vector or known[1])
