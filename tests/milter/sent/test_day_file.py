"""One file: laid out, shared by several writers, set aside when damaged, held to its size."""

import contextlib
import os
import sqlite3
from datetime import date

import pytest

from pratique.milter.sent.day_file import DayFile
from pratique.milter.sent.rows import Hashes
from pratique.milter.stores.day_folder import DayFolder, SetAsideError

DAY = date(2026, 11, 22)
HASHES = Hashes(bytes(32))


def row(number):
    return HASHES.row(f"<{number}@a.example>", "ann@a.example", [f"{number}@b.example"], number)


@pytest.fixture
def day_file(folder, clocks):
    made = []

    def make(octets=64 * 1024 * 1024):
        made.append(DayFile(DayFolder(folder, clocks.wall, 0.2), octets))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture
def rows_in(folder):
    def count(table="sent"):
        connection = sqlite3.connect(folder / "2026-11-22.sqlite3")
        try:
            return connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
        finally:
            connection.close()

    return count


def test_nobody_else_may_read_it(folder, day_file):
    day_file().write(DAY, [row(1)], [])
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}


def test_nobodys_address_and_no_message_id_is_in_it(folder, day_file):
    day_file().write(DAY, [row(1)], [b"proof"])
    octets = b"".join(path.read_bytes() for path in folder.iterdir())
    assert b"example" not in octets


def test_two_write_to_one_file(day_file, rows_in):
    first, second = day_file(), day_file()
    for number in range(10):
        (first, second)[number % 2].write(DAY, [row(number)], [b"same"])
    assert (rows_in(), rows_in("pair"), rows_in("used")) == (10, 10, 1)


def test_a_message_without_an_id_leaves_only_its_pairs(day_file, rows_in):
    day_file().write(DAY, [HASHES.row("", "ann@a.example", ["bob@b.example"], 7)], [])
    assert (rows_in(), rows_in("pair")) == (0, 1)


def test_a_new_day_has_a_new_file(folder, day_file):
    writer = day_file()
    writer.write(DAY, [row(1)], [])
    writer.write(date(2026, 11, 23), [row(2)], [])
    assert {"2026-11-22.sqlite3", "2026-11-23.sqlite3"} <= {path.name for path in folder.iterdir()}
    # The first one was closed, and its log written back.
    assert not (folder / "2026-11-22.sqlite3-wal").exists()


def test_a_damaged_file_is_set_aside_and_a_new_one_begun(folder, day_file, rows_in):
    folder.mkdir()
    (folder / "2026-11-22.sqlite3").write_bytes(b"no database at all" * 1000)
    writer = day_file()
    with pytest.raises(SetAsideError, match="is damaged: it is kept as 2026-11-22"):
        writer.write(DAY, [row(1)], [])
    writer.write(DAY, [row(1)], [])
    assert rows_in() == 1


def test_a_file_of_another_layout_is_set_aside(folder, day_file, rows_in):
    folder.mkdir()
    connection = sqlite3.connect(folder / "2026-11-22.sqlite3")
    connection.execute("PRAGMA user_version = 9")
    connection.close()
    writer = day_file()
    with pytest.raises(SetAsideError, match="layout of another version"):
        writer.write(DAY, [row(1)], [])
    writer.write(DAY, [row(1)], [])
    assert rows_in() == 1


def test_what_another_set_aside_is_not_written_to_any_more(folder, day_file, rows_in):
    first, second = day_file(), day_file()
    first.write(DAY, [row(1)], [])
    second.write(DAY, [row(2)], [])
    for ending in ("", "-wal", "-shm"):
        path = folder / f"2026-11-22.sqlite3{ending}"
        path.rename(folder / f"2026-11-22.sqlite3.damaged-x{ending}")
    first.write(DAY, [row(3)], [])
    second.write(DAY, [row(4)], [])
    assert rows_in() == 2
    first.write(DAY, [row(5)], [])
    assert rows_in() == 3


def test_a_file_that_is_damaged_again_and_again_is_left(folder, day_file):
    folder.mkdir()
    writer = day_file()
    for number in range(10):
        (folder / f"2026-11-22.sqlite3.damaged-{number}").touch()
    (folder / "2026-11-22.sqlite3").write_bytes(b"no database at all" * 1000)
    with pytest.raises(OSError, match="again and again"):
        writer.write(DAY, [row(1)], [])


def test_a_file_has_a_largest_size_and_is_whole_then(folder, day_file, rows_in):
    octets = 256 * 1024
    writer = day_file(octets)
    written = 0
    with contextlib.suppress(sqlite3.OperationalError):
        for number in range(100):
            writer.write(DAY, [row(number * 100 + one) for one in range(100)], [])
            written += 100
    assert 1000 < written < 10_000
    with pytest.raises(sqlite3.OperationalError, match="full"):
        writer.write(DAY, [row(number) for number in range(100_000, 100_100)], [])
    writer.close()
    assert os.path.getsize(folder / "2026-11-22.sqlite3") <= octets
    assert rows_in() == written


def test_all_of_a_batch_is_written_or_nothing(day_file, rows_in):
    writer = day_file()
    writer.write(DAY, [row(1)], [])
    bad = HASHES.row("<x@y>", "ann@a.example", ["bob@b.example"], 2**70)
    with pytest.raises(OverflowError):
        writer.write(DAY, [row(2), bad], [])
    assert rows_in() == 1
    writer.write(DAY, [row(3)], [])
    assert rows_in() == 2
