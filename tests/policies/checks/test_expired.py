"""Try what is told of rules, lists and entries that have expired, on the day and before it."""

from datetime import date

import pytest

from pratique.policies.check import check
from pratique.policies.checks.expired import expired
from pratique.policies.policy import Policy
from pratique.policies.written.beside import Beside

DAY, BEFORE = date(2027, 1, 15), date(2027, 1, 14)
LIST = """
[[list]]
name    = "partners"
kind    = "addresses"
owner   = "a@our.example"
reason  = "why"
"""
ASKS = 'any_kind("script") && in_list(auth.authenticated_as, "partners")'
INLINE = (
    LIST
    + """
entries = [
  "a@b.example",
  { entry = "c@b.example", expires = 2027-01-15 }, { entry = "d@b.example", expires = 2026-01-01 },
]
"""
)


def told(text, when, beside=None):
    found = check(text, "p.toml", beside or Beside(), today=when)
    return [(each.file, each.line, each.severity, each.message) for each in found]


@pytest.fixture
def ending(around, rule):
    return around(
        rule("bounce.claimed").replace("[[rule.test]]", "until = 2027-01-15\n[[rule.test]]")
    )


def test_a_rule_has_expired_from_its_day_on(ending):
    ((_, line, severity, message),) = told(ending, DAY)
    assert message == "the rule `mine` has expired: it holds for no mail since 2027-01-15"
    assert (ending.splitlines()[line - 1], severity) == ("until = 2027-01-15", "error")
    assert told(ending, BEFORE) == []


def test_whoever_has_no_day_hears_nothing(ending):
    assert check(ending) == []


def test_a_list_has_expired_from_its_day_on(around, rule):
    text = LIST + 'entries = ["a@b.example"]\nexpires = 2027-01-15\n' + around(rule(ASKS))
    ((_, line, severity, message),) = told(text, DAY)
    assert message == "the list `partners` has expired: it holds for no mail since 2027-01-15"
    assert (line, severity) == (8, "error")
    assert told(text, BEFORE) == []


def test_entries_that_have_expired_are_a_warning_at_the_first(around, rule):
    text = INLINE + around(rule(ASKS))
    ((_, line, severity, message),) = told(text, DAY)
    assert (line, severity) == (10, "warning")
    assert message == "2 entries of `partners` expired, the first here"
    ((_, _, _, message),) = told(text, BEFORE)
    assert message == "an entry of `partners` expired, the first here"


def test_entries_of_a_file_are_told_where_they_stand(around, rule):
    content = "a@b.example\n# z@b.example ; expires=2020-01-01\nc@b.example ; expires=2027-01-15\n"
    text = LIST + 'file = "l.txt"\n' + around(rule(ASKS))
    beside = Beside(lists={"l.txt": content})
    ((file, line, severity, _),) = told(text, DAY, beside)
    assert (file, line, severity) == ("l.txt", 3, "warning")
    assert told(text, BEFORE, beside) == []


def test_a_log_gets_a_sentence_for_each(ending, around, rule):
    policy = Policy.load(ending, "p.toml")
    (sentence,) = expired(policy, DAY)
    assert sentence.startswith("p.toml:")
    assert "`mine` has expired" in sentence
    assert list(expired(policy, BEFORE)) == []
    text = LIST + 'entries = ["a@b.example"]\nexpires = 2027-01-15\n' + around(rule(ASKS))
    (sentence,) = expired(Policy.load(text, "p.toml"), DAY)
    assert "the list `partners` has expired" in sentence
