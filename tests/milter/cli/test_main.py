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
