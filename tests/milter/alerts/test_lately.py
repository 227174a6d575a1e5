"""What happened of late: counted by windows, over all doors, whatever clock and disk do."""

import logging
import struct
import subprocess
import sys

import pytest

from pratique.milter.alerts.buckets import BUCKET, BUCKETS, ENTRY, WAYS, MemoryBuckets
from pratique.milter.alerts.lately import MOST, Lately, Occasion, Window, open_lately

HOUR = Window(3600)
# The beginning of an hour.
NOON = 1_795_348_800.0
ME = ("bounces", "ann@example.org")


@pytest.fixture
def lately():
    return Lately(MemoryBuckets())


def lately_at(lately, now, many=0, window=HOUR, what=ME):
    return lately.count(what, many, window, now).lately


def test_each_thing_is_counted_by_itself(lately):
    assert lately_at(lately, NOON, 2) == 2
    assert lately_at(lately, NOON + 1, 3) == 5
    assert lately_at(lately, NOON, 1, what=("bounces", "bob@example.org")) == 1
    assert lately_at(lately, NOON, 1, what=("bounces",)) == 1
    assert lately_at(lately, NOON + 2) == 5


@pytest.mark.parametrize(
    ("what", "other"),
    [
        (("a", "b"), ("a,b",)),
        (("a", "b"), ("ab",)),
        (("a'", "b"), ("a", "'b")),
        (("\ud800",), ("\\ud800",)),
        (("a\0b",), ("a", "b")),
    ],
)
def test_no_two_things_are_one(lately, what, other):
    lately_at(lately, NOON, 5, what=what)
    assert lately_at(lately, NOON, what=other) == 0


def test_to_ask_counts_nothing(lately):
    for _ in range(3):
        assert lately_at(lately, NOON) == 0


@pytest.mark.parametrize(
    ("seconds", "count"),
    [(0, 60), (3599, 60), (3600, 60), (5400, 30), (7199, 0), (7200, 0), (10**6, 0)],
)
def test_the_window_before_counts_as_far_as_this_one_reaches_into_it(lately, seconds, count):
    lately_at(lately, NOON, 60)
    assert lately_at(lately, NOON + seconds) == count


def test_both_windows_count_together(lately):
    lately_at(lately, NOON + 1800, 60)
    assert lately_at(lately, NOON + 5400, 10) == 30 + 10


def test_a_count_stays_a_number_that_facts_can_hold(lately):
    assert lately_at(lately, NOON, MOST + 5) == MOST
    assert lately_at(lately, NOON, 1) == MOST
    assert lately_at(lately, NOON + 3600, MOST) == MOST


# What is usual.


def hours(lately, many, count, begin=NOON):
    """So many in each of some hours; the usual once they are over."""
    for hour in range(count):
        lately.count(ME, many, HOUR, begin + 3600 * hour)
    return lately.count(ME, 0, HOUR, begin + 3600 * count).usual


def test_what_comes_every_hour_becomes_usual_slowly(lately):
    assert hours(lately, 8, 1) == pytest.approx(8 / 168)
    assert hours(lately, 8, 168, NOON + 3600) == pytest.approx(8 * (1 - 0.366), rel=0.01)


def test_what_is_going_on_is_not_usual_yet(lately):
    assert lately.count(ME, 1000, HOUR, NOON).usual == 0
    assert lately.count(ME, 1000, HOUR, NOON + 3599).usual == 0


def test_a_burst_does_not_make_itself_usual(lately):
    assert hours(lately, 100_000, 24) < 10 * 24 / 168
    assert hours(lately, 8, 24, NOON + 24 * 3600) > 1


def test_what_lasts_for_weeks_is_usual(lately):
    assert hours(lately, 100, 24 * 7 * 8) > 50


def test_what_was_usual_is_forgotten_as_slowly(lately):
    usual = hours(lately, 8, 300)
    week = lately.count(ME, 0, HOUR, NOON + 3600 * (300 + 168)).usual
    assert week == pytest.approx(usual * 0.367, rel=0.01)
    assert lately.count(ME, 1, HOUR, NOON + 10**9).usual < 1e-6


# The clock.


def test_a_clock_that_goes_back_a_little_changes_nothing(lately):
    lately_at(lately, NOON + 10, 5)
    assert lately_at(lately, NOON - 600, 1) == 6
    assert lately_at(lately, NOON + 11, 1) == 7


def test_a_clock_that_goes_back_far_begins_anew(lately):
    lately_at(lately, NOON + 10**6, 5)
    assert lately_at(lately, NOON, 1) == 1
    assert lately_at(lately, NOON + 3600, 1) == 2


@pytest.mark.parametrize("now", [-1e12, -1, 0, 0.5, 2**32 - 1, 2**32, 1e18])
def test_no_clock_is_too_wrong(lately, now):
    for _ in range(2):
        assert lately_at(lately, now, 1) >= 1
        lately.occasion(("x",), 600, now)
        lately.over(("x",), 600, now)


# Room.


def crowd(lately, wanted):
    """Things that lie in one bucket, which only who has the key can find."""
    seen, found = {}, 0
    for number in range(10**6):
        what = ("crowd", str(number))
        bucket = lately_bucket(lately, what)
        seen.setdefault(bucket, []).append(what)
        found = max(found, len(seen[bucket]))
        if found == wanted:
            return seen[bucket]
    raise AssertionError("no crowd")


def lately_bucket(lately, what):
    """Where it lies, as the table is asked for it."""
    spy = Spy(lately._buckets)
    Lately(spy).count(what, 0, HOUR, NOON)
    return spy.asked


class Spy:
    def __init__(self, table):
        self.key, self._table, self.asked = table.key, table, -1

    def read(self, bucket):
        self.asked = bucket
        return self._table.read(bucket)


@pytest.fixture
def crowded(lately):
    return lately, crowd(lately, WAYS + 1)


def test_a_full_bucket_has_room_for_all_its_places(crowded):
    lately, things = crowded
    for second, what in enumerate(things[:WAYS]):
        lately_at(lately, NOON + second, 5, what=what)
    assert [lately_at(lately, NOON + 60, what=what) for what in things[:WAYS]] == [5] * WAYS


def test_past_that_the_one_goes_that_was_not_seen_for_longest(crowded):
    lately, things = crowded
    for second, what in enumerate(things[:WAYS]):
        lately_at(lately, NOON + second, 5, what=what)
    lately_at(lately, NOON + 30, 1, what=things[0])
    lately_at(lately, NOON + 40, 1, what=things[WAYS])
    counts = [lately_at(lately, NOON + 60, what=what) for what in things]
    assert counts == [6, 0, *[5] * (WAYS - 2), 1]


def test_one_whose_clock_was_far_ahead_goes_first(crowded):
    lately, things = crowded
    lately_at(lately, NOON + 10**8, 5, what=things[0])
    for second, what in enumerate(things[1:]):
        lately_at(lately, NOON + second, 5, what=what)
    assert [lately_at(lately, NOON + 60, what=what) for what in things] == [0, *[5] * WAYS]


@pytest.mark.slow
def test_all_who_send_from_the_whole_internet_need_no_more_room(tmp_path):
    lately = open_lately(tmp_path)
    size = (tmp_path / "lately").stat().st_blocks
    for number in range(20_000):
        lately_at(lately, NOON + number / 100, 1, what=("bounces", f"{number}@example.org"))
    assert lately_at(lately, NOON + 200, 0, what=("bounces", "19999@example.org")) == 1
    assert (tmp_path / "lately").stat().st_blocks == size
    lately.close()


# What is told now and then.

ALERT = ("infected_client", "192.0.2.1", "Worm")


def test_what_happens_again_soon_is_told_once(lately):
    assert lately.occasion(ALERT, 600, NOON) == Occasion(is_first=True, since=0)
    for second in range(599):
        assert lately.occasion(ALERT, 600, NOON + second) is None
    assert lately.occasion(ALERT, 600, NOON + 600) == Occasion(is_first=False, since=599)
    assert lately.occasion(ALERT, 600, NOON + 1200) == Occasion(is_first=False, since=0)


def test_a_clock_that_goes_back_keeps_nobody_silent_for_long(lately):
    lately.occasion(ALERT, 600, NOON + 10**6)
    assert lately.occasion(ALERT, 600, NOON) == Occasion(is_first=False, since=0)
    assert lately.occasion(ALERT, 600, NOON - 5) is None


def test_an_end_is_told_once_when_it_is_over(lately):
    assert lately.over(ALERT, 3600, NOON) is None
    lately.occasion(ALERT, 86_400, NOON)
    lately.occasion(ALERT, 86_400, NOON + 100)
    assert lately.over(ALERT, 3600, NOON + 3699) is None
    assert lately.over(ALERT, 3600, NOON + 3700) == 1
    assert lately.over(ALERT, 3600, NOON + 9999) is None
    assert lately.occasion(ALERT, 86_400, NOON + 9999) == Occasion(is_first=True, since=0)


# Troubles.


class Failing(MemoryBuckets):
    """A table that fails, or is held by somebody."""

    def __init__(self, *, fails="", held=False):
        super().__init__()
        self.fails, self.held, self.closed = fails, held, False

    def read(self, bucket):
        if self.fails == "read":
            raise OSError(5, "Input/output error")
        return super().read(bucket)

    def write(self, bucket, place, entry):
        if self.fails == "write":
            raise OSError(28, "No space left on device")
        super().write(bucket, place, entry)

    def lock(self, bucket):
        if self.fails == "lock":
            raise OSError(37, "No locks available")
        return not self.held

    def close(self):
        self.closed = True


def told(caplog):
    return [one.getMessage() for one in caplog.records if one.levelno >= logging.WARNING]


@pytest.mark.parametrize("fails", ["read", "write", "lock"])
def test_a_disk_that_fails_later_is_told_once_and_memory_counts_on(caplog, fails):
    table = Failing()
    lately = Lately(table, "lately")
    lately_at(lately, NOON, 5)
    table.fails = fails
    assert [lately_at(lately, NOON, 1) for _ in range(3)] == [1, 2, 3]
    (line,) = told(caplog)
    assert "counts in memory" in line
    assert table.closed


def test_what_cannot_be_locked_is_not_counted_and_told_once(caplog):
    table = Failing()
    lately = Lately(table, "lately")
    lately_at(lately, NOON, 5)
    table.held = True
    # What stands there is known, and what comes is known to come.
    assert [lately_at(lately, NOON, 1) for _ in range(3)] == [6, 6, 6]
    assert lately.lost == 3
    table.held = False
    assert lately_at(lately, NOON, 1) == 6
    (line,) = told(caplog)
    assert "holds its lock" in line


@pytest.mark.parametrize("usual", [float("nan"), float("inf"), -1.0, 1e30])
def test_damaged_entries_are_read_as_something_sane(lately, usual):
    lately_at(lately, NOON, 5)
    bucket = lately_bucket(lately, ME)
    octets = lately._buckets.read(bucket)
    for place in range(WAYS):
        tag = octets[place * ENTRY : place * ENTRY + 16]
        if any(tag):
            entry = tag + struct.pack("<IIIf", *(2**32 - 1,) * 3, usual)
            lately._buckets.write(bucket, place, entry)
    counted = lately.count(ME, 1, HOUR, NOON)
    assert counted.lately <= MOST
    assert 0 <= counted.usual <= 10
    lately.occasion(ME, 600, NOON)
    lately.over(ME, 600, NOON)


def test_a_table_of_random_octets_harms_nobody(tmp_path):
    lately = open_lately(tmp_path)
    with (tmp_path / "lately").open("r+b") as file:
        file.seek(BUCKET)
        file.write(bytes(range(256)) * BUCKETS)
    assert lately_at(lately, NOON, 1) == 1
    assert lately_at(lately, NOON, 1) == 2
    lately.close()


def test_where_there_can_be_no_file_each_door_counts_in_memory(tmp_path, caplog):
    (tmp_path / "state").write_text("no folder")
    lately = open_lately(tmp_path / "state")
    assert [lately_at(lately, NOON, 1) for _ in range(2)] == [1, 2]
    (line,) = told(caplog)
    assert "in memory" in line


def test_a_damaged_file_is_told_and_counts_begin_anew(tmp_path, caplog):
    (tmp_path / "lately").write_bytes(b"hello")
    lately = open_lately(tmp_path)
    assert lately_at(lately, NOON, 1) == 1
    (line,) = told(caplog)
    assert "lately.damaged" in line
    lately.close()


def test_counts_are_there_after_a_restart(tmp_path, caplog):
    for count in (1, 2):
        lately = open_lately(tmp_path)
        assert lately_at(lately, NOON, 1) == count
        lately.close()
    assert told(caplog) == []


COUNTS = f"""
import sys
from pathlib import Path
from pratique.milter.alerts.lately import Window, open_lately
lately = open_lately(Path(sys.argv[1]))
print("ready", flush=True)
sys.stdin.readline()
for number in range(3000):
    lately.count({ME!r}, 1, Window(3600), {NOON} + number / 10)
    lately.count(("own", sys.argv[2]), 1, Window(3600), {NOON})
print(lately.lost, flush=True)
"""


@pytest.mark.slow
def test_several_doors_count_as_one(tmp_path):
    """What a door could not count it knows of; all else is exact."""
    doors = [
        subprocess.Popen(
            [sys.executable, "-c", COUNTS, str(tmp_path), str(number)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        for number in range(4)
    ]
    for door in doors:
        assert door.stdout.readline() == "ready\n"
    for door in doors:
        door.stdin.write("\n")
        door.stdin.flush()
    lost = [int(door.communicate()[0]) for door in doors]
    lately = open_lately(tmp_path)
    counted = lately_at(lately, NOON + 300)
    own = sum(lately_at(lately, NOON, what=("own", str(number))) for number in range(4))
    assert counted + own + sum(lost) == 4 * 6000
    assert sum(lost) < 4 * 60
    lately.close()
