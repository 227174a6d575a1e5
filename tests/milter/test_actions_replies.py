"""What a stranger hears of a refusal: what a rule says for him, or the usual, and one reply."""

import pytest

from pratique.milter import actions
from pratique.policies.verdict import Action, Verdict

NO, LATER = "5.7.1 No programs, 100% sure", "4.7.1 Not now"
FIRST = Verdict(Action.REJECT, "one", "secret", reply=NO)
SECOND = Verdict(Action.REJECT, "two", "secret", reply="5.6.0 Not like this")
USUAL = Verdict(Action.REJECT, "three", "secret")
DEFERS = Verdict(Action.DEFER, "four", "secret", reply=LATER)


@pytest.mark.parametrize(
    ("verdict", "heard"),
    [
        (FIRST, f"550 {NO}"),
        (SECOND, "554 5.6.0 Not like this"),
        (USUAL, "550 5.7.1 Message refused by policy"),
        (DEFERS, f"451 {LATER}"),
        (
            Verdict(Action.DEFER, "four", ""),
            "451 4.7.1 Message deferred by policy, try again later",
        ),
    ],
)
def test_it_is_what_the_rule_says_with_the_code_that_goes_with_it(verdict, heard):
    assert str(actions.plan([verdict]).refusal) == heard


@pytest.mark.parametrize(
    ("verdicts", "heard"),
    [
        ([FIRST, SECOND], f"550 {NO}"),
        ([SECOND, FIRST], "554 5.6.0 Not like this"),
        ([USUAL, FIRST, SECOND], f"550 {NO}"),
    ],
)
def test_of_several_it_is_the_first_that_a_rule_states(verdicts, heard):
    made = actions.plan(verdicts)
    assert str(made.refusal) == heard
    assert len(made.shares) == 1


def test_behind_a_queue_it_is_held_and_nobody_hears_it():
    made = actions.plan([FIRST], "queue")
    assert made.action is Action.QUARANTINE
    assert made.refusal == actions.REFUSED


def test_a_mail_loop_is_told_as_such_whatever_the_rule_says():
    redirected = Verdict(Action.REDIRECT, "r", "", redirect="a@our.example")
    for verdicts in ([FIRST], [redirected, Verdict(Action.ACCEPT, "a", "")]):
        made = actions.loop(verdicts)
        assert made.refusal == actions.LOOP
        assert made.action is Action.REJECT
