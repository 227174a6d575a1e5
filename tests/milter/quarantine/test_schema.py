"""The layout of the index: made from nothing, one writer at a time, all of it or none."""

import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, event, insert, select
from sqlalchemy.exc import DatabaseError, IntegrityError, OperationalError

from pratique.milter.quarantine import migrating, migrations
from pratique.milter.quarantine.schema import (
    PRESENT,
    engine_of,
    messages,
    metadata,
    migrate,
)

ROW = {"id": "1", "stamp": "s", "summary": "\x1b[2J of a stranger"}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "index.sqlite"


@pytest.fixture
def make_engine(path: Path) -> Iterator[Callable[..., Engine]]:
    """An engine on the file of this test, or on another."""
    made: list[Engine] = []

    def make(patience: float = 10.0, at: Path = path) -> Engine:
        made.append(engine_of(at, patience))
        return made[-1]

    yield make
    for engine in made:
        engine.dispose()


@pytest.fixture
def engine(make_engine: Callable[..., Engine]) -> Engine:
    """An engine on a file with the present layout."""
    engine = make_engine()
    migrate(engine)
    return engine


def put(engine: Engine, **changed: str) -> None:
    with engine.execution_options(writes=True).begin() as connection:
        connection.execute(insert(messages), [ROW | changed])


def ids(engine: Engine) -> list[str]:
    with engine.connect() as connection:
        return list(connection.scalars(select(messages.c.id).order_by(messages.c.id)))


def tables(path: Path) -> set[str]:
    with closing(sqlite3.connect(path)) as connection:
        found = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        return {name for (name,) in found}


def layout(path: Path) -> tuple[set[str], list[tuple[str]]]:
    """How all is made, by its words, and the number of it."""
    with closing(sqlite3.connect(path)) as connection:
        found = connection.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL")
        made = {" ".join(text.split()) for (text,) in found}
        return made, connection.execute("SELECT version_num FROM alembic_version").fetchall()


OPENS = """
import sys
from pathlib import Path
from pratique.milter.quarantine.schema import engine_of, migrate
engine = engine_of(Path(sys.argv[1]), 60.0)
print("ready", flush=True)
migrate(engine)
"""


# Migrations


def test_a_new_file_is_laid_out_as_the_migrations_would_have_done(
    engine: Engine, make_engine: Callable[..., Engine], path: Path
) -> None:
    other = path.with_name("migrated")
    with make_engine(at=other).execution_options(writes=True).begin() as connection:
        migrating.upgrade(connection)
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    assert layout(path) == layout(other)
    assert ids(engine) == []


def test_the_present_layout_is_the_last_one(path: Path) -> None:
    last = max(Path(migrations.__path__[0]).glob("versions/r*.py"))
    assert f'revision = "{PRESENT}"' in last.read_text("utf-8")


@pytest.mark.slow
def test_who_needs_no_migration_does_not_load_what_runs_them(path: Path) -> None:
    opens = f"{OPENS}\nmigrate(engine)\nprint('alembic' in sys.modules)"
    said = subprocess.run([sys.executable, "-c", opens, path], stdout=subprocess.PIPE, check=True)
    assert said.stdout.split() == [b"ready", b"False"]


def test_a_migration_keeps_what_is_there(engine: Engine) -> None:
    put(engine)
    migrate(engine)
    assert ids(engine) == ["1"]


@pytest.mark.parametrize("name", ["a %(b)s ?c#d", "über :memory:", "a;b&mode=ro"])
def test_a_file_may_have_any_name(
    make_engine: Callable[..., Engine], tmp_path: Path, name: str
) -> None:
    engine = make_engine(at=tmp_path / name)
    migrate(engine)
    put(engine)
    assert (tmp_path / name).stat().st_size > 0
    assert ids(make_engine(at=tmp_path / name)) == ["1"]


@pytest.mark.slow
def test_of_two_processes_that_open_a_new_file_one_waits_for_the_other(
    make_engine: Callable[..., Engine], path: Path
) -> None:
    command = [sys.executable, "-c", OPENS, path]
    with make_engine().execution_options(writes=True).begin():
        opened = [subprocess.Popen(command, stdout=subprocess.PIPE) for _ in range(2)]
        assert [one.stdout.readline() for one in opened if one.stdout] == [b"ready\n"] * 2
    assert [(one.communicate(timeout=60)[0], one.returncode) for one in opened] == [(b"", 0)] * 2
    assert tables(path) == {"message", "copy", "alembic_version"}
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT count(*) FROM alembic_version").fetchone() == (1,)


@pytest.mark.parametrize("octets", [b"not a database" * 100, b"\x00" * 8192, b"\xff" * 8192])
def test_a_file_that_is_no_database_is_told_and_not_touched(
    make_engine: Callable[..., Engine], path: Path, octets: bytes
) -> None:
    path.write_bytes(octets)
    with pytest.raises(DatabaseError, match="not a database"):
        migrate(make_engine())
    assert path.read_bytes() == octets


# Connections


def test_a_connection_is_set_up_to_lose_rows_but_never_the_file(engine: Engine) -> None:
    with engine.connect() as connection:
        journal = connection.exec_driver_sql("PRAGMA journal_mode").scalar()
        synchronous = connection.exec_driver_sql("PRAGMA synchronous").scalar()
    assert (journal, synchronous) == ("wal", 1)


def test_who_writes_says_so_when_he_begins(engine: Engine) -> None:
    said: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda _c, _u, text, *_: said.append(text))
    put(engine)
    ids(engine)
    assert [text.split("\n")[0].split(" (")[0] for text in said] == [
        "BEGIN IMMEDIATE",
        "INSERT INTO message",
        "BEGIN",
        "SELECT message.id ",
    ]


def test_a_second_writer_waits_no_longer_than_its_patience_and_a_reader_not_at_all(
    engine: Engine, make_engine: Callable[..., Engine]
) -> None:
    other = make_engine(patience=0.01)
    with other.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA busy_timeout").scalar() == 10
    with engine.execution_options(writes=True).begin() as connection:
        connection.execute(insert(messages), [ROW])
        assert ids(other) == []
        with pytest.raises(OperationalError, match="locked"):
            put(other, id="2")
    put(other, id="3")
    assert ids(other) == ["1", "3"]


def test_a_transaction_that_breaks_off_wrote_nothing(engine: Engine) -> None:
    def write_and_die() -> None:
        with engine.execution_options(writes=True).begin() as connection:
            connection.execute(insert(messages), [ROW])
            raise ConnectionAbortedError

    with pytest.raises(ConnectionAbortedError):
        write_and_die()
    assert ids(engine) == []


def test_an_error_does_not_repeat_what_a_stranger_wrote(engine: Engine) -> None:
    put(engine)
    with pytest.raises(IntegrityError) as raised:
        put(engine)
    assert "message.id" in str(raised.value)
    assert "stranger" not in str(raised.value)
    assert "stranger" not in repr(raised.value)


def test_a_file_that_was_set_aside_is_never_written_again(engine: Engine, path: Path) -> None:
    put(engine)
    for part in path.parent.glob("index.sqlite*"):
        part.rename(part.with_name("aside" + part.name.removeprefix(path.name)))
    migrate(engine)
    put(engine, id="2")
    assert ids(engine) == ["2"]
    with closing(sqlite3.connect(path.with_name("aside"))) as connection:
        assert connection.execute("SELECT id FROM message").fetchall() == [("1",)]


def test_a_row_that_lacks_a_column_is_refused(engine: Engine) -> None:
    for name in ("stamp", "summary"):
        changed: dict[str, Any] = {name: None}
        with pytest.raises(IntegrityError, match=name):
            put(engine, **changed)
    assert ids(engine) == []
