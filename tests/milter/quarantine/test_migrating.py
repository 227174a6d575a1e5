"""An index of another version: an earlier one is brought on, a later one is told."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

from pratique.milter.quarantine.schema import UnknownLayout, engine_of, migrate

# As it was made by the first version.
FIRST = """
CREATE TABLE message (id TEXT NOT NULL PRIMARY KEY, stamp TEXT NOT NULL, same TEXT NOT NULL,
    summary TEXT NOT NULL);
CREATE INDEX ix_message_same ON message (same);
CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY);
INSERT INTO alembic_version VALUES ('0001');
INSERT INTO message VALUES ('1', 's', 'w', '{}');
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "index.sqlite"


@pytest.fixture
def engine(path: Path) -> Iterator[Engine]:
    engine = engine_of(path, 10.0)
    yield engine
    engine.dispose()


def do(path: Path, script: str) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(script)


def ask(path: Path, question: str) -> list[tuple[str, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(question).fetchall()


def test_a_file_of_the_first_version_is_brought_on(engine: Engine, path: Path) -> None:
    do(path, FIRST)
    migrate(engine)

    assert ask(path, "SELECT version_num FROM alembic_version") == [("0002",)]
    columns = "SELECT name FROM pragma_table_info('{}')"
    assert ask(path, columns.format("message")) == [("id",), ("stamp",), ("summary",)]
    assert ask(path, columns.format("copy")) == [("same",), ("id",)]
    # The folders fill it anew: what a row said of its copies cannot be told from it.
    assert ask(path, "SELECT * FROM message") == []


def test_what_is_no_file_of_ours_is_left_as_it_was(engine: Engine, path: Path) -> None:
    do(path, "CREATE TABLE message (something_else TEXT)")
    with pytest.raises(OperationalError, match="already exists"):
        migrate(engine)
    assert ask(path, "SELECT name FROM sqlite_master") == [("message",)]


def test_a_layout_of_a_later_version_is_told_and_not_touched(engine: Engine, path: Path) -> None:
    migrate(engine)
    do(path, "INSERT INTO message VALUES ('1', 's', '{}')")
    do(path, "UPDATE alembic_version SET version_num = '9'")
    with pytest.raises(UnknownLayout, match="9"):
        migrate(engine)
    assert ask(path, "SELECT id FROM message") == [("1",)]
