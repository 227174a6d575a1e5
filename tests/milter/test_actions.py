"""From verdicts to the one thing that a door does with a message."""

import pytest

from pratique.milter import actions
from pratique.policies.verdict import Action, HeaderField, Verdict

FIELD = HeaderField("X-Pratique-Note", "not looked into")


def verdict(action, rule="a rule", fields=()):
    return Verdict(Action(action), rule, f"because of {rule}", tuple(fields))


@pytest.mark.parametrize("action", list(Action))
def test_one_verdict_is_carried_out_as_it_is(action):
    made = actions.plan([verdict(action)])
    assert (made.action, made.rule, made.reason) == (action, "a rule", "because of a rule")


@pytest.mark.parametrize("action", list(Action))
def test_equal_verdicts_are_carried_out_as_one(action):
    made = actions.plan([verdict(action, "first"), verdict(action, "second")])
    assert (made.action, made.rule) == (action, "first")


@pytest.mark.parametrize("other", [action for action in Action if action is not Action.ACCEPT])
def test_a_message_with_mixed_verdicts_is_held_whole(other):
    made = actions.plan([verdict("accept"), verdict(other, "the severe one"), verdict("accept")])
    assert (made.action, made.rule) == (Action.QUARANTINE, "the severe one")
    assert "recipients differ" in made.reason


def test_accepted_with_different_fields_is_mixed():
    made = actions.plan([verdict("accept"), verdict("accept", fields=[FIELD])])
    assert made.action is Action.QUARANTINE


def test_fields_to_add_are_kept_where_all_agree():
    made = actions.plan([verdict("accept", fields=[FIELD])] * 2)
    assert made.add_header == (FIELD,)
    assert actions.fields(made.add_header) == b"X-Pratique-Note: not looked into\r\n"


def test_nobody_can_tell_a_held_message_from_a_delivered_one():
    assert str(actions.taken("Q1")) == "250 2.0.0 Ok: taken as Q1"


@pytest.mark.parametrize("reply", [actions.REFUSED, actions.DEFERRED, actions.LOOP, actions.UNSEEN])
def test_each_refusal_has_an_enhanced_status_code_of_its_class(reply):
    assert reply.lines[0].startswith(f"{reply.code // 100}.")
