"""Try what is known of two forms, and what is left when several are joined."""

import pytest

from pratique.policies.checks.forms import (
    ALWAYS,
    DEEPEST,
    NEVER,
    Bound,
    Flag,
    Kinds,
    Words,
    covers,
    either,
    every,
    negated,
    questions,
)

A, B, C = Flag("a"), Flag("b"), Flag("c")
ONE, TWO = Words("x", frozenset({"1"})), Words("x", frozenset({"1", "2"}))
MORE, LESS = Bound("n", 10), Bound("n", 5, too=True, holds=False)


def test_words_of_one_text_are_joined():
    assert every([ONE, TWO]) == ONE
    assert either([ONE, TWO]) == TWO
    assert either([ONE, Words("x", frozenset({"2"}))]) == TWO
    assert every([TWO, negated(ONE)]) == Words("x", frozenset({"2"}))


@pytest.mark.parametrize(
    "forms",
    [
        (A, negated(A)),
        (ONE, Words("x", frozenset({"2"}))),
        (ONE, negated(TWO)),
        (MORE, LESS),
        (Bound("n", 5), Bound("n", 5, holds=False)),
        (Kinds(frozenset({"a"})), Kinds(frozenset({"a", "b"}), holds=False)),
        (either([A, B]), negated(either([A, B]))),
        (NEVER, A),
    ],
)
def test_what_cannot_be_at_once_is_never_and_its_opposites_are_always(forms):
    assert every(forms) == NEVER
    assert either(map(negated, forms)) == ALWAYS


@pytest.mark.parametrize("forms", [(A, B), (ONE, MORE), (MORE, Bound("n", 20, holds=False))])
def test_what_can_be_at_once_is_kept(forms):
    assert set(questions(every(forms))) == set(forms)
    assert negated(negated(every(forms))) == every(forms)


def test_the_narrower_bound_stays():
    assert every([MORE, Bound("n", 10, too=True)]) == MORE
    assert every([MORE, Bound("n", 11, too=True)]) == Bound("n", 11, too=True)


def test_a_size_is_not_below_zero():
    size = ("call", "size", "x")
    assert every([Bound(size, 0, too=True, holds=False)]) == NEVER
    assert every([Bound(size, 0, too=True)]) == ALWAYS
    assert every([Bound(size, 0)]) == Bound(size, 0)


@pytest.mark.parametrize(
    ("upper", "lower"),
    [
        (either([A, B]), A),
        (A, every([A, B])),
        (either([A, B]), every([B, C])),
        (either([A, B]), either([every([A, C]), B])),
        (TWO, ONE),
        (negated(ONE), negated(TWO)),
        (negated(ONE), Words("x", frozenset({"2"}))),
        (MORE, Bound("n", 11)),
        (ALWAYS, A),
        (A, NEVER),
    ],
)
def test_one_covers_the_other_and_not_the_other_way(upper, lower):
    assert covers(upper, lower)
    assert not covers(lower, upper)


def test_what_has_nothing_to_do_with_it_covers_nothing():
    for upper, lower in ((A, B), (ONE, Words("y", frozenset({"1"}))), (MORE, LESS), (A, ONE)):
        assert not covers(upper, lower)


@pytest.mark.parametrize(("levels", "known"), [((DEEPEST - 1) // 2, True), (DEEPEST // 2, False)])
def test_so_deep_two_forms_are_taken_apart_and_no_deeper(levels, known):
    upper, lower = TWO, ONE
    for level in range(levels):
        also = Flag(level)
        join = every if level % 2 else either
        upper, lower = join([upper, also]), join([lower, also])
    assert covers(upper, lower) is known
