"""Since when the ledger has all that was sent, and what ends that."""

import os
from datetime import UTC, datetime, timedelta

import pytest

from pratique.milter.sent.whole import NAME, Whole


@pytest.fixture
def whole(tmp_path):
    found = Whole(tmp_path / "sent")
    found.begin(("a.example",), "boot 1")
    return found


def aged(whole, tmp_path, **ago):
    """The note says that all was kept for so long."""
    at = (datetime.now(UTC) - timedelta(**ago)).timestamp()
    os.utime(tmp_path / "sent" / NAME, (at, at))
    return whole.holds(datetime.now(UTC))


@pytest.mark.parametrize(("days", "holds"), [(7.9, False), (8.1, True)])
def test_it_holds_once_all_that_may_come_back_was_kept(whole, tmp_path, days, holds):
    assert aged(whole, tmp_path, days=days) is holds


def test_another_process_goes_by_the_same_note(whole, tmp_path):
    assert aged(whole, tmp_path, days=9)
    other = Whole(tmp_path / "sent")
    other.begin(("a.example",), "boot 1")
    assert other.holds(datetime.now(UTC))
    whole.lost()
    assert not other.holds(datetime.now(UTC))


def test_after_a_boot_it_begins_anew(whole, tmp_path):
    assert aged(whole, tmp_path, days=9)
    whole.begin(("a.example",), "boot 2")
    assert not whole.holds(datetime.now(UTC))


def test_with_another_domain_of_ours_it_begins_anew(whole, tmp_path):
    assert aged(whole, tmp_path, days=9)
    whole.begin(("a.example", "b.example"), "boot 1")
    assert not whole.holds(datetime.now(UTC))


def test_a_loss_that_a_clock_says_was_long_ago_was_not(whole, tmp_path):
    assert not aged(whole, tmp_path, days=-1)
    whole.lost()
    assert not whole.holds(datetime.now(UTC) + timedelta(days=30))


def test_a_folder_that_is_gone_takes_it_along(whole, tmp_path):
    assert aged(whole, tmp_path, days=9)
    (tmp_path / "sent" / NAME).unlink()
    assert not whole.holds(datetime.now(UTC))
    whole.lost()
    assert not (tmp_path / "sent" / NAME).exists()


def test_a_file_that_was_set_aside_is_a_loss_as_long_as_it_lies_there(whole, tmp_path):
    assert aged(whole, tmp_path, days=9)
    aside = tmp_path / "sent" / "2026-11-22.sqlite3.damaged-20261122T120000.1"
    aside.touch()
    assert not whole.holds(datetime.now(UTC))
    aside.unlink()
    assert whole.holds(datetime.now(UTC))


def test_nobody_says_that_all_passes_here_any_more(whole, tmp_path):
    whole.forget()
    whole.forget()
    assert not whole.holds(datetime.now(UTC) + timedelta(days=30))


def test_what_cannot_be_noted_is_not_complete(tmp_path, caplog):
    (tmp_path / "sent").write_text("no folder")
    whole = Whole(tmp_path / "sent")
    whole.begin(("a.example",), "boot 1")
    assert "does not count as complete" in caplog.text
    whole.lost()
    assert not whole.holds(datetime.now(UTC) + timedelta(days=30))


def test_the_boot_of_this_machine_is_known(tmp_path):
    whole = Whole(tmp_path / "sent")
    whole.begin()
    assert len((tmp_path / "sent" / NAME).read_text().strip()) == 36
