"""Find the nearest digest of a list, without comparing with each.

Three sieves, each of which lets through all that can be near:

1. The header is part of the distance.  A list is sorted by its costly half, so those whose
   header alone is not too far lie in some hundred places, and only these are read.
2. Of a thousand digests at a time, ten octets of counts are compared at once: a column of them
   becomes distances by a table, columns are added as one long number.  A digit of it is an
   octet, and ten columns of 24 at most stay below 256.  Unrelated ones are 65 apart in these,
   give or take 11; for a great distance ten columns more are looked at.
3. What is left is compared in full.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from pratique.scanners.hash_list import HashList, Record
from pratique.scanners.near.digest import (
    HEADER,
    WIDTH,
    apart,
    counts_apart,
    length_cost,
    length_of,
    ratio_cost,
    reach,
)

# Of a list: MalwareBazaar has as many, and to search them takes 3 ms a part at distance 30.
MOST_NEAR = 1_000_000
_COLUMNS = range(HEADER, HEADER + 10), range(HEADER + 10, HEADER + 20)
# Up to here one of five hundred unrelated digests passes the first ten columns.
_FEW_COLUMNS = 35
# So many at a time: 280 KB, which a processor's cache holds.
_ROWS = 8192


class Match(NamedTuple):
    """A digest of a list that is near, and what is said of it."""

    apart: int
    digest: bytes
    record: Record


@dataclass(frozen=True, slots=True)
class _Steps:
    """How far a header may be away in its length, and in its ratios then."""

    length: int
    ratios: tuple[tuple[int, int], ...]


class Near:
    """A list with TLSH digests, as it is searched."""

    def __init__(self, listed: HashList) -> None:
        self.listed = listed
        self._distance = listed.head.distance
        self._steps = _steps(self._distance)
        self._columns = _COLUMNS[: 1 if self._distance <= _FEW_COLUMNS else 2]
        # Beyond the distance it is all one, and two such numbers stay below 256.
        self._cut = bytes(min(number, self._distance + 1) for number in range(256))
        self._low_enough = bytes(number <= self._distance for number in range(256))
        # Which lengths it has at all.
        fans = (listed.fan(WIDTH, length) for length in range(256))
        self._lengths = frozenset(one for one, fan in enumerate(fans) if fan[0] < fan[-1])
        # `length_of` may be one off the length that a digest has.
        far = reach(self._distance) + 1
        steps = range(-far, far + 1)
        self._reached = {(one + step) % 256 for one in self._lengths for step in steps}
        counts_apart()

    def reaches(self, octets: int) -> bool:
        """Whether something of so many octets can be near anything on the list."""
        return length_of(octets) in self._reached

    def nearest(self, digest: bytes, holds: Callable[[Record], bool]) -> Match | None:
        """The nearest that holds; None where none is near enough."""
        best = None
        for place, row in self._like(digest):
            distance = apart(digest, row)
            if distance <= self._distance and (best is None or distance < best.apart):
                record = self.listed.record(WIDTH, place)
                if holds(record):
                    best = Match(distance, row, record)
        return best

    def _like(self, digest: bytes) -> Iterator[tuple[int, bytes]]:
        """Where those are that may be near, and what stands there."""
        for places, rows in self._gathered(digest):
            marks = self._marks(digest, rows, len(places))
            found = marks.find(1)
            while found >= 0:
                yield places[found], rows[found * WIDTH : (found + 1) * WIDTH]
                found = marks.find(1, found + 1)

    def _marks(self, digest: bytes, rows: bytes, count: int) -> bytes:
        """A 1 for each row that may be near."""
        tables, whole = counts_apart(), 0
        for columns in self._columns:
            distances = (rows[at::WIDTH].translate(tables[digest[at]]) for at in columns)
            added = sum(int.from_bytes(each) for each in distances)
            whole += int.from_bytes(added.to_bytes(count).translate(self._cut))
        return whole.to_bytes(count).translate(self._low_enough)

    def _gathered(self, digest: bytes) -> Iterator[tuple[list[int], bytes]]:
        """Those whose header is near, some thousand at a time."""
        places: list[int] = []
        rows: list[bytes] = []
        for low, high in self._ranges(digest):
            for start in range(low, high, _ROWS):
                end = min(start + _ROWS, high)
                places += range(start, end)
                rows.append(self.listed.rows(WIDTH, start, end))
                if len(places) >= _ROWS:
                    yield places, b"".join(rows)
                    places, rows = [], []
        if places:
            yield places, b"".join(rows)

    def _ranges(self, digest: bytes) -> Iterator[tuple[int, int]]:
        """From where to where those stand whose header is near."""
        first, second = divmod(digest[1], 16)
        for steps in self._steps:
            length = (digest[0] + steps.length) % 256
            if length not in self._lengths:
                continue
            fan = self.listed.fan(WIDTH, length)
            for one, other in steps.ratios:
                at = (first + one) % 16 << 4 | (second + other) % 16
                if fan[at] < fan[at + 1]:
                    yield fan[at], fan[at + 1]


def _steps(distance: int) -> tuple[_Steps, ...]:
    far = reach(distance)
    return tuple(
        _Steps(length, tuple(_ratios(distance - length_cost(abs(length)))))
        for length in sorted(range(-far, far + 1), key=abs)
    )


def _ratios(left: int) -> Iterator[tuple[int, int]]:
    # Half of sixteen is as far as it goes, around either way.
    for one in range(-7, 9):
        for other in range(-7, 9):
            if ratio_cost(abs(one)) + ratio_cost(abs(other)) <= left:
                yield one, other
