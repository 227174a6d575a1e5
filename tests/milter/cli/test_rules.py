"""`pratique rules`: what is told of files, in words and as JSON, and the exit status."""

import json

import pytest
from click.testing import CliRunner

from pratique.milter.cli.main import main

pytestmark = pytest.mark.slow

LOOP = "filesize > 9 and for all i in (0..300000) : (uint8(i % 4) != 7)"


def run(*arguments):
    return CliRunner().invoke(main, [str(each) for each in arguments])


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "rules"
    made.mkdir()
    (made / "good.yar").write_text('rule good { strings: $a = "evil" condition: $a }')
    return made


def test_sound_rules_are_told_and_the_status_is_0(folder):
    done = run("rules", "check", folder)
    assert (done.exit_code, done.stdout) == (0, "")
    assert done.stderr == "1 file, 0 errors, 0 warnings\n"


def test_every_broken_file_is_told_with_its_line_and_the_status_is_1(folder):
    (folder / "a.yar").write_text("rule a { condition: b }")
    (folder / "z.yar").write_text("\n\nrule z { condition: y }")
    (folder / "w.yar").write_text("rule w { condition: true }")
    done = run("rules", "check", folder)
    assert done.exit_code == 1
    lines = done.stdout.splitlines()
    assert lines[0] == f'{folder}/a.yar:1: error: undefined identifier "b"'
    assert lines[1].startswith(f"{folder}/w.yar:1: warning: w: matches harmless mail (suspicious)")
    assert lines[2] == f'{folder}/z.yar:3: error: undefined identifier "y"'
    assert done.stderr == "4 files, 2 errors, 1 warning\n"


def test_as_json_each_problem_is_an_object(folder):
    (folder / "a.yar").write_text("rule a { condition: b }")
    done = run("rules", "check", "--json", folder)
    assert done.exit_code == 1
    assert json.loads(done.stdout) == {
        "file": str(folder / "a.yar"),
        "line": 1,
        "level": "error",
        "message": 'undefined identifier "b"',
    }


def test_without_a_path_the_folders_of_the_configuration_are_meant(folder, tmp_path):
    (folder / "a.yar").write_text("rule a { condition: b }")
    config = tmp_path / "pratique.toml"
    config.write_text(f'[yara]\nfolders = ["{folder}"]\n')
    assert "a.yar:1: error" in run("--config", config, "rules", "check").stdout
    config.write_text("")
    done = run("--config", config, "rules", "check")
    assert (done.exit_code, "no folder of rules" in done.stderr) == (2, True)


def test_a_path_that_is_none_could_not_run(tmp_path):
    for command in ("check", "time"):
        done = run("rules", command, tmp_path / "nowhere")
        assert (done.exit_code, "no such file or folder" in done.stderr) == (2, True)


def test_what_is_hostile_in_a_name_does_not_reach_the_terminal(tmp_path):
    (tmp_path / "a\x1b[2J.yar").write_text("rule")
    assert "\x1b" not in run("rules", "check", tmp_path).stdout


@pytest.fixture
def sample(tmp_path):
    (tmp_path / "sample").write_bytes(b"x" * 50_000)
    return tmp_path / "sample"


def test_slow_rules_are_told_with_their_line_the_slowest_first(folder, sample):
    (folder / "slow.yar").write_text(f"\nrule slow {{ condition: {LOOP} }}")
    done = run("rules", "time", "--over", sample, folder)
    assert done.exit_code == 1
    lines = done.stdout.splitlines()
    assert lines[0] == "ms/MB  rules  compiled  file"
    assert lines[1].endswith(f" s  {folder}/slow.yar: slow")
    assert lines[2].endswith(f" s  {folder}/good.yar")
    assert lines[4] == "ms/MB  rule"
    assert lines[5].endswith(f"  {folder}/slow.yar:2 slow: slow")


def test_quick_rules_have_the_status_0_and_json_has_all(folder, sample):
    done = run("rules", "time", "--json", "--over", sample, folder)
    assert done.exit_code == 0
    (stated,) = map(json.loads, done.stdout.splitlines())
    assert set(stated) == {"file", "line", "rules", "rule", "compiled", "cost", "slow", "problem"}


def test_what_cannot_be_timed_is_told(folder, sample):
    (folder / "a.yar").write_text("rule a { condition: b }")
    done = run("rules", "time", "--over", sample, folder)
    assert done.exit_code == 1
    assert f'{folder}/a.yar:1: undefined identifier "b"' in done.stdout
