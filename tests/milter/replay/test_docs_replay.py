"""The page docs/replay.md shows what the command shows, and names options that there are."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from pratique.milter.cli.policy_replay import agreement, diff, replay
from pratique.milter.config import Settings

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs/replay.md").read_text("utf-8")
SHOWN = re.search(r"<!-- shown: tested -->\n```\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)

THEN = """
[[rule]]
name = "program"
when = 'any_kind("executable")'
actions = ["reject"]
reason = "a program"

[[rule]]
name = "all other mail"
actions = ["accept"]
"""
NEW = """
[[rule]]
name = "program or script"
when = 'any_kind(["executable", "script"])'
actions = ["reject"]
reason = "a program"

[[rule]]
name = "large"
when = 'mail.size > 20000000'
actions = ["quarantine"]
reason = "more than 20 MB"

[[rule]]
name = "all other mail"
actions = ["accept"]
"""


@dataclass
class Session:
    state: Path

    def settings(self):
        return Settings(state=self.state)


@pytest.mark.slow
def test_the_page_shows_what_the_command_shows(journal, a_policy, tmp_path, monkeypatch):
    then = a_policy(THEN)
    for number, (kind, size) in enumerate(
        [("text", 10), ("text", 10), ("text", 3 * 10**7), ("text", 3 * 10**7), ("executable", 1)],
        start=1,
    ):
        moment = datetime(2026, 11, 20, 12, number, tzinfo=UTC)
        journal.message(kind, size=size, at=moment, policy=then, text="minutes")
    journal.message("text", policy=then, rule="mail loop", text="minutes")
    journal.write()
    (tmp_path / "new.toml").write_text(NEW)
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(replay, ["new.toml"], obj=Session(tmp_path))
    shown = re.sub(r"Q000", "Q", result.stdout).replace("ann@else.example", "ann@a.example")
    assert shown == SHOWN[1]
    assert result.exit_code == 1


def test_each_option_of_the_page_is_one_of_the_commands():
    table = PAGE[PAGE.index("| option |") :]
    named = set(re.findall(r"^\| [^|]*", table, re.MULTILINE))
    options = set(re.findall(r"--[a-z]+", " ".join(named)))
    parameters = (each for command in (replay, diff, agreement) for each in command.params)
    known = {one for each in parameters for one in each.opts}
    assert options == {one for one in known if one.startswith("--")}


def test_the_page_is_named_where_pages_are():
    assert "(replay.md)" in (ROOT / "docs/README.md").read_text("utf-8")
