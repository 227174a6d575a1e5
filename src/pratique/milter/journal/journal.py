"""Take an entry for each message, and never make a message wait for it.

`write` appends to a list in memory and is done: it opens nothing, waits for nothing and
raises nothing.  One thread writes what has gathered, in batches.  A lock that somebody
holds, a full disk, a damaged file or a folder that is gone keeps only that thread; it
tries again each second, and tells the log and the counters.  Mail goes on meanwhile: the
journal is what we remember of it, not a promise to anybody.  An error of ours, which no
second try would mend, costs the batch that met it, and never the thread.

Python runs one thread at a time, so the writer could still be in the way.  It is not for
long: deflating and writing let others run, and the rest is cut into small pieces.
"""

import logging
import sqlite3
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import Literal, Protocol

from pratique.milter.journal.backlog import Backlog
from pratique.milter.journal.day_file import DayFiles
from pratique.milter.journal.entry import Entry
from pratique.milter.journal.privacy import hashed, without_secrets
from pratique.milter.journal.record import UNWRITABLE, Row, encode
from pratique.milter.stores.day_folder import DayFolder, SetAsideError
from pratique.milter.stores.days import Days, remove_old
from pratique.milter.stores.key import NoKeyError, key_of
from pratique.milter.stores.troubles import Troubles

log = logging.getLogger(__name__)

KEY_NAME = "journal.key"

_TROUBLE = (OSError, sqlite3.Error, SetAsideError, NoKeyError)


class JournalSettings(Protocol):
    """The section [journal]."""

    @property
    def keep_days(self) -> int:
        """Days after which a day's file is removed."""

    @property
    def privacy(self) -> Literal["plain", "hashed"]:
        """Whether subjects and local parts are kept as hashes."""


@dataclass(frozen=True, slots=True)
class Pace:
    """When is written, and whose clocks say so."""

    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    monotonic: Callable[[], float] = time.monotonic
    # Rows in one transaction: at this number the cost of a batch (some milliseconds to
    # open, sync and close) is a few microseconds a message.
    batch: int = 500
    # Seconds for which a first entry waits for company: `why` knows it that much later,
    # and a crash of ours forgets as much.
    pause: float = 0.2
    # Seconds between two tries while something is wrong.
    retry: float = 1.0
    # Seconds that one try waits for a lock.
    patience: float = 1.0
    # Seconds after which the thread looks at the clock, though nothing came.
    look: float = 3600.0


class Journal:
    """The journal of one process; several processes write to one folder."""

    def __init__(
        self,
        folder: Path,
        settings: JournalSettings,
        pace: Pace | None = None,
        backlog: Backlog | None = None,
    ) -> None:
        self._folder = folder
        self._settings = settings
        self._pace = pace or Pace()
        self._backlog = backlog or Backlog()
        self._files = DayFiles(DayFolder(folder, self._pace.clock, self._pace.patience))
        self._days = Days(self._pace.clock, self._pace.monotonic)
        self._troubles = Troubles(folder, self._pace.monotonic)
        self._removed_on = date.min
        # What kept an entry from being written last, so that it is told once.
        self._unwritable = ""
        self._hurry = False
        self._closing = False
        self._deadline = 0.0
        self._thread = threading.Thread(target=self._run, name="journal", daemon=True)
        self._thread.start()

    # What others ask; nothing here touches the disk.

    def write(self, entry: Entry) -> None:
        """Keep an entry soon.  Never waits, never raises; what has no room is dropped."""
        self._backlog.put(entry, self._pace.batch)

    @property
    def dropped(self) -> int:
        """Entries that were not kept, since the start."""
        return self._backlog.dropped

    @property
    def troubles(self) -> int:
        """How often the journal could not be written, since the start."""
        return self._troubles.count

    @property
    def waiting(self) -> int:
        """Entries that are not written yet."""
        return self._backlog.records

    @property
    def written(self) -> int:
        """Entries that stand in a day file, since the start."""
        return self._backlog.written

    def flush(self, seconds: float = 10.0) -> bool:
        """Wait until all entries so far are written; false if that takes too long."""
        changed = self._backlog.changed
        with changed:
            until = self._backlog.taken
            self._hurry = True
            changed.notify_all()
            return changed.wait_for(lambda: self._backlog.done >= until, seconds)

    def close(self, seconds: float = 10.0) -> None:
        """Write what waits, as far as these seconds allow, and end the thread."""
        with self._backlog.changed:
            self._deadline = time.monotonic() + seconds
            self._closing = True
            self._backlog.changed.notify_all()
        # Past its deadline the thread ends with the try that it is in: a try waits for our
        # lock and for SQLite's.
        self._thread.join(seconds + 2 * self._pace.patience)

    # What only the thread does.

    def _run(self) -> None:
        batch = _Batch()
        turn = partial(self._turn, batch)
        try:
            self._safely(self._days.look, batch)
            while self._wait(batch):
                self._safely(turn, batch)
        finally:
            # Whatever ends the thread: what comes is counted as dropped.
            if left := self._backlog.close():
                log.error("journal %s ended, %d records were dropped", self._folder, left)

    def _turn(self, batch: "_Batch") -> None:
        self._days.look()
        self._remove_old()
        self._troubles.look(self._backlog.dropped)
        self._attempt(batch)

    def _safely(self, step: Callable[[], object], batch: "_Batch") -> None:
        """Take a step; an error of ours in it costs a batch."""
        try:
            step()
        except Exception as error:  # noqa: BLE001 - the last resort: the journal goes on
            if not batch.entries:
                # What waits would otherwise meet the same error again, without a pause.
                batch.take(self._backlog.take(self._pace.batch))
            count = len(batch.entries)
            self._troubles.give_up(error, count)
            self._backlog.finish(count, count)
            batch.take([])

    def _wait(self, batch: "_Batch") -> bool:
        """Wait until there is something to do; false if this is the end."""
        backlog, pace = self._backlog, self._pace
        with backlog.changed:
            if self._troubles.is_on:
                backlog.changed.wait_for(lambda: self._closing, pace.retry)
                if self._closing:
                    # Asked without a pause this would keep a processor busy.
                    backlog.changed.wait(0.05)
            else:
                backlog.changed.wait_for(lambda: backlog.ready or self._closing, pace.look)
                backlog.changed.wait_for(self._is_due, pace.pause if backlog.ready else 0)
            self._hurry = False
            if not self._closing:
                return True
            nothing_left = not backlog.ready and not batch.entries
            return not nothing_left and time.monotonic() < self._deadline

    def _is_due(self) -> bool:
        return self._backlog.ready >= self._pace.batch or self._closing or self._hurry

    def _attempt(self, batch: "_Batch") -> None:
        try:
            if not batch.entries:
                batch.take(self._backlog.take(self._pace.batch))
            if batch.entries:
                batch.encode(partial(self._encode, self._key()))
            if batch.rows:
                self._files.write(self._days.day, batch.rows)
        except _TROUBLE as error:
            self._troubles.begin(error, self._backlog.records)
            return
        self._backlog.finish(len(batch.entries), batch.dropped)
        batch.take([])
        # While more comes than can be written, a line for each batch would tell nothing.
        if self._troubles.is_on or not self._backlog.ready:
            self._troubles.end(self._backlog.dropped)

    def _key(self) -> bytes:
        if self._settings.privacy == "plain":
            return b""
        return key_of(self._folder.parent / KEY_NAME)

    def _encode(self, key: bytes, entry: Entry) -> Row | None:
        try:
            entry = without_secrets(entry)
            return encode(hashed(entry, key) if key else entry, self._settings.privacy)
        except UNWRITABLE as error:
            # Its text may quote the message; its kind tells us where to look.
            kind = type(error).__name__
            if kind != self._unwritable:
                name = entry.envelope.queue_id
                log.error("journal: %s cannot be written (%s), nor perhaps others", name, kind)
            self._unwritable = kind
            return None

    def _remove_old(self) -> None:
        today = self._days.day
        if not self._days.removes or today == self._removed_on:
            return
        self._removed_on = today
        try:
            remove_old(self._folder, today, self._settings.keep_days, sure=self._days.sure)
        except FileNotFoundError:
            return
        except OSError as error:
            log.warning("journal: old files were not removed: %s", error)


@dataclass(slots=True)
class _Batch:
    """What is in the thread's hands: entries, and their rows once they are encoded."""

    entries: list[Entry] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    dropped: int = 0
    _encoded: bool = False

    def take(self, entries: list[Entry]) -> None:
        self.entries, self.rows, self.dropped = entries, [], 0
        self._encoded = False

    def encode(self, encode_one: Callable[[Entry], Row | None]) -> None:
        """Make the rows; a second call, after the file could not be written, does nothing."""
        if self._encoded:
            return
        rows = [encode_one(entry) for entry in self.entries]
        self.rows = [row for row in rows if row is not None]
        self.dropped = len(rows) - len(self.rows)
        self._encoded = True
