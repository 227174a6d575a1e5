"""The policy in force is kept, and is the one in the file; or it is told."""

from datetime import UTC, datetime

import pytest

from pratique.milter.doctor.versions import versions
from pratique.milter.history import Came
from pratique.milter.policy_file import find
from pratique.milter.versions import Versions

NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)


@pytest.fixture
def mine(tmp_path):
    file = tmp_path / "mine.toml"
    file.write_text("# one\n")
    return file


@pytest.fixture
def its(case, mine):
    """A case whose service has that policy in force."""
    made = case(f'[policy]\nfile = "{mine}"')
    kept = Versions(made.settings.state / "policies")
    kept.enter(Came(NOW, kept.keep(find(str(mine)), NOW), str(mine), "start"))
    return made


def said(case):
    return [(line.state, line.what, line.do) for line in versions(case)]


def test_before_a_service_ran_nothing_is_said(case):
    assert said(case()) == []


def test_what_is_kept_and_unchanged_is_well(its):
    ((state, what, _),) = said(its)
    assert state == "ok"
    assert what.startswith("the policy in force since 2026-11-22 10:00 UTC, ")


def test_a_file_that_was_changed_and_not_reloaded_is_told(its, mine):
    mine.write_text("# two\n")
    (_, what, do) = said(its)[1]
    assert what == f"the policy {mine}, or what it names, is not what is in force"
    assert "`pratique reload`" in do
    mine.unlink()
    assert len(said(its)) == 1


def test_a_version_that_is_damaged_is_told(its):
    for text in (its.settings.state / "policies/texts").iterdir():
        text.write_bytes(b"")
    ((state, what, do),) = said(its)
    assert (state, "is damaged" in what, "reload" in do) == ("warning", True, True)


def test_a_history_that_cannot_be_read_is_told(case):
    made = case()
    (made.settings.state / "policies/history").mkdir(parents=True)
    ((state, what, _),) = said(made)
    assert (state, what) == ("not looked at", "which policy is in force")
