"""Try `pratique policy test` as an admin would."""

import json
import re

import pytest
from click.testing import CliRunner

from pratique.milter.cli.policy import policy

GOOD = """
[[rule]]
name    = "unseen"
when    = '''parts.exists(p, p.unopened != "")
  || ambiguities.size() + limits.size() + failures.size() > 0'''
actions = ["quarantine"]
reason  = "not looked into"
  [[rule.test]]
  facts.limits = [{ class_ = "depth" }]
  expect = "quarantine"

[[rule]]
name    = "all other mail"
actions = ["accept"]
  [[rule.test]]
  facts  = {}
  expect = "accept"
"""


@pytest.fixture
def run():
    return lambda *arguments: CliRunner().invoke(policy, arguments)


@pytest.fixture
def written(tmp_path):
    def write(text=GOOD):
        path = tmp_path / "mine.toml"
        path.write_text(text, "utf-8")
        return str(path)

    return write


def test_a_policy_that_is_wrong_is_not_tried(run, written):
    assert run("test", written("[[rule")).exit_code == 1


@pytest.mark.slow
@pytest.mark.real("kernel confinement")
@pytest.mark.parametrize("name", ["bounces-only", "default", "monitor", "strict"])
def test_shipped_policies_meet_their_tests_with_real_workers(run, name):
    done = run("test", "-v", "--coverage", name)
    assert done.exit_code == 0, done.output
    assert "0 not met" in done.output
    rules, sides = re.search(
        r"coverage: (\d+ of \d+) rules .*, (\d+ of \d+) sides", done.output
    ).groups()
    assert all(
        first == last for first, _, last in (each.partition(" of ") for each in (rules, sides))
    )


def test_a_policy_that_meets_its_tests_ends_with_0(run, written):
    path = written()
    done = run("test", path)
    assert (done.exit_code, done.output) == (0, f"{path}: 2 tests, 0 not met\n")


def test_a_test_that_is_not_met_is_told_and_ends_with_1(run, written):
    path = written(GOOD.replace('class_ = "depth"', 'class_ = "signatures"', 1).replace(
        "facts  = {}", 'facts.limits = [{ class_ = "depth" }]'
    ))  # fmt: skip
    done = run("test", path)
    assert done.exit_code == 1
    assert done.output == (
        f"{path}:15: `all other mail`: expected accept,"
        " quarantine was decided by the rule `unseen`\n"
        f"{path}: 2 tests, 1 not met\n"
    )


def test_all_tests_are_named_where_that_is_asked_for(run, written):
    done = run("test", "-v", written())
    assert [line.rpartition(": ")[2] for line in done.output.splitlines()[:2]] == ["met", "met"]


def test_a_policy_that_is_not_there_ends_with_2(run, tmp_path):
    assert run("test", str(tmp_path / "nope.toml")).exit_code == 2


def test_a_message_that_is_not_there_ends_with_2(run, written):
    done = run("test", written(GOOD.replace("facts  = {}", 'message = "nope.eml"')))
    assert done.exit_code == 2
    assert "no message 'nope.eml'" in done.output


def test_gaps_and_survivors_are_told_and_are_no_failure(run, written):
    path = written()
    done = run("test", "--coverage", "--mutants", path)
    assert done.exit_code == 0
    assert done.output == (
        f"{path}: 2 tests, 0 not met\n"
        "coverage: 2 of 2 rules speak and are silent in tests,"
        " 3 of 4 sides of their conditions are reached\n"
        f"  {path}:2: `unseen`: 3 of 4 sides\n"
        f'  {path}:4: `unseen`: left out: parts.exists(p, p.unopened != "")\n'
        f'  {path}:4: `unseen`: left out: p.unopened != ""\n'
        f'  {path}:4: `unseen`: turned round: p.unopened != ""\n'
        "mutants: a test notices 9 of 12 slips (75%),"
        " and 62% of conditions left out or turned round\n"
        "  one that survives is asked for by no test, or makes no difference\n"
    )


def test_gaps_are_named_one_by_one_where_that_is_asked_for(run, written):
    path = written()
    done = run("test", "-v", "--coverage", path)
    assert done.output.endswith(
        f'  {path}:4: `unseen`: parts.exists(p, p.unopened != ""): never true\n'
    )


def test_where_a_test_is_not_met_no_mutant_is_tried(run, written):
    done = run("test", "--mutants", written(GOOD.replace('expect = "accept"', 'expect = "reject"')))
    assert done.exit_code == 1
    assert "mutants" not in done.output


def test_a_program_reads_it_as_json(run, written):
    path = written()
    done = run("test", "--coverage", "--mutants", "--format", "json", path)
    told = json.loads(done.output)
    assert told["policy"] == path
    assert len(told["hash"]) == 64
    assert told["tests"][0] == {
        "rule": "unseen",
        "file": path,
        "line": 8,
        "expect": "quarantine",
        "action": "quarantine",
        "decided_by": "unseen",
        "met": True,
        "why": "",
    }
    assert told["coverage"]["sides_covered"] == 3
    (gap,) = told["coverage"]["gaps"]
    assert (gap["line"], gap["missing"]) == (4, "never true")
    assert told["mutants"]["caught"] == 9
    assert len(told["mutants"]["survived"]) == 3
    assert done.exit_code == 0
