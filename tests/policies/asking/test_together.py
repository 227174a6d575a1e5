"""Conditions that are asked at once: the same verdicts as when each is asked by itself."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pratique.policies.asking import together
from pratique.policies.asking.together import Together
from pratique.policies.language.condition import Scene
from pratique.policies.policy import Policy
from pratique.scanners import facts_pb2 as facts

ORDINARY = facts.Facts(parts=[facts.Part(kind="text")])
NOBODY = facts.Recipient(address="bob@corp.example", domain="corp.example")
GROUPS = "[[group]]\nname = 'x'\nmembers = ['@corp.example']\n"
LAST = "[[rule]]\nname = 'all other mail'\nactions = ['accept']\n"

CONDITIONS = (
    'findings.exists(f, f.severity == "malicious")',
    "failures.exists(f, f.part == 1) || limits.exists(l, l.part == 1)",
    "bounce.claimed && !bounce.verified",
    "bounce.claimed || findings.size() > 1",
    "findings.all(f, f.part == 1) && mail.size > 5",
    'parts.exists(p, p.name.endsWith(".exe"))',
    'any_kind(["script", "archive"])',
    'any_name("(?i)[.]zip$")',
    "mail.size / mail.received_count > 3",  # has no answer where the count is 0
    "parts[1].kind == 'script'",  # has none where there is one part
    'any_name(mail.subject + "(")',  # has none at all
    'rcpt.domain == "corp.example" && mail.size > 7',
    "rcpt.groups[0] == 'x'",  # has none for who is in no group
    "mail.size == 3 // a word about it",
    "parts.exists(p, parts.exists(q, p.name == q.name + '!'))",
)


def policy_of(*conditions, actions="['quarantine']"):
    rule = "[[rule]]\nname = 'rule {}'\nwhen = '''{}'''\nactions = {}\nreason = 'r'\n"
    rules = [rule.format(number, text, actions) for number, text in enumerate(conditions)]
    return Policy.load("\n".join((GROUPS, *rules, LAST)))


KNOWN = st.builds(
    facts.Facts,
    mail=st.builds(
        facts.Mail,
        size=st.integers(0, 9),
        received_count=st.integers(0, 1),
        subject=st.sampled_from(["", "a", "b)"]),
    ),
    parts=st.lists(
        st.builds(
            facts.Part,
            name=st.sampled_from(["", "a.exe", "b.ZIP"]),
            kind=st.sampled_from(["text", "script"]),
        ),
        min_size=1,
        max_size=3,
    ),
    findings=st.lists(
        st.builds(facts.Finding, severity=st.just("malicious"), part=st.integers(0, 1)), max_size=2
    ),
    failures=st.lists(st.builds(facts.Failure, part=st.integers(0, 1)), max_size=1),
    bounce=st.one_of(st.none(), st.builds(facts.Bounce, claimed=st.booleans())),
)
RECIPIENTS = st.lists(
    st.builds(
        facts.Recipient,
        domain=st.sampled_from(["corp.example", "x"]),
        groups=st.lists(st.sampled_from("xy"), max_size=1),
    ),
    min_size=1,
    max_size=3,
)


@pytest.mark.slow
@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.sampled_from(CONDITIONS), min_size=1, max_size=8, unique=True), KNOWN, RECIPIENTS
)
def test_the_verdicts_are_those_of_each_rule_by_itself(conditions, known, recipients):
    at_once = policy_of(*conditions)
    one_by_one = replace(at_once, together=Together())
    assert at_once.decide_all(known, recipients) == one_by_one.decide_all(known, recipients)


def test_each_of_many_rules_still_decides():
    names = [f"{number}.exe" for number in range(70)]
    policy = policy_of(*(f'parts.exists(p, p.name == "{name}")' for name in names))
    assert len(policy.together.shared) == 3
    for number, name in enumerate(names):
        known = facts.Facts(parts=[facts.Part(name=name)])
        assert policy.decide(known, NOBODY).rule == f"rule {number}"
    assert policy.decide(ORDINARY, NOBODY).rule == "all other mail"


def test_what_ordinary_mail_has_none_of_is_not_asked():
    policy = policy_of('findings.exists(f, f.name == "x")', "bounce.claimed")
    quiet = [group.is_quiet(Scene(ORDINARY)) for group in policy.together.shared]
    assert quiet == [True, True]
    assert [group.lists + group.messages for group in policy.together.shared] == [
        ("findings",), ("bounce",),
    ]  # fmt: skip


def test_rules_that_only_state_and_those_for_a_recipient_do_not_spoil_the_others():
    text = "mail.size > {}"
    rules = policy_of(text.format(1), "rcpt.domain == 'x'").rules
    notes = policy_of(text.format(2), actions="['note']").rules
    groups = together.groups_of((*rules[:2], *notes[:1]))
    assert [len(group.rules) for group in groups.shared] == [1, 1]
    assert [len(group.rules) for group in groups.own] == [1]


def test_each_has_the_whole_budget_where_it_does_not_reach_for_all():
    # 70 parts: 4,900 turns and more for each, and CEL ends an evaluation at 10,000.
    heavy = 'parts.exists(p, parts.exists(q, p.name == q.name + "{}"))'
    known = facts.Facts(parts=[facts.Part(name=str(number)) for number in range(70)])
    policy = policy_of(*(heavy.format(end) for end in "!?*"))
    assert policy.decide(known, NOBODY).rule == "all other mail"
    assert not policy.decide(known, NOBODY).failures


@pytest.mark.parametrize("length", [together._MOST_TEXT - 40, together._MOST_TEXT + 40])
def test_conditions_as_long_as_cel_takes_are_asked_alone_or_together(length):
    policy = policy_of(*(f'mail.subject == "{"x" * length}{number}"' for number in range(2)))
    assert policy.decide(ORDINARY, NOBODY).rule == "all other mail"
    known = facts.Facts(mail=facts.Mail(subject="x" * length + "1"))
    assert policy.decide(known, NOBODY).rule == "rule 1"


@pytest.mark.parametrize("more", ["mode = 'shadow'", "until = 2027-01-15"])
def test_rules_in_the_shadow_or_with_an_end_are_asked_apart(more):
    text = GROUPS + "".join(
        f"[[rule]]\nname = '{name}'\nwhen = 'mail.size > {size}'\nactions = ['reject']\n"
        f"reason = 'r'\n{tail}\n"
        for name, size, tail in (("a", 1, ""), ("b", 2, more), ("c", 3, ""), ("d", 4, more))
    )
    policy = Policy.load(text + LAST)
    assert {group.rules for group in policy.together.shared} == {
        frozenset({"a", "c"}),
        frozenset({"b", "d"}),
    }


def test_conditions_with_units_are_asked_together():
    policy = policy_of("mail.size > 10MB", "mail.size > 20MB // 7d", "mail.size > 3KB")
    (group,) = policy.together.shared
    assert group.is_quiet(Scene(facts.Facts(mail=facts.Mail(size=3072))))
    assert not group.is_quiet(Scene(facts.Facts(mail=facts.Mail(size=3073))))


GUARDED = """
[[rule]]
name = "guarded"
when = 'auth.dmarc == "permerror" && mail.header.from_[0].domain == "x.example"'
actions = ["discard"]
reason = "x"
[[rule]]
name = "rest"
actions = ["accept"]
"""


@pytest.mark.parametrize(
    ("dmarc", "domain", "rule", "fails"),
    [
        ("pass", "x.example", "rest", False),
        ("permerror", "y.example", "rest", False),
        ("permerror", "x.example", "guarded", False),
        # The guard is false, so it does not matter that the rest has no answer.
        ("pass", None, "rest", False),
        ("permerror", None, "guarded", True),
    ],
)
def test_a_guard_changes_no_verdict(dmarc, domain, rule, fails):
    policy = Policy.load(GUARDED)
    (group,) = policy.together.shared
    assert group.guard is not None
    known = facts.Facts()
    known.auth.dmarc = dmarc
    if domain is not None:
        known.mail.header.from_.add(domain=domain)
    for _ in range(2):
        verdict = policy.decide(known, facts.Recipient())
        assert (verdict.rule, bool(verdict.failures)) == (rule, fails)


RUNAWAY = "parts.exists(p, parts.exists(q, p.name == q.name + '!'))"


@pytest.mark.parametrize(
    ("condition", "has_guard", "fails"),
    [
        # CEL asks the loop first, and it does not come to an end.
        (f'{RUNAWAY} && auth.dmarc == "fail"', False, True),
        (f'auth.dmarc == "fail" && {RUNAWAY}', True, False),
        # What stands between has no loop, so it cannot use the budget up.
        (f'mail.size > 5 && auth.dmarc == "fail" && {RUNAWAY}', True, False),
        (f'mail.size > 5 && {RUNAWAY} && auth.dmarc == "fail"', False, False),
    ],
)
def test_a_guard_hides_no_condition_that_runs_away(condition, has_guard, fails):
    policy = policy_of(condition)
    (group,) = policy.together.shared
    assert (group.guard is not None) == has_guard
    # 110 times 110 is more than the 10,000 turns of an evaluation.
    known = facts.Facts(parts=[facts.Part(name=f"part {number}") for number in range(110)])
    verdict = policy.decide(known, NOBODY)
    assert bool(verdict.failures) == fails
    assert verdict == replace(policy, together=Together(), _kept={}).decide(known, NOBODY)
