"""Alter conditions in one place: each slip once, and each compiles."""

import pytest

from pratique.policies.language.condition import Condition
from pratique.policies.trials.altered import How, altered


def made(text, how):
    return [" ".join(each.condition.split()) for each in altered(text) if each.how is how]


@pytest.mark.parametrize(
    ("text", "dropped"),
    [
        ("a", ["true"]),
        ("a && b", ["true", "true && b", "a && true"]),
        ("a || b", ["true", "false || b", "a || false"]),
        (
            "a && (b || c)",
            ["true", "true && (b || c)", "a && (true)", "a && (false || c)", "a && (b || false)"],
        ),
        ("a && !b", ["true", "true && !b", "a && true"]),
        ("!(a && b)", ["true", "!(true && b)", "!(a && true)"]),
        ("p.exists(x, x.a)", ["true", "p.exists(x, true)"]),
        (
            "a && !p.exists(x, x.a)",
            ["true", "true && !p.exists(x, x.a)", "a && true", "a && !p.exists(x, true)"],
        ),
    ],
)
def test_each_operand_is_left_out_once(text, dropped):
    assert made(text, How.DROPPED) == dropped


def test_each_operand_is_turned_round_once():
    assert made("a && (b || c)", How.NEGATED) == [
        "!(a && (b || c) )",
        "!(a ) && (b || c)",
        "a && (!(b || c ))",
        "a && (!(b ) || c)",
        "a && (b || !(c ))",
    ]


def test_operators_are_exchanged_all_of_one_sort_at_once():
    assert made("a && b && (c || d)", How.SWAPPED) == [
        "((a ) || (b ) || (c || d ))",
        "a && b && (((c ) && (d )))",
    ]


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ('x in ["a", "b"]', ['x in ["b"]', 'x in ["a"]']),
        (
            "any_kind(['a', r'b', \"c\",])",
            ["any_kind([r'b', \"c\"])", "any_kind(['a', \"c\"])", "any_kind(['a', r'b'])"],
        ),
        ('x in ["a"]', []),
        ("x == \"['a', 'b']\"", []),
        ("x in [1, 2]", []),
        ("a // x in ['a', 'b']\n", []),
    ],
)
def test_each_word_of_a_list_is_left_out(text, kept):
    assert made(text, How.WORD) == kept


def test_a_comment_does_not_swallow_what_is_put_behind_it():
    text = 'mail.size > 0 // large\n && any_kind("script")'
    for each in altered(text):
        Condition.compile(each.condition)


@pytest.mark.slow
def test_what_is_altered_of_the_default_policy_compiles(default):
    for rule in default.rules[:-1]:
        for each in altered(rule.condition.text):
            Condition.compile(each.condition)
            assert rule.condition.text[each.offset :].startswith(each.piece)


def test_nothing_is_altered_twice_alike(default):
    for rule in default.rules[:-1]:
        texts = [each.condition for each in altered(rule.condition.text)]
        assert len(texts) == len(set(texts))
        assert rule.condition.text not in texts
