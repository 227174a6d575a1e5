"""Pages of records: nothing is kept open, each record comes once, and what is damaged is named."""

import sqlite3
from contextlib import closing
from datetime import UTC, date, datetime

import pytest

from pratique.milter.journal import pages
from pratique.milter.journal.day_file import DayFiles
from pratique.milter.journal.pages import MOST_NUMBERS, Stretch, Window, pages_of, span_of
from pratique.milter.journal.record import encode
from pratique.milter.stores.day_folder import DayFolder

DAY = date(2026, 11, 22)


@pytest.fixture
def write(folder, entry):
    files = DayFiles(DayFolder(folder, lambda: datetime(2026, 11, 22, tzinfo=UTC)))

    def rows(count, **changed):
        made = [encode(entry(f"Q{number}", **changed), "plain") for number in range(count)]
        files.write(DAY, made)
        return folder / f"{DAY}.sqlite3"

    return rows


def read(path, after=0, last=100, window=None, most=4):
    unread = []
    found = list(pages_of(Stretch(path, after, last), window or Window(), unread, most))
    return [[row.number for row in page] for page in found], unread


def test_records_come_by_pages_and_each_once(write):
    path = write(10)
    assert span_of(path) == (1, 10)
    assert read(path) == ([[1, 2, 3, 4], [5, 6, 7, 8], [9, 10]], [])
    assert read(path, 2, 6) == ([[3, 4, 5, 6]], [])
    assert read(path, 6, 6) == ([], [])
    assert read(path, 20, 30) == ([[]], [])


def test_while_a_page_is_looked_at_writers_commit_and_nothing_is_open(write):
    path = write(10)
    reading = pages_of(Stretch(path, 0, 10), Window(), [], 4)
    first = next(reading)
    write(5)
    with closing(sqlite3.connect(path, timeout=0)) as connection:
        # An open read transaction would keep the log from being written back: busy, 1.
        busy, *_ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        connection.execute("PRAGMA journal_mode = DELETE")
    assert busy == 0
    assert [row.number for row in first] == [1, 2, 3, 4]
    assert [[row.number for row in page] for page in reading] == [[5, 6, 7, 8], [9, 10]]


def test_numbers_that_are_missing_move_nothing(write):
    path = write(12)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("DELETE FROM message WHERE number IN (2, 5, 6)")
    assert read(path) == ([[1, 3, 4, 7], [8, 9, 10, 11], [12]], [])


def test_days_are_told_by_the_record_and_not_by_the_file(write):
    write(2, received_at=datetime(2026, 11, 1, tzinfo=UTC))
    path = write(2, received_at=datetime(2030, 1, 1, tzinfo=UTC))
    assert read(path, window=Window(date(2026, 11, 1), date(2026, 11, 1)))[0] == [[1, 2]]
    assert read(path, window=Window(since=date(2027, 1, 1)))[0] == [[3, 4]]
    assert read(path, window=Window(until=date(2025, 1, 1)))[0] == [[]]


def test_a_window_holds_its_first_and_its_last_day():
    window = Window(date(2026, 11, 2), date(2026, 11, 3))
    assert [date(2026, 11, day) in window for day in (1, 2, 3, 4)] == [False, True, True, False]
    assert date.min in Window()
    assert date.max in Window()
    # SQLite is asked for a day more on each side: a time may have another zone.
    assert window.texts() == {"since": "2026-11-01", "until": "2026-11-05~"}
    assert Window().texts() == {"since": "0001-01-01", "until": "9999-12-31~"}


def test_a_record_without_a_time_is_not_passed_over(write):
    path = write(3)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE message SET received_at = 'x' WHERE number = 2")
        connection.execute("UPDATE message SET received_at = 7 WHERE number = 3")
    assert read(path, window=Window(until=date(2020, 1, 1)))[0] == [[2, 3]]


def test_a_damaged_place_costs_what_stands_there_and_is_named(write):
    path = write(400)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")
    octets = bytearray(path.read_bytes())
    page_size = int.from_bytes(octets[16:18])
    # Pages of the table's leaves begin with 13 (https://sqlite.org/fileformat2.html 1.6).
    leaves = [at for at in range(page_size, len(octets), page_size) if octets[at] == 13]
    at = leaves[len(leaves) // 2]
    octets[at : at + page_size] = b"\xff" * page_size
    path.write_bytes(octets)
    found, unread = read(path, last=400, most=50)
    numbers = [number for page in found for number in page]
    assert unread
    assert all("malformed" in one.why for one in unread)
    lost = sum(_count(one.where) for one in unread)
    assert 0 < lost < 100
    assert len(numbers) == len(set(numbers)) == 400 - lost


def _count(where):
    _, _, numbers = where.partition(", record")
    first, _, last = numbers.removeprefix("s ").strip().partition(" to ")
    return int(last or first) - int(first) + 1


def test_a_file_that_is_gone_is_named_from_there_on(write):
    path = write(10)
    unread = []
    reading = pages_of(Stretch(path, 0, 10), Window(), unread, 4)
    next(reading)
    path.unlink()
    assert list(reading) == []
    assert [(one.where, one.why) for one in unread] == [
        ("2026-11-22.sqlite3, records 5 to 10", "the file was removed while it was read")
    ]


def test_a_file_of_another_layout_is_named_page_by_page(write):
    path = write(6)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 99")
    found, unread = read(path, last=6)
    assert found == []
    assert [one.where for one in unread] == [
        "2026-11-22.sqlite3, records 1 to 4",
        "2026-11-22.sqlite3, records 5 to 6",
    ]
    assert {one.why for one in unread} == {"layout 99, and this version reads 1"}


def test_a_number_that_cannot_be_true_is_damage(write):
    path = write(1)
    for number, is_damage in ((MOST_NUMBERS - 1, False), (MOST_NUMBERS, True), (2**62, True)):
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute("UPDATE message SET number = ?", (number,))
        if not is_damage:
            assert span_of(path) == (number, number)
            continue
        with pytest.raises(ValueError, match="that is damage"):
            span_of(path)


def test_a_file_without_records_has_no_span(write, tmp_path):
    path = write(1)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("DELETE FROM message")
    assert span_of(path) is None
    (tmp_path / "new.sqlite3").touch()
    assert span_of(tmp_path / "new.sqlite3") is None
    assert read(tmp_path / "new.sqlite3") == ([[]], [])
    with pytest.raises(sqlite3.Error):
        span_of(tmp_path / "none.sqlite3")


def test_words_for_an_error_name_the_code():
    error = sqlite3.OperationalError("no")
    assert pages._in_words(error) == "no"
    assert pages._in_words(ValueError("why")) == "why"
