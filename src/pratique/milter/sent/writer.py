"""Write to the ledger in one thread, which no message waits for longer than it says.

What waits is written as soon as the thread is free: a single row if one came, and everything that
gathered during the last batch if many did.  So a row costs little where there is little mail,
and less where there is much.

While something is wrong (a full disk, a lock held by another process, a damaged file) the thread
tries again each second, and no message waits for it.  A bug of ours costs the batch that met
it, never the thread.
"""

import logging
import sqlite3
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path

from pratique.milter.sent.backlog import Backlog, Note, Task, Use
from pratique.milter.sent.day_file import DayFile
from pratique.milter.sent.rows import Hashes
from pratique.milter.sent.settling import settle
from pratique.milter.stores.day_folder import DayFolder, SetAsideError
from pratique.milter.stores.days import Days, remove_old
from pratique.milter.stores.troubles import Troubles, Words

log = logging.getLogger(__name__)

_TROUBLE = (OSError, sqlite3.Error, SetAsideError)


_WORDS = Words(
    "ledger",
    "rows",
    cost="; bounces of these messages are not proved by it",
    full="the disk is full, or the file of the day is as large as [sent] max_size allows",
)


@dataclass(frozen=True, slots=True)
class Keep:
    """What is kept, and how much of it."""

    # Days after which a file is removed.
    days: int = 14
    # Octets of one day's file.
    octets: int = 256 * 1024 * 1024
    # The key of its hashes (keyring.py).
    key: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class Pace:
    """When to write, and the clocks to go by."""

    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    monotonic: Callable[[], float] = time.monotonic
    # Tasks in one transaction: at this number its own cost is a microsecond per task.
    batch: int = 500
    # Seconds between two tries while something is wrong.
    retry: float = 1.0
    # Seconds that one try waits for a lock.
    patience: float = 1.0
    # Seconds after which the thread looks at the clock, even if nothing came.
    look: float = 3600.0


class Writer:
    """The thread, and what waits for it."""

    def __init__(
        self,
        folder: Path,
        hashes: Hashes,
        keep: Keep,
        pace: Pace,
        backlog: Backlog,
    ) -> None:
        self._folder = folder
        self._hashes = hashes
        self._keep = keep
        self._pace = pace
        self.backlog = backlog
        self.troubles = Troubles(folder, pace.monotonic, _WORDS)
        self._file = DayFile(DayFolder(folder, pace.clock, pace.patience), keep.octets)
        self._days = Days(pace.clock, pace.monotonic)
        self._removed_on = date.min
        # What else is to be done after files were removed.
        self.after_removal: Callable[[], object] = lambda: None
        self._closing = threading.Event()
        self._deadline = 0.0
        self._thread = threading.Thread(target=self._run, name="ledger", daemon=True)
        self._thread.start()

    def close(self, seconds: float) -> None:
        """Write what waits, as far as these seconds allow, and end the thread."""
        self._deadline = time.monotonic() + seconds
        self._closing.set()
        self.backlog.wake()
        # Past its deadline the thread ends after the try that it is in.
        self._thread.join(seconds + 2 * self._pace.patience)

    def _run(self) -> None:
        batch: list[Task] = []
        try:
            while True:
                batch = batch or self.backlog.take(self._pace.batch, self._wait())
                if not batch and self._closing.is_set():
                    break
                if self._is_done(batch):
                    batch = []
                elif self._is_over():
                    break
                else:
                    self._closing.wait(self._pace.retry)
        finally:
            self._file.close()
            settle([task.waiter for task in batch], well=False)
            if left := self.backlog.close():
                log.error("ledger %s ended, %d rows were dropped", self._folder, left)

    def _wait(self) -> float:
        return 0.01 if self._closing.is_set() else self._pace.look

    def _is_over(self) -> bool:
        if not self._closing.is_set():
            return False
        # Without a pause, this would keep a processor busy.
        threading.Event().wait(0.02)
        return time.monotonic() > self._deadline

    def _is_done(self, batch: list[Task]) -> bool:
        """Write a batch; return false if it is to be tried again."""
        try:
            self._turn(batch)
        except _TROUBLE as error:
            self.troubles.begin(error, self.backlog.waiting)
            settle([task.waiter for task in batch], well=False)
            return False
        except Exception as error:  # noqa: BLE001 - the last resort: the ledger goes on
            self.backlog.finish(batch, dropped=True)
            self.troubles.give_up(error, len(batch))
            settle([task.waiter for task in batch], well=False)
        else:
            self.backlog.finish(batch)
            settle([task.waiter for task in batch], well=True)
            # While more comes than can be written, a line per batch would say nothing.
            if self.troubles.is_on or not self.backlog.waiting:
                self.troubles.end(self.backlog.dropped)
        return True

    def _turn(self, batch: list[Task]) -> None:
        day = self._days.look()
        self._remove_old(day)
        self.troubles.look(self.backlog.dropped)
        if batch:
            row = self._hashes.row
            notes = [task for task in batch if isinstance(task, Note)]
            rows = [row(one.message_id, one.reverse_path, one.recipients, one.at) for one in notes]
            uses = [self._hashes.proof(task.proof) for task in batch if isinstance(task, Use)]
            self._file.write(day, rows, uses)

    def _remove_old(self, today: date) -> None:
        if not self._days.removes or today == self._removed_on:
            return
        self._removed_on = today
        try:
            remove_old(self._folder, today, self._keep.days, sure=self._days.sure)
            self.after_removal()
        except FileNotFoundError:
            return
        except OSError as error:
            log.warning("ledger: old files were not removed: %s", error)
