"""Keep account of which octets of a file were read, and which nothing has spoken of yet.

Archives are made to hide members between others, to name the same octets twice, or to
claim more than they use.  All three are told by intervals: the holes between what is
known, whether a place lies inside of it, and how much of a new piece was there before.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator


class Spans:
    """Intervals [start, stop) of a file, merged where they touch."""

    def __init__(self) -> None:
        self._starts: list[int] = []
        self._stops: list[int] = []

    def add(self, start: int, stop: int) -> None:
        """Take one more interval; an empty one is none."""
        if start >= stop:
            return
        if not self._stops or start > self._stops[-1]:
            # Mostly they come in order.
            self._starts.append(start)
            self._stops.append(stop)
            return
        first = bisect_left(self._stops, start)
        behind = bisect_right(self._starts, stop)
        if first < behind:
            start = min(start, self._starts[first])
            stop = max(stop, self._stops[behind - 1])
        self._starts[first:behind] = [start]
        self._stops[first:behind] = [stop]

    def holds(self, place: int) -> bool:
        """Whether the octet at that place is in one of them."""
        at = bisect_right(self._starts, place) - 1
        return at >= 0 and place < self._stops[at]

    def covered(self, start: int, stop: int) -> int:
        """How many octets of the interval are in them."""
        if not self._stops or start >= self._stops[-1]:
            return 0
        missing = sum(after - before for before, after in self.holes(start, stop))
        return max(0, stop - start) - missing

    def holes(self, start: int, stop: int) -> Iterator[tuple[int, int]]:
        """The pieces of the interval that are in none of them."""
        at = bisect_right(self._stops, start)
        while start < stop:
            if at == len(self._starts) or self._starts[at] >= stop:
                yield start, stop
                return
            if start < self._starts[at]:
                yield start, self._starts[at]
            start = max(start, self._stops[at])
            at += 1
