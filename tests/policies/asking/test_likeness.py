"""Answers for messages of one sort: the same as CEL's, and asked for once a sort."""

from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pratique.policies.asking.likeness import Likeness
from pratique.policies.language.condition import Condition, NoAnswerError, Scene
from pratique.policies.policy import Policy
from pratique.scanners import facts_pb2 as facts

CONDITIONS = (
    'parts.exists(p, p.unopened in ["pgp", "smime"])',
    'parts.exists(p, p.disguised.exists(how, how != "path")) || limits.size() > 1',
    "parts.exists_one(p, p.encrypted) && size(parts) > 1",
    'any_kind(["script", "archive"]) && !parts.all(p, has(p.unopened))',
    "bounce.claimed && !bounce.verified",
    'auth.spf == "fail" || auth.dmarc in ["fail", "permerror"]',
    'parts.exists(p, parts.exists(q, p.kind == "text" && q.kind == "script"))',
    'parts.exists(p, p.disguised[1] == "path")',  # has no answer where there is one
)
TOO_MUCH = (
    'parts.exists(p, p.name == "a")',
    "parts.exists(p, p.size > 3)",
    "parts.exists(p, p == parts[0])",
    'parts[0].kind == "script"',
    'any_name("a")',
    'rcpt.domain == "x"',
    "has(envelope.reverse_path)",
    'parts_left_out.by_kind["script"] > 0',
    "mail == mail",
    'parts.filter(p, p.kind == "script").size() == 1',
    'auth.dkim.exists(one, one.result == "fail")',
    "envelope.received_at > timestamp('2026-01-01T00:00:00Z')",
)


@pytest.mark.parametrize("text", TOO_MUCH)
def test_of_a_condition_that_reads_what_may_be_anything_nothing_is_remembered(text):
    assert Likeness.of(Condition.compile(text)) is None


def answer_of(condition, known):
    try:
        return condition.holds(Scene(known).activation)
    except NoAnswerError:
        return None


KNOWN = st.builds(
    facts.Facts,
    parts=st.lists(
        st.builds(
            facts.Part,
            name=st.sampled_from(["", "a"]),
            kind=st.sampled_from(["text", "script"]),
            unopened=st.sampled_from(["", "pgp"]),
            encrypted=st.booleans(),
            disguised=st.lists(st.sampled_from(["path", "spaces"]), max_size=2),
        ),
        max_size=3,
    ),
    limits=st.lists(st.builds(facts.Limit, class_=st.just("names")), max_size=2),
    bounce=st.one_of(st.none(), st.builds(facts.Bounce, claimed=st.booleans())),
    auth=st.one_of(st.none(), st.builds(facts.Auth, spf=st.sampled_from(["", "fail"]))),
)


compiled = cache(Condition.compile)


@pytest.mark.slow
@pytest.mark.parametrize("text", CONDITIONS)
@settings(deadline=None, max_examples=25)
@given(st.lists(KNOWN, min_size=2, max_size=6))
def test_messages_of_one_sort_have_one_answer(text, messages):
    condition = compiled(text)
    likeness = Likeness.of(condition)
    answers = {}
    for known in messages:
        answer = answer_of(condition, known)
        assert answers.setdefault(likeness.sort(known), answer) == answer


@pytest.mark.parametrize(("links", "is_other"), [(0, True), (1, False), (2, False)])
def test_of_a_list_that_nobody_looks_into_only_whether_it_is_empty_makes_a_sort(links, is_other):
    likeness = Likeness(frozenset({("bounce", "")}), ["links"])
    sort = likeness.sort(facts.Facts(links=[facts.Link(host="x")] * links))
    one_link = facts.Facts(links=[facts.Link(host="y")])
    assert (likeness.sort(one_link) != sort) == is_other


def test_a_message_that_is_there_and_says_nothing_is_another_sort_than_none():
    likeness = Likeness(frozenset({("bounce", "claimed")}))
    said = facts.Facts(bounce=facts.Bounce())
    assert likeness.sort(said) != likeness.sort(facts.Facts())


def test_what_is_not_read_makes_no_other_sort():
    likeness = Likeness.of(Condition.compile(CONDITIONS[0]))
    first, second, third = (
        facts.Facts(parts=[facts.Part(name=name, unopened=unopened)])
        for name, unopened in (("a", ""), ("b", ""), ("b", "pgp"))
    )
    assert likeness.sort(first) == likeness.sort(second) != likeness.sort(third)


@pytest.mark.parametrize(("count", "is_told"), [(40, True), (41, False)])
def test_a_message_of_many_parts_is_asked_about_itself(count, is_told):
    likeness = Likeness.of(Condition.compile(CONDITIONS[0]))
    sort = likeness.sort(facts.Facts(parts=[facts.Part()] * count))
    assert (sort is not None) == is_told


def test_parts_that_were_left_out_are_not_forgotten():
    policy = Policy.load(
        "[[rule]]\nname = 'program'\nwhen = 'any_kind(\"script\")'\nactions = ['reject']\n"
        "reason = 'r'\n[[rule]]\nname = 'all other mail'\nactions = ['accept']\n"
    )
    nobody, text = facts.Recipient(), facts.Part(kind="text")
    left_out = facts.PartsLeftOut(total=1, by_kind={"script": 1})
    known = facts.Facts(parts=[text]), facts.Facts(parts=[text], parts_left_out=left_out)
    assert [policy.decide(one, nobody).action for one in known] == ["accept", "reject"]


@pytest.mark.parametrize(("sorts", "is_kept"), [(4000, True), (4001, False)])
def test_so_many_sorts_are_remembered(sorts, is_kept):
    likeness = Likeness.of(Condition.compile(CONDITIONS[0]))
    for number in range(sorts):
        likeness.keep(number, answer=True)
    assert (likeness.answer(0) is not None) == is_kept
    assert likeness.answer(sorts - 1) is True
