"""Write rows into the SQLite file of a day; set a damaged one aside.

All doors write to the same file, each by one connection that stays open: with SQLite's log (WAL)
one of them writes while the others wait, some 50 microseconds per batch.  A batch that is
committed is in the page cache: it survives kill -9 of all our processes.  It is not synced, so
a power cut may take the last moments with it (`PRAGMA synchronous = NORMAL`), but damages
nothing.

A file is opened, laid out and set aside under its own lock (flock).  A door that has a file
open which another door set aside sees, before its next batch, that the name now means another
file.  What it wrote to the old one in between is lost: some bounces are not proved.

A file may only grow to a set size, which SQLite enforces (`max_page_count`): full is full,
whether it is the disk or what the settings allow.
"""

import contextlib
import sqlite3
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from pratique.milter.sent.rows import Row
from pratique.milter.stores.day_folder import (
    DAMAGED,
    WHY,
    DayFolder,
    SetAsideError,
    code_of,
    has_layout,
)
from pratique.milter.stores.days import path_of
from pratique.milter.stores.turns import transaction

FORMAT = 1

_LAYOUT = """
CREATE TABLE sent (
    message BLOB NOT NULL, reverse_path BLOB NOT NULL, at INTEGER NOT NULL,
    recipients BLOB NOT NULL);
CREATE INDEX by_message ON sent (message, reverse_path);
CREATE TABLE pair (hash INTEGER PRIMARY KEY, at INTEGER NOT NULL);
CREATE TABLE used (proof BLOB PRIMARY KEY, uses INTEGER NOT NULL) WITHOUT ROWID;
"""
_SENT = "INSERT INTO sent (message, reverse_path, at, recipients) VALUES (?, ?, ?, ?)"
_PAIR = (
    "INSERT INTO pair (hash, at) VALUES (?, ?)"
    " ON CONFLICT (hash) DO UPDATE SET at = max(at, excluded.at)"
)
_USED = (
    "INSERT INTO used (proof, uses) VALUES (?, 1) ON CONFLICT (proof) DO UPDATE SET uses = uses + 1"
)

_PAGE = 4096

# What tells apart two files of the same name: device and inode.
_Which = tuple[int, int]


class DayFile:
    """The file that rows go to now.  For one thread."""

    def __init__(self, folder: DayFolder, octets: int) -> None:
        self._folder = folder
        # How large a file may become.
        self._octets = octets
        self._path = Path()
        self._which: _Which = (0, 0)
        self._connection: sqlite3.Connection | None = None

    def write(self, day: date, rows: Sequence[Row], proofs: Sequence[bytes]) -> None:
        """Write all or nothing.  Raises OSError, sqlite3.Error or SetAsideError."""
        path = path_of(self._folder.path, day)
        try:
            connection = self._opened(path)
            with transaction(connection):
                _insert(connection, rows, proofs)
        except sqlite3.DatabaseError as error:
            if code_of(error) not in DAMAGED:
                raise
            with self._folder.alone():
                raise SetAsideError(self._set_aside(path, "damaged")) from error

    def close(self) -> None:
        """Close the file; its log is written back, unless another process has it open."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(sqlite3.Error):
                connection.close()

    def _opened(self, path: Path) -> sqlite3.Connection:
        if self._connection is None or self._path != path or _which(path) != self._which:
            self.close()
            self._folder.make()
            with self._folder.alone():
                return self._open(path)
        return self._connection

    def _open(self, path: Path) -> sqlite3.Connection:
        self._connection = connection = self._folder.connect(path)
        self._path, self._which = path, _which(path)
        try:
            _set_up(connection, self._octets)
            if not has_layout(connection, _LAYOUT, FORMAT):
                raise SetAsideError(self._set_aside(path, "other"))
        except BaseException:
            self.close()
            raise
        return connection

    def _set_aside(self, path: Path, why: str) -> str:
        """Rename the file that was opened, unless another door already did."""
        self.close()
        if _which(path) != self._which:
            return f"{path.name} {WHY[why]}: another door set it aside"
        return self._folder.set_aside(path, why)


def _which(path: Path) -> _Which:
    try:
        status = path.stat()
    except FileNotFoundError:
        return 0, 0
    return status.st_dev, status.st_ino


def _set_up(connection: sqlite3.Connection, octets: int) -> None:
    connection.execute(f"PRAGMA page_size = {_PAGE}")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute(f"PRAGMA max_page_count = {max(octets // _PAGE, 16)}")


def _insert(connection: sqlite3.Connection, rows: Sequence[Row], proofs: Sequence[bytes]) -> None:
    connection.executemany(
        _SENT,
        [(row.message, row.reverse_path, row.at, row.recipients) for row in rows if row.message],
    )
    connection.executemany(_PAIR, [(pair, row.at) for row in rows for pair in row.pairs])
    connection.executemany(_USED, [(proof,) for proof in proofs])
