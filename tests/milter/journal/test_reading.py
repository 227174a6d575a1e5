"""Entries are found by any of their ids, whatever state the files are in."""

import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import zlib
from datetime import date, timedelta
from pathlib import Path

import pytest

from pratique.milter.journal.day_file import DayFiles
from pratique.milter.journal.reading import entries_of, find
from pratique.milter.journal.record import encode
from pratique.milter.stores.day_folder import DayFolder

DAY = date(2026, 11, 22)

CRASH = """
import os, sqlite3, sys
connection = sqlite3.connect(sys.argv[1])
connection.execute("UPDATE message SET queue_id = 'changed' WHERE queue_id = 'a'")
connection.commit()
os._exit(0)
"""

# A Python that lies in somebody's home cannot be read by nobody: urllib.parse, which pathlib
# imports late from 3.13 on, is there before.
AS_NOBODY = """
import os, sys, urllib.parse
from pathlib import Path
from pratique.milter.journal.reading import find
os.setuid(65534)
found = find(Path(sys.argv[1]), sys.argv[2])
print(len(found.entries), found.unreadable)
"""


@pytest.fixture
def keep(folder, clocks, entry):
    """Write entries of these names into the file of a day."""
    files = DayFiles(DayFolder(folder, clocks.wall))

    def write(*names, day=DAY, **changed):
        files.write(day, [encode(entry(name, **changed), "plain") for name in names])

    return write


@pytest.mark.parametrize("wanted", ["b", "4gXyZ12345z1abc", "20261122T120000-0a0b0c0d"])
def test_a_message_is_found_by_each_of_its_ids(folder, keep, entry, wanted):
    keep("b")
    (kept,) = find(folder, wanted).entries
    assert kept.entry == entry("b")
    assert (kept.file, kept.number, kept.privacy) == ("2026-11-22.sqlite3", 1, "plain")


@pytest.mark.parametrize("wanted", ["", "B", "b ", "%", "b' OR 1 = 1 --", "\udcff", "\x00"])
def test_what_is_no_id_finds_nothing(folder, keep, wanted):
    keep("b", mta_id="")
    assert find(folder, wanted).entries == []


def test_the_newest_come_first_over_all_days(folder, keep, clocks):
    for back in (1, 0, 2):
        moment = clocks.now - timedelta(days=back)
        keep("b", day=moment.date(), received_at=moment)
    found = find(folder, "b")
    assert [kept.file[8:10] for kept in found.entries] == ["22", "21", "20"]
    assert [day.day for day in found.days] == [22, 21, 20]


@pytest.mark.slow
@pytest.mark.parametrize(("count", "more"), [(9, 0), (10, 0), (11, 1), (25, 15)])
def test_of_many_the_newest_ten_are_read_and_the_rest_counted(folder, keep, clocks, count, more):
    for number in range(count):
        keep("b", received_at=clocks.now + timedelta(seconds=number))
    found = find(folder, "b")
    assert (len(found.entries), found.more) == (min(count, 10), more)
    assert found.entries[0].entry.envelope.received_at.second == (count - 1) % 60


def test_a_journal_that_was_never_written_has_no_days(folder):
    found = find(folder, "b")
    assert (found.entries, found.days, found.unreadable) == ([], [], [])
    assert not folder.exists()


def test_a_damaged_file_is_named_and_the_others_are_read(folder, keep):
    keep("b")
    keep("b", day=DAY - timedelta(days=1))
    path = folder / "2026-11-21.sqlite3"
    path.write_bytes(random.Random(1).randbytes(path.stat().st_size))
    found = find(folder, "b")
    assert len(found.entries) == 1
    ((name, why),) = found.unreadable
    assert (name, "not a database" in why) == (path.name, True)


@pytest.mark.parametrize("octets", [b"x", b"SQLite format 3\x00"])
def test_a_file_that_is_none_is_named(folder, octets):
    folder.mkdir()
    (folder / "2026-11-22.sqlite3").write_bytes(octets)
    assert len(find(folder, "b").unreadable) == 1


def test_a_file_that_is_being_made_is_one_with_nothing_in_it_yet(folder, keep):
    keep("b")
    made = folder / "2026-11-23.sqlite3"
    made.touch()
    assert list(entries_of(made)) == []
    with sqlite3.connect(made, isolation_level=None) as maker:
        # So far it is before its layout is committed.
        maker.execute("PRAGMA journal_mode = WAL")
        maker.execute("BEGIN IMMEDIATE")
        maker.execute("CREATE TABLE message (number INTEGER)")
        found = find(folder, "b")
        assert (len(found.entries), found.unreadable) == (1, [])
        assert list(entries_of(made)) == []
        maker.execute("COMMIT")
        # Committed without what our layout says it is not ours.
        with pytest.raises(ValueError, match="layout 0"):
            list(entries_of(made))
    maker.close()


def test_a_damaged_record_is_named_and_the_others_are_read(folder, keep):
    keep("b", "b", "b")
    connection = sqlite3.connect(folder / "2026-11-22.sqlite3")
    connection.execute("UPDATE message SET record = zeroblob(9) WHERE number = 2")
    connection.execute("UPDATE message SET facts_format = 7 WHERE number = 1")
    connection.commit()
    connection.close()
    found = find(folder, "b")
    assert ([kept.number for kept in found.entries], found.more) == ([3], 0)
    assert [name for name, _ in found.unreadable] == [
        "2026-11-22.sqlite3, record 2",
        "2026-11-22.sqlite3, record 1",
    ]


def test_a_file_set_aside_is_read_as_far_as_it_goes(folder, keep):
    keep("b")
    path = folder / "2026-11-22.sqlite3"
    path.rename(folder / f"{path.name}.other-20261122T120000.000042")
    assert len(find(folder, "b").entries) == 1


def test_reading_writes_nothing(folder, keep):
    keep("b")
    path = folder / "2026-11-22.sqlite3"
    before = path.read_bytes(), path.stat().st_mtime_ns
    find(folder, "b")
    list(entries_of(path))
    assert (path.read_bytes(), path.stat().st_mtime_ns) == before


@pytest.mark.slow
def test_what_a_killed_writer_left_is_read(folder, keep):
    keep("a")
    path = folder / "2026-11-22.sqlite3"
    subprocess.run([sys.executable, "-c", CRASH, path], check=True)
    assert (folder / f"{path.name}-wal").stat().st_size > 0
    assert len(find(folder, "changed").entries) == 1
    keep("b")
    assert len(find(folder, "changed").entries) == 1


@pytest.mark.slow
@pytest.mark.real("root")
def test_who_may_only_read_can_read(folder, keep):
    keep("b")
    with tempfile.TemporaryDirectory() as open_to_all:
        place = Path(shutil.copytree(folder, Path(open_to_all) / "journal"))
        for path, mode in (
            (place.parent, 0o755),
            (place, 0o755),
            *((one, 0o644) for one in place.iterdir()),
        ):
            path.chmod(mode)
        command = [sys.executable, "-c", AS_NOBODY, place, "b"]
        ran = subprocess.run(command, check=True, capture_output=True, text=True)
    assert ran.stdout == "1 []\n"


@pytest.mark.parametrize("page", [1, 2, 3, 500])
def test_a_day_is_read_in_pages_each_entry_once(folder, keep, page):
    keep("a", "b")
    keep("c", "d", "e")
    read = entries_of(folder / "2026-11-22.sqlite3", page=page)
    assert [kept.entry.envelope.queue_id for kept in read] == ["a", "b", "c", "d", "e"]


def test_a_day_can_be_read_on_from_where_one_was(folder, keep):
    keep("a", "b", "c")
    read = entries_of(folder / "2026-11-22.sqlite3", after=2)
    assert [kept.number for kept in read] == [3]


def test_what_is_written_between_two_pages_is_read_too(folder, keep):
    keep("a", "b")
    reading = entries_of(folder / "2026-11-22.sqlite3", page=1)
    assert next(reading).entry.envelope.queue_id == "a"
    keep("c")
    assert [kept.entry.envelope.queue_id for kept in reading] == ["b", "c"]


def changed(folder, statement, *values):
    connection = sqlite3.connect(folder / "2026-11-22.sqlite3")
    connection.execute(statement, values)
    connection.commit()
    connection.close()


@pytest.mark.parametrize("octets", [b"[" * 100_000 + b"\n\n", b'{"verdicts": 1}\n\n', b"1\n\n"])
def test_a_record_of_other_types_is_named_and_the_others_are_read(folder, keep, octets):
    keep("b", "b")
    changed(folder, "UPDATE message SET record = ? WHERE number = 1", zlib.compress(octets))
    found = find(folder, "b")
    assert [kept.number for kept in found.entries] == [2]
    assert [name for name, _ in found.unreadable] == ["2026-11-22.sqlite3, record 1"]


@pytest.mark.parametrize("value", [7, "text", b"", 1.5])
def test_a_column_of_another_type_damages_one_record(folder, keep, value):
    keep("b", "b")
    changed(folder, "UPDATE message SET record = ? WHERE number = 1", value)
    assert [kept.number for kept in find(folder, "b").entries] == [2]


def test_a_policy_that_is_no_text_is_named(folder, keep):
    keep("b")
    changed(folder, "UPDATE policy SET text = x'00ff'")
    found = find(folder, "b")
    assert (found.entries, len(found.unreadable)) == ([], 1)
    assert "no text" in found.unreadable[0][1]


def test_a_text_that_is_no_utf_8_hides_nothing(folder, keep):
    keep("b")
    changed(folder, "UPDATE policy SET name = CAST(x'61ff' AS TEXT)")
    assert [kept.entry.policy.name for kept in find(folder, "b").entries] == ["a\\xff"]
