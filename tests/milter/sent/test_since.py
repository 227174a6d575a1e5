"""Since when mail is stamped: noted, begun anew, and never believed too early."""

from datetime import date, timedelta

import pytest

from pratique.milter.sent import since
from pratique.milter.sent.since import Since

TODAY = date(2026, 11, 22)
ORG = "example.org"


def later(days):
    return TODAY + timedelta(days=days)


@pytest.mark.parametrize(("days", "is_long"), [(0, False), (8, False), (9, True), (100, True)])
def test_it_counts_once_all_that_may_still_bounce_was_stamped(days, is_long):
    began = Since(TODAY, {ORG: TODAY})
    assert began.marks(later(days)) is is_long
    assert began.tagged(ORG, later(days)) is is_long


def test_what_nobody_knows_does_not_count():
    assert not Since().marks(TODAY)
    assert not Since(TODAY).tagged(ORG, later(100))


def test_the_first_day_stays(tmp_path):
    assert since.noted(tmp_path, [ORG], TODAY) == Since(TODAY, {ORG: TODAY})
    assert since.noted(tmp_path, [ORG, ".a.example"], later(3)) == Since(
        TODAY, {ORG: TODAY, ".a.example": later(3)}
    )
    assert since.read(tmp_path).tags == {ORG: TODAY, ".a.example": later(3)}


def test_what_is_switched_off_begins_anew(tmp_path):
    since.noted(tmp_path, [ORG], TODAY)
    assert since.noted(tmp_path, [], later(1)) == Since(TODAY)
    assert since.noted(tmp_path, [ORG], later(2)).tags == {ORG: later(2)}
    since.forget(tmp_path)
    since.forget(tmp_path)
    assert since.noted(tmp_path, [ORG], later(20)).watermark == later(20)


def test_a_clock_that_was_ahead_is_forgotten(tmp_path):
    since.noted(tmp_path, [ORG], later(400))
    assert since.noted(tmp_path, [ORG], TODAY) == Since(TODAY, {ORG: TODAY})


@pytest.mark.parametrize(
    "written",
    [
        b"", b"\xff", b"[]", b"{}", b'{"watermark": 5, "tags": {}}',
        b'{"watermark": "2026-11-01", "tags": []}', b'{"watermark": "soon", "tags": {}}',
        b'{"watermark": "2026-11-01", "tags": {"a": 1}}', b"[" * 100_000,
    ],
)  # fmt: skip
def test_a_note_that_cannot_be_read_begins_anew(tmp_path, written):
    (tmp_path / since.NAME).write_bytes(written)
    assert since.noted(tmp_path, [ORG], TODAY) == Since(TODAY, {ORG: TODAY})
    assert since.read(tmp_path).watermark == TODAY


def test_a_note_that_cannot_be_written_stops_nobody(tmp_path):
    assert since.noted(tmp_path / "none", [ORG], TODAY) == Since(TODAY, {ORG: TODAY})
    assert since.read(tmp_path / "none") == Since()
    (tmp_path / since.NAME).mkdir()
    assert since.noted(tmp_path, [], TODAY) == Since(TODAY)
    assert [one.name for one in tmp_path.iterdir()] == [since.NAME]


def test_another_domain_of_ours_begins_anew_and_one_less_does_not(tmp_path):
    long_ago, today = date(2026, 10, 1), date(2026, 11, 22)
    noted = since.noted(tmp_path, [], long_ago, ["a.example", "b.example"])
    assert since.noted(tmp_path, [], today, ["b.example"]).watermark == noted.watermark == long_ago
    assert since.noted(tmp_path, [], today, ["b.example", "c.example"]).watermark == today
    assert since.read(tmp_path).ours == {"b.example", "c.example"}
