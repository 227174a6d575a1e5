"""Write rows into the SQLite file of a day, and set a damaged file aside.

Each batch opens the file that has the name now and closes it again, under a lock that the
writers of all door processes share (flock on a file of its own).  So there is one writer
at a time, a file is never set aside under another's hands, and what was written to it by
mistake is noticed by the next batch, because nothing of it is remembered.  Closing writes
the log (WAL) back and syncs, so between batches the file is whole by itself.

A day file is never migrated: it lives as long as its days are kept.  `PRAGMA user_version`
is its layout; one of another layout is set aside like a damaged one, not written to.
"""

import contextlib
import os
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from pratique.milter.journal.days import ENDINGS, path_of, with_ending
from pratique.milter.journal.record import Row
from pratique.milter.journal.turns import lock, transaction

FORMAT = 1

_LAYOUT = """
CREATE TABLE policy (hash TEXT PRIMARY KEY, name TEXT NOT NULL, text TEXT NOT NULL);
CREATE TABLE message (
    number INTEGER PRIMARY KEY, queue_id TEXT NOT NULL, mta_id TEXT NOT NULL,
    held_as TEXT NOT NULL, received_at TEXT NOT NULL, policy TEXT NOT NULL,
    facts_format INTEGER NOT NULL, record BLOB NOT NULL);
CREATE INDEX by_queue_id ON message (queue_id);
CREATE INDEX by_mta_id ON message (mta_id) WHERE mta_id <> '';
CREATE INDEX by_held_as ON message (held_as) WHERE held_as <> '';
"""
_INSERT = (
    "INSERT INTO message (queue_id, mta_id, held_as, received_at, policy, facts_format, record)"
    " VALUES (?, ?, ?, ?, ?, ?, ?)"
)
_POLICY = "INSERT OR IGNORE INTO policy (hash, name, text) VALUES (?, ?, ?)"

DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)

# A day with more than this many is one whose disk garbles whatever it is given.
MOST_SET_ASIDE = 10

# Mail is private: nobody but our own user reads it.
_FILE_MODE, _FOLDER_MODE = 0o600, 0o700

_LOCK_NAME = "lock"


class SetAsideError(Exception):
    """The file of a day could not be written to and was given another name; says why."""


@dataclass(frozen=True, slots=True)
class DayFiles:
    """The files of a folder, as a writer sees them."""

    folder: Path
    clock: Callable[[], datetime]
    # Seconds to wait for a lock that somebody else holds.
    patience: float = 1.0

    def write(self, day: date, rows: Sequence[Row]) -> None:
        """Write all rows or none.  Raises OSError, sqlite3.Error or SetAsideError."""
        # Those above it are the state folder, which is somebody else's to make.
        with contextlib.suppress(FileExistsError):
            self.folder.mkdir(mode=_FOLDER_MODE)
        path = path_of(self.folder, day)
        with self._alone():
            try:
                with _opened(path, self.patience) as connection:
                    if not _has_layout(connection):
                        raise SetAsideError(self._set_aside(path, "other"))
                    _insert(connection, rows)
            except sqlite3.DatabaseError as error:
                if code_of(error) not in DAMAGED:
                    raise
                raise SetAsideError(self._set_aside(path, "damaged")) from error

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        descriptor = os.open(self.folder / _LOCK_NAME, flags, _FILE_MODE)
        try:
            lock(descriptor, self.patience)
            yield
        finally:
            os.close(descriptor)

    def _set_aside(self, path: Path, why: str) -> str:
        before = list(self.folder.glob(f"{path.name}.*-*"))
        if len([one for one in before if not one.name.endswith(ENDINGS)]) >= MOST_SET_ASIDE:
            raise OSError(f"{path.name} is damaged again and again")
        aside = f"{path.name}.{why}-{self.clock():%Y%m%dT%H%M%S.%f}"
        # The log goes along: a new file would take it for its own.
        for ending in ("", *ENDINGS):
            part = with_ending(path, ending)
            if part.exists():
                part.rename(path.with_name(aside + ending))
        words = {"damaged": "is damaged", "other": "has the layout of another version"}
        return f"{path.name} {words[why]}: it is kept as {aside}, and a new one is begun"


def code_of(error: sqlite3.Error) -> int:
    """SQLite's code for an error: the low octet is the error, the rest tells more of it."""
    # https://sqlite.org/rescode.html
    return (getattr(error, "sqlite_errorcode", 0) or 0) & 0xFF


@contextlib.contextmanager
def _opened(path: Path, patience: float) -> Iterator[sqlite3.Connection]:
    # Made here, since SQLite would let everybody read it; -wal and -shm take its mode.
    if not path.exists():
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, _FILE_MODE))
    connection = sqlite3.connect(path, timeout=patience, isolation_level=None)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        # A power cut may lose the batches of the last moment but damages nothing.
        connection.execute("PRAGMA synchronous = NORMAL")
        yield connection
    finally:
        connection.close()


def _has_layout(connection: sqlite3.Connection) -> bool:
    """True if it is a file of ours; a new one is laid out."""
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    if version == 0 and tables == 0:
        with transaction(connection):
            for statement in _LAYOUT.split(";"):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {FORMAT}")
        return True
    return bool(version == FORMAT)


def _insert(connection: sqlite3.Connection, rows: Sequence[Row]) -> None:
    policies = {row.policy: row.policy_text for row in rows}
    with transaction(connection):
        for one in policies.values():
            connection.execute(_POLICY, (one.hash, one.name, one.text))
        connection.executemany(_INSERT, (row.values() for row in rows))
