"""The index: faster when it is well, and never in the way when it is not."""

import asyncio
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from pratique.milter.durable import Disk
from pratique.milter.quarantine.index import BATCH, WAITING, Index, Row
from pratique.milter.quarantine.record import Held
from pratique.milter.quarantine.store import Quarantine

# Long enough for any machine, short enough to show that nobody waits without bound.
BOUND = 20


@pytest.fixture
def path(folder: Path) -> Path:
    return folder / "index.sqlite"


@pytest.fixture
def make_index(tmp_path: Path, clock: Any) -> Iterator[Callable[..., Index]]:
    made: list[Index] = []

    def make(*rows: Row, patience: float = 0.01) -> Index:
        made.append(
            Index(
                tmp_path / "index.sqlite",
                lambda known: (row for row in rows if row.id not in known),
                clock,
                patience,
            )
        )
        return made[-1]

    yield make
    for index in made:
        index.close()


def row(number: int, stamp: str = "1") -> Row:
    return Row(f"20251122T120000-{number:08x}", stamp, "{}", (f"same{number}", "same"))


def rows_in(path: Path) -> list[tuple[str, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute("SELECT * FROM message ORDER BY id").fetchall()
        return rows + connection.execute("SELECT id, same FROM copy ORDER BY id, same").fetchall()


def test_every_write_begins_immediate_and_reads_do_not(make_index: Callable[..., Index]) -> None:
    index = make_index()
    assert index.flush()
    said: list[str] = []
    event.listen(index._engine, "before_cursor_execute", lambda _c, _u, text, *_: said.append(text))
    index.put(row(1))
    index.drop(row(2).id)
    assert index.flush()
    assert said[0] == "BEGIN IMMEDIATE"
    assert {text.split()[0] for text in said} == {"BEGIN", "INSERT", "DELETE"}
    said.clear()
    assert index.rows([row(1).id]) == {row(1).id: replace(row(1), same=())}
    assert [text.split()[0] for text in said] == ["BEGIN", "SELECT"]
    assert said[0] == "BEGIN"


@pytest.mark.parametrize("number", [0, 1, BATCH // 2, BATCH // 2 + 1])
def test_any_number_of_rows_is_written_in_order(
    make_index: Callable[..., Index], number: int
) -> None:
    index = make_index()
    for one in range(number):
        index.put(row(one, "old"))
        index.put(row(one, "new"))
    assert index.flush()
    assert len(index.ids()) == number
    found = index.rows([row(one).id for one in range(number)])
    assert {one.stamp for one in found.values()} == ({"new"} if number else set())


async def test_reindex_gives_the_index_that_was_there(
    store: Quarantine, path: Path, make_held: Callable[..., Held], hop: Any
) -> None:
    ids = [await store.hold(make_held(f"r{number}@example.org")) for number in range(6)]
    await store.release(ids[0], hop())
    store.delete(ids[2])
    assert store.flush()
    before = rows_in(path)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("DELETE FROM message WHERE id = ?", (ids[3],))
        connection.execute("UPDATE message SET summary = 'x', stamp = 'y'")
        connection.execute("INSERT INTO message VALUES ('20251122T120000-ffffffff','','')")
        connection.execute("UPDATE copy SET same = id")
    assert rows_in(path) != before
    assert store.reindex()
    assert rows_in(path) == before
    assert len(before) == 10


def test_a_message_is_found_by_each_of_its_recipients(make_index: Callable[..., Index]) -> None:
    index = make_index()
    for one in (row(1), row(2), replace(row(2), same=("other",))):
        index.put(one)
    assert index.flush()
    assert index.copies(["same1"]) == index.copies(["same"]) == [row(1).id]
    assert index.copies(["same", "other", *map(str, range(BATCH))]) == [row(2).id, row(1).id]
    index.drop(row(1).id)
    assert index.flush()
    assert index.copies(["same"]) == []


async def test_a_list_mends_rows_that_are_old_missing_or_nonsense(
    store: Quarantine, path: Path, make_held: Callable[..., Held]
) -> None:
    ids = [await store.hold(make_held(f"r{number}@example.org")) for number in range(4)]
    assert store.flush()
    before, listed = rows_in(path), list(store.messages())
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("DELETE FROM message WHERE id = ?", (ids[0],))
        connection.execute("UPDATE message SET stamp = 'old' WHERE id = ?", (ids[1],))
        connection.execute("UPDATE message SET summary = 'nonsense' WHERE id = ?", (ids[2],))
        # One bit of a disk: still JSON, and no stage that there is.
        flipped = (
            "UPDATE message SET summary = replace(summary, '\"held\"', '\"hemd\"') WHERE id = ?"
        )
        connection.execute(flipped, (ids[3],))
    assert list(store.messages()) == listed
    assert store.flush()
    assert rows_in(path) == before


GARBAGE = {
    "no database": lambda path: path.write_bytes(b"not a database at all" * 100),
    "a header alone": lambda path: path.write_bytes(path.read_bytes()[:100] + b"\xff" * 20000),
    "a table overwritten": lambda path: path.write_bytes(
        path.read_bytes()[:8192] + b"\xff" * (path.stat().st_size - 8192)
    ),
    "a later version": lambda path: change(path, "UPDATE alembic_version SET version_num='9'"),
}


def change(path: Path, statement: str) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(statement)


@pytest.mark.slow
@pytest.mark.parametrize("damage", GARBAGE.values(), ids=list(GARBAGE))
async def test_a_damaged_index_is_kept_aside_and_made_anew(
    open_store: Callable[..., Quarantine],
    path: Path,
    make_held: Callable[..., Held],
    damage: Callable[[Path], Any],
) -> None:
    store = open_store()
    first = await store.hold(make_held("a@b"))
    store.close()
    before = rows_in(path)
    damage(path)
    store = open_store()
    assert [one.id for one in store.messages()] == [first]
    second = await store.hold(make_held("c@d"))
    assert {one.id for one in store.messages()} == {first, second}
    assert store.reindex()
    assert store.flush()
    (aside,) = path.parent.glob("index.sqlite.damaged-*[0-9]")
    assert aside.stat().st_size > 0
    assert [one for one in rows_in(path) if one[0] == first] == before
    assert store.index_failures > 0
    assert await store.hold(make_held("a@b")) == first


async def test_an_index_that_is_damaged_while_open_is_noticed(
    store: Quarantine, path: Path, make_held: Callable[..., Held]
) -> None:
    first = await store.hold(make_held("a@b"))
    assert store.flush()
    GARBAGE["no database"](path)
    second = await store.hold(make_held("c@d"))
    assert {one.id for one in store.messages()} == {first, second}
    assert store.flush()
    assert {one[0] for one in rows_in(path)} == {first, second}


async def test_an_index_that_was_removed_while_open_is_made_anew(
    store: Quarantine, path: Path, make_held: Callable[..., Held]
) -> None:
    first = await store.hold(make_held("a@b"))
    assert store.flush()
    for part in path.parent.glob("index.sqlite*"):
        part.unlink()
    second = await store.hold(make_held("c@d"))
    assert store.flush()
    assert {one[0] for one in rows_in(path)} == {first, second}


@pytest.mark.slow
async def test_a_locked_index_holds_nobody_up(
    open_store: Callable[..., Quarantine], path: Path, make_held: Callable[..., Held], hop: Any
) -> None:
    store = open_store(patience=0.01)
    first = await store.hold(make_held("a@b"))
    assert store.flush()
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        async with asyncio.timeout(BOUND):
            second = await store.hold(make_held("c@d"))
            await store.release(first, hop())
        assert not store.flush()
        assert [(one.id, one.state) for one in store.messages()] == sorted(
            [(first, "released"), (second, "held")]
        )
        assert store.index_failures > 0
        assert not store.reindex()
        connection.execute("ROLLBACK")
    assert store.reindex()
    # Two messages, each with one copy.
    assert len(rows_in(path)) == 4


async def test_an_index_that_cannot_be_opened_holds_nobody_up(
    open_store: Callable[..., Quarantine],
    path: Path,
    make_held: Callable[..., Held],
    hop: Any,
) -> None:
    Disk().make_folder(path)
    store = open_store(patience=0.01)
    message_id = await store.hold(make_held())
    assert [one.id for one in store.messages()] == [message_id]
    assert (await store.release(message_id, hop())).sent
    assert not store.reindex()
    assert list(store.expire(timedelta(days=-1))) == [message_id]
    assert store.index_failures > 0


async def test_an_index_that_lies_loses_no_mail(
    store: Quarantine, path: Path, make_held: Callable[..., Held]
) -> None:
    first = await store.hold(make_held("a@b"))
    second = await store.hold(make_held("c@d"))
    assert store.flush()
    same = dict(one for one in rows_in(path) if len(one) == 2)
    # The index says that the second is where the first is; then the second goes away.
    change(path, f"UPDATE copy SET same = '{same[second]}' WHERE id = '{first}'")
    store.delete(second)
    third = await store.hold(make_held("c@d"))
    assert third not in (first, second)
    assert len(list(store.messages())) == 2


def test_more_rows_than_can_wait_are_dropped_and_counted(
    make_index: Callable[..., Index], tmp_path: Path
) -> None:
    index = make_index()
    assert index.flush()
    with closing(sqlite3.connect(tmp_path / "index.sqlite", isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        for number in range(WAITING + 2 * BATCH + 1):
            index.put(row(number))
        assert index.failures > 0
        connection.execute("ROLLBACK")


def test_what_is_put_at_once_is_there_at_once(make_index: Callable[..., Index]) -> None:
    index = make_index(patience=BOUND)
    for number in range(50):
        assert index.put_at_once(row(number))
        assert index.ids() == {row(one).id for one in range(number + 1)}


@pytest.mark.slow
def test_who_waits_in_vain_is_the_last_until_the_writer_is_on_its_way_again(
    make_index: Callable[..., Index], tmp_path: Path
) -> None:
    index = make_index(patience=1.0)
    assert index.flush()
    with closing(sqlite3.connect(tmp_path / "index.sqlite", isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        began = time.monotonic()
        assert not any(index.put_at_once(row(number)) for number in range(100))
        assert time.monotonic() - began < BOUND
        connection.execute("ROLLBACK")
    assert index.flush()
    assert index.put_at_once(row(100))
    assert len(index.ids()) == 101


def test_a_closed_index_is_not_waited_for(make_index: Callable[..., Index]) -> None:
    index = make_index(patience=BOUND)
    index.close()
    assert not index.put_at_once(row(1))


def test_a_closed_index_does_not_hang(make_index: Callable[..., Index]) -> None:
    index = make_index(row(1))
    index.close()
    index.close()
    assert not index.flush()
    assert not index.rebuild(1.0)


def test_a_new_index_is_filled_from_the_folders(make_index: Callable[..., Index]) -> None:
    index = make_index(*map(row, range(BATCH + 1)))
    assert index.flush()
    assert len(index.ids()) == BATCH + 1


async def test_what_a_killed_process_did_not_index_is_found_by_the_retry(
    store: Quarantine, path: Path, make_held: Callable[..., Held], open_store: Any
) -> None:
    held = make_held()
    message_id = await store.hold(held)
    assert store.flush()
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("DELETE FROM message")
        connection.execute("DELETE FROM copy")
    assert await open_store().hold(held) == message_id


async def test_an_index_may_lie_on_a_path_with_odd_signs(
    tmp_path: Path, clock: Any, make_held: Callable[..., Held]
) -> None:
    odd = tmp_path / "a %(b)s ?c#d"
    store = Quarantine(odd, clock=clock)
    await store.hold(make_held())
    assert store.flush()
    store.close()
    assert len(rows_in(odd / "index.sqlite")) == 3
    shutil.rmtree(odd)
