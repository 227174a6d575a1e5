"""What a replay has found fits on a terminal, and a bar is for terminals only."""

from datetime import UTC, datetime

import pytest

from pratique.milter.cli.replay_shown import Bar, report
from pratique.milter.journal.pages import Unread
from pratique.milter.replay.sides import Chosen
from pratique.milter.replay.tally import MOST_UNREAD, Change, Example, Tally
from pratique.policies.written.beside import NOTHING

TEXT = "[[rule]]\nname = 'rest'\nactions = ['accept']\n"
SIDES = (None, Chosen("new.toml", TEXT, NOTHING, "ab" * 32))


def tally(changes, messages=1, id_="Q1"):
    found = Tally()
    for change in changes:
        for _ in range(messages):
            moment = datetime(2026, 11, 1, tzinfo=UTC)
            example = Example(moment, id_, "a" * 60 + "@x", "", "s" * 60)
            found.count({change: (1, "b@x")}, "2026-11-01", example)
    return found


def change(number, after="reject"):
    return Change(f"rule {number}", "accept", "x" * 100, after)


def test_lines_are_cut_at_the_width_of_the_terminal(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "60")
    report(SIDES, tally([change(1)]), as_json=False)
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) == 60
    assert sum(line.endswith("…") for line in lines) == 2


def test_the_path_of_a_file_is_shown_whole(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "60")
    path = "/var/tmp/" + "long" * 30 + ".eml"
    report(SIDES, tally([change(1)], id_=path), as_json=False)
    assert path in capsys.readouterr().out


@pytest.mark.parametrize(("count", "is_told"), [(20, False), (21, True)])
def test_a_person_is_shown_the_largest_groups(capsys, count, is_told):
    report(SIDES, tally([change(number) for number in range(count)]), as_json=False)
    out = capsys.readouterr().out
    assert out.count("was by rule") == 20
    assert ("and 1 smaller groups: --json has all" in out) == is_told


def test_a_share_is_never_rounded_to_all_or_nothing(capsys):
    found = tally([change(1)])
    found.same = 1_000_000
    report(SIDES, found, as_json=False)
    out = capsys.readouterr().out
    assert "  1,000,000   99.99%  the same, by the same rule" in out
    assert "          1    0.01%  otherwise" in out


def test_places_that_cannot_be_read_are_named_up_to_a_number(capsys):
    found = tally([change(1)])
    found.name([Unread("day\x1b", "why")] * (MOST_UNREAD + 5))
    report(SIDES, found, as_json=False)
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == r"could not be read: day\x1b: why"
    assert lines[-1] == f"could not be read: {MOST_UNREAD - 5} more places, see --json"
    assert len(lines) == 11


def test_no_bar_is_drawn_where_there_is_no_terminal(capsys):
    with Bar(10) as bar:
        bar.more(5)
    assert capsys.readouterr() == ("", "")
