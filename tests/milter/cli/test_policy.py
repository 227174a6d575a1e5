"""Try `pratique policy check` and `policy test` as an admin would."""

import re

import pytest
from click.testing import CliRunner

from pratique.milter.cli.policy import policy, trials
from pratique.milter.policy_file import find
from pratique.scanners import facts_pb2 as facts

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
  message = "a.eml"
  expect  = "accept"
"""


@pytest.fixture
def run():
    return lambda *arguments: CliRunner().invoke(policy, arguments)


@pytest.fixture
def written(tmp_path):
    def write(text=GOOD):
        path = tmp_path / "mine.toml"
        path.write_text(text, "utf-8")
        (tmp_path / "a.eml").write_bytes(b"Subject: x\r\n\r\nx\r\n")
        return str(path)

    return write


def test_the_default_policy_is_checked_where_no_file_is_named(run):
    done = run("check")
    assert done.exit_code == 0
    assert re.match(r"default\.toml: \d+ rules, ", done.output)
    assert done.output.endswith("nothing is wrong\n")


def test_a_good_policy_is_told_to_be(run, written):
    done = run("check", written())
    assert done.exit_code == 0
    assert "2 rules, 2 tests, nothing is wrong" in done.output


def test_a_broken_policy_is_shown_with_line_caret_and_hint(run, written):
    path = written(GOOD.replace("limits.size()", "limit.size()"))
    done = run("check", path)
    assert done.exit_code == 1
    assert done.stderr == (
        f"{path}:5:27: unknown name `limit`\n"
        "    5 |   || ambiguities.size() + limit.size() + failures.size() > 0'''\n"
        "      |                           ^\n"
        "      hint: did you mean `limits`?\n\n"
        f"{path}: 1 problem\n"
    )
    assert done.stdout == ""


def test_all_problems_are_counted(run, written):
    done = run("check", written(GOOD.replace('["quarantine"]', '["hold"]') + "nope = 1\n"))
    assert done.stderr.endswith(": 2 problems\n")


def test_a_policy_that_cannot_be_read_is_another_matter(run, tmp_path):
    done = run("check", str(tmp_path / "nope.toml"))
    assert done.exit_code == 2
    assert "no such file" in done.stderr


def test_a_policy_that_is_wrong_is_not_tried(run, written):
    assert run("test", written("[[rule")).exit_code == 1


def test_messages_are_seen_once_and_tests_are_run(written):
    asked = []

    def see(paths):
        asked.extend(paths)
        return [facts.Facts() for _ in paths]

    found = find(
        written(
            GOOD
            + GOOD.partition("[[rule.test]]")[2].rpartition("[[rule.test]]")[1]
            + "\n  message = 'a.eml'\n  expect = 'accept'\n"
        )
    )
    results = trials(found, see)
    assert [path.name for path in asked] == ["a.eml"]
    assert [result.why for result in results] == ["", "", ""]


def test_a_test_that_is_not_met_says_what_happened(written):
    def see(paths):
        return [facts.Facts(limits=[facts.Limit(class_="depth")]) for _ in paths]

    unmet = [result for result in trials(find(written()), see) if result.why]
    assert [result.test.line for result in unmet] == [15]
    assert unmet[0].why == "quarantine was decided by the rule `unseen`"


def test_a_message_that_is_not_there_is_told(written, tmp_path):
    path = written()
    (tmp_path / "a.eml").unlink()
    with pytest.raises(FileNotFoundError, match=r"no message 'a\.eml'"):
        trials(find(path), lambda paths: [])


def test_a_policy_of_facts_alone_needs_nobody_who_sees(written):
    def see(paths):
        raise AssertionError

    text = GOOD.replace('message = "a.eml"', "facts = {}")
    assert len(trials(find(written(text)), see)) == 2


@pytest.mark.slow
@pytest.mark.real("kernel confinement")
def test_the_default_policy_meets_its_tests_with_real_workers(run):
    done = run("test", "-v")
    assert done.exit_code == 0, done.output
    assert "0 not met" in done.output


def test_a_message_has_the_weight_of_its_evidence_as_in_the_service(written):
    rule = (
        "[[rule]]\nname = 'light'\nwhen = 'bounce.weight <= -3.0'\nactions = ['quarantine']\n"
        "reason = 'r'\n[[rule.test]]\nmessage = 'a.eml'\nexpect = 'quarantine'\n"
    )
    evidence = [facts.Evidence(kind="html_only", weight=-5.1), facts.Evidence(weight=0.4)]
    known = facts.Facts(bounce=facts.Bounce(claimed=True, evidence=evidence))
    results = trials(find(written(rule + GOOD)), lambda _: [known])
    assert [each.why for each in results if each.rule.name == "light"] == [""]


def test_a_list_of_addresses_that_anybody_can_write_is_refused(run, written):
    rule = (
        "[[rule]]\nname = 'partner'\nactions = ['accept']\n"
        "when = 'mail.header.from_.exists(f, f.domain == \"partner.example\")'\n"
        "[[rule.test]]\nfacts.parts = []\nexpect = 'accept'\n"
    )
    done = run("check", written(rule + GOOD))
    assert done.exit_code == 1
    assert "auth.authenticated_as" in done.output
    assert (
        run("check", written(rule.replace("\nwhen", "\nforgeable = true\nwhen") + GOOD)).exit_code
        == 0
    )
