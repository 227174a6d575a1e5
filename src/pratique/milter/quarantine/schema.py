"""Lay out the index, and bring an index of any age to the present layout.

A row repeats what the folder of a message says: `summary` is JSON for `list`, and `stamp`
tells whether the row is as new as the folder's `state`.  A second table has a row for each
recipient: `same` finds the copy that an earlier try left for it.

A new file is laid out in one go.  One that an earlier version of us wrote is brought on by
Alembic (migrating.py), which is loaded for that only: it takes six megabytes, and each door has
an index.  All of it is one transaction, so of two processes that open a new index one waits
for the other.
"""

import sqlite3
from pathlib import Path
from typing import Any

from sqlalchemy import (
    URL,
    Column,
    Engine,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    create_engine,
    event,
    insert,
    inspect,
    select,
)
from sqlalchemy.engine import Connection
from sqlalchemy.pool import NullPool

# The layout that this version reads and writes: the last one in migrations/versions/.
PRESENT = "0002"

metadata = MetaData()

messages = Table(
    "message",
    metadata,
    Column("id", Text, primary_key=True),
    Column("stamp", Text, nullable=False),
    Column("summary", Text, nullable=False),
)
copies = Table(
    "copy",
    metadata,
    Column("same", Text, primary_key=True),
    Column("id", Text, primary_key=True, index=True),
)
# As Alembic makes it, and reads it.
_layouts = Table(
    "alembic_version",
    MetaData(),
    Column("version_num", String(32), nullable=False),
    PrimaryKeyConstraint("version_num", name="alembic_version_pkc"),
)


class UnknownLayout(Exception):
    """A later version of us wrote the file."""


def engine_of(path: Path, patience: float) -> Engine:
    """An engine that waits `patience` seconds for a lock.

    Without a pool: each transaction opens the file that has the name now, so a file
    that another process set aside is never written to again.
    """
    engine = create_engine(
        URL.create("sqlite", database=str(path)),
        poolclass=NullPool,
        # What a stranger wrote does not come into the log by way of an error.
        hide_parameters=True,
        # The driver must not begin transactions by itself: `_begin` does.
        connect_args={"timeout": patience, "isolation_level": None},
    )
    event.listen(engine, "connect", _set_up)
    event.listen(engine, "begin", _begin)
    return engine


def _set_up(connection: sqlite3.Connection, _: Any) -> None:
    connection.execute("PRAGMA journal_mode = WAL")
    # A power cut may lose the last rows but never damages the file.  That is enough:
    # the folders are the truth, and each has its fsync.
    connection.execute("PRAGMA synchronous = NORMAL")


def _begin(connection: Connection) -> None:
    # A transaction that begins as a reader and then wants to write fails at once if
    # another wrote in between, whatever the timeout (https://sqlite.org/isolation.html).
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def migrate(engine: Engine) -> None:
    """Bring the file to the present layout.  Raises UnknownLayout, or what SQLAlchemy does."""
    with engine.execution_options(writes=True).begin() as connection:
        there = set(inspect(connection).get_table_names())
        if not there:
            metadata.create_all(connection)
            _layouts.create(connection)
            connection.execute(insert(_layouts).values(version_num=PRESENT))
        elif _layouts.name not in there or _layout(connection) != [PRESENT]:
            # Late, and hardly ever: see above.
            from pratique.milter.quarantine import migrating  # noqa: PLC0415 - six megabytes

            migrating.upgrade(connection)


def _layout(connection: Connection) -> list[str]:
    return list(connection.scalars(select(_layouts.c.version_num)))
