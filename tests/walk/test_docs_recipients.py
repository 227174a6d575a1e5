"""What docs/recipients.md shows is a sound policy, and its figures are those of the program."""

import re
from pathlib import Path

from pratique.milter import actions, delivered
from pratique.policies.check import check
from pratique.policies.policy import Policy
from pratique.policies.trials.trial import run
from pratique.scanners.facts_pb2 import Facts

PAGE = (Path(__file__).resolve().parents[2] / "docs/recipients.md").read_text("utf-8")
(RULES,) = re.findall(r"^```toml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
LAST = """
[[rule]]
name = "unseen"
when = '''
  parts.exists(p, p.unopened != "") || ambiguities.size() + limits.size() + failures.size() > 0
'''
actions = ["quarantine"]
reason = "not looked into"

  [[rule.test]]
  facts.limits = [{ class_ = "depth" }]
  expect = "quarantine"

[[rule]]
name = "all other mail"
actions = ["accept"]

  [[rule.test]]
  facts.parts = [{ kind = "text" }]
  expect = "accept"
"""


def test_the_rules_are_sound_and_their_tests_are_met():
    assert check(RULES + LAST) == []
    results = list(run(Policy.load(RULES + LAST), lambda path: Facts()))
    assert [one.why for one in results if one.why] == []
    assert {str(one.verdict.action) for one in results} == {"accept", "reject", "quarantine"}


def test_its_numbers_are_those_of_the_program():
    assert actions.MOST_CONTENTS == 8
    assert "at most eight of one message" in PAGE
    assert f"expires after {delivered.LIFETIME.days} days" in PAGE
    assert delivered.SLOTS * 64 == 4 * 1024**2
    assert "a file of 4 MB" in PAGE
    for word in actions._PASSING:
        assert f"`{word}`" in PAGE
