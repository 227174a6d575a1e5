"""Try that what is in the shadow is told and changes nothing, by rules and as a whole."""

from dataclasses import replace

import pytest

from pratique.policies.asking.shadow import no_answer
from pratique.policies.asking.together import groups_of
from pratique.policies.language.condition import NoAnswerError
from pratique.policies.policy import Policy
from pratique.policies.verdict import Action, Note, Shadow, Verdict
from pratique.scanners import facts_pb2 as facts

NOBODY = facts.Recipient()


def script(**known):
    return facts.Facts(parts=[facts.Part(id=1, kind="script", name="a.vbs")], **known)


@pytest.fixture
def load(around):
    return lambda *rules, top="": Policy.load(top + around(*rules), "p.toml")


IN_SHADOW = "mode = 'shadow'"


def test_a_rule_in_the_shadow_is_told_and_reading_goes_on(load, rule):
    policy = load(
        rule('any_kind("script")', name="try", actions='["discard"]', tail=IN_SHADOW),
        rule('any_kind("script")', name="r"),
    )
    verdict = policy.decide(script(), NOBODY)
    assert (verdict.action, verdict.rule) == (Action.REJECT, "r")
    assert verdict.shadows == (Shadow("try", "discard", "because"),)
    assert policy.decide(facts.Facts(), NOBODY).shadows == ()


def test_it_is_asked_only_where_nothing_above_decided(load, rule):
    policy = load(
        rule('any_kind("script")', name="r"),
        rule("parts.size() > 0", name="try", tail=IN_SHADOW),
    )
    assert policy.decide(script(), NOBODY).shadows == ()


def test_nothing_of_what_it_orders_is_done(load, rule):
    actions = '["strip", "rebuild", { add_header = "X-A: b" }, { notify = "a@x" }]'
    policy = load(
        rule('any_kind("script")', name="n", actions=actions, tail=f"{IN_SHADOW}\nstrip=['script']")
    )
    verdict = policy.decide(script(), NOBODY)
    assert verdict == replace(
        policy.decide(facts.Facts(), NOBODY), shadows=(Shadow("n", "note", "because"),)
    )


def test_a_rule_in_the_shadow_without_an_answer_is_told_with_its_failure(load, rule):
    policy = load(
        rule("parts[3].id == 1", name="broken", tail=IN_SHADOW),
        rule('any_kind("script")', name="r"),
    )
    verdict = policy.decide(script(), NOBODY)
    assert (verdict.action, verdict.failures) == (Action.REJECT, ())
    (told,) = verdict.shadows
    assert (told.rule, told.action) == ("broken", "quarantine")
    assert "could not be evaluated" in told.reason
    assert told.failure.startswith("rule 'broken': ")


def test_what_it_could_not_take_out_is_a_failure_too(load, rule):
    actions, tail = '["strip", "accept"]', f"{IN_SHADOW}\nstrip = ['script']"
    policy = load(rule('any_kind("script")', name="s", actions=actions, tail=tail))
    known = facts.Facts(parts_left_out=facts.PartsLeftOut(total=1, by_kind={"script": 1}))
    (told,) = policy.decide(known, NOBODY).shadows
    assert "too many parts" in told.failure


def test_a_rule_in_the_shadow_asks_for_each_recipient(load, rule, rcpt):
    policy = load(rule('rcpt.domain == "a.example"', name="try", tail=IN_SHADOW))
    known = facts.Facts()
    one, two = policy.decide_all(known, [rcpt("x@a.example"), rcpt("x@b.example")])
    assert [each.rule for each in one.shadows] == ["try"]
    assert two.shadows == ()


def test_a_policy_in_the_shadow_accepts_all_mail_as_it_is_and_tells_what_it_decides(load, rule):
    rules = (
        rule("parts.size() > 0", name="n", actions='["note", { add_header = "X-A: b" }]'),
        rule("parts.size() > 0", name="try", actions='["defer"]', tail=IN_SHADOW),
        rule('any_kind("script")', name="r", actions='["reject", { notify = "a@x" }]'),
    )
    policy = load(*rules, top="mode = 'shadow'\n")
    assert policy.decide(script(), NOBODY) == Verdict(
        Action.ACCEPT,
        "r",
        "the policy is in the shadow: what it decides is only told",
        shadows=(
            Shadow("r", "reject", "because"),
            Shadow("n", "note", "because"),
            Shadow("try", "defer", "because"),
        ),
    )
    enforced = policy.as_enforced().decide(script(), NOBODY)
    assert (enforced.action, enforced.notes) == (Action.REJECT, (Note("n", "because"),))
    assert enforced == load(*rules).decide(script(), NOBODY)
    shadow = replace(load(*rules), mode="shadow")
    assert shadow.decide(script(), NOBODY) == policy.decide(script(), NOBODY)


def test_a_policy_in_the_shadow_holds_nothing_that_it_cannot_decide(load, rule):
    policy = load(rule("parts[3].id == 1", name="broken"), top="mode = 'shadow'\n")
    verdict = policy.decide(script(), NOBODY)
    assert (verdict.action, verdict.failures) == (Action.ACCEPT, ())
    assert verdict.shadows[0].action == "quarantine"
    assert verdict.shadows[0].failure.startswith("rule 'broken': ")


def test_the_mode_of_a_policy_is_one(load):
    policy = load(top="mode = 'enforce'\n")
    assert policy.as_enforced() is policy
    assert load(top="mode = 'shadow'\n").as_enforced().mode == "enforce"


def test_a_failure_names_the_rule(default):
    reason, failure = no_answer(default.rules[0], NoAnswerError("no such key"))
    assert reason == "the condition could not be evaluated: no such key"
    assert failure == f"rule {default.rules[0].name!r}: no such key"


def in_groups(policy, rules):
    return replace(policy, rules=tuple(rules), together=groups_of(rules), _kept={})


@pytest.mark.parametrize("joined", [False, True])
def test_a_rule_in_the_shadow_never_changes_a_verdict(default, random_facts, joined):
    made = in_groups if joined else Policy.with_rules
    policies = []
    for place, rule in enumerate(default.rules[:-1]):
        before, after = default.rules[:place], default.rules[place + 1 :]
        shaded = made(default, (*before, replace(rule, mode="shadow"), *after))
        policies.append((rule.name, shaded, made(default, (*before, *after))))
    seen = set()
    for seed in range(40):
        known = random_facts(seed)
        for name, shaded, without in policies:
            verdict = shaded.decide(known, NOBODY)
            assert replace(verdict, shadows=()) == without.decide(known, NOBODY)
            assert {each.rule for each in verdict.shadows} <= {name}
            seen.update(each.rule for each in verdict.shadows)
    # Some of them spoke, or nothing was tried.
    assert len(seen) > 5


def test_all_rules_in_the_shadow_leave_the_last_one(default, random_facts):
    rules = [replace(rule, mode="shadow") for rule in default.rules[:-1]]
    shaded = in_groups(default, (*rules, default.rules[-1]))
    for seed in range(40):
        verdict = shaded.decide(random_facts(seed), NOBODY)
        assert replace(verdict, shadows=()) == Verdict(Action.ACCEPT, default.rules[-1].name, "")
