"""Hold what a verdict is: a plain value, and actions with an order."""

import pytest

from pratique.policies.verdict import Action, Verdict


def test_actions_are_ordered_from_mild_to_severe():
    order = ["accept", "redirect", "defer", "reject", "discard", "quarantine"]
    assert sorted(Action, key=lambda action: action.severity) == order
    assert Action.ACCEPT.severity == 0


def test_a_verdict_is_a_value():
    assert Verdict(Action.REJECT, "r", "why") == Verdict(Action.REJECT, "r", "why")
    with pytest.raises(AttributeError):
        Verdict(Action.REJECT, "r", "why").action = Action.ACCEPT
