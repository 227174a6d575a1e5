"""Read compound files ([MS-CFB]): streams in storages, as sectors that tables chain.

Word, Excel and PowerPoint up to 2003, Outlook's messages, installers, Publisher, Visio and
every object that one document embeds in another are kept so.  Three chains are to be
followed: the table's own sectors (2.3, 2.5), the directory's (2.6) and each stream's; short
streams lie in sectors of 64 octets within one long stream (2.4).

The directory is read flat, from its first entry to its last: what no tree reaches is there
all the same.  The tree (2.6.4) only says in which storage an entry lies.  A chain ends at
the end that it says, at a sector that it has passed, or where the file has none; the last
two are damage, and what was read before is kept.  All that is copied is charged first.
"""

import struct
from array import array
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

from pratique.scanners.budget import Budget, OverBudget
from pratique.scanners.containers.gather import Damaged

MAGIC = bytes.fromhex("d0cf11e0a1b11ae1")
# 2.6.1: object types.
STORAGE, STREAM, ROOT = 1, 2, 5
_HEADER = 512
_ENTRY = 128
# 2.1: from here on a number is no sector.
_NO_SECTOR = 0xFFFFFFFA
_END = 0xFFFFFFFE
# 2.2: so many sectors of the table are named in the header.
_IN_HEADER = 109
# 2.2: 512 and 4,096 octets; some writers use others and some readers take them.
_SHIFTS = range(7, 17)
# Storages within storages: nobody nests ten, and a path of more would be cut anyway.
_DEEP = 32
# Entries for each part that a message may have: most streams of a document are no parts.
_ENTRIES_A_PART = 10


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the directory; `above` is the storage's number, -1 if no tree reaches it."""

    number: int
    name: str
    kind: int
    class_id: bytes
    start: int
    size: int
    above: int = -1

    @property
    def reached(self) -> bool:
        """Whether the tree leads to it."""
        return self.above >= 0 or self.kind == ROOT


class Compound:
    """A compound file; `damage` says what of its tables could not be read."""

    def __init__(self, octets: memoryview, budget: Budget) -> None:
        self._octets = octets
        self._budget = budget
        self.damage = ""
        head = bytes(octets[:_HEADER]).ljust(_HEADER, b"\0")
        shift, small = struct.unpack_from("<HH", head, 30)
        if len(octets) < _HEADER or shift not in _SHIFTS or small >= shift:
            raise Damaged("a compound file without a header")
        self._sector, self._small = 1 << shift, 1 << small
        self._count = max(0, -(-len(octets) // self._sector) - 1)
        first, _, self._cutoff, mini, _, more, _ = struct.unpack_from("<7I", head, 48)
        self._table = self._read_table(head, more)
        self.entries = self._read_directory(first)
        self._mini = array("I")
        self._mini_stream: memoryview | None = None
        self._mini_start = mini
        self.children: dict[int, list[Entry]] = {}
        for entry in self.entries:
            self.children.setdefault(entry.above, []).append(entry)

    @property
    def root(self) -> Entry | None:
        """The first entry, if it is the root."""
        return next((entry for entry in self.entries if entry.kind == ROOT), None)

    def streams(self) -> Iterator[Entry]:
        """Every stream, in the order of the directory."""
        return (entry for entry in self.entries if entry.kind == STREAM)

    def path(self, entry: Entry) -> list[str]:
        """The names of the storages above an entry, the outermost first."""
        names: list[str] = []
        by_number = self._by_number
        while entry.above > 0 and len(names) < _DEEP:
            entry = by_number[entry.above]
            names.append(entry.name)
        return names[::-1]

    def below(self, storage: int, name: str) -> Entry | None:
        """The entry of that name in a storage, by its number; names know no case (2.6.4)."""
        small = name.lower()
        found = self.children.get(storage, ())
        return next((one for one in found if one.name.lower() == small), None)

    def read(self, entry: Entry, most: int | None = None) -> tuple[memoryview, str]:
        """A stream's octets, at most so many; with them why some are missing, or nothing."""
        size = entry.size if most is None else min(entry.size, most)
        if entry.size < self._cutoff and entry.kind != ROOT:
            return self._read_mini(entry.start, size)
        return self._follow(entry.start, size)

    def write(self, copy: bytearray, entry: Entry, octets: bytes) -> None:
        """Put other octets of the same length in the places of a stream, in a copy of the file."""
        small = entry.size < self._cutoff
        size = self._small if small else self._sector
        for number, place in enumerate(self._places(entry, small=small)):
            piece = octets[number * size : (number + 1) * size]
            copy[place : place + len(piece)] = piece

    def _places(self, entry: Entry, *, small: bool) -> Iterator[int]:
        """Where the sectors of a stream begin in the file."""
        if not small:
            count = min(-(-entry.size // self._sector), self._count)
            yield from ((sector + 1) * self._sector for sector in self._walk(entry.start, count))
            return
        root, stream, table = self.root, self._load_mini(), self._mini
        held = self._walk(root.start, -(-len(stream) // self._sector)) if root is not None else []
        sector = entry.start
        for _ in range(-(-entry.size // self._small)):
            number, rest = divmod(sector * self._small, self._sector)
            if number >= len(held):
                return
            yield (held[number] + 1) * self._sector + rest
            sector = table[sector] if sector < len(table) else _NO_SECTOR

    def _walk(self, start: int, most: int) -> list[int]:
        """The sectors of a chain as far as it goes."""
        sectors: list[int] = []
        with suppress(Damaged):
            for sector in self._chain(start, most):
                sectors.append(sector)
        return sectors

    def _say(self, damage: str) -> None:
        self.damage = self.damage or damage

    def _at(self, sector: int) -> memoryview:
        begin = (sector + 1) * self._sector
        return self._octets[begin : begin + self._sector]

    def _read_table(self, head: bytes, more: int) -> "array[int]":
        """The table of chains: for each sector the one that follows it (2.3)."""
        wanted = -(-self._count * 4 // self._sector)
        sectors = list(struct.unpack_from(f"<{_IN_HEADER}I", head, 76))[:wanted]
        passed: set[int] = set()
        while len(sectors) < wanted and more < self._count and more not in passed:
            passed.add(more)
            raw = bytes(self._at(more)).ljust(self._sector, b"\xff")
            numbers = struct.unpack(f"<{self._sector // 4}I", raw)
            sectors += numbers[:-1]
            more = numbers[-1]
        self._budget.charge_octets(wanted * self._sector)
        table = array("I")
        for sector in sectors[:wanted]:
            known = self._at(sector) if sector < self._count else b""
            table.frombytes(bytes(known).ljust(self._sector, b"\xff"))
        return table

    def _chain(self, start: int, most: int) -> Iterator[int]:
        """The sectors of a chain, so many at most; `Damaged` where it breaks."""
        passed: set[int] = set()
        sector, table = start, self._table
        for _ in range(most):
            if sector == _END:
                return
            if sector >= self._count:
                raise Damaged("a chain leads out of the file")
            if sector in passed:
                raise Damaged("a chain leads into itself")
            passed.add(sector)
            yield sector
            sector = table[sector] if sector < len(table) else _NO_SECTOR

    def _follow(self, start: int, size: int) -> tuple[memoryview, str]:
        """The octets of a chain of whole sectors."""
        most = min(-(-size // self._sector), self._count + 1)
        self._budget.charge_octets(min(size, len(self._octets)))
        gathered, why = bytearray(), ""
        try:
            for sector in self._chain(start, most):
                gathered += self._at(sector)
        except Damaged as damage:
            why = str(damage)
        if not why and len(gathered) < size:
            why = f"{len(gathered)} of {size} octets are there"
        return memoryview(gathered).toreadonly()[:size], why

    def _load_mini(self) -> memoryview:
        """The stream of short streams and its table, once."""
        if self._mini_stream is None:
            root = self.root
            size = min(root.size, len(self._octets)) if root is not None else 0
            self._mini_stream = (
                self._follow(root.start, size)[0] if root and size else memoryview(b"")
            )
            entries = -(-len(self._mini_stream) // self._small)
            raw, _ = self._follow(self._mini_start, entries * 4)
            self._mini.frombytes(bytes(raw[: len(raw) // 4 * 4]))
        return self._mini_stream

    def _read_mini(self, start: int, size: int) -> tuple[memoryview, str]:
        """The octets of a short stream (2.4)."""
        stream, table = self._load_mini(), self._mini
        self._budget.charge_octets(size)
        gathered, sector = bytearray(), start
        for _ in range(-(-size // self._small)):
            piece = stream[sector * self._small : (sector + 1) * self._small]
            if sector >= _NO_SECTOR or not piece:
                break
            gathered += piece
            sector = table[sector] if sector < len(table) else _NO_SECTOR
        why = "" if len(gathered) >= size else f"{len(gathered)} of {size} octets are there"
        return memoryview(gathered).toreadonly()[:size], why

    def _read_directory(self, first: int) -> list[Entry]:
        """Every entry that is used (2.6.1), each with the storage above it."""
        most = self._budget.limits.parts * _ENTRIES_A_PART
        raws: list[bytes] = []
        try:
            for sector in self._chain(first, self._count):
                octets = bytes(self._at(sector))
                raws += [octets[at : at + _ENTRY] for at in range(0, len(octets), _ENTRY)]
                if len(raws) > most:
                    raise OverBudget("parts", f"a directory of more than {most} entries")
                self._budget.check_clock()
        except Damaged as damage:
            self._say(f"directory: {damage}")
        if not raws or raws[0][66:67] != bytes([ROOT]):
            self._say("the directory does not begin with its root")
        above = _storages([raw for raw in raws if len(raw) == _ENTRY])
        entries = [
            _entry(number, raw, above) for number, raw in enumerate(raws) if len(raw) == _ENTRY
        ]
        self._by_number = {entry.number: entry for entry in entries if entry is not None}
        return list(self._by_number.values())


def _entry(number: int, raw: bytes, above: dict[int, int]) -> Entry | None:
    """One entry; None if it is not used."""
    kind = raw[66]
    if kind not in {STORAGE, STREAM, ROOT}:
        return None
    start, size = struct.unpack_from("<IQ", raw, 116)
    # 2.6.1: writers of version 3 leave anything in the upper half.
    size &= 0xFFFFFFFF
    return Entry(number, _name(raw), kind, raw[80:96], start, size, above.get(number, -1))


def _name(raw: bytes) -> str:
    length = int.from_bytes(raw[64:66], "little")
    octets = raw[: min(length, 64)] if length else raw[:64]
    return octets[: len(octets) & ~1].decode("utf-16-le", "replace").partition("\0")[0]


def _storages(raws: list[bytes]) -> dict[int, int]:
    """For each entry that the tree reaches the number of its storage (2.6.4)."""
    above: dict[int, int] = {}
    waiting: list[tuple[int, int]] = []
    if raws:
        waiting.append((struct.unpack_from("<I", raws[0], 76)[0], 0))
    while waiting:
        number, storage = waiting.pop()
        if number >= len(raws) or number in above or number == 0:
            continue
        above[number] = storage
        left, right, child = struct.unpack_from("<3I", raws[number], 68)
        waiting += [(left, storage), (right, storage)]
        if raws[number][66] == STORAGE:
            waiting.append((child, number))
    return above
