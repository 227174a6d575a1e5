"""Write rows into the SQLite file of a day, and have a damaged file set aside.

Each batch opens the file that has the name now and closes it again, under a lock that the
writers of all door processes share.  So there is one writer at a time, a file is never set
aside under another's hands, and what was written to it by mistake is noticed by the next
batch, because nothing of it is remembered.  Closing writes the log (WAL) back and syncs, so
between batches the file is whole by itself.
"""

import contextlib
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from pratique.milter.journal.record import Row
from pratique.milter.stores.day_folder import (
    DAMAGED,
    DayFolder,
    SetAsideError,
    code_of,
    has_layout,
)
from pratique.milter.stores.days import path_of
from pratique.milter.stores.turns import transaction

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


@dataclass(frozen=True, slots=True)
class DayFiles:
    """The files of a folder, as a writer sees them."""

    folder: DayFolder

    def write(self, day: date, rows: Sequence[Row]) -> None:
        """Write all rows or none.  Raises OSError, sqlite3.Error or SetAsideError."""
        self.folder.make()
        file = path_of(self.folder.path, day)
        with self.folder.alone():
            try:
                with contextlib.closing(self.folder.connect(file)) as connection:
                    _set_up(connection)
                    if not has_layout(connection, _LAYOUT, FORMAT):
                        raise SetAsideError(self.folder.set_aside(file, "other"))
                    _insert(connection, rows)
            except sqlite3.DatabaseError as error:
                if code_of(error) not in DAMAGED:
                    raise
                raise SetAsideError(self.folder.set_aside(file, "damaged")) from error


def _set_up(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA journal_mode = WAL")
    # A power cut may lose the batches of the last moment but damages nothing.
    connection.execute("PRAGMA synchronous = NORMAL")


def _insert(connection: sqlite3.Connection, rows: Sequence[Row]) -> None:
    policies = {row.policy: row.policy_text for row in rows}
    with transaction(connection):
        for one in policies.values():
            connection.execute(_POLICY, (one.hash, one.name, one.text))
        connection.executemany(_INSERT, (row.values() for row in rows))
