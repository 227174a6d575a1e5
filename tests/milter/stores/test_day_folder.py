"""A folder with a file a day: private, one at a time, and what is no file of ours goes aside."""

import os
import sqlite3
from contextlib import closing
from datetime import UTC, datetime

import pytest

from pratique.milter.stores.day_folder import MOST_SET_ASIDE, DayFolder, code_of, has_layout

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
LAYOUT = "CREATE TABLE one (a);CREATE TABLE two (b);"


@pytest.fixture
def folder(tmp_path):
    made = DayFolder(tmp_path / "store", lambda: NOON, patience=0.02)
    made.make()
    return made


def test_a_folder_and_its_files_are_for_us_alone(folder):
    folder.make()
    file = folder.path / "2026-11-22.sqlite"
    folder.connect(file).close()
    with folder.alone():
        modes = {one.name: one.stat().st_mode & 0o777 for one in folder.path.iterdir()}
    assert folder.path.stat().st_mode & 0o777 == 0o700
    assert modes == {"2026-11-22.sqlite": 0o600, "lock": 0o600}


def test_one_at_a_time_is_alone(folder):
    with folder.alone(), pytest.raises(BlockingIOError), folder.alone():
        pass
    with folder.alone():
        pass


def test_a_lock_that_is_a_link_is_not_followed(folder, tmp_path):
    (folder.path / "lock").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError, match="symbolic links"), folder.alone():
        pass
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.parametrize("why", ["damaged", "other"])
def test_what_is_set_aside_is_kept_with_its_log(folder, why):
    file = folder.path / "day.sqlite"
    for ending in ("", "-wal", "-shm"):
        (folder.path / f"day.sqlite{ending}").write_text(ending)
    said = folder.set_aside(file, why)
    aside = f"day.sqlite.{why}-20261122T120000.000000"
    assert sorted(os.listdir(folder.path)) == [aside, f"{aside}-shm", f"{aside}-wal"]
    assert aside in said
    assert ("is damaged" if why == "damaged" else "another version") in said


@pytest.mark.parametrize("before", [MOST_SET_ASIDE - 1, MOST_SET_ASIDE])
def test_a_disk_that_garbles_all_does_not_fill_the_folder(folder, before):
    file = folder.path / "day.sqlite"
    for number in range(before):
        (folder.path / f"day.sqlite.damaged-{number}").touch()
        (folder.path / f"day.sqlite.damaged-{number}-wal").touch()
    file.touch()
    if before < MOST_SET_ASIDE:
        assert folder.set_aside(file, "damaged")
        return
    with pytest.raises(OSError, match="again and again"):
        folder.set_aside(file, "damaged")
    assert file.exists()


def test_a_new_file_is_laid_out_once(folder):
    file = folder.path / "day.sqlite"
    for _ in range(2):
        with closing(folder.connect(file)) as connection:
            assert has_layout(connection, LAYOUT, 7)
            connection.execute("INSERT INTO two VALUES (1)")
    with closing(folder.connect(file)) as connection:
        assert connection.execute("SELECT count(*) FROM two").fetchone() == (2,)


def test_a_file_of_another_version_or_of_somebody_else_is_not_ours(folder):
    for name, statement in (("old", "PRAGMA user_version = 6"), ("else", "CREATE TABLE x (y)")):
        with closing(folder.connect(folder.path / name)) as connection:
            connection.execute(statement)
            assert not has_layout(connection, LAYOUT, 7)


def test_the_code_of_an_error_has_no_details(folder):
    file = folder.path / "day.sqlite"
    file.write_bytes(b"no database at all" * 100)
    with closing(folder.connect(file)) as connection, pytest.raises(sqlite3.DatabaseError) as told:
        has_layout(connection, LAYOUT, 7)
    assert code_of(told.value) == sqlite3.SQLITE_NOTADB
    assert code_of(sqlite3.Error()) == 0
