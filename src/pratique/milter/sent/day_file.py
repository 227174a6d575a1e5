"""Write rows into the SQLite file of a day; set a damaged one aside.

All doors write to the same file, each by one connection that stays open: SQLite's log (WAL)
has one of them write while the others wait, some 50 microseconds for each other's batch.  A
batch that is committed is in the page cache: it survives kill -9 of all of us.  It is not
synced, so a power cut may take the last moments with it (`PRAGMA synchronous = NORMAL`), and
damages nothing.

A file is opened, laid out and set aside under a lock (flock) of its own.  Who has one open
that another set aside sees, before each batch, that its name means another file now.  What he
wrote to it in between is lost: some bounces are not proved.

A file may become so large and no larger, which SQLite holds it to (`max_page_count`): full is
full, whether of the disk or of what the settings allow.
"""

import contextlib
import os
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from pratique.milter.journal.day_file import DAMAGED, MOST_SET_ASIDE, SetAsideError, code_of
from pratique.milter.journal.days import ENDINGS, path_of, with_ending
from pratique.milter.journal.turns import lock, transaction
from pratique.milter.sent.rows import Row

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
# Mail is private: nobody but our own user reads it.
_FILE_MODE, _FOLDER_MODE = 0o600, 0o700
_LOCK_NAME = "lock"

# What tells one file from another of the same name.
_Which = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Limits:
    """How large the file of a day becomes, and how long a batch waits for a lock."""

    octets: int
    patience: float


class DayFile:
    """The file that rows go to now.  For one thread."""

    def __init__(self, folder: Path, clock: Callable[[], datetime], limits: Limits) -> None:
        self._folder = folder
        self._clock = clock
        self._limits = limits
        self._path = Path()
        self._which: _Which = (0, 0)
        self._connection: sqlite3.Connection | None = None

    def write(self, day: date, rows: Sequence[Row], proofs: Sequence[bytes]) -> None:
        """Write all or nothing.  Raises OSError, sqlite3.Error or SetAsideError."""
        path = path_of(self._folder, day)
        try:
            connection = self._opened(path)
            with transaction(connection):
                _insert(connection, rows, proofs)
        except sqlite3.DatabaseError as error:
            if code_of(error) not in DAMAGED:
                raise
            with self._alone():
                raise SetAsideError(self._set_aside(path, "damaged")) from error

    def close(self) -> None:
        """Close the file; what is in its log is written back, where nobody else has it open."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(sqlite3.Error):
                connection.close()

    def _opened(self, path: Path) -> sqlite3.Connection:
        if self._connection is None or self._path != path or _which(path) != self._which:
            self.close()
            # Those above it are the state folder, which is somebody else's to make.
            with contextlib.suppress(FileExistsError):
                self._folder.mkdir(mode=_FOLDER_MODE)
            with self._alone():
                return self._open(path)
        return self._connection

    def _open(self, path: Path) -> sqlite3.Connection:
        # Made here, since SQLite would let everybody read it; -wal and -shm take its mode.
        if not path.exists():
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, _FILE_MODE))
        self._path, self._which = path, _which(path)
        self._connection = connection = sqlite3.connect(
            path, timeout=self._limits.patience, isolation_level=None
        )
        try:
            _set_up(connection, self._limits.octets)
            if not _has_layout(connection):
                raise SetAsideError(self._set_aside(path, "other"))
        except BaseException:
            self.close()
            raise
        return connection

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """Be the only one who opens a file or gives it another name."""
        flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        descriptor = os.open(self._folder / _LOCK_NAME, flags, _FILE_MODE)
        try:
            lock(descriptor, self._limits.patience)
            yield
        finally:
            os.close(descriptor)

    def _set_aside(self, path: Path, why: str) -> str:
        """Give the file that was opened another name, unless another door did."""
        self.close()
        words = {"damaged": "is damaged", "other": "has the layout of another version"}
        if _which(path) != self._which:
            return f"{path.name} {words[why]}: another door set it aside"
        before = list(self._folder.glob(f"{path.name}.*-*"))
        if len([one for one in before if not one.name.endswith(ENDINGS)]) >= MOST_SET_ASIDE:
            raise OSError(f"{path.name} is damaged again and again")
        aside = f"{path.name}.{why}-{self._clock():%Y%m%dT%H%M%S.%f}"
        # The log goes along: a new file would take it for its own.
        for ending in ("", *ENDINGS):
            part = with_ending(path, ending)
            if part.exists():
                part.rename(path.with_name(aside + ending))
        return f"{path.name} {words[why]}: it is kept as {aside}, and a new one is begun"


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


def _insert(connection: sqlite3.Connection, rows: Sequence[Row], proofs: Sequence[bytes]) -> None:
    connection.executemany(
        _SENT,
        [(row.message, row.reverse_path, row.at, row.recipients) for row in rows if row.message],
    )
    connection.executemany(_PAIR, [(pair, row.at) for row in rows for pair in row.pairs])
    connection.executemany(_USED, [(proof,) for proof in proofs])
