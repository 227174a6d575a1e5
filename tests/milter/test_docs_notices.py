"""The page docs/notices.md says of notices, redirections and replies what is true."""

import re
from pathlib import Path

import pytest

from pratique.milter import actions, config
from pratique.milter.can_do import check as can_do
from pratique.milter.notices import dispatch, letter, outbox
from pratique.milter.policy_file import find
from pratique.milter.sections.notices import NoticesSection
from pratique.policies.check import check
from pratique.policies.policy import Policy
from pratique.policies.trials.trial import run
from pratique.scanners.facts_pb2 import Facts

PAGE = (Path(__file__).resolve().parents[2] / "docs/notices.md").read_text("utf-8")
RULES, SETTINGS = re.findall(r"^```toml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
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


def test_the_settings_allow_what_the_rules_name(tmp_path):
    settings = config.parse(SETTINGS, "docs/notices.md")
    (tmp_path / "policy.toml").write_text(RULES + LAST)
    found = find(str(tmp_path / "policy.toml"))
    assert [one for one in can_do(found, settings) if one.severity == "error"] == []
    nobody = can_do(found, config.Settings())
    assert len([one for one in nobody if one.severity == "error"]) == 2


@pytest.mark.parametrize("name", NoticesSection.model_fields)
def test_each_setting_stands_there(name):
    assert f"| `{name}` |" in PAGE


@pytest.mark.parametrize(
    "said",
    [
        f"{outbox.WAITING:,} notices that wait",
        f"looks every {dispatch.LOOK_SECONDS:g} seconds",
        f"after {dispatch.FIRST_PAUSE:g} seconds",
        f"cut at {letter.LETTERS} characters",
        f"`{actions.NOT_PASSED_ON.code} {actions.NOT_PASSED_ON.lines[0].split()[0]}`",
    ],
)
def test_the_numbers_are_those_of_the_code(said):
    assert said in PAGE


def test_an_hour_and_a_day_are_that_long():
    assert (dispatch.LONGEST_PAUSE, dispatch.LIFETIME) == (3600, 24 * 3600)
