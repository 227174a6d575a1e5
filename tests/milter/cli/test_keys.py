"""`pratique keys`: keys are made and listed, and never shown."""

import stat

import pytest
from click.testing import CliRunner

from pratique.milter.cli.main import main
from pratique.milter.sent import keys as key_files


def run(*arguments):
    return CliRunner().invoke(main, ["keys", *map(str, arguments)])


@pytest.fixture
def file(tmp_path):
    return tmp_path / "sent.keys"


def test_a_file_is_made_that_nobody_else_may_read(file):
    done = run("new", file)
    assert done.exit_code == 0
    assert "key 1 signs, of 1" in done.stdout
    assert "chown" in done.stdout
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert len(key_files.read(file).all) == 1


def test_a_second_key_signs_and_the_first_verifies(file):
    run("new", file)
    done = run("new", file)
    assert "key 2 signs, of 2" in done.stdout
    assert "pratique reload" in done.stdout
    assert [key.number for key in key_files.read(file).all] == [2, 1]


def test_the_list_has_numbers_and_days_and_no_octets(file):
    run("new", file)
    run("new", file)
    done = run("list", file)
    assert done.exit_code == 0
    first, second = done.stdout.splitlines()
    assert first.split()[0] == "2"
    assert first.endswith("0 days  signs and verifies")
    assert second.split()[0] == "1"
    assert second.endswith("  verifies")
    secrets = [line.split()[2] for line in file.read_text().splitlines() if line[0] != "#"]
    assert not any(one in done.stdout for one in secrets)


@pytest.mark.parametrize("command", ["new", "list"])
def test_a_file_that_is_no_file_of_keys_is_told_and_left_alone(file, command):
    file.write_text("mail\n")
    file.chmod(0o600)
    done = run(command, file)
    assert done.exit_code == 2
    assert f"{file}:1: no key" in done.stderr
    assert file.read_text() == "mail\n"


def test_keys_that_are_not_there_are_told_with_what_makes_them(file):
    done = run("list", file)
    assert done.exit_code == 2
    assert f"pratique keys new {file}" in done.stderr


def test_a_folder_that_is_not_there_is_told(tmp_path):
    done = run("new", tmp_path / "none/sent.keys")
    assert done.exit_code == 2
    assert "cannot be written" in done.stderr
