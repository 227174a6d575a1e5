"""A line for each policy that came in force, whatever the clock says."""

import json
import logging
from datetime import UTC, datetime, timedelta

import pytest

from pratique.milter import history
from pratique.milter.durable import Disk
from pratique.milter.history import MOST_LINES, Came

NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)
ONE, OTHER = "1" * 64, "2" * 64


def came(digest=ONE, **others):
    return Came(**{"since": NOW, "hash": digest, "name": "a.toml", "why": "reload", **others})


def add(folder, *some):
    for one in some:
        history.add(folder, Disk(), one)


def test_where_nothing_came_nothing_is_read(tmp_path):
    assert history.read(tmp_path) == ()


def test_what_came_is_read_oldest_first(tmp_path):
    some = came(rules=3, tests=4), came(OTHER, why="start"), came()
    add(tmp_path, *some)
    assert history.read(tmp_path) == some


def test_a_start_with_what_was_in_force_changes_nothing(tmp_path):
    add(tmp_path, came(), came(why="start", since=NOW + timedelta(days=1)))
    assert history.read(tmp_path) == (came(),)


def test_the_same_policy_under_another_name_is_a_change(tmp_path):
    add(tmp_path, came(), came(name="b.toml"))
    assert len(history.read(tmp_path)) == 2


def test_each_role_has_a_line_of_its_own(tmp_path):
    none = came("", name="", role="shadow")
    shadow = came(OTHER, role="shadow")
    add(tmp_path, none, came(), shadow, came(), shadow, none, none)
    assert history.read(tmp_path) == (came(), shadow, none)
    assert history.last_of(history.read(tmp_path), "shadow") == none
    assert history.last_of((), "enforce") is None


def test_a_clock_that_goes_back_changes_no_order(tmp_path):
    back = came(OTHER, since=NOW - timedelta(days=400))
    add(tmp_path, came(), back)
    assert history.read(tmp_path) == (came(), back)


def written(**others):
    return json.dumps(came().written() | others).encode()


@pytest.mark.parametrize(
    "line",
    [
        *(b"{", b"\xff", b"[]", b"{}"),
        written(since="yesterday"),
        written(since="2026-11-22T10:00:00"),
        written(role="other"),
        written(why="magic"),
        written(rules="many"),
        written(rules=float("inf")),
        b"[" * 100_000,
    ],
)
def test_a_damaged_line_is_told_and_the_others_stand(tmp_path, caplog, line):
    add(tmp_path, came(), came(OTHER))
    file = tmp_path / "history"
    file.write_bytes(file.read_bytes().replace(b"\n", b"\n" + line + b"\n", 1))
    with caplog.at_level(logging.WARNING):
        assert history.read(tmp_path) == (came(), came(OTHER))
    assert "1 lines are damaged" in caplog.text
    add(tmp_path, came())
    assert line in file.read_bytes().splitlines()
    assert history.read(tmp_path) == (came(), came(OTHER), came())


def test_a_file_has_as_many_lines_as_changes_in_a_year_and_no_more(tmp_path):
    some = [came(f"{number:064x}") for number in range(MOST_LINES + 1)]
    line = json.dumps(some[0].written())
    lines = [line.replace("0" * 64, one.hash) for one in some[:MOST_LINES]]
    (tmp_path / "history").write_text("\n".join(lines) + "\n")
    assert len(history.read(tmp_path)) == MOST_LINES
    add(tmp_path, some[-1])
    assert history.read(tmp_path) == tuple(some[1:])
