"""Make slips in policies: which ones there are, and which of them a test notices."""

import pytest

from pratique.policies.policy import Policy
from pratique.policies.trials.altered import How
from pratique.policies.trials.mutants import mutants, try_mutants

SCRIPT = "[[rule.test]]\nfacts.parts = [{ kind = 'script' }]\nexpect = 'reject'\n"


def outcome(text, **more):
    return try_mutants(Policy.load(text), {}.__getitem__, **more)


def survivors(text):
    return [(each.how, each.piece) for each in outcome(text).survived if each.rule.name == "mine"]


@pytest.mark.slow
def test_a_condition_that_no_test_asks_for_survives_its_loss(rule, around):
    when = 'any_kind("script") && mail.size > 0'
    large = SCRIPT.replace("expect", "facts.mail = { size = 9 }\nexpect")
    text = around(rule(when, tail=large))
    assert (How.DROPPED, "mail.size > 0") in survivors(text)
    silent = SCRIPT.replace("'reject'", "'accept'")
    assert (How.DROPPED, "mail.size > 0") not in survivors(around(rule(when, tail=large + silent)))


def test_a_test_that_notices_a_slip_catches_it(rule, around):
    text = around(rule('any_kind("script")', tail=SCRIPT))
    caught = [(each.how, each.piece) for each in outcome(text).caught if each.rule.name == "mine"]
    assert caught == [
        (How.DROPPED, 'any_kind("script")'),
        (How.NEGATED, 'any_kind("script")'),
        (How.RULE, "mine"),
        (How.ACTION, "reject"),
    ]


def test_a_policy_without_a_test_of_the_rule_notices_nothing_of_it(rule, around):
    text = around(rule('any_kind("script")'))
    assert {how for how, _ in survivors(text)} == {How.RULE, How.ACTION}


def test_a_word_that_no_test_names_survives(rule, around):
    text = around(rule('any_kind(["script", "shortcut"])', tail=SCRIPT))
    assert survivors(text) == [(How.WORD, '"shortcut"')]


def test_what_a_rule_strips_is_altered_too(around):
    own = (
        "[[rule]]\nname='mine'\nwhen='mail.size > 0'\nactions=['strip', 'accept']\nreason='r'\n"
        "strip_when='p.kind == \"script\"'\n[[rule.test]]\nfacts.mail={ size=1 }\n"
        "facts.parts=[{ kind='text', parent=0 }]\nexpect='accept'\n{}"
    )
    assert (How.NEGATED, 'p.kind == "script"') in survivors(around(own.replace("{}", "")))
    noticed = around(own.replace("{}", "expect_edits=[]\n"))
    assert (How.NEGATED, 'p.kind == "script"') not in survivors(noticed)


def test_the_last_rule_is_never_left_out(around):
    found = list(mutants(Policy.load(around())))
    assert [each.how for each in found if each.rule.condition is None] == [How.ACTION]


def test_rates_count_what_they_are_asked_for(rule, around):
    done = outcome(around(rule('any_kind(["script", "shortcut"])', tail=SCRIPT)))
    assert done.rate([How.WORD]) == 0.5
    assert 0 < done.rate() < 1
    assert done.tried == len(done.caught) + len(done.survived)
    assert outcome(around(), most=0).rate_of_conditions() == 1.0


@pytest.mark.parametrize(("most", "cut"), [(0, True), (1, True), (99, False)])
def test_more_mutants_than_are_tried_are_told(around, most, cut):
    text = around()
    number = len(list(mutants(Policy.load(text))))
    done = outcome(text, most=min(most, number))
    assert (done.tried, done.cut) == (min(most, number), cut)
