"""Which file a moment belongs to, whatever the clock does, and which files go."""

import logging
import os
from datetime import UTC, date, datetime, timedelta

import pytest

from pratique.milter.stores.days import STEADY, Days, files_in, path_of, remove_old

TODAY = date(2026, 11, 22)
YOUNG = ["2026-11-20.sqlite3", "2026-11-21.sqlite3", "2026-11-22.sqlite3"]


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


def test_a_new_day_begins_also_within_the_first_hour(clocks):
    clocks.run(hours=11, minutes=30)
    made = Days(clocks.wall, clocks.monotonic)
    assert made.look() == TODAY
    clocks.run(minutes=30)
    assert not made.believed
    assert made.look() == TODAY + timedelta(days=1)


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


def hour(clocks, days):
    clocks.run(seconds=STEADY)
    days.look()
    return days.removes


@pytest.mark.parametrize(("seconds", "patient"), [(86400, False), (86401, True)])
def test_after_a_jump_of_more_than_a_day_nothing_is_removed_for_three_days(
    clocks, days, caplog, seconds, patient
):
    assert hour(clocks, days)
    clocks.now += timedelta(seconds=seconds)
    days.look()
    hours = next(number for number in range(1, 100) if hour(clocks, days))
    assert hours == (72 if patient else 1)
    assert ("the clock has jumped forward by 1.0 days" in caplog.text) is patient
    clocks.now += timedelta(seconds=100)
    days.look()
    assert hour(clocks, days)


def test_a_small_jump_after_a_large_one_shortens_nothing(clocks, days, caplog):
    clocks.now -= timedelta(days=400)
    days.look()
    assert "jumped back by 400.0 days" in caplog.text
    clocks.now += timedelta(seconds=100)
    days.look()
    assert next(number for number in range(1, 100) if hour(clocks, days)) == 72


def make(folder, *names):
    for name in names:
        (folder / name).write_bytes(b"x")


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_files_are_kept_as_many_days_as_is_said(tmp_path):
    make(tmp_path, "2026-10-22.sqlite3", "2026-10-23.sqlite3", *YOUNG)
    remove_old(tmp_path, TODAY, 30)
    assert names(tmp_path) == ["2026-10-23.sqlite3", *YOUNG]


@pytest.mark.parametrize(("count", "goes"), [(2, False), (3, True)])
def test_nothing_goes_where_hardly_any_younger_file_says_that_it_is_old(
    tmp_path, caplog, count, goes
):
    # As it is on the days after a clock went a year ahead.
    old = [f"2025-11-{number:02}.sqlite3" for number in range(1, 31)]
    make(tmp_path, *old, *YOUNG[-count:])
    with caplog.at_level(logging.INFO):
        remove_old(tmp_path, TODAY, 30, sure=False)
    assert names(tmp_path) == [*(() if goes else old), *YOUNG[-count:]]
    assert ("files of more than 30 days stay until the clock is known" in caplog.text) is not goes
    assert caplog.text.count("which is older than 30 days") == (30 if goes else 0)


@pytest.mark.parametrize("count", [0, 1, 2])
def test_where_nothing_is_old_nothing_is_said_of_it(tmp_path, caplog, count):
    make(tmp_path, *YOUNG[-count:] if count else (), "2026-11-23.sqlite3")
    remove_old(tmp_path, TODAY, 30, sure=False)
    assert caplog.text == ""


def test_who_has_seen_three_days_of_a_steady_clock_is_sure(clocks, days, tmp_path):
    make(tmp_path, "2025-11-01.sqlite3")
    clocks.run(seconds=3 * 86400 - 1)
    days.look()
    assert not days.sure
    clocks.run(seconds=1)
    days.look()
    assert days.sure
    remove_old(tmp_path, TODAY, 30, sure=True)
    assert names(tmp_path) == []


def test_a_file_of_a_day_that_has_not_come_is_no_younger_one(tmp_path):
    make(tmp_path, "2025-11-01.sqlite3", *YOUNG[1:], "2026-11-23.sqlite3", "2099-01-01.sqlite3")
    remove_old(tmp_path, TODAY, 30, sure=False)
    assert (tmp_path / "2025-11-01.sqlite3").exists()


@pytest.mark.parametrize(("keep_days", "count", "goes"), [(1, 1, False), (1, 2, True)])
def test_who_keeps_one_day_has_no_three_younger_ones(tmp_path, keep_days, count, goes):
    make(tmp_path, "2026-11-01.sqlite3", *YOUNG[-count:])
    remove_old(tmp_path, TODAY, keep_days, sure=False)
    assert (tmp_path / "2026-11-01.sqlite3").exists() is not goes


def test_all_that_belongs_to_a_day_goes_with_it(tmp_path):
    make(tmp_path, *YOUNG)
    old = "2026-01-01.sqlite3"
    aside = f"{old}.damaged-20260101T120000.000042"
    make(tmp_path, old, f"{old}-wal", f"{old}-shm", aside, f"{aside}-wal")
    remove_old(tmp_path, TODAY, 30)
    assert names(tmp_path) == YOUNG


def test_what_has_another_name_is_not_ours(tmp_path):
    strange = ["2026-01-01.sqlite3.bak", "2026-13-45.sqlite3", "lock", "x2026-01-01.sqlite3"]
    strange += ["2026-01-01.sqlite3\n", "notes-wal"]
    make(tmp_path, *strange)
    remove_old(tmp_path, TODAY, 1)
    assert names(tmp_path) == sorted(strange)
    assert files_in(tmp_path) == []


def test_a_file_of_a_day_that_never_came_goes_when_it_was_not_written_for_long(tmp_path):
    future = path_of(tmp_path, date(2099, 1, 1))
    make(tmp_path, future.name, *YOUNG)
    os.utime(future, (4e9, 4e9))
    remove_old(tmp_path, TODAY, 30)
    make(tmp_path, "2026-12-20.sqlite3", "2026-12-21.sqlite3", "2026-12-22.sqlite3")
    remove_old(tmp_path, TODAY + timedelta(days=30), 30)
    assert future.exists()
    remove_old(tmp_path, TODAY + timedelta(days=31), 30)
    assert not future.exists()


def test_files_are_listed_newest_first(tmp_path):
    make(tmp_path, "2026-11-20.sqlite3", "2026-11-22.sqlite3", "2026-11-21.sqlite3")
    assert [one.day.day for one in files_in(tmp_path)] == [22, 21, 20]


def test_a_file_set_aside_is_known_as_such(tmp_path):
    make(tmp_path, "2026-11-22.sqlite3", "2026-11-22.sqlite3.damaged-20261122T120000.000042")
    assert [one.is_set_aside for one in files_in(tmp_path)] == [True, False]
