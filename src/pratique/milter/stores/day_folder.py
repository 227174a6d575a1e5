"""Open the SQLite files of a folder, one per day, and set aside damaged ones.

A day file is never migrated: it lives as long as its days are kept.  `PRAGMA user_version`
names its layout; a file of another layout is set aside like a damaged one, and not written to.
One process at a time lays out or sets aside files (`alone`, flock on a separate file), so no
file is renamed while another process is still creating it.
"""

import contextlib
import os
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pratique.milter.stores.days import ENDINGS, with_ending
from pratique.milter.stores.turns import lock, transaction

DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)

# If one day has more than this many, its disk garbles whatever it is given.
MOST_SET_ASIDE = 10

# Mail is private: only our own user may read it.
_FILE_MODE, _FOLDER_MODE = 0o600, 0o700
_FLAGS = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
_LOCK_NAME = "lock"

WHY = {"damaged": "is damaged", "other": "has the layout of another version"}


class SetAsideError(Exception):
    """The file of a day could not be written to and was renamed; says why."""


@dataclass(frozen=True, slots=True)
class DayFolder:
    """The folder with all day files of a store."""

    path: Path
    clock: Callable[[], datetime]
    # Seconds to wait for a lock that is held elsewhere.
    patience: float = 1.0

    def make(self) -> None:
        """Make the folder; those above it are the state folder, which is not ours to make."""
        with contextlib.suppress(FileExistsError):
            self.path.mkdir(mode=_FOLDER_MODE)

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """Let only this process open files or rename them.

        Raises BlockingIOError if another process holds the lock for too long.
        """
        descriptor = os.open(self.path / _LOCK_NAME, _FLAGS, _FILE_MODE)
        try:
            lock(descriptor, self.patience)
            yield
        finally:
            os.close(descriptor)

    def connect(self, file: Path) -> sqlite3.Connection:
        """Open a file of the folder, creating it if needed."""
        # Created here, since SQLite would let everyone read it; -wal and -shm take its mode.
        if not file.exists():
            os.close(os.open(file, _FLAGS, _FILE_MODE))
        return sqlite3.connect(file, timeout=self.patience, isolation_level=None)

    def set_aside(self, file: Path, why: str) -> str:
        """Rename a file; return what was done, for the log.  `why` is a word of `WHY`."""
        before = list(self.path.glob(f"{file.name}.*-*"))
        if len([one for one in before if not one.name.endswith(ENDINGS)]) >= MOST_SET_ASIDE:
            raise OSError(f"{file.name} is damaged again and again")
        aside = f"{file.name}.{why}-{self.clock():%Y%m%dT%H%M%S.%f}"
        # SQLite's log goes along: a new file would take it for its own.
        for ending in ("", *ENDINGS):
            part = with_ending(file, ending)
            if part.exists():
                part.rename(file.with_name(aside + ending))
        return f"{file.name} {WHY[why]}: it is kept as {aside}, and a new one is begun"


def code_of(error: sqlite3.Error) -> int:
    """Return SQLite's code for an error: its low octet; the others only add detail."""
    # https://sqlite.org/rescode.html
    return (getattr(error, "sqlite_errorcode", 0) or 0) & 0xFF


def has_layout(connection: sqlite3.Connection, layout: str, version: int) -> bool:
    """Tell whether a file has this layout, numbered `version`; a new one is given it."""
    (found,) = connection.execute("PRAGMA user_version").fetchone()
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    if found == 0 and tables == 0:
        with transaction(connection):
            for statement in layout.split(";"):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {version}")
        return True
    return bool(found == version)
