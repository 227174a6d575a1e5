"""Try which rules are told to be never reached, and that none is that may be."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from pratique.policies.checks import reach
from pratique.policies.language.condition import Condition
from pratique.policies.verdict import Action
from pratique.policies.written.rule import Rule


def rule(when, name="r", final=Action.REJECT):
    return Rule(name, Condition.compile(when) if when else None, final, (), "why", (), 1)


UPPER, LOWER = rule("bounce.claimed", "upper"), rule("bounce.claimed && any_name('x')", "lower")
LAST = rule(None, "last", Action.ACCEPT)


def found(*rules):
    return [
        (rules[each.place].name, *(one.name for one in each.by)) for each in reach.unreached(rules)
    ]


def test_a_rule_below_a_wider_one_is_never_reached():
    assert found(UPPER, LOWER, LAST) == [("lower", "upper")]


def test_a_rule_above_a_wider_one_is_reached():
    assert found(LOWER, UPPER, LAST) == []


def test_several_rules_together_cover_one():
    a, b = rule("rcpt.domain == 'a.example'", "a"), rule("rcpt.domain == 'b.example'", "b")
    c = rule("rcpt.domain in ['a.example', 'b.example']", "c")
    other = rule("any_name('x')", "other")
    assert found(a, other, b, c, LAST) == [("c", "a", "b")]


def test_rules_for_other_recipients_are_reached():
    a = rule("rcpt.domain == 'a.example' && bounce.claimed", "a")
    b = rule("rcpt.domain == 'b.example' && bounce.claimed", "b")
    assert found(a, b, LAST) == []
    assert found(a, rule("bounce.claimed", "c"), LAST) == []


@pytest.mark.parametrize(
    "upper",
    [
        replace(UPPER, final=None),
        replace(UPPER, mode="shadow"),
        replace(UPPER, until=datetime(2027, 1, 1, tzinfo=UTC)),
    ],
    ids=["states", "shadow", "until"],
)
def test_a_rule_that_does_not_always_decide_leaves_all_to_those_below(upper):
    assert found(upper, LOWER, LAST) == []


def test_a_rule_that_only_states_is_never_reached_either():
    assert found(UPPER, replace(LOWER, final=None), LAST) == [("lower", "upper")]


def test_so_many_rules_are_compared_and_one_more_is_not():
    above = [rule(f"mail.subject == '{number}'") for number in range(3)]
    low = rule("mail.subject == '2' && bounce.claimed", "low")
    assert list(reach.unreached([*above, low, LAST], most=3))
    assert not list(reach.unreached([*above, low, LAST], most=2))


def test_a_slip_in_a_condition_is_told():
    assert [each.message for each in reach.slips(rule("bounce.claimed && !bounce.claimed"))]
    assert list(reach.slips(LAST)) == []


@pytest.mark.parametrize(
    ("when", "said", "idle"),
    [
        ("bounce.claimed || true", "always holds", False),
        ("bounce.claimed && false", "never holds", True),
        ("mail.size > 9 && mail.size < 3", "never holds", True),
        ("bounce.claimed || mail.size > 9 && mail.size < 3", "never holds", False),
        ("!(mail.size > 9 && mail.size < 3)", "never holds", False),
    ],
)
def test_what_always_or_never_holds_is_told_and_whether_the_rule_is_idle(when, said, idle):
    (slip,) = reach.slips(rule(when))
    assert said in slip.message
    assert reach.is_idle(rule(when)) is idle
