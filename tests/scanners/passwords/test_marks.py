"""A text is taken apart into quoted words and tokens."""

import pytest

from pratique.scanners.passwords.marks import (
    LONGEST,
    bracketed,
    forms,
    is_unspaced,
    looks_chosen,
    quoted,
    raw_tokens,
    spelt,
    tokens,
)


@pytest.mark.parametrize(
    "text",
    [
        *(
            '"a b"',
            "“a b”",
            "„a b“",
            "„a b”",
            "«a b»",
            "« a b »",
            "»a b«",
            "「a b」",
            "『a b』",
            "‘a b’",
        ),
        *("‚a b‘", "`a b`", "'a b'", "\ue000a b\ue001"),
    ],
)
def test_each_language_has_its_quotes(text):
    assert list(quoted(f"x {text} y")) == ["a b"]


@pytest.mark.parametrize(
    "text", ["【a b】", "[a b]", "(a b)", "<a b>", "*a b*", "**a b**", "_a b_"]
)
def test_brackets_and_plain_emphasis_are_told_apart_from_quotes(text):
    assert list(bracketed(f"x {text} y")) == ["a b"]
    assert list(quoted(f"x {text} y")) == []


@pytest.mark.parametrize("text", ["don't and can't", '"', '""', '" "', "“a", "(", "a) b("])
def test_what_only_looks_like_quotes_is_left_alone(text):
    assert [*quoted(text), *bracketed(text)] == []


def test_what_is_quoted_has_a_longest():
    assert list(quoted(f'"{"a" * LONGEST}"')) == ["a" * LONGEST]
    assert list(quoted(f'"{"a" * (LONGEST + 1)}"')) == []


@pytest.mark.parametrize(
    ("token", "found"),
    [
        ("secret", ["secret"]),
        ("secret.", ["secret", "secret."]),
        ("secret!", ["secret!", "secret"]),
        ('"secret".', ["secret", 'secret".']),
        ("(secret),", ["secret", "secret),"]),
        ("a.b", ["a.b"]),
        ("はabc123です。", ["abc123", "はabc123です", "はabc123です。"]),
        ("...", ["..."]),
        ("*", []),
    ],
)
def test_a_token_is_given_in_the_forms_that_it_may_be_meant_in(token, found):
    assert list(forms(token)) == found


def test_a_token_has_a_longest():
    assert list(forms("a" * LONGEST)) == ["a" * LONGEST]
    assert list(forms("a" * (LONGEST + 1))) == []
    assert list(raw_tokens("a" * (LONGEST + 1))) == []


def test_tokens_come_in_order_with_and_without_their_marks():
    assert list(tokens("one (two).")) == ["one", "two", "two)."]
    assert list(raw_tokens("one (two).")) == ["one", "(two)."]


def test_what_is_spelt_is_joined():
    assert spelt(" 4 7 1 1") == "4711"
    assert spelt("a b") == ""
    assert spelt("4711") == ""


@pytest.mark.parametrize("token", ["4711", "abc1", "aBc", "x9-", "12월"])
def test_a_token_that_somebody_made_up_is_told(token):
    assert looks_chosen(token)


@pytest.mark.parametrize("token", ["Hello", "hello", "HELLO", "12", "http://a1.example", "ok"])
def test_a_word_of_every_day_is_not_made_up(token):
    assert not looks_chosen(token)


def test_scripts_without_blanks_are_told():
    assert is_unspaced("です")
    assert is_unspaced("ａ")
    assert not is_unspaced("пароль")
