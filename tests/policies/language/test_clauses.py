"""Cut conditions into clauses: what is joined by what, and where it stands."""

import pytest

from pratique.policies.language.clauses import DEEPEST, clause_of, leaves
from pratique.policies.language.condition import Condition


def shape(text, clause=None):
    """A clause as `and(a, not(b))`; what a loop asks stands behind its leaf in braces."""
    clause = clause or clause_of(text)
    if clause.kind != "leaf":
        return f"{clause.kind}({', '.join(shape(text, part) for part in clause.parts)})"
    body = f"{{{shape(text, clause.body)}}}" if clause.body else ""
    return text[clause.start : clause.end] + body


@pytest.mark.parametrize(
    ("text", "cut"),
    [
        ("a", "a"),
        (" ( (a) ) ", "a"),
        ("a && b && c", "and(a, b, c)"),
        ("a || b && c", "or(a, and(b, c))"),
        ("a && (b || !c)", "and(a, or(b, not(c)))"),
        ("!(a && b)", "not(and(a, b))"),
        ("!!a", "not(not(a))"),
        ("!a == b", "!a == b"),
        ("!(a in b)", "not(a in b)"),
        ("!a in b", "!a in b"),
        ("-x < 3 && y", "and(-x < 3, y)"),
        ("a ? b && c : d", "a ? b && c : d"),
        ("a && (b ? c : d)", "and(a, b ? c : d)"),
        ("(a || b) == (c && d)", "(a || b) == (c && d)"),
        ("f(a && b) || c", "or(f(a && b), c)"),
        ('x == "a && b" && y', 'and(x == "a && b", y)'),
        ("x == '(' || y", "or(x == '(', y)"),
        ("a // && b\n && c", "and(a, c)"),
        ("p.exists(x, x.a && !x.b)", "p.exists(x, x.a && !x.b){and(x.a, not(x.b))}"),
        ("!p.all(x, x.a)", "not(p.all(x, x.a){x.a})"),
        ("p.exists(x, x.a) == y", "p.exists(x, x.a) == y"),
        ("p.filter(x, x.a).size() > 0", "p.filter(x, x.a).size() > 0"),
        ("p.exists(x, x.q.exists(y, y))", "p.exists(x, x.q.exists(y, y)){x.q.exists(y, y){y}}"),
        ("[1, 2][0] == 1 && {'a': b}['a']", "and([1, 2][0] == 1, {'a': b}['a'])"),
    ],
)
def test_a_condition_is_cut_at_its_operators(text, cut):
    assert shape(text) == cut


def test_leaves_come_in_order_and_loops_are_not_entered():
    text = "a && (b || !c.exists(x, x && y))"
    found = [text[leaf.start : leaf.end] for leaf in leaves(clause_of(text))]
    assert found == ["a", "b", "c.exists(x, x && y)"]


@pytest.mark.slow
def test_every_leaf_of_the_default_policy_is_a_condition(default):
    for rule in default.rules[:-1]:
        for leaf in leaves(clause_of(rule.condition.text)):
            Condition.compile(rule.condition.text[leaf.start : leaf.end])


@pytest.mark.parametrize(("deep", "kind"), [(DEEPEST - 1, "leaf"), (DEEPEST, "leaf")])
def test_a_condition_is_cut_to_a_depth_that_cel_takes(deep, kind):
    text = "!" * deep + "(a && b)"
    clause = clause_of(text)
    while clause.parts and clause.kind == "not":
        clause = clause.parts[0]
    assert clause.kind == ("and" if deep < DEEPEST else kind)


@pytest.mark.parametrize("text", ["", " ", "// nothing"])
def test_what_has_no_token_is_a_leaf(text):
    assert clause_of(text).kind == "leaf"


@pytest.mark.parametrize("text", ["a &&", "(a", "a))", "!", ".exists(", "a.exists(x", "&& a", "()"])
def test_what_would_not_compile_is_cut_into_something(text):
    assert shape(text) is not None
