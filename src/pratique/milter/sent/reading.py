"""Query the files of all days, newest first; one that cannot be read does not stop the others.

Each file is opened once and stays open.  The folder's mtime tells when one was added, removed or
renamed; it has the clock's ticks, so a folder that changed a moment ago is inspected again.
"""

import contextlib
import logging
import sqlite3
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pratique.milter.sent.day_file import FORMAT
from pratique.milter.sent.rows import MOST_RECIPIENTS, split
from pratique.milter.stores.days import files_in

log = logging.getLogger(__name__)

# Envelopes of one message that are read per day: a client may send one again and again.
# Where a list has one envelope per subscriber, the query names the reverse-path.
MOST_ENVELOPES = 1000

_SENT = "SELECT at, recipients FROM sent WHERE message = ? AND reverse_path = ? LIMIT ?"
_NEWEST = (
    "SELECT at, reverse_path FROM (SELECT at, reverse_path FROM sent WHERE message = ? LIMIT ?)"
    " ORDER BY at DESC LIMIT 1"
)
_LAST = "SELECT at, x'' FROM pair WHERE hash = ?"
_USES = "SELECT uses, x'' FROM used WHERE proof = ?"

# Nanoseconds after which a folder's mtime is believed: ticks of a kernel are 1 to 10 ms.
_TICKS = 100_000_000
# Seconds that a reader waits while a file is being laid out or set aside.
_PATIENCE = 0.2


@dataclass(frozen=True, slots=True)
class Found:
    """What all envelopes of a message with one reverse-path say together."""

    reverse_path: bytes
    # The latest, in seconds since 1970.
    at: int
    recipients: frozenset[bytes]


@dataclass(frozen=True, slots=True)
class _Open:
    connection: sqlite3.Connection
    which: tuple[int, int]


class Reading:
    """The files, open for reading.  For one thread."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._open: dict[Path, _Open] = {}
        self._seen_at = 0
        self._told: set[Path] = set()

    def sent(self, message: bytes, reverse_path: bytes | None) -> Found | None:
        """Return the envelopes of a message with one reverse-path, or with the newest."""
        if reverse_path is None:
            newest = list(self._ask(_NEWEST, message, MOST_ENVELOPES))
            if not newest:
                return None
            _, reverse_path = max(newest, key=lambda row: row[0])
        rows = list(self._ask(_SENT, message, reverse_path, MOST_ENVELOPES))
        if not rows:
            return None
        recipients: set[bytes] = set()
        for _, told in rows:
            if len(recipients) < MOST_RECIPIENTS:
                recipients.update(split(told))
        return Found(reverse_path, max(row[0] for row in rows), frozenset(recipients))

    def last_to(self, pair: int) -> int | None:
        """Return when a message last went from a reverse-path to a recipient."""
        # Taken from the newest file that has it: a clock set back makes it wrong by a day at most.
        return next((at for at, _ in self._ask(_LAST, pair)), None)

    def uses(self, proof: bytes) -> int:
        """Return how often a proof was used, over all days."""
        return sum(uses for uses, _ in self._ask(_USES, proof))

    @property
    def failed(self) -> bool:
        """Whether something could not be read since the start, and counts as missing."""
        return bool(self._told)

    def look(self) -> None:
        """Close files that are gone, as their room on the disk would stay taken."""
        for _ in self._files():
            pass

    def close(self) -> None:
        """Close all files."""
        for path in list(self._open):
            self._forget(path)

    def _ask(self, question: str, *values: bytes | int) -> Iterator[tuple[int, bytes]]:
        for path in self._files():
            try:
                rows = self._open[path].connection.execute(question, values).fetchall()
            except sqlite3.Error as error:
                self._failed(path, error)
            else:
                # One flipped bit may change a value's type; such a row is ignored.
                yield from (row for row in rows if [type(one) for one in row] == [int, bytes])

    def _files(self) -> list[Path]:
        """Return the files that are open, newest first."""
        try:
            changed_at = self._folder.stat().st_mtime_ns
            if changed_at != self._seen_at:
                is_steady = time.time_ns() - changed_at > _TICKS
                self._seen_at = changed_at if self._open_all() and is_steady else 0
        except OSError as error:
            self._failed(self._folder, error)
        return sorted(self._open, reverse=True)

    def _open_all(self) -> bool:
        """Open those that are new; return true if all are open."""
        names = [one.path for one in files_in(self._folder) if not one.is_set_aside]
        for path in set(self._open) - set(names):
            self._forget(path)
        for path in names:
            with contextlib.suppress(FileNotFoundError):
                status = path.stat()
                which = status.st_dev, status.st_ino
                if path in self._open and self._open[path].which != which:
                    self._forget(path)
                if path not in self._open:
                    self._add(path, which)
        return len(self._open) == len(names)

    def _add(self, path: Path, which: tuple[int, int]) -> None:
        try:
            connection = sqlite3.connect(
                f"{path.absolute().as_uri()}?mode=rw", timeout=_PATIENCE, uri=True
            )
        except sqlite3.Error as error:
            return self._failed(path, error)
        try:
            connection.execute("PRAGMA query_only = 1")
            (version,) = connection.execute("PRAGMA user_version").fetchone()
        except sqlite3.Error as error:
            connection.close()
            return self._failed(path, error)
        if version != FORMAT:
            # Not laid out yet, or by another version of ours.
            return connection.close()
        self._open[path] = _Open(connection, which)
        return None

    def _forget(self, path: Path) -> None:
        with contextlib.suppress(sqlite3.Error):
            self._open.pop(path).connection.close()

    def _failed(self, path: Path, error: Exception) -> None:
        """Log it once per file: a flood of bounces would otherwise flood the log too."""
        if path not in self._told:
            self._told.add(path)
            log.error("ledger: %s is not read, bounces may not be proved by it: %s", path, error)
