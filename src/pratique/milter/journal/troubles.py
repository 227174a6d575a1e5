"""Tell what keeps the journal from being written: once when it begins, once when it ends.

A disk that is full for an hour is one event, not a line for each message.  What was lost
meanwhile is told as a number.
"""

import logging
import sqlite3
from collections.abc import Callable
from pathlib import Path

log = logging.getLogger(__name__)


class Troubles:
    """What is wrong now, and how often something was wrong."""

    def __init__(self, folder: Path, monotonic: Callable[[], float]) -> None:
        self._folder = folder
        self._monotonic = monotonic
        # Since the start; each counts once, however long it lasts.
        self.count = 0
        self._now = ""
        self._since = 0.0
        self._dropped_before = 0
        self._dropped_told = 0
        # The kinds of errors of ours that were told.
        self._ours: set[str] = set()

    @property
    def is_on(self) -> bool:
        """True while the journal cannot be written."""
        return bool(self._now)

    def begin(self, error: Exception, waiting: int) -> None:
        """Something is wrong; told if it is something new."""
        text = _in_words(error)
        if text == self._now:
            return
        if not self._now:
            self._since = self._monotonic()
        self._now = text
        log.error("journal %s is not written: %s; %d records wait", self._folder, text, waiting)
        self.count += 1

    def give_up(self, error: Exception, count: int) -> None:
        """An error of ours costs so many records; each kind is told once, with its traceback."""
        kind = type(error).__name__
        if kind not in self._ours:
            self._ours.add(kind)
            text = "journal %s: an error of ours, %d records were dropped"
            log.error(text, self._folder, count, exc_info=error)
            self.count += 1
        # They are told of: these are not the newest, dropped for want of room.
        self._dropped_before += count
        self._dropped_told += count

    def look(self, dropped: int) -> None:
        """Tell, once, that records begin to be dropped."""
        if dropped > self._dropped_told and self._dropped_told == self._dropped_before:
            log.error("journal %s: too many records wait, the newest are dropped", self._folder)
            self.count += not self._now
        self._dropped_told = dropped

    def end(self, dropped: int) -> None:
        """All is well: told if it was not."""
        lost = dropped - self._dropped_before
        if self._now:
            seconds = self._monotonic() - self._since
            log.warning(
                "journal %s is written again after %.0f s, %d records were dropped",
                *(self._folder, seconds, lost),
            )
        elif lost:
            log.warning("journal %s: %d records were dropped", self._folder, lost)
        self._now = ""
        self._dropped_before = self._dropped_told = dropped


def _in_words(error: Exception) -> str:
    if isinstance(error, BlockingIOError):
        return "another process holds its lock"
    if isinstance(error, OSError):
        where = f": {error.filename}" if error.filename else ""
        return f"{error.strerror or error}{where}"
    if isinstance(error, sqlite3.Error):
        return f"{error} ({getattr(error, 'sqlite_errorname', 'SQLite')})"
    return str(error)
