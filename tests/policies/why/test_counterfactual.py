"""The smallest change that alters a verdict: found, true, and none smaller."""

from dataclasses import replace
from itertools import combinations

import pytest

from pratique.policies.checks.unseen import RECIPIENT, ordinary_and_unseen
from pratique.policies.policy import Policy
from pratique.policies.why.alterable import asked_by
from pratique.policies.why.changes import LARGEST, applied, possible
from pratique.policies.why.counterfactual import MOST_DECISIONS, MOST_FOUND, search
from pratique.scanners import facts_pb2 as facts

LAST = "[[rule]]\nname = 'last'\nactions = ['accept']\n"


def policy_of(*conditions, action="reject"):
    rules = (
        f"[[rule]]\nname = 'r{number}'\nwhen = '''{when}'''\nactions = ['{action}']\nreason = 'r'\n"
        for number, when in enumerate(conditions)
    )
    return Policy.load("\n".join([*rules, LAST]))


def said(found):
    return [" + ".join(change.told for change in one.changes) for one in found.found]


def is_true(policy, known, found):
    """Each that is told was decided so, and is another verdict."""
    was = policy.decide(known, RECIPIENT)
    for one in found.found:
        after = policy.decide(applied(known, one.changes), RECIPIENT)
        assert after == one.verdict
        assert after.action != was.action
    assert len({len(one.changes) for one in found.found}) <= 1
    assert len(found.found) <= MOST_FOUND


def none_smaller(policy, known, size):
    conditions = [rule.condition for rule in policy.rules if rule.condition is not None]
    changes = possible(known, asked_by(conditions)).changes
    was = policy.decide(known, RECIPIENT).action
    for smaller in range(1, size):
        for some in combinations(changes, smaller):
            if not any(one.excludes(other) for one, other in combinations(some, 2)):
                assert policy.decide(applied(known, some), RECIPIENT).action == was


def test_one_fact_is_found():
    known = facts.Facts(bounce={"claimed": True})
    policy = policy_of("bounce.claimed && !bounce.verified")
    found = search(policy, known, RECIPIENT)
    assert said(found) == ["`bounce.claimed` were false", "`bounce.verified` were true"]
    assert (found.complete, found.crowds) == (1, ())


@pytest.mark.parametrize(
    ("conditions", "size"),
    [
        (("bounce.claimed", "bounce.verified"), 2),
        (("bounce.claimed || bounce.verified",), 2),
        (("bounce.claimed", "bounce.verified", "bounce.flood"), 3),
        (("mail.size > 5 || findings.size() > 0",), 2),
    ],
)
def test_where_one_alone_does_nothing_several_are_found(conditions, size):
    known = facts.Facts(
        bounce={"claimed": True, "verified": True, "flood": True},
        mail={"size": 9},
        findings=[{"scanner": "yara"}],
    )
    policy = policy_of(*conditions)
    found = search(policy, known, RECIPIENT)
    assert {len(one.changes) for one in found.found} == {size}
    is_true(policy, known, found)
    none_smaller(policy, known, size)
    assert found.complete >= size - 1


def test_a_number_crosses_its_bound_and_a_text_becomes_one_that_is_named():
    known = facts.Facts(mail={"size": 20, "subject": "x"})
    found = search(policy_of("mail.size > 10"), known, RECIPIENT)
    assert said(found) == ["`mail.size` were 10"]
    policy = Policy.load(
        "[[rule]]\nname='a'\nwhen='auth.authenticated_as.endsWith(\"@b.example\")'\n"
        "actions=['accept']\nreason='r'\n"
        "[[rule]]\nname='b'\nwhen='mail.size > 0'\nactions=['reject']\nreason='r'\n" + LAST
    )
    found = search(policy, known, RECIPIENT)
    assert '`auth.authenticated_as` were "someone@b.example"' in said(found)


def test_milder_verdicts_are_told_alone_if_there_are_any():
    known = facts.Facts(bounce={"claimed": True})
    policy = Policy.load(
        "[[rule]]\nname='a'\nwhen='bounce.verified'\nactions=['quarantine']\nreason='r'\n"
        "[[rule]]\nname='b'\nwhen='bounce.claimed'\nactions=['reject']\nreason='r'\n" + LAST
    )
    assert said(search(policy, known, RECIPIENT)) == ["`bounce.claimed` were false"]


def test_a_crowd_is_taken_away_together():
    parts = [{"id": number, "kind": "script", "path": f"{number}"} for number in range(1, 6)]
    policy = policy_of('any_kind("script")', "findings.exists(f, f.part < 0)")
    known = facts.Facts(parts=parts, findings=[{"scanner": f"s{n}", "part": -1} for n in range(4)])
    found = search(policy, known, RECIPIENT)
    assert found.found == ()
    assert [(one.count, one.of) for one in found.crowds] == [(5, "parts"), (4, "findings")]
    assert found.without_crowds.action == "accept"


def test_of_elements_that_are_alike_one_line_says_that_they_are_not_there():
    parts = [{"id": n, "kind": "script", "size": 9, "path": f"{n}"} for n in range(1, 4)]
    policy = policy_of('parts.exists(p, p.kind == "script" && p.size > 5 && !p.returned)')
    found = search(policy, facts.Facts(parts=parts), RECIPIENT, most=5000)
    gone = [f"part {number} were not there" for number in range(1, 4)]
    assert said(found) == [" + ".join(gone)]
    assert found.crowds == ()


def test_where_nothing_alters_it_nothing_is_told():
    found = search(policy_of("true || bounce.claimed"), facts.Facts(), RECIPIENT)
    assert (found.found, found.crowds, found.complete) == ((), (), LARGEST)


@pytest.mark.parametrize(("most", "complete"), [(2, 0), (3, 1), (6, 2)])
def test_the_search_ends_after_so_many_decisions_and_says_how_far_it_came(most, complete):
    known = facts.Facts(bounce={"claimed": True, "verified": True, "flood": True})
    policy = policy_of("bounce.claimed", "bounce.verified", "bounce.flood")
    found = search(policy, known, RECIPIENT, most=most)
    assert (found.found, found.complete, found.decisions) == ((), complete, most)
    assert search(policy, known, RECIPIENT, most=7).found != ()


def test_a_policy_in_the_shadow_is_searched_as_if_it_were_in_force():
    policy = replace(policy_of("bounce.claimed"), mode="shadow")
    found = search(policy, facts.Facts(bounce={"claimed": True}), RECIPIENT)
    assert said(found) == ["`bounce.claimed` were false"]


@pytest.mark.parametrize(
    "when", ["mail.received_count > 3000000000", "mail.size > 9223372036854775807"]
)
def test_a_number_that_no_field_can_hold_is_no_change(when):
    policy = policy_of(when, "bounce.claimed")
    known = facts.Facts(bounce={"claimed": True})
    assert said(search(policy, known, RECIPIENT)) == ["`bounce.claimed` were false"]


def test_no_answer_is_a_verdict_as_any_other():
    known = facts.Facts(bounce={"claimed": True})
    policy = policy_of('bounce.claimed && envelope.macros["x"] == "y"')
    assert said(search(policy, known, RECIPIENT)) == ["`bounce.claimed` were false"]


@pytest.mark.slow
def test_what_is_told_of_the_default_policy_is_true_and_smallest(default, random_facts):
    messages = [case.known for case in ordinary_and_unseen()]
    sizes = []
    for known in [*messages[::4], *(random_facts(seed) for seed in range(12))]:
        found = search(default, known, RECIPIENT, most=600)
        is_true(default, known, found)
        if found.found:
            size = len(found.found[0].changes)
            sizes.append(size)
            assert found.complete >= size - 1
            if size == 2:
                none_smaller(default, known, 2)
    assert 1 in sizes


@pytest.mark.slow
def test_a_thousand_parts_take_no_more_decisions_than_any(default):
    parts = [{"id": 0, "parent": -1, "kind": "message"}]
    parts += [
        {"id": number, "parent": 0, "kind": "executable", "path": f"{number}", "name": f"{number}"}
        for number in range(1, 1000)
    ]
    found = search(default, facts.Facts(parts=parts), RECIPIENT)
    assert found.decisions <= MOST_DECISIONS
    assert [one.count for one in found.crowds] == [999]
    assert found.without_crowds.action == "accept"


@pytest.mark.parametrize("many", [1, LARGEST])
def test_elements_that_are_alike_are_taken_away_together(many):
    """Were but one of them tried, "no two changes alter it" would be said, and be wrong."""
    known = facts.Facts(findings=[{"scanner": "a", "severity": "malicious"}] * many)
    found = search(policy_of("findings.size() > 0"), known, RECIPIENT)
    assert {len(one.changes) for one in found.found} == {many}


def test_what_is_asked_of_parts_tells_them_apart():
    sizes = [{"id": at, "parent": 0, "kind": "text", "size": at} for at in range(1, LARGEST + 3)]
    known = facts.Facts(parts=[{"id": 0, "parent": -1}, *sizes])
    (one, *_) = search(
        policy_of(f"parts.exists(p, p.size > {LARGEST + 1})"), known, RECIPIENT
    ).found
    assert len(one.changes) == 1


@pytest.mark.parametrize("when", ["mail.subject.size() > 3", "size(mail.subject) > 3"])
def test_a_text_has_a_size_and_no_elements(when):
    known = facts.Facts(mail={"subject": "hello"})
    assert said(search(policy_of(when), known, RECIPIENT)) == ["`mail.subject` were empty"]


@pytest.mark.parametrize(
    "when",
    ['parts_left_out.by_kind.exists(k, k == "text")', "parts_left_out.by_kind.size() > 0"],
)
def test_the_keys_of_a_map_are_no_elements(when):
    known = facts.Facts(parts_left_out={"by_kind": {"text": 2}})
    assert search(policy_of(when), known, RECIPIENT).found == ()
