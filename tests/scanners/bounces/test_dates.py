"""Dates as headers have them."""

from datetime import UTC, datetime

import pytest

from pratique.scanners.bounces.dates import CHARACTERS, read

MOMENT = datetime(2026, 3, 2, 0, 0, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    "written",
    [
        "Mon, 02 Mar 2026 09:00:05 +0900",
        "Mon, 2 Mar 2026 00:00:05 GMT",
        "Mon,  2 Mar 2026 00:00:05 +0000 (UTC)",
        "2 Mar 2026 00:00:05 -0000",
        "2 March 2026 00:00:05",
        "02-Mar-26 00:00:05 UT",
        "Monday, 02 Mar 126 00:00:05 UT",
        "Sun, 01 Mar 2026 19:00:05 EST",
        "Mon, 02 Mar 2026 09:00:05 JST",
    ],
)
def test_a_moment_is_read(written):
    assert read(written) == MOMENT


def test_seconds_may_be_missing_and_may_leap():
    assert read("2 Mar 2026 00:00 +0000") == datetime(2026, 3, 2, tzinfo=UTC)
    assert read("31 Dec 2016 23:59:60 +0000") == datetime(2016, 12, 31, 23, 59, 59, tzinfo=UTC)


@pytest.mark.parametrize(
    "written",
    [
        "", "yesterday", "Mon, 32 Mar 2026 00:00:05 +0000", "2 Foo 2026 00:00:05 +0000",
        "2 Mar 2026", "2026-03-02T00:00:05Z", "2 Mar 2026 25:00:00 +0000",
        "2 Mar 2026 00:00:05 +9999", "1 Jan 0001 00:00:00 +0900", "0" * 5000, "1 " * 5000,
        "٣ Mar 0000 00:00:00 +0000",
    ],
)  # fmt: skip
def test_what_is_no_moment_is_none(written):
    assert read(written) is None


@pytest.mark.parametrize(("before", "found"), [(CHARACTERS - 26, True), (CHARACTERS, False)])
def test_so_much_of_a_field_is_looked_at(before, found):
    assert (read(" " * before + "2 Mar 2026 00:00:05 +0000") is not None) is found
