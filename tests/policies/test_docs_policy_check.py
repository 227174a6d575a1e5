"""Hold docs/policy_check.md to what `policy check` says."""

import json
import re
from pathlib import Path

from pratique.policies.check import check
from pratique.policies.written.problem import render

PAGE = (Path(__file__).parents[2] / "docs/policy_check.md").read_text("utf-8")


def test_what_is_shown_is_what_is_said(around, rule):
    shown = re.search(r"```\n(policy.toml:.*?)\n\n", PAGE, re.DOTALL)[1]
    line, condition = re.search(r"\n +(\d+) \| when = '(.*)'", shown).groups()
    # A rule's condition stands on its third line.
    text = "\n" * (int(line) - 3) + around(rule(condition))
    assert [render(each, text) for each in check(text)] == [shown]


def test_the_object_is_one():
    shown = json.loads(re.search(r"```json\n(.*)\n```", PAGE)[1])
    assert shown.keys() == {"file", "line", "column", "message", "hint", "severity"}


def test_each_condition_that_is_never_reached_or_contradicts_itself_is(around, rule):
    for when in (
        'auth.spf == "fail" && auth.spf == "softfail"',
        'mail.subject != "a" || mail.subject != "b"',
    ):
        (problem,) = check(around(rule(when)))
        assert "holds" in problem.message
    wide, narrow = rule('any_kind(["executable", "script"])'), rule('any_kind("script")', name="b")
    (problem,) = check(around(wide, narrow))
    assert problem.message.startswith("never reached")
