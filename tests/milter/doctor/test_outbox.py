"""Notices that wait are told, and what was set aside."""

from datetime import timedelta

import pytest

from pratique.milter.doctor.outbox import OLD, outbox

TOLD = '[notices]\naddresses = ["sec@our.example"]\n'


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "state/outbox"
    (made / "new").mkdir(parents=True)
    (made / "aside").mkdir()
    return made


def test_where_nobody_is_told_nothing_is_said(case):
    assert list(outbox(case())) == []


def test_before_the_first_start_there_is_no_folder(case):
    (line,) = outbox(case(TOLD))
    assert line.state == "warning"


@pytest.mark.parametrize(("seconds", "state"), [(-60, "ok"), (60, "warning")])
def test_notices_that_wait_for_long_are_told(case, folder, seconds, state):
    here = case(TOLD)
    now = here.now()
    here = case(TOLD, now=lambda: now)
    made = now - OLD - timedelta(seconds=seconds)
    (folder / f"new/{int(made.timestamp()):010}-a").touch()
    (folder / "new/else").touch()
    (line,) = outbox(here)
    assert line.state == state
    assert line.what.startswith("2 notices wait")


def test_what_was_set_aside_is_told(case, folder):
    (folder / "aside/1").touch()
    first, second = outbox(case(TOLD))
    assert (first.state, second.state) == ("ok", "warning")
    assert "were no notices: 1" in second.what


def test_what_waits_and_is_sent_by_nobody_is_told(case, folder):
    (folder / "new/1").touch()
    (line,) = outbox(case())
    assert line.state == "warning"
    assert "1 notices wait" in line.what
    assert "and nobody sends them" in line.what


def test_an_empty_folder_from_before_is_nothing_to_tell(case, folder):
    assert list(outbox(case())) == []
