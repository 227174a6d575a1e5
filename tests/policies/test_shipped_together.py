"""Hold all policies that are shipped: sound, tested to the last condition, and made of one."""

import random
from dataclasses import replace

import pytest

from pratique.milter.policy_trial import try_policy
from pratique.policies.check import check
from pratique.policies.checks import unseen
from pratique.policies.policy import Policy
from pratique.policies.trials.coverage import coverage
from pratique.policies.trials.mutants import try_mutants
from pratique.policies.verdict import Action, Verdict
from pratique.scanners import facts_pb2 as facts

NOBODY = facts.Recipient()
NAMES = ("bounces-only", "default", "monitor", "strict")
# Of all conditions that are left out or turned round.
RATE = 0.9


@pytest.fixture(scope="module")
def policies(shipped_policies):
    return {
        name: Policy.load(found.text, found.name, found.beside)
        for name, found in shipped_policies.items()
    }


@pytest.fixture(params=NAMES)
def policy(request, policies):
    """Each policy in turn, with the tests about facts alone: messages need workers."""
    own = policies[request.param]
    return own.with_rules(
        replace(rule, tests=tuple(test for test in rule.tests if test.known is not None))
        for rule in own.rules
    )


def test_these_are_shipped(policies):
    assert tuple(sorted(policies)) == NAMES


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_wrong_with_it(shipped_policies, name):
    found = shipped_policies[name]
    assert check(found.text, found.name, found.beside) == []


def unseen_file(_):
    raise AssertionError("a test about a message")


@pytest.mark.slow
def test_its_tests_notice_nearly_every_slip_in_a_condition(policy):
    outcome = try_mutants(policy, unseen_file)
    assert outcome.tried > 0
    assert not outcome.cut
    survived = [(each.rule.name, each.how, each.piece) for each in outcome.survived]
    assert outcome.rate_of_conditions() >= RATE, survived
    assert outcome.rate() >= RATE, survived


@pytest.mark.slow
def test_each_rule_and_each_side_of_each_condition_is_asked_for(policy):
    covered = coverage(policy, unseen_file)
    gaps = [(each.rule.name, each.missing) for each in covered.rules if each.missing]
    sides = [leaf for each in covered.rules for leaf in each.leaves if leaf.missing]
    assert (gaps, sides) == ([], [])


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_the_tests_about_facts_are_met(shipped_policies, name):
    def see(paths):
        return [facts.Facts(failures=[facts.Failure(class_="unavailable")]) for _ in paths]

    trials = try_policy(shipped_policies[name], see)
    unmet = [each for each in trials.unmet if each.test.known is not None]
    assert [f"{each.rule.name}: {each.why}" for each in unmet] == []
    assert len(trials.own) > 1


@pytest.mark.slow
def test_what_strict_changes_of_the_default_policy_is_named_by_its_tests(shipped_policies):
    def see(paths):
        return [facts.Facts() for _ in paths]

    trials = try_policy(shipped_policies["strict"], see)
    changed = {rule.name for rule in trials.policy.rules if trials.policy.owns(rule)}
    assert len(changed) == 6
    inline = [each for each in trials.otherwise if each.test.known is not None]
    assert {each.verdict.rule for each in inline} <= changed


def mixed(pool, random_facts, seed):
    """Facts of some tests together, and some that are any: most rules come up."""
    choice = random.Random(seed)
    known = facts.Facts()
    for one in choice.sample(pool, choice.choice((1, 2, 2, 3))):
        known.MergeFrom(one)
    if choice.random() < 0.3:
        known.MergeFrom(random_facts(seed))
    return known


@pytest.fixture(scope="module")
def pool(policies):
    rules = [rule for policy in policies.values() for rule in policy.rules]
    return [test.known for rule in rules for test in rule.tests if test.known is not None]


@pytest.mark.slow
def test_strict_is_default_but_for_what_it_changes(policies, pool, random_facts):
    default, strict = policies["default"], policies["strict"]
    changed = {rule.name for rule in strict.rules if strict.owns(rule)}
    decided = set()
    for seed in range(2000):
        known = mixed(pool, random_facts, seed)
        mild, severe = default.decide(known, NOBODY), strict.decide(known, NOBODY)
        decided |= {mild.rule, severe.rule}
        if mild.rule != severe.rule:
            assert severe.rule in changed or mild.rule in changed
        # Never milder: held becomes refused, and accepted or deferred becomes held.
        if mild.action is not severe.action:
            assert severe.action in (Action.QUARANTINE, Action.REJECT)
            assert mild.action is not Action.REJECT
    assert len(decided) > 25


@pytest.mark.slow
def test_monitor_changes_nothing_and_tells_what_default_does(policies, pool, random_facts):
    default, monitor = policies["default"], policies["monitor"]
    for seed in range(1000):
        known = mixed(pool, random_facts, seed)
        meant, done = default.decide(known, NOBODY), monitor.decide(known, NOBODY)
        assert (done.action, done.rule) == (Action.ACCEPT, meant.rule)
        plain = Verdict(done.action, done.rule, done.reason, shadows=done.shadows)
        assert done == plain
        assert (done.shadows[0].rule, done.shadows[0].action) == (meant.rule, meant.action)


@pytest.mark.slow
def test_bounces_only_is_default_for_bounces_and_nothing_else(policies, pool, random_facts):
    default, own = policies["default"], policies["bounces-only"]
    claimed = 0
    for seed in range(1000):
        known = mixed(pool, random_facts, seed)
        if known.bounce.claimed:
            claimed += 1
            assert own.decide(known, NOBODY) == default.decide(known, NOBODY)
        else:
            assert own.decide(known, NOBODY).rule == "no bounce"
    assert claimed > 300


def test_what_could_not_be_looked_into_of_a_bounce_is_never_just_accepted(policies):
    own = policies["bounces-only"]
    for family in unseen.families():
        for case in family.cases:
            known = facts.Facts(bounce=facts.Bounce(claimed=True))
            known.MergeFrom(case.known)
            verdict = own.decide(known, NOBODY)
            assert verdict.rule not in ("no bounce", "all other mail")
            assert verdict.action is not Action.ACCEPT or verdict.add_header
