"""`pratique doctor`: how it reads, what it answers to programs, and its exit status."""

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from pratique.milter.cli.doctor import doctor
from pratique.milter.cli.main import main
from pratique.milter.doctor import CHECKS
from pratique.milter.doctor.disk import FEW, FEW_FILES, TOO_FEW, TOO_FEW_FILES

PAGE = (Path(__file__).resolve().parents[3] / "docs/doctor.md").read_text("utf-8")
CLOCK, DISK = "clock", "disk"


@pytest.fixture
def run(tmp_path):
    """Run `pratique doctor` with a configuration."""

    def run(*arguments, text=""):
        config = tmp_path / "pratique.toml"
        config.write_text(f'state = "{tmp_path}/state"\n{text}')
        return CliRunner().invoke(main, ["--config", str(config), "doctor", *arguments])

    return run


@pytest.fixture
def state(tmp_path):
    (tmp_path / "state").mkdir(mode=0o700)
    return tmp_path / "state"


@pytest.mark.slow
def test_lines_stand_under_their_concern_and_the_remedy_under_its_line(run, state):
    state.chmod(0o755)
    done = run(DISK, CLOCK)
    lines = done.stdout.splitlines()
    assert done.exit_code == 1
    assert lines.index("clock") < lines.index("disk"), "in their own order"
    (number,) = [number for number, line in enumerate(lines) if line.startswith("  WRONG    ")]
    (remedy,) = [number for number, line in enumerate(lines) if "-> chmod 700" in line]
    assert number < remedy
    assert lines[remedy].startswith(" " * 11 + "-> ")
    assert re.search(r"\d ok, .*1 wrong", lines[-1])


@pytest.mark.slow
def test_no_line_is_wider_than_a_terminal_unless_a_word_is(run, state):
    done = run(DISK, CLOCK, "policy", "service", "certificates")
    assert done.stdout
    wide = [line for line in done.stdout.splitlines() if len(line) > 80]
    assert [line for line in wide if len(line.split()[-1]) < 40] == []


def test_warnings_alone_are_no_failure(run, state):
    done = run(CLOCK, DISK, "service")
    assert "  warning  " in done.stdout
    assert done.exit_code == 0


def test_brief_leaves_out_what_is_ok_and_counts_it(run, state):
    done = run("--brief", DISK)
    assert "  ok  " not in done.stdout
    assert re.search(r"\d ok", done.stdout)


def test_json_is_one_object_a_line(run, state):
    state.chmod(0o755)
    done = run("--json", DISK)
    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.exit_code == 1
    assert {tuple(one) for one in told} == {("concern", "state", "what", "do")}
    assert {one["concern"] for one in told} == {"disk"}
    (wrong,) = [one for one in told if one["state"] == "wrong"]
    assert wrong["do"] == f"chmod 700 {state}"


def test_a_configuration_that_cannot_be_read_is_status_2(run, tmp_path):
    done = run(CLOCK, text="nonsense = 1\n")
    assert (done.exit_code, "nonsense" in done.stderr) == (2, True)
    done = CliRunner().invoke(main, ["--config", str(tmp_path / "none"), "doctor"])
    assert done.exit_code == 2


def test_the_page_has_each_concern_and_each_option(run):
    headings = [line[3:] for line in PAGE.splitlines() if line.startswith("## ")]
    assert headings == list(dict.fromkeys(check.concern for check in CHECKS))
    options = [one for param in doctor.params for one in param.opts if one.startswith("--")]
    assert [one for one in options if f"`{one}" not in PAGE] == []
    limits = f"room for {FEW} messages", f"room for {TOO_FEW} of them", f"{FEW_FILES:,} files"
    assert [one for one in (*limits, f"{TOO_FEW_FILES} files") if one not in PAGE] == []


def test_a_concern_that_is_none_is_told_with_those_that_are(run):
    done = run("discs")
    assert (done.exit_code, "postfix" in done.stderr, "disk" in done.stderr) == (2, True, True)


def test_what_a_stranger_says_does_no_harm(run, sink):
    sink.answers["EHLO"] = "550 \x1b[2J no"
    sink.answers["HELO"] = "550 \x1b]0;owned\x07"
    hop = f'[next_hop]\nkind = "smtp"\naddress = "127.0.0.1:{sink.port}"\n'
    done = run("next", "hop", text=hop)
    assert done.exit_code == 2
    done = run("next hop", text=hop)
    assert "\x1b" not in done.stdout
    assert done.exit_code == 1
