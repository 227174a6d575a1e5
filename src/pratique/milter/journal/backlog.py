"""Hold what waits for the journal's writer, within bounds.

The service must not run out of memory because a disk is full.  When there is no room the
newest is dropped and counted: what is kept is then one stretch without holes up to the
moment where it broke off, and the log says when that was.
"""

import threading
from collections import deque
from dataclasses import dataclass, field

from pratique.milter.journal.entry import Entry

# At fifty messages a second, some minutes of a disk that does not answer.
MOST_RECORDS = 10_000

# What these may take in all, as `octets_of` reckons: some 8,000 ordinary messages.
MOST_OCTETS = 64 * 1024 * 1024

# Measured: an entry in memory takes 3.5 KB, 3.5 times the octets of its facts, and 140
# octets a recipient, with parameters more.  Ordinary mail is 8 KB.
_ONE, _RECIPIENT = 3500, 400


def octets_of(entry: Entry) -> int:
    """About how much memory an entry takes."""
    facts = entry.facts.ByteSize() * 7 // 2
    return _ONE + facts + _RECIPIENT * len(entry.envelope.recipients)


@dataclass(slots=True)
class Backlog:
    """Entries in the order in which they came."""

    most_records: int = MOST_RECORDS
    most_octets: int = MOST_OCTETS
    # Guards all of this; whoever waits for something to happen waits on it.
    changed: threading.Condition = field(default_factory=threading.Condition)
    # Entries that wait, those in the writer's hands included, and their octets.
    records: int = 0
    octets: int = 0
    # Entries that were taken since the start; those that are done, written or dropped.
    taken: int = 0
    done: int = 0
    written: int = 0
    dropped: int = 0
    # Nobody writes any more.
    is_closed: bool = False
    _entries: deque[tuple[Entry, int]] = field(default_factory=deque)
    _in_hand: int = 0

    def put(self, entry: Entry, wake_at: int) -> None:
        """Add an entry, or drop it.  Wakes the writer for the first and for `wake_at`."""
        size = octets_of(entry)
        with self.changed:
            if self.is_closed or self._is_full_for(size):
                self.dropped += 1
                return
            self._entries.append((entry, size))
            self.records += 1
            self.octets += size
            self.taken += 1
            if len(self._entries) in (1, wake_at):
                self.changed.notify_all()

    def _is_full_for(self, size: int) -> bool:
        return self.records >= self.most_records or self.octets + size > self.most_octets

    def take(self, most: int) -> list[Entry]:
        """The next entries, at most so many; they count as waiting until `finish`."""
        with self.changed:
            taken = [self._entries.popleft() for _ in range(min(most, len(self._entries)))]
            self._in_hand = sum(size for _, size in taken)
        return [entry for entry, _ in taken]

    def finish(self, count: int, dropped: int = 0) -> None:
        """Forget so many entries that were taken: written, or dropped."""
        with self.changed:
            self.records -= count
            self.octets -= self._in_hand
            self._in_hand = 0
            self.done += count
            self.dropped += dropped
            self.written += count - dropped
            self.changed.notify_all()

    def close(self) -> int:
        """Drop all that waits and all that comes; says how many waited."""
        with self.changed:
            self.is_closed = True
            left = self.records
            self._entries.clear()
            self.dropped += left
            self.done += left
            self.records = self.octets = self._in_hand = 0
            self.changed.notify_all()
            return left

    @property
    def ready(self) -> int:
        """Entries that nobody has in hand."""
        return len(self._entries)
