"""From verdicts to the one thing that a door does with a message."""

import pytest

from pratique.milter import actions
from pratique.milter.next_hop import Reply
from pratique.policies.verdict import Action, HeaderField, Verdict

NO = Reply(550, ("5.1.1 no such user",))
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


@pytest.mark.parametrize("action", list(Action))
def test_behind_a_queue_nothing_is_refused_or_deferred(action):
    made = actions.plan([verdict(action)] * 2, "queue")
    due = Action.QUARANTINE if action in {Action.REJECT, Action.DEFER} else action
    assert (made.action, made.rule) == (due, "a rule")
    assert [one.action for one in made.verdicts] == [due] * 2
    assert ("makes a bounce" in made.reason) == (due != action)
    assert made.reason.endswith("because of a rule")


@pytest.mark.parametrize("action", list(Action))
def test_a_loop_is_stopped_whatever_was_decided(action):
    made = actions.loop([verdict(action, fields=[FIELD])])
    assert (made.action, made.rule, made.refusal) == (Action.REJECT, "mail loop", actions.LOOP)
    assert made.add_header == ()
    assert actions.loop([verdict(action)], "queue").action is Action.QUARANTINE


def test_what_the_next_hop_refuses_is_held_for_each_recipient_with_its_words():
    made = actions.refused(actions.plan([verdict("accept", fields=[FIELD])] * 2), NO)
    assert (made.action, made.rule) == (Action.QUARANTINE, "refused by the next hop")
    assert [(one.action, one.rule, one.add_header) for one in made.verdicts] == [
        (Action.QUARANTINE, "refused by the next hop", ())
    ] * 2
    assert "550 5.1.1 no such user" in made.reason


def test_a_released_message_goes_as_it_is():
    made = actions.let_out(actions.plan([verdict("quarantine")]), "M1")
    assert (made.action, made.rule, made.add_header) == (Action.ACCEPT, "released M1", ())
    assert len(made.verdicts) == 1
