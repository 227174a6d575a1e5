"""Days since 1970, and for how many of them a stamp holds."""

from datetime import UTC, date, datetime

import pytest

from pratique.milter.sent.day import WINDOW, date_of, day_of, holds


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("1970-01-01T00:00:00+00:00", 0),
        ("2026-11-22T23:59:59+00:00", 20779),
        # The day is that of UTC, wherever somebody is.
        ("2026-11-23T08:59:59+09:00", 20779),
        ("2026-11-23T09:00:00+09:00", 20780),
    ],
)
def test_the_day_is_that_of_utc(written, day):
    assert day_of(datetime.fromisoformat(written)) == day


def test_a_day_is_written_as_a_date():
    assert date_of(20779) == date(2026, 11, 22)
    assert day_of(datetime(2026, 11, 22, tzinfo=UTC)) == 20779


@pytest.mark.parametrize(
    ("age", "is_in_force"), [(-2, False), (-1, True), (0, True), (WINDOW, True), (8, False)]
)
def test_a_stamp_holds_for_its_window_and_a_neighbours_midnight(age, is_in_force):
    assert holds(20779, 20779 + age) is is_in_force
