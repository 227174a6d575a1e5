"""All days are asked, and what one cannot say does not stop the others."""

import sqlite3
from datetime import date, timedelta

import pytest

from pratique.milter.sent.day_file import DayFile
from pratique.milter.sent.reading import MOST_ENVELOPES, Reading
from pratique.milter.sent.rows import Hashes
from pratique.milter.stores.day_folder import DayFolder

DAY = date(2026, 11, 22)
HASHES = Hashes(bytes(32))
ID = HASHES.message("<a@a.example>")
ANN, BOB, EVE = (HASHES.address(f"{name}@a.example") for name in ("ann", "bob", "eve"))


def row(at=7, to="bob", reverse_path="ann"):
    return HASHES.row("<a@a.example>", f"{reverse_path}@a.example", [f"{to}@a.example"], at)


@pytest.fixture
def write(folder, clocks):
    def put(days, rows, proofs=()):
        file = DayFile(DayFolder(folder, clocks.wall), 64 * 1024 * 1024)
        file.write(DAY + timedelta(days=days), rows, proofs)
        file.close()

    return put


@pytest.fixture
def reading(folder):
    made = Reading(folder)
    yield made
    made.close()


def test_nothing_is_known_before_anything_was_written(reading):
    assert reading.sent(ID, None) is None
    assert reading.last_to(1) is None
    assert reading.uses(b"k") == 0


def test_envelopes_of_several_days_are_one_message(write, reading):
    write(-3, [row(7, "bob")])
    write(0, [row(9, "eve")])
    found = reading.sent(ID, ANN)
    assert (found.at, found.recipients) == (9, {BOB, EVE})
    assert reading.sent(ID, None) == found
    assert reading.sent(HASHES.message("<b@a.example>"), None) is None


def test_of_several_reverse_paths_one_is_asked_for_or_the_newest(write, reading):
    write(0, [row(7, "bob", "ann"), row(9, "eve", "list")])
    assert reading.sent(ID, ANN).recipients == {BOB}
    assert reading.sent(ID, None).recipients == {EVE}
    assert reading.sent(ID, EVE) is None


def test_the_last_mail_to_somebody_is_the_newest(write, reading):
    pair = HASHES.pair(BOB, ANN)
    write(-5, [row(5)])
    write(-1, [row(8), row(7)])
    assert reading.last_to(pair) == 8
    assert reading.last_to(HASHES.pair(ANN, BOB)) is None


def test_uses_of_all_days_are_counted(write, reading):
    write(-5, [], [b"k", b"k"])
    write(0, [], [b"k", b"other"])
    assert reading.uses(b"k") == 3


def test_a_file_that_comes_later_is_read(write, reading):
    write(0, [row(7)])
    assert reading.sent(ID, ANN).at == 7
    write(1, [row(9)])
    assert reading.sent(ID, ANN).at == 9


def test_a_file_that_is_gone_is_let_go(folder, write, reading):
    write(0, [row(7)])
    write(1, [row(9)])
    assert reading.sent(ID, ANN).at == 9
    (folder / "2026-11-23.sqlite3").unlink()
    reading.look()
    assert reading.sent(ID, ANN).at == 7
    assert list(reading._open) == [folder / "2026-11-22.sqlite3"]


def test_a_file_that_was_replaced_is_opened_anew(folder, write, reading):
    write(0, [row(7)])
    assert reading.sent(ID, ANN).at == 7
    for path in folder.glob("*.sqlite3*"):
        path.unlink()
    write(0, [row(9)])
    assert reading.sent(ID, ANN).at == 9


def test_a_damaged_day_is_told_once_and_the_others_are_read(folder, write, reading, caplog):
    write(-1, [row(7)])
    (folder / "2026-11-22.sqlite3").write_bytes(b"no database at all" * 1000)
    for _ in range(3):
        assert reading.sent(ID, ANN).at == 7
        assert reading.last_to(HASHES.pair(BOB, ANN)) == 7
    told = [record.getMessage() for record in caplog.records]
    assert len(told) == 1
    assert "2026-11-22.sqlite3 is not read, bounces may not be proved by it" in told[0]


def test_a_row_whose_values_are_no_longer_what_they_were_is_none(folder, write, reading):
    write(0, [row(7)])
    connection = sqlite3.connect(folder / "2026-11-22.sqlite3")
    connection.execute("UPDATE sent SET at = 'seven'")
    connection.execute("UPDATE pair SET at = x'07'")
    connection.commit()
    connection.close()
    assert reading.sent(ID, None) is None
    assert reading.sent(ID, ANN) is None
    assert reading.last_to(HASHES.pair(BOB, ANN)) is None


@pytest.mark.parametrize(("count", "found"), [(MOST_ENVELOPES, True), (MOST_ENVELOPES + 1, False)])
def test_envelopes_past_the_limit_are_not_looked_at(write, reading, count, found):
    write(0, [row(7, "eve")] * (count - 1) + [row(7, "bob")])
    assert (BOB in reading.sent(ID, ANN).recipients) is found


def test_what_is_read_changes_nothing(folder, write, reading):
    write(0, [row(7)])
    reading.sent(ID, ANN)
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        reading._open[folder / "2026-11-22.sqlite3"].connection.execute("DELETE FROM sent")


def test_what_could_not_be_read_is_remembered(tmp_path):
    reading = Reading(tmp_path)
    assert reading.uses(b"proof") == 0
    assert not reading.failed
    (tmp_path / "2026-11-22.sqlite3").write_bytes(b"no database" * 1000)
    assert reading.uses(b"proof") == 0
    assert reading.failed
    reading.close()
