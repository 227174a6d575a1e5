"""Hold what is true of any policy and any facts, on some thousand of them.

The policies are those that are shipped and one that asks for what these do not: recipients,
lists, moments, rules that only state.  The facts are made at random, and mixed with those of
the policies' tests, so that most rules come up; `test_the_facts_reach_the_rules` says so.
"""

import random
from dataclasses import replace

import pytest

from pratique.policies.policy import Policy
from pratique.scanners import facts_pb2 as facts

MANY = 400
ODD = """
[[list]]
name    = "partners"
kind    = "addresses"
entries = ["ann@example.org", { entry = "@b.example", expires = 2020-01-01 }]
owner   = "ann@example.org"
reason  = "r"

[[group]]
name    = "board"
members = ["@example.org"]

[[rule]]
name    = "partner"
when    = 'in_list(auth.authenticated_as, "partners") && rcpt.domain == "b.example"'
actions = ["accept", { add_header = "X-A: b" }]

[[rule]]
name    = "stated for the board"
when    = '"board" in rcpt.groups && mail.size >= 0'
actions = ["note"]
reason  = "r"

[[rule]]
name    = "told"
when    = 'spoof_signs.size() > 0'
actions = ["note", { notify = "admin@example.org" }]
reason  = "r"
until   = 2027-01-01

[[rule]]
name    = "without programs"
when    = 'parts.exists(p, p.parent >= 0 && p.kind == "image")'
actions = ["strip", "accept"]
strip   = ["image"]
reason  = "r"

[[rule]]
name    = "of the third part only"
when    = 'parts.size() > 2 && parts[2].size > 5 && rcpt.address != ""'
actions = ["quarantine"]
reason  = "r"

[[rule]]
name    = "without an answer"
when    = 'links.size() > 1 && links[5].host == "x"'
actions = ["reject"]
reason  = "r"
"""
RECIPIENTS = tuple(
    facts.Recipient(address=address, domain=address.rpartition("@")[2])
    for address in ("ann@example.org", "bob@b.example", "")
)


@pytest.fixture(scope="module")
def odd(default_text):
    return Policy.load(ODD + default_text)


@pytest.fixture(scope="module")
def messages(default, strict, odd, random_facts):
    """Facts of tests, two or three together, and some that are any."""
    rules = [rule for policy in (default, strict) for rule in policy.rules]
    pool = [test.known for rule in rules for test in rule.tests if test.known is not None]
    made = []
    for seed in range(MANY):
        choice = random.Random(seed)
        known = facts.Facts()
        for one in choice.sample(pool, choice.choice((1, 1, 2, 3))):
            known.MergeFrom(one)
        if seed % 2:
            known.MergeFrom(random_facts(seed))
        made.append(known)
    return made


@pytest.fixture(params=["default", "strict", "odd"])
def policy(request):
    return request.getfixturevalue(request.param)


def verdicts(policy, messages):
    return [policy.decide_all(known, RECIPIENTS) for known in messages]


@pytest.mark.slow
def test_the_facts_reach_the_rules(policy, messages):
    asked = {verdict.rule for each in verdicts(policy, messages) for verdict in each}
    stated = {
        note.rule
        for each in verdicts(policy, messages)
        for verdict in each
        for note in verdict.notes
    }
    assert len(asked | stated) >= 0.8 * len(policy.rules)


@pytest.mark.slow
def test_the_same_facts_and_policy_give_the_same_verdict(policy, messages):
    again = policy.with_rules(policy.rules)
    first = verdicts(policy, messages)
    assert verdicts(policy, messages) == first
    # Whatever came before, in whatever order.
    backwards = verdicts(policy, messages[::-1])[::-1]
    assert backwards == first
    assert verdicts(again, messages) == first


@pytest.mark.slow
def test_the_facts_are_not_changed_by_asking(policy, messages):
    before = [known.SerializeToString(deterministic=True) for known in messages]
    verdicts(policy, messages)
    assert [known.SerializeToString(deterministic=True) for known in messages] == before


def shuffled(known, seed):
    """The same message with its lists in another order; ids stay with their parts."""
    mixed = facts.Facts()
    mixed.CopyFrom(known)
    choice = random.Random(seed)
    for field in facts.Facts.DESCRIPTOR.fields:
        if field.is_repeated and field.message_type:
            several = list(getattr(known, field.name))
            choice.shuffle(several)
            del getattr(mixed, field.name)[:]
            getattr(mixed, field.name).extend(several)
    return mixed


@pytest.mark.slow
def test_the_order_of_parts_does_not_matter(policy, messages):
    # These two ask for the third part, and for the sixth link.
    placed = {"of the third part only", "without an answer"}
    free = policy.with_rules([rule for rule in policy.rules if rule.name not in placed])
    for seed, known in enumerate(messages):
        longer = facts.Facts()
        longer.CopyFrom(known)
        # What matters shall lie far behind at times.
        longer.parts.extend(facts.Part(id=each, parent=0, kind="text") for each in range(90, 95))
        told = [
            [(each.action, each.rule, each.failures) for each in free.decide_all(one, RECIPIENTS)]
            for one in (longer, shuffled(longer, seed))
        ]
        assert told[0] == told[1]


def plain(verdict):
    """A verdict without what is only told."""
    return replace(verdict, shadows=())


@pytest.mark.slow
def test_a_rule_in_the_shadow_never_changes_a_verdict(policy, messages):
    choice = random.Random(1)
    first = verdicts(policy, messages)
    told = 0
    for rule in policy.rules[:-1]:
        place = choice.randrange(len(policy.rules))
        shadow = replace(rule, name=f"{rule.name}, in the shadow", mode="shadow")
        rules = (*policy.rules[:place], shadow, *policy.rules[place:])
        for known, expected in zip(messages[::8], first[::8], strict=True):
            found = policy.with_rules(rules).decide_all(known, RECIPIENTS)
            told += sum(each.shadows != () for each in found)
            assert [plain(each) for each in found] == [plain(each) for each in expected]
    assert told > 0


@pytest.mark.slow
def test_an_accept_at_the_end_changes_nothing_above_it(policy, messages):
    *above, last = policy.rules
    accepts = replace(last, name="accept the rest", condition=above[0].condition)
    longer = policy.with_rules((*above, accepts, last))
    for found, expected in zip(verdicts(longer, messages), verdicts(policy, messages), strict=True):
        for one, other in zip(found, expected, strict=True):
            if other.rule != last.name:
                assert one == other
            else:
                assert one.action is other.action


@pytest.mark.slow
def test_all_recipients_at_once_are_decided_as_each_alone(policy, messages):
    for known, found in zip(messages, verdicts(policy, messages), strict=True):
        assert found == tuple(policy.decide(known, each) for each in RECIPIENTS)
        assert found[::-1] == policy.decide_all(known, RECIPIENTS[::-1])


@pytest.mark.slow
def test_rules_that_are_asked_together_answer_as_each_alone(policy, messages):
    alone = policy.with_rules(policy.rules)
    assert policy.together.shared
    assert alone.together.shared == alone.together.own == ()
    assert verdicts(alone, messages) == verdicts(policy, messages)
