"""Try that conditions which ask the same come to one form, and that others do not."""

import random

import pytest

from pratique.policies.checks.formed import contradictions, form_of
from pratique.policies.checks.forms import ALWAYS, covers
from pratique.policies.language.condition import Condition, Scene


def form(text):
    return form_of(Condition.compile(text))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("bounce.claimed", "  ( bounce.claimed )  // why"),
        ("bounce.claimed && any_name('x')", "any_name('x')\n  && bounce.claimed"),
        ("!(bounce.claimed || any_name('x'))", "!any_name('x') && !bounce.claimed"),
        ("mail.subject != 'a'", "!(mail.subject in ['a'])"),
        ("mail.subject == 'a' || mail.subject == 'b'", "mail.subject in ['b', 'a']"),
        ("parts.size() > 3", "3 < size(parts)"),
        ("bounce.claimed == true", "bounce.claimed"),
        ("bounce.claimed == false", "!bounce.claimed"),
        ("parts.all(p, p.kind == 'text')", "!parts.exists(q, q.kind != 'text')"),
        ("any_kind('html') || any_kind('script')", "any_kind(['script', 'html'])"),
        ("mail.size == 3", "mail.size >= 3 && mail.size <= 3"),
    ],
)
def test_what_asks_the_same_has_one_form(one, other):
    assert form(one) == form(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("bounce.claimed", "bounce.verified"),
        ("mail.size > 3", "mail.size > 4"),
        ("bounce.weight > 3.0", "bounce.weight > 4.0"),
        ("'a' in rcpt.groups", "'b' in rcpt.groups"),
        ("parts.exists(p, p.kind == 'text')", "parts.all(p, p.kind == 'text')"),
        ("parts.exists_one(p, p.kind == 'text')", "parts.exists(p, p.kind == 'text')"),
        ("has(envelope.reverse_path)", "envelope.reverse_path != ''"),
        ("any_name('x')", "any_name('y')"),
        ("bounce.claimed ? any_name('x') : true", "bounce.claimed ? any_name('y') : true"),
        ("parts.filter(p, p.size > 1).size() > 1", "parts.filter(p, p.size > 2).size() > 1"),
    ],
)
def test_what_asks_something_else_has_another(one, other):
    assert form(one) != form(other)
    assert not covers(form(one), form(other)) or not covers(form(other), form(one))


@pytest.mark.parametrize(
    ("upper", "lower"),
    [
        ('any_kind(["executable", "script"])', 'parts.exists(p, p.kind == "script" && p.size > 3)'),
        ('parts.exists(p, p.kind in ["script", "html"])', 'parts.exists(q, q.kind == "html")'),
        ("mail.size > 10", "mail.size == 11"),
        ('rcpt.domain == "a.example" || bounce.claimed', 'rcpt.domain == "a.example"'),
    ],
)
def test_what_is_narrower_is_covered_and_the_wider_is_not(upper, lower):
    assert covers(form(upper), form(lower))
    assert not covers(form(lower), form(upper))


def test_a_rule_without_condition_always_holds():
    assert form_of(None) == ALWAYS


@pytest.mark.parametrize(
    ("text", "place", "told"),
    [
        ("bounce.claimed && !bounce.claimed", "!bounce", "never holds"),
        ("mail.subject == 'x' && mail.subject == 'y'", "mail.subject == 'y'", "never holds"),
        ("mail.size > 10 && mail.size < 1", "mail.size < 1", "never holds"),
        ("mail.subject != 'a' || mail.subject != 'b'", "mail.subject != 'b'", "always holds"),
        ("parts.exists(p, p.kind == 'text' && p.kind == 'html')", "p.kind == 'html'", "never"),
        ("bounce.claimed || (mail.size == 2 && any_name('x') && mail.size > 3)", "mail.size >", ""),
        ("any_name('x') && parts.size() >= 0", "parts.size()", "this always holds"),
    ],
)
def test_a_contradiction_is_told_where_it_begins(text, place, told):
    (found,) = contradictions(Condition.compile(text))
    assert text[found.offset :].startswith(place)
    assert told in found.message


@pytest.mark.parametrize(
    "text",
    [
        "any_kind('script') && any_kind('html')",
        "parts.exists(p, p.kind == 'script') && parts.exists(p, p.kind == 'html')",
        "mail.subject == 'a' || mail.subject == 'b'",
        "mail.size > 1 && mail.size < 10",
        "bounce.claimed && !bounce.verified",
    ],
)
def test_what_can_hold_is_no_contradiction(text):
    assert list(contradictions(Condition.compile(text))) == []


PIECES = [
    "bounce.claimed",
    "!bounce.verified",
    "any_kind('script')",
    "any_kind(['script', 'executable'])",
    "parts.exists(p, p.kind == 'script')",
    "parts.exists(p, p.kind == 'script' && p.encrypted)",
    "parts.all(p, p.kind != 'archive')",
    "auth.spf == 'fail'",
    "auth.spf in ['fail', 'softfail']",
    "auth.spf != 'pass'",
    "parts.size() > 1",
    "parts.size() >= 3",
    "mail.size < 1000",
]


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_what_is_covered_is_false_wherever_the_other_is(random_facts, seed):
    chosen = random.Random(seed)
    texts = [
        f"({chosen.choice(PIECES)} {chosen.choice(['&&', '||'])} {chosen.choice(PIECES)}) "
        f"{chosen.choice(['&&', '||'])} {chosen.choice(PIECES)}"
        for _ in range(30)
    ] + PIECES
    conditions = [Condition.compile(text) for text in texts]
    scenes = [Scene(random_facts(number)).before(None) for number in range(60)]
    answers = [[each.holds(scene) for scene in scenes] for each in conditions]
    forms = [form_of(each) for each in conditions]
    found = 0
    for upper, above in zip(forms, answers, strict=True):
        for lower, below in zip(forms, answers, strict=True):
            if upper is not lower and covers(upper, lower):
                found += 1
                assert all(a or not b for a, b in zip(above, below, strict=True))
    assert found > 20
