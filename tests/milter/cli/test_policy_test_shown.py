"""Show what came of a policy's tests, with the place of each gap, also in an [[override]]."""

import pytest

from pratique.milter.cli.policy_test_shown import Shown, in_json, in_text
from pratique.milter.policy_file import find
from pratique.milter.policy_trial import try_policy
from pratique.policies.trials.coverage import coverage
from pratique.policies.trials.mutants import try_mutants
from pratique.scanners import facts_pb2 as facts

BELOW = """
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
name    = "large"
when    = 'mail.size > 10'
actions = ["quarantine"]
reason  = "large"
  [[rule.test]]
  facts.mail = { size = 11 }
  expect = "quarantine"

[[rule]]
name    = "all other mail"
actions = ["accept"]
"""
OWN = """
include = "below.toml"

[[rule]]
name    = "no limit"
when    = '''
  limits.size() > 0
    && mail.size > 5
'''
actions = ["reject"]
reason  = "r"
  [[rule.test]]
  facts.limits = [{ class_ = "depth" }]
  expect = "quarantine"

[[override]]
rule    = "large"
when    = '''mail.size > 20
  && mail.size != 30'''
  [[override.test]]
  facts.mail = { size = 21 }
  expect = "quarantine"
"""


@pytest.fixture
def shown(tmp_path):
    """What came of a policy's tests, all of it."""

    def made(text=OWN, **asked):
        (tmp_path / "below.toml").write_text(BELOW, "utf-8")
        (tmp_path / "mine.toml").write_text(text, "utf-8")
        found = find(str(tmp_path / "mine.toml"))
        trials = try_policy(found, lambda _: [])
        covered = coverage(trials.policy, trials.see)
        return Shown(found, trials, covered, try_mutants(trials.policy, trials.see, **asked))

    return made


def lines(shown, path, *, verbose=True):
    return in_text(shown, verbose=verbose).replace(f"{path}/", "").splitlines()


def test_a_gap_is_told_with_the_line_of_its_text(shown, tmp_path):
    told = lines(shown(), tmp_path)
    assert "  mine.toml:4: `no limit`: never spoke" in told
    assert "  mine.toml:8: `no limit`: mail.size > 5: never true" in told
    assert "  mine.toml:18: `large`: mail.size > 20: never false" in told
    assert "  mine.toml:19: `large`: mail.size != 30: never false" in told


def test_a_survivor_is_told_with_the_line_of_its_text(shown, tmp_path):
    told = lines(shown(), tmp_path)
    assert "  mine.toml:8: `no limit`: turned round: mail.size > 5" not in told
    assert "  mine.toml:19: `large`: left out: mail.size != 30" in told


def test_without_more_words_a_rule_with_gaps_has_one_line(shown, tmp_path):
    told = lines(shown(), tmp_path, verbose=False)
    assert "  mine.toml:4: `no limit`: never spoke, 3 of 4 sides" in told
    assert not any("never true" in line for line in told)


def test_tests_of_an_included_policy_are_counted_and_named_if_asked_for(shown, tmp_path):
    own = OWN.replace("&& mail.size > 5", "").replace(
        '"depth" }]\n  expect = "quarantine"', '"depth" }]\n  expect = "reject"')  # fmt: skip
    told = lines(shown(own), tmp_path)
    assert "1 test of `below.toml` comes out otherwise under your rules" in told
    changed = (
        "below.toml:8: `unseen`: expected quarantine, reject was decided by the rule `no limit`"
    )
    assert f"  {changed}" in told
    assert f"  {changed}" not in lines(shown(own), tmp_path, verbose=False)
    assert "mine.toml: 2 tests, 0 not met" in told


def test_a_policy_without_rules_of_its_own_has_no_mutants(shown, tmp_path):
    told = lines(shown('include = "below.toml"\n'), tmp_path)
    assert told[0] == "mine.toml: 0 tests, 0 not met"
    assert told[-1] == "mutants: none, it has no rule of its own"


@pytest.mark.parametrize(("most", "cut"), [(1, True), (500, False)])
def test_that_not_all_were_tried_is_told(shown, most, cut):
    done = shown(most=most)
    assert ("there are more that were not tried" in in_text(done, verbose=False)) is cut
    assert in_json(done)["mutants"]["cut"] is cut


def test_as_json_each_gap_and_each_survivor_has_its_place(shown):
    told = in_json(shown())
    assert {(gap["rule"], gap["line"]) for gap in told["coverage"]["gaps"]} >= {("large", 19)}
    survivors = [(each["line"], each["how"], each["text"]) for each in told["mutants"]["survived"]]
    assert (19, "left out", "mail.size != 30") in survivors
    assert told["otherwise"] == []


def test_without_the_options_nothing_of_them_is_shown(shown):
    done = shown()
    plain = Shown(done.found, done.trials)
    assert set(in_json(plain)) == {"policy", "hash", "tests", "otherwise"}
    assert "mutants" not in in_text(plain, verbose=True)


def test_what_a_policy_writes_cannot_command_a_terminal(shown, tmp_path):
    done = shown(OWN.replace("mail.size > 5", 'mail.subject == "\u202e"'))
    told = in_text(done, verbose=True)
    assert "\u202e" not in told
    assert 'mail.subject == "\\u202e": never true' in told
    assert done.trials.own[0].known == facts.Facts(limits=[facts.Limit(class_="depth")])
