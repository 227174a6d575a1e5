"""Hold what a verdict is: a plain value, and actions with an order."""

import pytest

from pratique.policies.verdict import Action, Verdict


def test_actions_are_ordered_from_mild_to_severe():
    order = ["accept", "redirect", "defer", "reject", "discard", "quarantine"]
    assert sorted(Action, key=lambda action: action.severity) == order
    assert Action.ACCEPT.severity == 0


def test_an_action_says_whether_the_message_goes_on_and_whether_anybody_may_read_it():
    assert {one for one in Action if one.leaves} == {"accept", "redirect"}
    assert {one for one in Action if one.is_kept} == {"accept", "redirect", "quarantine"}


def test_a_verdict_is_a_value():
    assert Verdict(Action.REJECT, "r", "why") == Verdict(Action.REJECT, "r", "why")
    with pytest.raises(AttributeError):
        Verdict(Action.REJECT, "r", "why").action = Action.ACCEPT
