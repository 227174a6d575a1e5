"""The clock: what it may say, who sets it, and whether the journal is ahead of it."""

from datetime import UTC, datetime, timedelta

import pytest

from pratique.milter.doctor.clock import clock, of_adjtimex, synchronised


def test_a_clock_of_today_is_right(case):
    (line,) = clock(case())
    assert line.state == "ok"


def test_one_that_says_a_day_before_this_program_was_installed_is_wrong(case):
    (line,) = clock(case(now=lambda: datetime(1970, 1, 2, tzinfo=UTC)))
    assert (line.state, "1970-01-02" in line.what) == ("wrong", True)
    assert line.do


@pytest.mark.parametrize(("days", "states"), [(0, ["ok"]), (1, ["ok"]), (2, ["ok", "wrong"])])
def test_a_journal_of_days_to_come_says_that_the_clock_was_set(case, days, states):
    here = case()
    folder = here.settings.state / "journal"
    folder.mkdir(parents=True)
    day = (here.now() + timedelta(days=days)).date()
    for one in (day, day - timedelta(days=9)):
        (folder / f"{one.isoformat()}.sqlite3").touch()
    (folder / "9999-01-01.txt").touch()
    assert [line.state for line in clock(here)] == states


@pytest.mark.parametrize(
    ("said", "state"), [(0, "ok"), (1, "ok"), (5, "warning"), (-1, "not looked at")]
)
def test_what_the_kernel_says_of_ntp(said, state):
    assert of_adjtimex(said).state == state


def test_the_kernel_is_asked_and_nothing_is_changed(case):
    (line,) = synchronised(case())
    assert line.state in {"ok", "warning", "not looked at"}
