"""Which file a moment belongs to, whatever the clock does, and which files go."""

import os
from datetime import UTC, date, datetime, timedelta

import pytest

from pratique.milter.journal.days import STEADY, Days, files_in, path_of, remove_old

TODAY = date(2026, 11, 22)


@pytest.fixture
def days(clocks):
    made = Days(clocks.wall, clocks.monotonic)
    made.look()
    return made


def test_the_day_is_that_of_utc(clocks):
    made = Days(lambda: datetime.fromisoformat("2026-11-23T01:00:00+09:00"), clocks.monotonic)
    assert made.look() == TODAY


def test_a_new_day_begins_at_midnight(clocks, days):
    clocks.run(hours=11, minutes=59)
    assert days.look() == TODAY
    clocks.run(minutes=1)
    assert days.look() == TODAY + timedelta(days=1)


def test_a_quiet_night_is_no_jump(clocks, days):
    clocks.run(days=3)
    assert days.look() == TODAY + timedelta(days=3)


@pytest.mark.parametrize("jump", [timedelta(days=26000), timedelta(days=-20000)])
def test_after_a_jump_the_day_stays_until_the_clock_is_believed(clocks, days, jump):
    clocks.now += jump
    assert days.look() == TODAY
    clocks.run(seconds=STEADY - 1)
    assert days.look() == TODAY
    clocks.run(seconds=1)
    assert days.look() == (datetime(2026, 11, 22, 13, tzinfo=UTC) + jump).date()


def test_a_clock_that_jumps_about_makes_no_second_file(clocks, days):
    seen = set()
    for number in range(2000):
        clocks.now += timedelta(days=(-1) ** number * number)
        clocks.run(seconds=1)
        seen.add(days.look())
    assert seen == {TODAY}


def test_a_clock_that_is_set_right_is_followed(clocks, days):
    clocks.now += timedelta(days=1000)
    days.look()
    clocks.now -= timedelta(days=1000)
    days.look()
    clocks.run(days=1)
    assert days.look() == TODAY + timedelta(days=1)


def test_small_steps_and_slow_drift_are_no_jumps(clocks, days):
    for _ in range(100):
        clocks.now += timedelta(seconds=59)
        clocks.run(seconds=STEADY / 100)
        days.look()
    assert days.believed


def test_a_clock_is_believed_an_hour_after_the_start(clocks, days):
    assert not days.believed
    clocks.run(seconds=STEADY)
    days.look()
    assert days.believed
    clocks.now += timedelta(days=1)
    days.look()
    assert not days.believed


def make(folder, *names):
    for name in names:
        (folder / name).write_bytes(b"x")


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_files_are_kept_as_many_days_as_is_said(tmp_path):
    make(tmp_path, "2026-10-22.sqlite3", "2026-10-23.sqlite3", "2026-11-22.sqlite3")
    remove_old(tmp_path, TODAY, 30)
    assert names(tmp_path) == ["2026-10-23.sqlite3", "2026-11-22.sqlite3"]


def test_all_that_belongs_to_a_day_goes_with_it(tmp_path):
    old = "2026-01-01.sqlite3"
    aside = f"{old}.damaged-20260101T120000.000042"
    make(tmp_path, old, f"{old}-wal", f"{old}-shm", aside, f"{aside}-wal")
    remove_old(tmp_path, TODAY, 30)
    assert names(tmp_path) == []


def test_what_has_another_name_is_not_ours(tmp_path):
    strange = ["2026-01-01.sqlite3.bak", "2026-13-45.sqlite3", "lock", "x2026-01-01.sqlite3"]
    strange += ["2026-01-01.sqlite3\n", "notes-wal"]
    make(tmp_path, *strange)
    remove_old(tmp_path, TODAY, 1)
    assert names(tmp_path) == sorted(strange)
    assert files_in(tmp_path) == []


def test_a_file_of_a_day_that_never_came_goes_when_it_was_not_written_for_long(tmp_path):
    future = path_of(tmp_path, date(2099, 1, 1))
    make(tmp_path, future.name)
    os.utime(future, (4e9, 4e9))
    remove_old(tmp_path, TODAY, 30)
    remove_old(tmp_path, TODAY + timedelta(days=30), 30)
    assert future.exists()
    remove_old(tmp_path, TODAY + timedelta(days=31), 30)
    assert not future.exists()


def test_files_are_listed_newest_first(tmp_path):
    make(tmp_path, "2026-11-20.sqlite3", "2026-11-22.sqlite3", "2026-11-21.sqlite3")
    assert [one.day.day for one in files_in(tmp_path)] == [22, 21, 20]


def test_a_file_set_aside_is_known_as_such(tmp_path):
    make(tmp_path, "2026-11-22.sqlite3", "2026-11-22.sqlite3.damaged-20261122T120000.000042")
    assert sorted(one.is_set_aside for one in files_in(tmp_path)) == [False, True]
