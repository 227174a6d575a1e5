"""Report what keeps a store from being written: once when it begins, once when it ends.

A disk that is full for an hour is one event, not one log line per message.  What was lost
meanwhile is reported as a number.  The journal is one such store, the ledger of sent mail
another.
"""

import logging
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pratique.milter.stores.day_folder import code_of

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Words:
    """What an admin calls a store, and what it holds."""

    store: str = "journal"
    rows: str = "records"
    # What else it costs that rows are dropped; empty: nothing.
    cost: str = ""
    # What to say when SQLite reports a full disk, if it may mean something else.
    full: str = ""


OF_THE_JOURNAL = Words()


class Troubles:
    """What is wrong now, and how often something was wrong."""

    def __init__(
        self, folder: Path, monotonic: Callable[[], float], words: Words = OF_THE_JOURNAL
    ) -> None:
        self._words = words
        self._store = f"{words.store} {folder}"
        self._monotonic = monotonic
        # Since the start; each trouble counts once, however long it lasts.
        self.count = 0
        self._now = ""
        self._since = 0.0
        self._dropped_before = 0
        self._dropped_told = 0
        # The kinds of our own errors that were reported.
        self._ours: set[str] = set()

    @property
    def is_on(self) -> bool:
        """True while the store cannot be written."""
        return bool(self._now)

    def begin(self, error: Exception, waiting: int) -> None:
        """Note that something is wrong; report it if it is new."""
        text = self._in_words(error)
        if text == self._now:
            return
        if not self._now:
            self._since = self._monotonic()
        self._now = text
        log.error("%s is not written: %s; %d %s wait", self._store, text, waiting, self._words.rows)
        self.count += 1

    def give_up(self, error: Exception, count: int) -> None:
        """Note an error of ours that cost `count` rows; report each kind once, with traceback."""
        kind = type(error).__name__
        if kind not in self._ours:
            self._ours.add(kind)
            text = "%s: an error of ours, %d %s were dropped"
            log.error(text, self._store, count, self._words.rows, exc_info=error)
            self.count += 1
        # These are reported: they do not count among the newest, dropped for want of room.
        self._dropped_before += count
        self._dropped_told += count

    def look(self, dropped: int) -> None:
        """Report, once, that rows begin to be dropped."""
        if dropped > self._dropped_told and self._dropped_told == self._dropped_before:
            text = "%s: too many %s wait, the newest are dropped%s"
            log.error(text, self._store, self._words.rows, self._words.cost)
            self.count += not self._now
        self._dropped_told = dropped

    def end(self, dropped: int) -> None:
        """Note that all is well; report it if it was not."""
        lost = dropped - self._dropped_before
        if self._now:
            seconds = self._monotonic() - self._since
            log.warning(
                "%s is written again after %.0f s, %d %s were dropped",
                *(self._store, seconds, lost, self._words.rows),
            )
        elif lost:
            log.warning("%s: %d %s were dropped", self._store, lost, self._words.rows)
        self._now = ""
        self._dropped_before = self._dropped_told = dropped

    def _in_words(self, error: Exception) -> str:
        if isinstance(error, sqlite3.Error) and code_of(error) == sqlite3.SQLITE_FULL:
            return self._words.full or _in_words(error)
        return _in_words(error)


def _in_words(error: Exception) -> str:
    if isinstance(error, BlockingIOError):
        return "another process holds its lock"
    if isinstance(error, OSError):
        where = f": {error.filename}" if error.filename else ""
        return f"{error.strerror or error}{where}"
    if isinstance(error, sqlite3.Error):
        return f"{error} ({getattr(error, 'sqlite_errorname', 'SQLite')})"
    return str(error)
