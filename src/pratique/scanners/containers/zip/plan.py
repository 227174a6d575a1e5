"""Find every directory of a zip file, and what lies where by the words of all of them.

One program takes the last end record, one the first, one the larger record of zip64, one
none at all.  So each end record with a sound directory counts, wherever it lies, and a
directory that no end record names counts too.  An end record inside of a member is that
member's own, and is read when the member is opened, unless it reaches out of it.

The plan unpacks nothing.  What a member claims may be more than it needs, and in the rest
there may be further records: `late` looks there, when it is known what was needed.
"""

import re
from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from pratique.scanners.containers.zip.members import Place
from pratique.scanners.containers.zip.spans import Spans
from pratique.scanners.containers.zip.tables import (
    END_SIZE,
    HEADER,
    TRIES,
    End,
    Listed,
    end64_at,
    ends_at,
    entry_at,
    find_end,
    header,
    is_sound,
    signature,
)

_MARKS = re.compile(rb"PK(?:\x01\x02|\x03\x04|\x05\x06|\x06\x06)")
# Directories that are read: 16 archives in a row are more than anybody was seen to send,
# and a file made of end records would have each read the same entries anew.
DIRECTORIES = 64
# Of so many further ones the soundness is asked, which costs up to a few headers each.
_ASKED = 256


@dataclass(slots=True)
class Directory:
    """Entries in a row; `end` is None where no end record names them."""

    start: int
    reached: int
    entries: list[Listed]
    end: End | None = None


@dataclass(slots=True)
class Marks:
    """Where the signatures of records are, in order; `cut` says why they are not all."""

    headers: list[int] = field(default_factory=list)
    entries: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)
    ends64: list[int] = field(default_factory=list)
    cut: str = ""

    @classmethod
    def find(cls, octets: memoryview, most: int) -> "Marks":
        """One pass over the file, to the first signature that is one too many of its kind."""
        marks = cls()
        limited = {
            3: (marks.headers, most, "headers of members"),
            1: (marks.entries, most, "entries of directories"),
            5: (marks.ends, TRIES, "end records"),
            6: (marks.ends64, TRIES, "end records"),
        }
        for found in _MARKS.finditer(octets):
            places, limit, words = limited[octets[found.start() + 2]]
            if len(places) < limit:
                places.append(found.start())
            else:
                marks.cut = f"more {words} than {limit}"
        return marks


class Plan:
    """The directories of one file, and the places that they name."""

    def __init__(self, octets: memoryview, parts: int) -> None:
        self._octets = octets
        # Twice as many as there may be parts: folders and what is listed twice are no parts.
        self._most = 2 * parts + 1
        self.marks = Marks.find(octets, self._most)
        self.cut = self.marks.cut
        self.directories: list[Directory] = []
        self.places: dict[int, Place] = {}
        self.odd: dict[str, None] = {}
        # Where members claim to begin and to end, by their beginning.
        self._claims: list[tuple[int, int]] = []
        self._walked: set[tuple[int, int]] = set()
        self._asked = 0
        # How many entries each directory has, by its place and its shift.
        self._entries: dict[tuple[int, int], int] = {}
        self.main = find_end(octets)
        if self.main is not None:
            self._take(self.main)
        self._look(self._claim)

    @property
    def whole(self) -> bool:
        """Whether an end record names a directory, so that nothing is cut off."""
        return any(each.end is not None for each in self.directories)

    def late(self, verified: Spans) -> list[Place]:
        """The places that are named by what lies outside of what members needed."""
        if self._is_read():
            return []
        known = {offset: len(place.said) for offset, place in self.places.items()}
        self._look(lambda at: (0, len(self._octets)) if verified.holds(at) else None)
        # A place that was known is named anew, with other words: it is read once more.
        return [
            place for offset, place in self.places.items() if known.get(offset) != len(place.said)
        ]

    def _is_read(self) -> bool:
        """Whether one end record, in no member, names every entry, as in nearly every file."""
        marks, main = self.marks, self.main
        if main is None or marks.ends != [main.position] or marks.ends64 or marks.cut:
            return False
        if len(self.directories) > 1 or self._claim(main.position) is not None:
            return False
        return all((at, main.shift) in self._walked for at in marks.entries)

    def hidden(self, verified: Spans, done: set[int]) -> Iterator[int]:
        """Where headers lie that no directory names, outside of what members needed."""
        for offset in self.marks.headers:
            if offset not in done and not verified.holds(offset):
                yield offset

    def following(self, at: int) -> int | None:
        """Where the next header lies, from there on."""
        behind = bisect_left(self.marks.headers, at)
        return self.marks.headers[behind] if behind < len(self.marks.headers) else None

    def _claim(self, at: int) -> tuple[int, int] | None:
        """The member that claims the octet at that place."""
        before = bisect_right(self._claims, (at, len(self._octets))) - 1
        return self._claims[before] if before >= 0 and at < self._claims[before][1] else None

    def _look(self, holder: Callable[[int], tuple[int, int] | None]) -> None:
        """Take the directories that are not inside of members."""
        for at in reversed(self.marks.ends):
            self._consider(ends_at(self._octets, at), at, holder(at))
        for at in reversed(self.marks.ends64):
            self._consider(end64_at(self._octets, at, at, 0), at, holder(at))
        shifts = {0} | {each.end.shift for each in self.directories if each.end is not None}
        for at in self.marks.entries:
            walked = any((at, shift) in self._walked for shift in shifts)
            if not walked and holder(at) is None:
                self._orphan(at, sorted(shifts, reverse=True))

    def _consider(self, ends: list[End], at: int, held: tuple[int, int] | None) -> None:
        inside = [held is not None and held[0] <= min(end.shift, end.directory) for end in ends]
        # The member's own record, which by the other reading fits here too: zips that are
        # stored in zips are so regular that this happens by chance.
        pairs = list(zip(ends, inside, strict=True))
        if any(own and is_sound(self._octets, end) for end, own in pairs):
            return
        for end, own in pairs:
            # What reaches out of a member is not found when the member is opened.
            if own:
                continue
            if not end.lists:
                self._empty(end, at)
            elif (end.directory, end.shift) in self._walked:
                self._count(end)
            elif self._asked >= _ASKED:
                self.cut = f"more directories than {_ASKED}"
            else:
                self._asked += 1
                if is_sound(self._octets, end):
                    self._take(end)

    def _empty(self, end: End, at: int) -> None:
        """An end record without members hides those of another for some reader."""
        if self.main is not None and at != self.main.position and not end.wide:
            self.odd["another end record, of an archive without members"] = None

    def _take(self, end: End) -> None:
        """Walk the directory of an end record."""
        if len(self.directories) >= DIRECTORIES:
            self.cut = f"more directories than {DIRECTORIES}"
            return
        directory = self._walk(end.directory, end.shift, end.position)
        directory.end = end
        self._entries[end.directory, end.shift] = len(directory.entries)
        self._add(directory)
        self._count(end)

    def _orphan(self, at: int, shifts: list[int]) -> None:
        """Entries that no end record names: some readers find them behind the members."""
        entry = entry_at(self._octets, at, 0)
        if entry is None:
            return
        # Where nothing else fits, the first header may be the one that is meant.
        shifts = [*shifts, *(first - entry.offset for first in self.marks.headers[:1])]
        fits = (each for each in shifts if signature(self._octets, entry.offset + each) == HEADER)
        shift = next(fits, None)
        if shift is not None and len(self.directories) < DIRECTORIES:
            self._add(self._walk(at, shift, len(self._octets)))
            self.odd["entries that no end record names"] = None

    def _walk(self, start: int, shift: int, stop: int) -> Directory:
        """The entries from there on, up to one that was walked before."""
        directory = Directory(start, start, [])
        at = start
        while at < stop and (at, shift) not in self._walked:
            entry = entry_at(self._octets, at, shift)
            if entry is None:
                break
            if len(self._walked) >= self._most:
                self.cut = f"more entries than {self._most}"
                break
            self._walked.add((at, shift))
            directory.entries.append(entry)
            directory.reached = at = entry.body
        return directory

    def _add(self, directory: Directory) -> None:
        self.directories.append(directory)
        # The last end record's directory is what most readers show.
        view = "standard" if len(self.directories) == 1 else "further"
        for entry in sorted(directory.entries, key=lambda each: each.offset):
            place = self.places.get(entry.offset)
            if place is None:
                before = header(self._octets, entry.offset)
                place = self.places[entry.offset] = Place(entry.offset, before, view=view)
            place.take(entry)
            if place.before is not None:
                insort(self._claims, (place.body, place.body + entry.packed))

    def _count(self, end: End) -> None:
        """State an end record that does not fit: some readers believe it."""
        for words in self._against(end):
            self.odd[words] = None
        if len(self.directories) > 1:
            self.odd["several directories"] = None

    def _against(self, end: End) -> Iterator[str]:
        """What an end record says that is not so."""
        entries = self._entries.get((end.directory, end.shift))
        if entries is None:
            yield "an end record that names a part of a directory"
        elif (end.counted - entries) & 0xFFFF and not self.cut:
            # Old writers let the count of 16 bits run over.
            yield f"{entries} in the directory, {end.counted} by its end record"
        if end.directory + end.size != end.stop:
            yield "the directory is not as long as its end record says"
        if end.behind < 0:
            yield "its comment is longer than the file"
        if end.disks:
            yield "its end record counts several volumes"


def records(octets: memoryview, directories: Iterable[Directory]) -> Iterator[tuple[int, int]]:
    """What the directories and their end records take up."""
    for directory in directories:
        yield directory.start, directory.reached
        end = directory.end
        if end is None:
            continue
        yield directory.reached, directory.reached + _signed(octets, directory.reached)
        behind = end.position + END_SIZE
        comment = int.from_bytes(octets[behind - 2 : behind], "little")
        yield end.position, behind + comment
        # The larger record and its locator.
        yield end.stop, end.position


def comments(octets: memoryview, directories: Iterable[Directory]) -> Iterator[memoryview]:
    """The comments of the end records, which archivers show beside the members."""
    for directory in directories:
        if directory.end is not None:
            start = directory.end.position + END_SIZE
            size = int.from_bytes(octets[start - 2 : start], "little")
            yield octets[start : start + size]


def _signed(octets: memoryview, at: int) -> int:
    """How long the signature of a directory is (APPNOTE 4.3.13)."""
    if signature(octets, at) != b"PK\x05\x05":
        return 0
    return 6 + int.from_bytes(octets[at + 4 : at + 6], "little")
