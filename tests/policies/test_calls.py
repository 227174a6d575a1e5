"""Calls with a literal argument are found, whatever else is written around them."""

import pytest

from pratique.policies.calls import with_built_in

FUNCTIONS = ("any_kind", "any_name")


def rewritten(text):
    found = []

    def built_in(name, argument):
        found.append((name, argument))
        return f"any_{len(found) - 1}()"

    return with_built_in(text, FUNCTIONS, built_in), found


@pytest.mark.parametrize(
    ("text", "after", "arguments"),
    [
        ('any_kind("script")', "any_0()", ['"script"']),
        ("any_kind('script') && !x", "any_0() && !x", ["'script'"]),
        ("!any_kind([\"a\", 'b'])", "!any_0()", ["[\"a\", 'b']"]),
        ('any_name(r"(?i)[.]exe$")', "any_0()", ['r"(?i)[.]exe$"']),
        (r'any_name("\"a)")', "any_0()", [r'"\"a)"']),
        (r'any_name(r"\")', "any_0()", [r'r"\"']),
        ('any_name("""a"b)""")', "any_0()", ['"""a"b)"""']),
        ('any_kind( [ "a" , // one\n "b" ] )', "any_0()", ['[ "a" , // one\n "b" ]']),
        ('any_kind("a") || any_name("b")', "any_0() || any_1()", ['"a"', '"b"']),
        ("any_kind([])", "any_0()", ["[]"]),
    ],
)
def test_a_call_with_a_literal_becomes_one_without_an_argument(text, after, arguments):
    said, found = rewritten(text)
    assert said == after
    assert [argument for _, argument in found] == arguments


@pytest.mark.parametrize(
    "text",
    [
        "mail.size > 0",
        "any_kind(mail.subject)",
        'any_kind("a" + "b")',
        'any_kind([mail.subject, "a"])',
        'any_kind(["a"] + ["b"])',
        'any_kind("a", "b")',
        "mail.subject == 'any_kind(\"a\")'",
        'x.any_kind("a")',
        'any_kinds("a")',
        'my_any_kind("a")',
        '// any_kind("a")\ntrue',
        'any_kind("a',
        "any_kind(",
        'any_kind(["a"',
        "any_kind",
        "",
    ],
)
def test_all_else_stays_as_it_was_written(text):
    assert rewritten(text) == (text, [])


def test_what_is_not_wanted_stays():
    text = 'any_kind("a") && any_name("b")'
    assert with_built_in(text, FUNCTIONS, lambda name, _: None) == text
    only_names = lambda name, _: "any_0()" if name == "any_name" else None  # noqa: E731
    assert with_built_in(text, FUNCTIONS, only_names) == 'any_kind("a") && any_0()'
