"""`pratique scanner`: what is tried and listed, in words and as JSON, and the exit status."""

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from pratique.milter.cli.main import main

EXAMPLES = Path(__file__).resolve().parents[3] / "examples"
OVERDUE = EXAMPLES / "overdue.py"
ACCOUNTS = EXAMPLES / "bank_accounts/bank_accounts.py"

pytestmark = [pytest.mark.real("kernel confinement"), pytest.mark.slow]


def run(*arguments):
    return CliRunner().invoke(main, [str(each) for each in arguments])


@pytest.fixture
def config(tmp_path):
    def written(text):
        file = tmp_path / "pratique.toml"
        file.write_text(text)
        return file

    return written


def test_a_sound_one_is_told_and_the_status_is_0():
    done = run("scanner", "test", OVERDUE)
    assert done.exit_code == 0, done.output
    lines = done.output.splitlines()
    assert lines[0].startswith("overdue ")
    assert lines[1] == "  wants text, html, up to 1000000 octets, 100 findings a part"
    assert lines[-1] == "the scanner is sound"
    assert f"2 of speech, 1 of silence, in {EXAMPLES / 'overdue'}" in done.output


def test_an_unsound_one_is_told_and_the_status_is_1(tmp_path):
    source = OVERDUE.read_text().replace('yield Finding("Overdue.Pressure", ', "yield dict(")
    (tmp_path / "overdue.py").write_text(source)
    shutil.copytree(EXAMPLES / "overdue", tmp_path / "overdue")
    done = run("scanner", "test", tmp_path / "overdue.py", "--json")

    assert done.exit_code == 1
    outcome = json.loads(done.stdout)
    assert not outcome["sound"]
    assert outcome["problems"]
    assert set(outcome) == {
        *("scanner", "version", "file", "sound", "problems", "shown", "findings", "slowest"),
        *("memory_growth", "speech", "silence"),
    }


@pytest.mark.parametrize("as_json", [True, False])
def test_one_that_cannot_be_loaded_is_told_with_its_line(tmp_path, as_json):
    (tmp_path / "own.py").write_text("import no_such_thing\n")
    done = run("scanner", "test", tmp_path / "own.py", *(["--json"] if as_json else []))
    assert done.exit_code == 1
    if as_json:
        outcome = json.loads(done.stdout)
        assert (outcome["sound"], len(outcome["problems"])) == (False, 1)
    assert "own.py:1: it does not import: ModuleNotFoundError" in done.output


def test_what_is_nowhere_cannot_be_tried_and_the_status_is_2(tmp_path):
    done = run("scanner", "test", "no-such-scanner")
    assert done.exit_code == 2
    assert "no-such-scanner: there is no such file" in done.stderr

    done = run("scanner", "test", tmp_path)
    assert done.exit_code == 2
    assert "there is no Python file in it" in done.stderr


def test_a_folder_is_tried_one_by_one(tmp_path):
    shutil.copy(OVERDUE, tmp_path)
    (tmp_path / "broken.py").write_text("")
    done = run("scanner", "test", tmp_path)
    assert done.exit_code == 1
    assert "no scanner is in it" in done.output
    assert "the scanner is sound" in done.output


def test_samples_bring_their_settings_and_a_mistake_in_them_is_told(tmp_path):
    done = run("scanner", "test", ACCOUNTS, "--samples", EXAMPLES / "bank_accounts/samples")
    assert done.exit_code == 0, done.output

    (tmp_path / "settings.toml").write_text("\ncountires = []\n")
    done = run("scanner", "test", ACCOUNTS, "--samples", tmp_path)
    assert done.exit_code == 1
    place = f"{tmp_path}/settings.toml:2:1"
    assert f"{place}: scanner bank-accounts: settings.countires: no such setting" in done.output

    (tmp_path / "settings.toml").write_text("countries = [\n")
    done = run("scanner", "test", ACCOUNTS, "--samples", tmp_path)
    assert (done.exit_code, "settings.toml" in done.stderr) == (2, True)


def test_a_scanner_of_the_configuration_is_tried_with_its_settings(config):
    file = config(f'[[scanner]]\nname = "bank-accounts"\npath = "{ACCOUNTS}"\n')
    done = run("--config", file, "scanner", "test", "bank-accounts")
    assert done.exit_code == 1
    assert f"{file}:1:1: scanner bank-accounts: settings.countries: Field required" in done.output

    file.write_text(file.read_text() + '[scanner.settings]\ncountries = ["DE"]\n')
    assert run("--config", file, "scanner", "test", "bank-accounts").exit_code == 0
    assert run("--config", file, "scanner", "test", ACCOUNTS).exit_code == 0


def test_all_scanners_are_listed(config):
    file = config(f'[[scanner]]\npath = "{OVERDUE}"\n')
    done = run("--config", file, "scanner", "list")
    assert done.exit_code == 0
    assert "yara             shipped" in done.stdout
    assert done.stdout.splitlines()[-1].startswith(f"overdue          {OVERDUE} ")

    done = run("--config", file, "scanner", "list", "--json")
    last = json.loads(done.stdout.splitlines()[-1])
    assert (last["scanner"], last["own"], last["file"]) == ("overdue", True, str(OVERDUE))


def test_a_broken_one_keeps_the_list_and_the_check_from_being_made(config):
    file = config('\n[[scanner]]\nname = "x"\npackage = "no-such-package"\n')
    for command in (("scanner", "list"), ("config", "check")):
        done = run("--config", file, *command)
        assert done.exit_code == 2
        assert done.stderr.startswith(f"{file}:2:1: no package 'no-such-package' is installed")


def test_the_check_of_a_configuration_says_which_are_loaded(config):
    done = run("--config", config(f'[[scanner]]\npath = "{OVERDUE}"\n'), "config", "check")
    assert done.exit_code == 0
    assert "scanner  overdue " in done.output
