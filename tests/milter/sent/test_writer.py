"""The thread that writes: at once, again after a trouble, and never ended by an error."""

import asyncio
import os
import sqlite3
import threading
from datetime import date, timedelta

import pytest

from pratique.milter.sent.backlog import Backlog, Note, Use
from pratique.milter.sent.rows import Hashes
from pratique.milter.sent.writer import Keep, Pace, Writer

FILE = "2026-11-22.sqlite3"


@pytest.fixture
def writer(folder, clocks):
    made = []

    def make(backlog=None, keep=None, **pace):
        quick = Pace(clocks.wall, clocks.monotonic, retry=0.02, patience=0.1, **pace)
        made.append(Writer(folder, Hashes(bytes(32)), keep or Keep(), quick, backlog or Backlog()))
        return made[-1]

    yield make
    for one in made:
        one.close(0.5)


async def put(writer, number=0, at=7):
    """Put a row and wait until it is settled; gives what was said of it."""
    waiter = asyncio.get_running_loop().create_future()
    writer.backlog.put(
        Note(f"<{number}@a.example>", "ann@a.example", ["bob@b.example"], at, waiter)
    )
    return await asyncio.wait_for(waiter, 30)


async def until(holds):
    async with asyncio.timeout(30):
        while not holds():  # noqa: ASYNC110 - what is awaited is a thread
            await asyncio.sleep(0)


def rows(folder, name=FILE):
    connection = sqlite3.connect(folder / name)
    try:
        return connection.execute("SELECT count(*) FROM sent").fetchone()[0]
    finally:
        connection.close()


async def test_a_row_is_written_at_once(folder, writer):
    one = writer()
    assert await put(one)
    assert rows(folder) == 1
    await until(lambda: one.backlog.waiting == 0)


async def test_a_lock_that_somebody_holds_delays_nobody_and_loses_nothing(folder, writer, caplog):
    one = writer()
    await put(one)
    other = sqlite3.connect(folder / FILE, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    assert await put(one, 1) is False
    assert one.troubles.is_on
    assert "database is locked" in caplog.text
    other.execute("ROLLBACK")
    other.close()
    await until(lambda: not one.troubles.is_on)
    assert rows(folder) == 2
    assert one.backlog.dropped == 0


async def test_a_folder_that_cannot_be_made_is_a_trouble_until_it_can(folder, writer):
    folder.write_text("in the way")
    one = writer()
    assert await put(one) is False
    assert (one.troubles.count, one.backlog.waiting) == (1, 1)
    folder.unlink()
    await until(lambda: one.backlog.waiting == 0)
    assert rows(folder) == 1


async def test_a_damaged_file_costs_what_was_in_it_and_no_more(folder, writer, caplog):
    folder.mkdir()
    (folder / FILE).write_bytes(b"no database at all" * 1000)
    one = writer()
    assert await put(one) is False
    await until(lambda: one.backlog.waiting == 0)
    assert "is damaged: it is kept as" in caplog.text
    assert rows(folder) == 1


@pytest.mark.slow
async def test_a_day_that_is_full_drops_the_newest_and_says_so(folder, writer, caplog):
    one = writer(Backlog(most_tasks=20), Keep(octets=64 * 1024))
    loop = asyncio.get_running_loop()
    many = [f"{number}@b.example" for number in range(500)]
    taken = 0
    while one.backlog.put(Note("<a@b>", "ann", many, 7, loop.create_future())):
        taken += 1
        await until(lambda: one.backlog.waiting == 0 or one.troubles.is_on)
    await until(lambda: "newest are dropped" in caplog.text)
    assert "[sent] max_size" in caplog.text
    assert one.backlog.dropped == 1
    assert taken > 20
    assert os.stat(folder / FILE).st_size <= 64 * 1024


async def test_an_error_of_ours_costs_its_batch_and_not_the_thread(folder, writer, caplog):
    one = writer()
    assert await put(one, at=2**70) is False
    assert await put(one, 1) is True
    assert (rows(folder), one.backlog.dropped) == (1, 1)
    assert "an error of ours" in caplog.text


async def test_a_use_is_counted(folder, writer):
    one = writer()
    for _ in range(3):
        waiter = asyncio.get_running_loop().create_future()
        one.backlog.put(Use("k", waiter))
        assert await asyncio.wait_for(waiter, 30)
    connection = sqlite3.connect(folder / FILE)
    assert connection.execute("SELECT uses FROM used").fetchall() == [(3,)]
    connection.close()


async def test_what_waits_at_the_end_is_written(folder, writer):
    one = writer()
    loop = asyncio.get_running_loop()
    for number in range(1000):
        one.backlog.put(Note(f"<{number}@b>", "ann", [], 7, loop.create_future()))
    await asyncio.to_thread(one.close, 30)
    assert rows(folder) == 1000
    # Its log was written back.
    assert not (folder / f"{FILE}-wal").exists()


async def test_what_cannot_be_written_at_the_end_is_told(folder, writer, caplog):
    folder.write_text("in the way")
    one = writer()
    await put(one)
    await asyncio.to_thread(one.close, 0.1)
    assert "ended, 1 rows were dropped" in caplog.text
    assert one.backlog.dropped == 1
    assert not any(
        thread.name == "ledger" and thread.is_alive() for thread in threading.enumerate()
    )


async def test_days_that_are_old_go_once_the_clock_is_believed(folder, writer, clocks):
    folder.mkdir()
    days = [date(2026, 11, 22) - timedelta(days=age) for age in (13, 14, 15, 40)]
    for day in days:
        (folder / f"{day}.sqlite3").touch()
    removals = []
    one = writer()
    one.after_removal = lambda: removals.append(1)
    await put(one)
    assert all((folder / f"{day}.sqlite3").exists() for day in days)
    clocks.run(hours=1)
    await put(one, 1)
    assert [(folder / f"{day}.sqlite3").exists() for day in days] == [True, True, False, False]
    await put(one, 2)
    assert removals == [1]


async def test_after_midnight_rows_go_to_a_new_file(folder, writer, clocks):
    one = writer()
    await put(one)
    clocks.run(hours=13)
    await put(one, 1)
    assert (rows(folder), rows(folder, "2026-11-23.sqlite3")) == (1, 1)
