"""`pratique policy history` and `show`."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from pratique.milter.cli.policy import policy
from pratique.milter.history import Came
from pratique.milter.policy_file import PolicyFile
from pratique.milter.versions import Versions
from pratique.policies.written.beside import Beside

NOW = datetime(2026, 11, 22, 10, 30, 5, tzinfo=UTC)
TEXT = '# ü\n[[rule]]\nname = "all"\nactions = ["accept"]\n'


@pytest.fixture
def versions(session):
    return Versions(session.settings().state / "policies")


@pytest.fixture
def call(session):
    def call(*arguments, status=0):
        done = CliRunner().invoke(policy, arguments, obj=session)
        assert done.exit_code == status, done.output
        return done

    return call


@pytest.fixture
def two(versions):
    """Two versions, the first in force now, the second in the shadow."""
    beside = Beside({"default": "# d\n"}, {"partners.txt": "ann@x.example\nbob@x.example\n"})
    first = versions.keep(PolicyFile("a.toml", TEXT, Path(), beside), NOW)
    second = versions.keep(PolicyFile("b\x1b[2J.toml", "# b", Path()), NOW)
    versions.enter(Came(NOW, second, "b\x1b[2J.toml", "start", rules=1, tests=12))
    versions.enter(Came(NOW, first, "a.toml", "reload", rules=30, tests=100))
    versions.enter(Came(NOW, second, "b\x1b[2J.toml", "reload", "shadow", 1, 12))
    return first, second


def test_before_a_service_ran_there_is_no_history(call):
    assert call("history").stdout == "no policy was in force yet\n"
    assert call("history", "--json").stdout == ""


def test_a_folder_that_is_closed_is_told_and_is_not_an_empty_one(call, two, monkeypatch):
    def closed(folder):
        raise PermissionError(13, "Permission denied", str(folder))

    # pathlib asks this one from Python 3.13 on, and that one before.
    monkeypatch.setattr("os.scandir", closed)
    monkeypatch.setattr("os.listdir", closed)
    for asked in (("history",), ("show", two[0])):
        assert "policies: Permission denied; run it as root" in call(*asked, status=2).stderr


def test_a_line_is_a_change_and_says_what_is_in_force(call, two):
    first, second = (digest[:12] for digest in two)
    assert call("history").stdout.splitlines() == [
        "  since (UTC)          hash          rules  tests  by      name",
        f"  2026-11-22 10:30:05  {second}  1      12     start   b\\x1b[2J.toml",
        f"* 2026-11-22 10:30:05  {first}  30     100    reload  a.toml",
        f"+ 2026-11-22 10:30:05  {second}  1      12     reload  in the shadow: b\\x1b[2J.toml",
    ]


def test_a_shadow_that_is_gone_is_in_force_no_more(call, two, versions):
    versions.enter(Came(NOW, "", "", "reload", "shadow"))
    *_, before, last = call("history").stdout.splitlines()
    assert before.startswith("  2026")
    assert last.split() == ["2026-11-22", "10:30:05", "reload", "in", "the", "shadow:", "(none)"]


def test_json_has_an_object_a_line(call, two):
    lines = [json.loads(line) for line in call("history", "--json").stdout.splitlines()]
    assert lines[1] == {
        "since": "2026-11-22T10:30:05+00:00",
        "hash": two[0],
        "name": "a.toml",
        "why": "reload",
        "role": "enforce",
        "rules": 30,
        "tests": 100,
        "in_force": True,
    }
    assert [line["in_force"] for line in lines] == [False, True, True]


def test_a_policy_is_shown_as_it_was_and_what_it_names_is_told_beside(call, two):
    done = call("show", two[0][:10])
    assert done.stdout == TEXT
    assert done.stderr.splitlines() == [
        "includes default (1 lines): --beside default",
        "list partners.txt (2 lines): --beside partners.txt",
    ]


def test_what_a_policy_names_is_shown_as_it_was(call, two):
    done = call("show", two[0], "--beside", "partners.txt")
    assert done.stdout == "ann@x.example\nbob@x.example\n"
    told = call("show", two[0], "--beside", "x", status=2).stderr
    assert "names no 'x'; it names: partners.txt, default" in told
    assert "it names: nothing" in call("show", two[1], "--beside", "x", status=2).stderr


def test_all_of_it_is_one_object(call, two):
    said = json.loads(call("show", two[0], "--json").stdout)
    assert (said["hash"], said["name"], said["text"]) == (two[0], "a.toml", TEXT)
    assert said["policies"] == {"default": "# d\n"}
    assert set(said["lists"]) == {"partners.txt"}


@pytest.mark.parametrize(
    ("which", "words"), [("xyz", "is no hash of a policy"), ("0" * 64, "no policy 0000")]
)
def test_what_is_not_there_is_said_in_words(call, two, which, words):
    assert words in call("show", which, status=2).stderr


def test_a_damaged_version_is_told_and_not_shown(call, two, versions):
    for text in (versions.folder / "texts").iterdir():
        text.write_bytes(b"")
    done = call("show", two[0], status=2)
    assert "is damaged" in done.stderr
    assert done.stdout == ""


def test_a_history_that_cannot_be_read_is_told(call, versions):
    (versions.folder / "history").mkdir(parents=True)
    assert "the history cannot be read" in call("history", status=2).stderr
