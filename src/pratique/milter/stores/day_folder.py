"""Open the SQLite files of a folder, one for each day, and set aside what is damaged.

A day file is never migrated: it lives as long as its days are kept.  `PRAGMA user_version`
is its layout; one of another layout is set aside like a damaged one, and not written to.
A file is laid out and set aside by one process at a time (`alone`, flock on a file of its
own), so that it is never renamed under the hands of somebody who is just making it.
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

# A day with more than this many is one whose disk garbles whatever it is given.
MOST_SET_ASIDE = 10

# Mail is private: nobody but our own user reads it.
_FILE_MODE, _FOLDER_MODE = 0o600, 0o700
_FLAGS = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
_LOCK_NAME = "lock"

WHY = {"damaged": "is damaged", "other": "has the layout of another version"}


class SetAsideError(Exception):
    """The file of a day could not be written to and was given another name; says why."""


@dataclass(frozen=True, slots=True)
class DayFolder:
    """The folder of all day files of a store."""

    path: Path
    clock: Callable[[], datetime]
    # Seconds to wait for a lock that somebody else holds.
    patience: float = 1.0

    def make(self) -> None:
        """Make the folder; those above it are the state folder, which is not ours to make."""
        with contextlib.suppress(FileExistsError):
            self.path.mkdir(mode=_FOLDER_MODE)

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """Be the only one who opens a file or gives it another name.

        Raises BlockingIOError where somebody else is at it for too long.
        """
        descriptor = os.open(self.path / _LOCK_NAME, _FLAGS, _FILE_MODE)
        try:
            lock(descriptor, self.patience)
            yield
        finally:
            os.close(descriptor)

    def connect(self, file: Path) -> sqlite3.Connection:
        """Open a file of the folder, and make it if there is none."""
        # Made here, since SQLite would let everybody read it; -wal and -shm take its mode.
        if not file.exists():
            os.close(os.open(file, _FLAGS, _FILE_MODE))
        return sqlite3.connect(file, timeout=self.patience, isolation_level=None)

    def set_aside(self, file: Path, why: str) -> str:
        """Give a file another name; says what was done.  `why` is a word of `WHY`."""
        before = list(self.path.glob(f"{file.name}.*-*"))
        if len([one for one in before if not one.name.endswith(ENDINGS)]) >= MOST_SET_ASIDE:
            raise OSError(f"{file.name} is damaged again and again")
        aside = f"{file.name}.{why}-{self.clock():%Y%m%dT%H%M%S.%f}"
        # The log goes along: a new file would take it for its own.
        for ending in ("", *ENDINGS):
            part = with_ending(file, ending)
            if part.exists():
                part.rename(file.with_name(aside + ending))
        return f"{file.name} {WHY[why]}: it is kept as {aside}, and a new one is begun"


def code_of(error: sqlite3.Error) -> int:
    """SQLite's code for an error: the low octet is the error, the rest tells more of it."""
    # https://sqlite.org/rescode.html
    return (getattr(error, "sqlite_errorcode", 0) or 0) & 0xFF


def has_layout(connection: sqlite3.Connection, layout: str, version: int) -> bool:
    """True if a file has this layout, which `version` numbers; a new one is given it."""
    (found,) = connection.execute("PRAGMA user_version").fetchone()
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    if found == 0 and tables == 0:
        with transaction(connection):
            for statement in layout.split(";"):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {version}")
        return True
    return bool(found == version)
