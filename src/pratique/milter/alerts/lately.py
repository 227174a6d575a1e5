"""Count how often something happened of late, over all doors of a service.

Two windows of fixed length are kept of each thing that is counted: the one that runs, and the
one before, which counts for as much of it as a sliding window would still reach.  That is
exact as long as there is one window, and else as exact as what came was even.

What is usual is the mean of past windows, in which each weighs a little less than the next.
A burst shall not make itself usual: a window moves the mean as twice of it would, and no more.

An entry is 32 octets: hash (16), second of its last change, two counts, and what is usual or,
of what is told now and then, the second when it was told last.  Where a bucket is full the
entry goes whose last change is the farthest away.  A clock that goes back does no harm: by
less than a window nothing is seen of it; by more the counts begin anew.

Mail never waits for this, and nothing here raises.  Where the file cannot be had, each door
counts for itself, in memory.
"""

import hashlib
import logging
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from struct import Struct
from typing import NamedTuple, TypeVar

from pratique.milter.alerts.buckets import (
    BUCKET,
    BUCKETS,
    ENTRY,
    Buckets,
    MemoryBuckets,
    open_file,
)

log = logging.getLogger(__name__)

NAME = "lately"

_LAYOUT = Struct("<16sIIIf")
_HASH = 16
# Facts are of 32 bits with a sign.
MOST = 2**31 - 1
_LATEST = 2**32 - 1

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Window:
    """How long is of late, and how slowly the usual follows."""

    seconds: int
    # Past windows in the mean.
    memory: int = 168
    # So many are never a burst: a window moves the mean by as many in any case.
    few: int = 10


@dataclass(frozen=True, slots=True)
class Count:
    """How often, within the window that ends now, and in a usual one before it."""

    lately: int
    usual: float


@dataclass(frozen=True, slots=True)
class Occasion:
    """Something is told: for the first time, or for what else there was since the last."""

    is_first: bool
    since: int


class _Entry(NamedTuple):
    tag: bytes
    at: int = 0
    running: int = 0
    before: int = 0
    usual: float = 0.0

    def moved(self, window: Window, now: int) -> "_Entry":
        """The same, at a later time."""
        length, memory = window.seconds, window.memory
        if self.at - now >= length:
            return self._replace(at=now, running=0, before=0)
        passed = now // length - self.at // length
        if passed <= 0:
            return self._replace(at=max(self.at, now))
        most = max(window.few, 2 * self.usual)
        usual = self.usual + (min(self.running, most) - self.usual) / memory
        usual *= (1 - 1 / memory) ** (passed - 1)
        return _Entry(self.tag, now, 0, self.running if passed == 1 else 0, usual)

    def read(self, window: Window) -> Count:
        """What is counted at its time."""
        reached = 1 - self.at % window.seconds / window.seconds
        return Count(min(self.running + math.floor(self.before * reached), MOST), self.usual)


class Lately:
    """The counts of a service."""

    def __init__(self, buckets: Buckets, name: str = NAME) -> None:
        self._buckets = buckets
        self._name = name
        # Times that a bucket could not be locked.
        self.lost = 0

    def close(self) -> None:
        """Close the file, if there is one."""
        self._buckets.close()

    def count(self, what: tuple[str, ...], many: int, window: Window, now: float) -> Count:
        """Count so many more and say how many there are; with 0 only say it."""

        def change(entry: _Entry) -> tuple[_Entry, Count]:
            moved = entry.moved(window, _second(now))
            moved = moved._replace(running=min(moved.running + max(many, 0), MOST))
            return moved, moved.read(window)

        return self._changed(what, change, writes=many > 0)

    def occasion(self, what: tuple[str, ...], seconds: int, now: float) -> Occasion | None:
        """Whether to tell something that happens: once within these seconds."""

        def change(entry: _Entry) -> tuple[_Entry, Occasion | None]:
            second, told = _second(now), entry.before
            if told and abs(second - told) < seconds:
                more = min(entry.running + 1, MOST)
                return entry._replace(at=second, running=more), None
            occasion = Occasion(is_first=not told, since=entry.running)
            return _Entry(entry.tag, at=second, before=second), occasion

        return self._changed(what, change)

    def over(self, what: tuple[str, ...], seconds: int, now: float) -> int | None:
        """How often it happened since it was last told, if it has been quiet for these seconds.

        None if it has not, or is not known; asked again, None.
        """

        def look(entry: _Entry) -> tuple[_Entry, bool]:
            return entry, bool(entry.before) and abs(_second(now) - entry.at) >= seconds

        def change(entry: _Entry) -> tuple[_Entry, int | None]:
            if not look(entry)[1]:
                return entry, None
            return _Entry(entry.tag), entry.running

        return self._changed(what, change) if self._changed(what, look, writes=False) else None

    def _changed(
        self,
        what: tuple[str, ...],
        change: Callable[[_Entry], tuple[_Entry, Result]],
        *,
        writes: bool = True,
    ) -> Result:
        """Change the entry of something, and say what there is to say."""
        try:
            return self._tried(what, change, writes=writes)
        except OSError as error:
            log.warning("%s: %s; this door now counts in memory", self._name, error)
            self._buckets.close()
            self._buckets = MemoryBuckets()
            return self._tried(what, change, writes=writes)

    def _tried(
        self,
        what: tuple[str, ...],
        change: Callable[[_Entry], tuple[_Entry, Result]],
        *,
        writes: bool,
    ) -> Result:
        buckets = self._buckets
        tag = hashlib.blake2b(repr(what).encode(), digest_size=_HASH, key=buckets.key).digest()
        bucket = int.from_bytes(tag[:4], "little") % BUCKETS
        if not writes or not buckets.lock(bucket):
            if writes:
                self._lose()
            return change(_find(buckets.read(bucket), tag)[1])[1]
        try:
            octets = buckets.read(bucket)
            place, entry = _find(octets, tag)
            changed, result = change(entry)
            if place < 0:
                place = _farthest(octets, changed.at)
            buckets.write(bucket, place, _LAYOUT.pack(*changed))
            return result
        finally:
            buckets.unlock(bucket)

    def _lose(self) -> None:
        self.lost += 1
        if self.lost == 1:
            log.warning(
                "%s: another process holds its lock; what happens meanwhile is not counted",
                self._name,
            )


def open_lately(state: Path) -> Lately:
    """The counts of a service, in its folder of all state; in memory where that fails."""
    path = state / NAME
    try:
        buckets, told = open_file(path)
    except OSError as error:
        log.warning("%s: %s; each door counts for itself, in memory", path, error)
        return Lately(MemoryBuckets(), str(path))
    if told:
        log.warning("%s: %s; all counts begin anew", path, told)
    return Lately(buckets, str(path))


def _second(now: float) -> int:
    return min(max(int(now), 0), _LATEST)


def _find(octets: bytes, tag: bytes) -> tuple[int, _Entry]:
    """The place of an entry and the entry; -1 and an empty one if it is not there."""
    for start in range(0, BUCKET, ENTRY):
        if octets.startswith(tag, start):
            entry = _Entry._make(_LAYOUT.unpack_from(octets, start))
            # A damaged file may say anything.
            sane = 0 <= entry.usual <= MOST
            return start // ENTRY, entry if sane else entry._replace(usual=0.0)
    return -1, _Entry(tag)


def _farthest(octets: bytes, now: int) -> int:
    """The place whose last change is the farthest away; one that is free was in 1970."""
    ages = [abs(now - at) for _, at, _, _, _ in _LAYOUT.iter_unpack(octets)]
    return ages.index(max(ages))
