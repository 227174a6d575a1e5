"""The command itself: help that teaches, and a start that waits for nothing."""

import subprocess
import sys

import pytest
from click.testing import CliRunner

from pratique import __version__
from pratique.milter.cli.main import COMMANDS, main


def run(*arguments):
    return CliRunner().invoke(main, arguments)


def test_help_names_every_command_with_its_sentence():
    shown = run("--help").stdout
    for command in COMMANDS:
        assert command.name in shown
        assert command.get_short_help_str(60) in shown


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_each_command_has_help_that_teaches(command):
    shown = run(command.name, "--help").stdout
    assert len(shown.splitlines()) > 5


def test_examples_keep_their_lines():
    assert "    pratique inspect message.eml " in run("--help").stdout


def test_the_version_is_told():
    assert run("--version").stdout == f"pratique, version {__version__}\n"


@pytest.mark.slow
def test_help_does_not_wait_for_what_only_a_command_needs():
    late = "sqlalchemy", "cel_expr_python", "rich", "alembic"
    script = f"import sys, pratique.milter.cli.main; print([m for m in {late} if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"


@pytest.mark.slow
def test_python_m_pratique_is_the_same_command():
    command = [sys.executable, "-m", "pratique", "--version"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert __version__ in done.stdout


@pytest.mark.parametrize("arguments", [("nonsense",), ("--config", "/", "config", "check")])
def test_what_is_no_command_is_status_2(arguments):
    assert run(*arguments).exit_code == 2


DEEP = "a = " + "[" * 100_000


@pytest.mark.parametrize(
    "arguments",
    [
        ("--config", "deep.toml", "config", "check"),
        ("policy", "check", "deep.toml"),
        ("inspect", "--policy", "deep.toml", "mail.eml"),
        ("why", "x" * 300),
        ("keys", "new", "x" * 300),
        ("inspect", "--reverse-path", "\udcff", "mail.eml"),
        ("quarantine", "expire", "--days", "9" * 20),
    ],
    ids=lambda arguments: " ".join(arguments)[:30].encode("ascii", "replace").decode(),
)
def test_what_cannot_be_done_is_said_in_words_and_not_as_a_traceback(
    tmp_path, monkeypatch, arguments
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "deep.toml").write_text(DEEP)
    (tmp_path / "mail.eml").write_bytes(b"Subject: x\r\n\r\nx\r\n")
    ran = run(*arguments)
    assert ran.exit_code in (1, 2)
    assert isinstance(ran.exception, SystemExit)
    assert ran.output.strip()


@pytest.mark.parametrize(("where", "words"), [("/dev/full", "No space left"), ("&-", "is closed")])
def test_an_output_that_takes_nothing_is_told(where, words):
    command = f"{sys.executable} -m pratique config check >{where}"
    ran = subprocess.run(command, check=False, shell=True, capture_output=True, text=True)
    assert (ran.returncode, ran.stderr.count("\n")) == (2, 1)
    assert words in ran.stderr


def test_a_reader_that_goes_ends_a_command_quietly(tmp_path):
    (tmp_path / "mail.eml").write_bytes(b"Subject: x\r\n\r\n" + b"x\r\n" * 1000)
    command = f"{sys.executable} -m pratique inspect --json {f'{tmp_path}/mail.eml ' * 200}| true"
    ran = subprocess.run(command, check=False, shell=True, capture_output=True, text=True)
    assert ran.stderr == ""


def test_what_a_terminal_cannot_say_is_written_out(tmp_path):
    (tmp_path / "mail.eml").write_bytes("Subject: \N{GRINNING FACE}\r\n\r\nx\r\n".encode())
    command = [sys.executable, "-m", "pratique", "inspect", str(tmp_path / "mail.eml")]
    ran = subprocess.run(
        command,
        check=False,
        capture_output=True,
        env={"PYTHONIOENCODING": "latin-1", "PATH": "/usr/bin:/bin", "COLUMNS": "200"},
    )
    assert (ran.returncode, ran.stderr) == (0, b"")
    assert b"mail.eml" in ran.stdout
