"""One file a day, written to by several, set aside when it is damaged."""

import fcntl
import random
import sqlite3
import subprocess
import sys
from datetime import date

import pytest

from pratique.milter.journal.day_file import DayFiles
from pratique.milter.journal.record import encode
from pratique.milter.stores.day_folder import MOST_SET_ASIDE, DayFolder, SetAsideError

DAY = date(2026, 11, 22)
NAME = "2026-11-22.sqlite3"

WRITE = """
import sys
from datetime import UTC, date, datetime
from pathlib import Path
from pratique.milter.journal.day_file import DayFiles
from pratique.milter.stores.day_folder import DayFolder
from pratique.milter.journal.entry import PolicyText
from pratique.milter.journal.record import Row

row = Row("a", "", "", "2026-11-22", "h", 1, b"", PolicyText("p", "h", "t"))
files = DayFiles(DayFolder(Path(sys.argv[1]), lambda: datetime.now(UTC)))
for _ in range(2):
    files.write(date(2026, 11, 22), [row])
"""


@pytest.fixture
def files(folder, clocks):
    return DayFiles(DayFolder(folder, clocks.wall, patience=0.05))


@pytest.fixture
def rows(entry):
    return [encode(entry(name), "plain") for name in "abc"]


def numbers(folder, name=NAME):
    with sqlite3.connect(folder / name) as connection:
        found = connection.execute("SELECT number, queue_id FROM message ORDER BY 1").fetchall()
    connection.close()
    return found


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_rows_are_numbered_as_they_came(files, folder, rows):
    files.write(DAY, rows[:2])
    files.write(DAY, rows[2:])
    assert numbers(folder) == [(1, "a"), (2, "b"), (3, "c")]


def test_between_batches_the_file_is_whole_by_itself_and_ours_alone(files, folder, rows):
    files.write(DAY, rows)
    assert names(folder) == [NAME, "lock"]
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}
    assert folder.stat().st_mode & 0o777 == 0o700


def test_the_policy_is_kept_once_a_file(files, folder, rows):
    files.write(DAY, rows)
    files.write(DAY, rows)
    connection = sqlite3.connect(folder / NAME)
    assert connection.execute("SELECT name, text FROM policy").fetchall() == [
        ("policy.toml", "[[rule]]\n")
    ]
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    connection.close()


@pytest.mark.slow
@pytest.mark.real("strace")
def test_a_batch_is_synced_before_its_write_is_over(folder, tmp_path):
    trace = tmp_path / "trace"
    command = ["strace", "-f", "-y", "-e", "trace=fsync,fdatasync", "-o", trace]
    subprocess.run([*command, sys.executable, "-c", WRITE, folder], check=True, timeout=60)
    synced = trace.read_text()
    assert f"{folder / NAME}>" in synced
    assert f"{folder / NAME}-wal>" in synced


def test_a_second_connection_may_read_on_meanwhile(files, folder, rows):
    files.write(DAY, rows)
    reader = sqlite3.connect(folder / NAME, isolation_level=None)
    reader.execute("BEGIN")
    assert reader.execute("SELECT count(*) FROM message").fetchone() == (3,)
    files.write(DAY, rows)
    assert reader.execute("SELECT count(*) FROM message").fetchone() == (3,)
    reader.execute("COMMIT")
    assert reader.execute("SELECT count(*) FROM message").fetchone() == (6,)
    reader.close()


def test_a_lock_of_another_writer_is_told_after_a_while(files, folder, rows):
    files.write(DAY, rows)
    with (folder / "lock").open("rb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(BlockingIOError):
            files.write(DAY, rows)
    files.write(DAY, rows)
    assert len(numbers(folder)) == 6


def test_all_rows_are_written_or_none(files, folder, rows):
    files.write(DAY, rows)
    connection = sqlite3.connect(folder / NAME)
    connection.execute(
        "CREATE TRIGGER no BEFORE INSERT ON message WHEN new.queue_id = 'b'"
        " BEGIN SELECT raise(ABORT, 'no'); END"
    )
    connection.close()
    with pytest.raises(sqlite3.IntegrityError):
        files.write(DAY, rows)
    assert len(numbers(folder)) == 3


@pytest.mark.parametrize("keep", [0, 100, 4096])
def test_a_damaged_file_is_set_aside_and_a_new_one_begun(files, folder, rows, keep):
    files.write(DAY, rows)
    path = folder / NAME
    whole = path.read_bytes()
    garbled = whole[:keep] + random.Random(1).randbytes(len(whole) - keep)
    path.write_bytes(garbled)
    with pytest.raises(SetAsideError, match="kept as"):
        files.write(DAY, rows)
    files.write(DAY, rows[:1])
    assert numbers(folder) == [(1, "a")]
    (aside,) = [name for name in names(folder) if "damaged" in name]
    assert (folder / aside).read_bytes() == garbled


@pytest.mark.parametrize(
    "statement", ["PRAGMA user_version = 2", "CREATE TABLE x (y); PRAGMA user_version = 0"]
)
def test_a_file_of_another_layout_is_set_aside_unharmed(files, folder, statement):
    folder.mkdir()
    connection = sqlite3.connect(folder / NAME)
    connection.executescript(statement)
    connection.close()
    with pytest.raises(SetAsideError, match="another version"):
        files.write(DAY, [])
    assert any(".other-" in name for name in names(folder))


@pytest.mark.slow
def test_a_disk_that_garbles_everything_makes_few_files(files, folder, rows, clocks):
    for _ in range(MOST_SET_ASIDE):
        files.write(DAY, rows)
        (folder / NAME).write_bytes(b"x" * 4096)
        clocks.run(seconds=1)
        with pytest.raises(SetAsideError):
            files.write(DAY, rows)
    files.write(DAY, rows)
    (folder / NAME).write_bytes(b"x" * 4096)
    with pytest.raises(OSError, match="again and again"):
        files.write(DAY, rows)
    assert len([name for name in names(folder) if "damaged" in name]) == MOST_SET_ASIDE


@pytest.mark.parametrize("what", ["a file", "a link"])
def test_a_folder_that_is_none_is_told(files, folder, rows, what):
    folder.write_bytes(b"") if what == "a file" else folder.symlink_to("nowhere")
    with pytest.raises(OSError, match=r"Not a directory|No such file"):
        files.write(DAY, rows)


def test_a_day_file_that_is_a_link_is_not_followed(files, folder, rows, tmp_path):
    folder.mkdir()
    (folder / NAME).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError, match="symbolic"):
        files.write(DAY, rows)
    assert not (tmp_path / "elsewhere").exists()
