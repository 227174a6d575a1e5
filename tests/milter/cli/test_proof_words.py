"""The words of a proof, and of what would alter a verdict."""

from datetime import UTC, date, datetime

import pytest

from pratique.milter.cli import proof_words as words
from pratique.policies.explain import Asked, Became
from pratique.policies.lists.named import Entry
from pratique.policies.verdict import Action, Verdict
from pratique.policies.why.changes import GONE, Change, Sort
from pratique.policies.why.counterfactual import Counterfactual, Crowd, Otherwise
from pratique.policies.why.elements import Element, Listed, Told, Value
from pratique.policies.why.proof import Answer, Step
from pratique.policies.written.rule import Rule

ACCEPTED = Verdict(Action.ACCEPT, "last", "")
ONE = Change(Sort.FLAG, ("bounce", "verified"), True, "`bounce.verified` were true")
TWO = Change(Sort.ELEMENT, ("parts", 1), GONE, "part 1 were not there")
ENTRY = Entry("@b.example", "bob", "ticket 4711", date(2027, 1, 15), "policy.toml", 6)


def test_every_action_has_a_word():
    assert set(words.DONE) == set(Action)


def test_a_condition_stands_on_one_line_without_its_comments():
    text = 'a  &&\n  // "why"\n  b == "x  // y"   || c(1)'
    assert words.one_line(text) == 'a && b == "x  // y" || c(1)'


def test_an_entry_is_said_with_who_added_it():
    told = '@b.example in "a"  (by bob: ticket 4711; until 2027-01-15; policy.toml, line 6)'
    assert words.listed(Listed("a", ENTRY)) == told
    assert words.listed(Listed("a", Entry("x", "", "", None, "", 0))) == 'x in "a"'


def test_a_leaf_is_said_with_all_that_it_is_about():
    value = Value("p.kind", '"script"')
    element = Element(("parts",), 1, "part 1", (value,), (Listed("a", ENTRY),))
    told = Told((Value("mail.size", "5"),), (element,), 3)
    lines = words.about(told)
    assert lines[0] == "mail.size = 5"
    assert lines[1].startswith('part 1  p.kind = "script"; @b.example in "a"')
    assert lines[2:] == ["and 3 more"]


def rule(**more):
    return Rule("a", None, None, (), "", (), 1, **more)


def test_what_of_a_rule_did_not_hold_is_said():
    step = Step("leaf", "a &&\n b", Answer.FALSE)
    assert words.failed(Asked(rule(), Became.SILENT, step)) == "a && b"
    none = Step("leaf", "a", Answer.NONE, "no key")
    assert words.failed(Asked(rule(), Became.SILENT, none)) == "no answer: no key"
    past = rule(until=datetime(2027, 1, 15, tzinfo=UTC))
    assert words.failed(Asked(past, Became.PAST, None)).startswith("past its end, 2027-01-15")
    assert words.failed(Asked(rule(), Became.DECIDED, None)) == ""


def test_what_would_alter_a_verdict_is_said():
    found = Counterfactual((Otherwise((ONE, TWO), ACCEPTED),), 2, 9)
    (line,) = words.counterfactual(found)
    said = "it would be accepted if `bounce.verified` were true, and part 1 were not there"
    assert line == f"{said}  (rule `last`)"


def test_a_crowd_is_said():
    crowd = Crowd(5, "parts", "any_kind(\n'script')")
    found = Counterfactual((), 3, 9, (crowd,), ACCEPTED)
    told = words.counterfactual(found)[0]
    assert "none of the 5 parts for which any_kind( 'script') holds were there" in told


@pytest.mark.parametrize(
    ("complete", "said"),
    [
        (0, "not every single change was tried: the search ended after 9 decisions"),
        (1, "no single change alters it; not all two changes together were tried"),
        (2, "no single change alters it, nor do two; not all three changes together were tried"),
        (
            3,
            "none of the changes that are tried alters it, nor do two or three of them together",
        ),
    ],
)
def test_how_far_was_searched_is_said(complete, said):
    assert words.counterfactual(Counterfactual((), complete, 9))[-1].startswith(said)
