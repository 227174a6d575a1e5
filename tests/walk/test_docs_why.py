"""What docs/why.md shows is what `pratique why` and `inspect --why` say."""

import json
import re
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from pratique.milter.cli.main import main
from pratique.milter.policy_file import find
from pratique.policies.check import check

pytestmark = [pytest.mark.real("kernel confinement"), pytest.mark.slow]

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/why.md").read_text("utf-8")
(POLICY,) = re.findall(r"^```toml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
SHOWN = re.findall(r"^```\n\$ pratique (.*?)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
MAIL = "program-in-zip.eml"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    shutil.copy(ROOT / "src/pratique/policies/shipped/mail" / MAIL, tmp_path)
    (tmp_path / "policy.toml").write_text(POLICY)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments):
    return CliRunner().invoke(main, arguments, env={"COLUMNS": "90"})


@pytest.mark.parametrize(("command", "shown"), SHOWN)
def test_the_examples_are_what_is_said(folder, command, shown):
    ran = run(*command.split())
    assert ran.exit_code == 0
    lines = "\n".join(line.rstrip() for line in ran.output.splitlines())
    assert shown in f"{lines}\n"


def test_there_are_two_examples():
    assert len(SHOWN) == 2


def test_the_policy_of_the_page_is_sound(folder):
    found = find("policy.toml")
    assert [each.message for each in check(found.text, found.name, found.beside)] == []


def test_inspect_explains_too_and_for_whom_it_is_asked(folder):
    asked = ("inspect", "--why", "--json", "--recipient", "ann@example.org", MAIL)
    (line,) = map(json.loads, run(*asked).output.splitlines())
    (verdict,) = line["why"]["verdicts"]
    assert (verdict["rule"], verdict["recipients"]) == (line["rule"], ["ann@example.org"])
    assert verdict["counterfactual"]["found"][0]["action"] == "accept"
    assert "why" not in json.loads(run("inspect", "--json", MAIL).output)


def test_a_file_is_explained_to_programs_as_well(folder):
    line = json.loads(run("why", "--json", MAIL).output)
    assert [rule["became"] for rule in line["why"]["verdicts"][0]["rules"]][-1] == "decided"


def test_what_is_no_message_is_told(folder):
    ran = run("why", "nothing.eml")
    assert ran.exit_code == 1
    assert "nothing is kept of nothing.eml" in ran.output
