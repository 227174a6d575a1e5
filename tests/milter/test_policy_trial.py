"""Run the tests of policies that stand in files: messages are found, seen once, and weighed."""

import pytest

from pratique.milter.policy_file import find
from pratique.milter.policy_trial import trials, try_policy
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
OWN = """
include = "base/rules.toml"

[[rule]]
name    = "all limits"
when    = 'limits.size() > 0'
actions = ["reject"]
reason  = "r"
  [[rule.test]]
  message = "a.eml"
  expect  = "reject"
"""


@pytest.fixture
def written(tmp_path):
    """A policy in a folder, with a message beside it."""

    def write(text=GOOD, name="mine.toml"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, "utf-8")
        (path.parent / "a.eml").write_bytes(b"Subject: x\r\n\r\nx\r\n")
        return str(path)

    return write


def test_messages_are_seen_once_and_tests_are_run(written):
    asked = []

    def see(paths):
        asked.extend(paths)
        return [facts.Facts() for _ in paths]

    again = "\n  [[rule.test]]\n  message = 'a.eml'\n  expect = 'accept'\n"
    results = trials(find(written(GOOD + again)), see)
    assert [path.name for path in asked] == ["a.eml"]
    assert [result.why for result in results] == ["", "", ""]


def test_a_test_that_is_not_met_says_what_happened(written):
    def see(paths):
        return [facts.Facts(limits=[facts.Limit(class_="depth")]) for _ in paths]

    unmet = try_policy(find(written()), see).unmet
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


def test_a_message_has_the_weight_of_its_evidence_as_in_the_service(written):
    rule = (
        "[[rule]]\nname = 'light'\nwhen = 'bounce.weight <= -3.0'\nactions = ['quarantine']\n"
        "reason = 'r'\n[[rule.test]]\nmessage = 'a.eml'\nexpect = 'quarantine'\n"
    )
    evidence = [facts.Evidence(kind="html_only", weight=-5.1), facts.Evidence(weight=0.4)]
    known = facts.Facts(bounce=facts.Bounce(claimed=True, evidence=evidence))
    results = trials(find(written(rule + GOOD)), lambda _: [known])
    assert [each.why for each in results if each.rule.name == "light"] == [""]


def test_tests_of_an_included_policy_are_told_apart(written):
    written(GOOD, "base/rules.toml")
    seen = {"mine.toml": facts.Facts(limits=[facts.Limit(class_="depth")])}

    def see(paths):
        # The message beside the included policy is another one, of the same name.
        return [
            facts.Facts() if path.parent.name == "base" else seen["mine.toml"] for path in paths
        ]

    done = try_policy(find(written(OWN)), see)
    assert [(each.rule.name, each.why) for each in done.own] == [("all limits", "")]
    assert [each.rule.name for each in done.included] == ["unseen", "all other mail"]
    (changed,) = done.otherwise
    assert changed.why == "reject was decided by the rule `all limits`"
    assert changed.test.file == "base/rules.toml"
    assert done.unmet == []


@pytest.mark.slow
def test_a_copy_of_a_shipped_policy_finds_the_shipped_messages(written, tmp_path):
    found = find("default")
    asked = []

    def see(paths):
        asked.extend(paths)
        return [facts.Facts() for _ in paths]

    trials(find(written(found.text)), see)
    assert {path.parent.parent for path in asked} == {found.folder}
    # One of the same name beside the copy goes before.
    (tmp_path / "mail").mkdir()
    (tmp_path / "mail/program.eml").write_bytes(b"\r\n")
    asked.clear()
    trials(find(str(tmp_path / "mine.toml")), see)
    assert tmp_path / "mail/program.eml" in asked
