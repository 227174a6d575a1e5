"""Find every object in a PDF (ISO 32000-2, 7.3.10 and 7.5), from its first octet to its last.

A reader follows the table at the end; a file in which the table is wrong, doubled or
missing every reader repairs, each in its own way.  So nothing is looked up here: what
stands behind `N G obj` is an object, in whatever revision of the file, and so is what lies
in object streams (7.5.7).  Only objects in which something of interest may stand are looked
for: a million others cost nothing.

Where a stream ends its length says, if `endstream` follows there; else the next
`endstream` does.
"""

import re
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from pratique.scanners.budget import Budget, OverBudget
from pratique.scanners.containers.gather import Damaged, Gather
from pratique.scanners.containers.pdf import crypt as pdf_crypt
from pratique.scanners.containers.pdf.filters import decode, filters_of
from pratique.scanners.containers.pdf.heads import HEAD_OCTETS, LONGEST, Heads, head
from pratique.scanners.containers.pdf.syntax import IN_NUMBERS, Name, Ref, Value, parse

# 64 MB, which one part may have, hold as many streams of half a kilobyte.
OBJECTS = 100_000
_NUMBER = re.compile(
    rb"(?<![0-9])([0-9]{1,10})[\0\t\n\f\r ]{1,32}[0-9]{1,10}[\0\t\n\f\r ]{0,32}obj"
    rb"[\0\t\n\f\r ]{0,32}([0-9]{1,10})[\0\t\n\f\r ]{1,32}endobj"
)
# The head of any object; what others refer to as a filter or a file is short.
_ANY = re.compile(rb"(?<![0-9])([0-9]{1,10})[\0\t\n\f\r ]{1,32}[0-9]{1,10}[\0\t\n\f\r ]{0,32}obj")
_SHORT = 4096
_FILTERS = ("Filter", "F", "DecodeParms", "DP")
# What makes an object worth parsing; a name may be written in numbers (7.3.5).  These are two
# patterns, because `re` looks for what begins with one and the same octet in C's memchr(3).
_BEGINS = re.compile(rb"stream(?<!endstream)")
_NAMES = re.compile(rb"/(?:(?:EF|JS|UF|Names|Launch|Win|Encrypt|XFA)\b|" + IN_NUMBERS + rb")")
_WANTED = (_NAMES, _BEGINS)
_STREAM = re.compile(rb"[\0\t\n\f\r ]{0,32}stream(\r\n|\n|\r)?")
_END = b"endstream"
_TRAILER = re.compile(rb"trailer[\0\t\n\f\r ]{0,32}(?=<<)")
# Blanks between a stream's last octet and its end.
_SLACK = re.compile(rb"[\0\t\n\f\r ]{0,4}endstream")
# Trailers that are looked at: one for each time that a file was saved.
_TRAILERS = 1000


@dataclass(slots=True)
class Object:
    """An object; `start` and `end` hold its stream, if it has one."""

    ref: Ref
    value: Value
    start: int = -1
    end: int = -1
    # It lies in an object stream, and is hidden as a part of that one only.
    packed: bool = False
    # A beginning that no end follows.
    cut: bool = False

    @property
    def values(self) -> dict[str, Value]:
        """The dictionary that it is."""
        return self.value if isinstance(self.value, dict) else {}

    @property
    def type(self) -> str:
        """What it says to be."""
        value = self.values.get("Type")
        return str(value) if isinstance(value, Name) else ""

    @property
    def packs(self) -> bool:
        """Whether it is an object stream: to some readers without saying so (7.5.7)."""
        numbered = isinstance(self.values.get("N"), int) and "First" in self.values
        return self.start >= 0 and (self.type == "ObjStm" or numbered)


@dataclass(slots=True)
class File:
    """All objects of a file, in its order."""

    octets: bytes
    budget: Budget
    # What makes an object worth parsing, where that is not files and scripts.
    wanted: Sequence[re.Pattern[bytes]] = _WANTED
    objects: list[Object] = field(default_factory=list)
    trailers: list[dict[str, Value]] = field(default_factory=list)
    lock: pdf_crypt.Lock | None = None
    key: bytes = b""
    # Objects that are numbers: lengths; None before one is asked for.
    _numbers: dict[int, int] | None = None
    # Where each `endstream` stands; None before one is asked for.
    _ends: list[int] | None = None
    # Of each object that was read where its value begins, and where to look on.
    _kept: dict[int, int] = field(default_factory=dict)
    # Where each object begins, those of no interest too; None before one is asked for.
    _heads: dict[int, int] | None = None
    _looked_up: dict[int, Value] = field(default_factory=dict)
    # Short objects of object streams, by number.
    _small: dict[int, bytes] = field(default_factory=dict)

    def read(self) -> None:
        """Find all objects but those in object streams."""
        self._find_trailers()
        low, heads = 0, Heads(self.octets, self.budget)
        for at in _interesting(self.octets, self.wanted):
            for ref, begin in heads.over(at):
                self._keep(ref, begin)
            if at >= low:
                low = self._take(low, at)
        for one in self.objects:
            if one.start >= 0:
                one.end = self._end(one)
        self.trailers += [one.values for one in self.objects if one.type == "XRef"]

    def _take(self, low: int, at: int) -> int:
        """The object in which something of interest stands; gives where to look on.

        Its head is looked for from there backwards, and no further than the last one's.
        """
        self.budget.check_clock()
        end = at
        while (place := self.octets.rfind(b"obj", low, end)) >= 0:
            if place + 3 in self._kept:
                return max(at, self._kept[place + 3])
            ref = head(self.octets, low, place)
            if ref is not None:
                return max(at, self._keep(ref, place + 3))
            end = place
        return max(low, at - HEAD_OCTETS)

    def _keep(self, ref: Ref, begin: int) -> int:
        if begin in self._kept:
            return self._kept[begin]
        if len(self.objects) >= OBJECTS:
            raise OverBudget("parts", f"a PDF of more than {OBJECTS} objects of interest")
        value, behind = parse(self.octets, begin, begin + LONGEST)
        stream = _STREAM.match(self.octets, behind)
        start = stream.end() if stream is not None else -1
        self.objects.append(Object(ref, value, start))
        self._kept[begin] = max(behind, start)
        return self._kept[begin]

    def _number(self, number: int) -> int | None:
        """What an object says that is only a number; they are all found at once."""
        if self._numbers is None:
            self._numbers = {int(one[1]): int(one[2]) for one in _NUMBER.finditer(self.octets)}
        return self._numbers.get(number)

    def look_up(self, value: Value) -> Value:
        """What a value is, if it refers to a short object."""
        if not isinstance(value, Ref):
            return value
        if value.number in self._looked_up:
            return self._looked_up[value.number]
        if self._heads is None:
            self._heads = {int(one[1]): one.end() for one in _ANY.finditer(self.octets)}
        at = self._heads.get(value.number)
        octets, at = (self._small.get(value.number, b""), 0) if at is None else (self.octets, at)
        # What an object stream brings later is not known yet, and is asked for again.
        found, _ = parse(octets, at, min(len(octets), at + _SHORT))
        if octets:
            self._looked_up[value.number] = found
        return found

    def _filters(self, one: Object) -> list[tuple[str, dict[str, Value]]]:
        said = one.values
        values = {key: self.look_up(said[key]) for key in _FILTERS if key in said}
        for key, value in values.items():
            if isinstance(value, list):
                values[key] = [self.look_up(each) for each in value]
        return filters_of(values)

    def _end(self, one: Object) -> int:
        length = one.values.get("Length")
        if isinstance(length, Ref):
            # Only where nothing packs the octets may they hold what looks like their end.
            length = None if "Filter" in one.values else self._number(length.number)
        if isinstance(length, int) and length >= 0:
            behind = one.start + length
            if _SLACK.match(self.octets, behind) is not None:
                return behind
        # All are found at once, where there is a stream that does not say its length truly.
        if self._ends is None:
            self._ends = [found.start() for found in re.finditer(_END, self.octets)]
        at = bisect_left(self._ends, one.start)
        if at >= len(self._ends):
            one.cut = True
            return len(self.octets)
        end = self._ends[at]
        if self.octets[max(one.start, end - 2) : end] == b"\r\n":
            return end - 2
        return end - 1 if self.octets[max(one.start, end - 1) : end] in {b"\n", b"\r"} else end

    def _find_trailers(self) -> None:
        for number, found in enumerate(_TRAILER.finditer(self.octets)):
            if number >= _TRAILERS:
                return
            value, _ = parse(self.octets, found.end(), found.end() + 64 * 1024)
            if isinstance(value, dict):
                self.trailers.append(value)

    def find_lock(self) -> None:
        """Read the encryption dictionary, if a trailer names one."""
        named = [one for one in self.trailers if "Encrypt" in one]
        for trailer in named[::-1]:
            values = trailer["Encrypt"]
            if isinstance(values, Ref):
                number = values.number
                values = next(
                    (one.value for one in self.objects[::-1] if one.ref.number == number), None
                )
                if values is None:
                    values = self._look_up(number)
            ids = trailer.get("ID")
            first = ids[0] if isinstance(ids, list) and ids else b""
            if isinstance(values, dict):
                self.lock = pdf_crypt.lock(values, first if isinstance(first, bytes) else b"")
                return
        if named:
            raise Damaged("encrypted, and it does not say how")

    def _look_up(self, number: int) -> Value:
        """An object that seemed of no interest."""
        again = re.compile(
            rb"(?<![0-9])0*%d[\0\t\n\f\r ]{1,32}[0-9]{1,10}[\0\t\n\f\r ]{0,32}obj" % number
        )
        found = [parse(self.octets, one.end())[0] for one in again.finditer(self.octets)]
        return next((value for value in found[::-1] if isinstance(value, dict)), None)

    def raw(self, one: Object, most: int | None = None) -> bytes:
        """A stream's octets, unlocked but packed; at most so many."""
        end = one.end if most is None else min(one.end, one.start + most)
        octets = self.octets[one.start : end]
        method = self._method(one)
        return pdf_crypt.plain(octets, method, self.key, one.ref) if method else octets

    def _method(self, one: Object) -> str:
        if self.lock is None or not self.key or one.type == "XRef":
            return ""
        for name, given in self._filters(one):
            if name == "Crypt" and given.get("Name", "Identity") == "Identity":
                return ""
        return self.lock.files if one.type == "EmbeddedFile" else self.lock.streams

    def text(self, raw: bytes, one: Object) -> bytes:
        """A string of an object, unlocked."""
        if self.lock is None or not self.key or one.packed:
            return raw
        return pdf_crypt.plain(raw, self.lock.strings, self.key, one.ref)

    def pieces(self, one: Object, most: int | None = None) -> Iterator[bytes]:
        """What a stream holds."""
        return decode(self.raw(one, most), self._filters(one), self.budget)

    def unpack(self, gather: Gather, look: Callable[[bytes], None]) -> Iterator[str]:
        """Read the objects in object streams; gives why one could not be read.

        `look` is shown each, decoded.  It is not kept: it belongs to whatever keeps this file, and
        two that keep each other are freed late, with all their octets.
        """
        for one in [one for one in self.objects if one.packs]:
            gathered, why = gather.octets(self.pieces(one))
            octets = bytes(gathered)
            look(octets)
            self._packed(one, octets)
            if why:
                yield f"object stream {one.ref.number}: {why}"

    def _packed(self, one: Object, octets: bytes) -> None:
        """7.5.7: pairs of number and place, then the objects."""
        first = one.values.get("First")
        start = first if isinstance(first, int) and first > 0 else 0
        head = octets[:start].split()
        places = [
            (int(number), start + int(at))
            for number, at in zip(head[::2], head[1::2], strict=False)
            if number.isdigit() and at.isdigit() and len(number) < 11 and len(at) < 11
        ]
        ends = [at for _, at in places[1:]] + [len(octets)]
        for (number, at), end in zip(places, ends, strict=False):
            # What says that it ends before it begins ends where the stream does.
            behind = end if end > at else min(len(octets), at + LONGEST)
            self.budget.check_clock()
            if not any(one.search(octets, at, behind) for one in self.wanted):
                if behind - at <= _SHORT:
                    self._small[number] = octets[at:behind]
                continue
            if len(self.objects) >= OBJECTS:
                raise OverBudget("parts", f"a PDF of more than {OBJECTS} objects of interest")
            value, _ = parse(octets, at, behind)
            self.objects.append(Object(Ref(number, 0), value, packed=True))


def _interesting(octets: bytes, wanted: Sequence[re.Pattern[bytes]] = _WANTED) -> Iterator[int]:
    """Where something of interest stands, in order."""
    end = 0
    found = [each.finditer(octets) for each in wanted]
    for one in found[0] if len(found) == 1 else _in_order(*found):
        if one.start() >= end:
            yield one.start()
            end = one.end()


def _in_order(
    names: Iterator[re.Match[bytes]], streams: Iterator[re.Match[bytes]]
) -> Iterator[re.Match[bytes]]:
    """What two patterns find."""
    name, stream = next(names, None), next(streams, None)
    while name is not None and stream is not None:
        if name.start() < stream.start():
            yield name
            name = next(names, None)
        else:
            yield stream
            stream = next(streams, None)
    for one, others in ((name, names), (stream, streams)):
        if one is not None:
            yield one
            yield from others
