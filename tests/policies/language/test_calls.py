"""Calls with a literal argument are found, whatever else is written around them."""

import pytest

from pratique.policies.language.calls import Source, with_built_in


def rewritten(text):
    found = []

    def built_in(call):
        found.append(call)
        return f"any_{len(found) - 1}()"

    return with_built_in(text, built_in), found


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
    assert [call.literal for call in found] == arguments


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
    assert with_built_in(text, lambda _: None) == text
    only_names = lambda call: "any_0()" if call.function == "any_name" else None  # noqa: E731
    assert with_built_in(text, only_names) == 'any_kind("a") && any_0()'


PATH = Source("envelope.reverse_path")
DOMAIN = Source("envelope.reverse_path", of_domain=True)


@pytest.mark.parametrize(
    ("text", "after", "function", "source"),
    [
        ('in_list(envelope.reverse_path, "a")', "any_0()", "in_list", PATH),
        ('!in_list( envelope .reverse_path,\n"a" ) // b', "!any_0() // b", "in_list", PATH),
        ('in_list(domain_of(envelope.reverse_path), "a")', "any_0()", "in_list", DOMAIN),
        ('cidr(envelope.reverse_path, "a") || b', "any_0() || b", "cidr", PATH),
        ('domain_of(envelope.reverse_path) == "a"', "any_0()", "==", DOMAIN),
        ('x || domain_of(envelope.reverse_path) != "a" && y', "x || any_0() && y", "!=", DOMAIN),
        ('(domain_of(envelope.reverse_path) in ["a", "b"])', "(any_0())", "in", DOMAIN),
        (
            'parts.exists(p, in_list(envelope.reverse_path, "a"))',
            "parts.exists(p, any_0())",
            "in_list",
            PATH,
        ),
    ],
)
def test_a_call_that_needs_a_field_only_becomes_one_without_an_argument(
    text, after, function, source
):
    said, (call,) = rewritten(text)
    assert said == after
    assert (call.function, call.source) == (function, source)


@pytest.mark.parametrize(
    "text",
    [
        'in_list(envelope.reverse_path + "b", "a")',
        'in_list(envelope.reverse_path.trim(), "a")',
        "in_list(envelope.reverse_path, mail.subject)",
        'in_list(envelope.reverse_path, "a" + "b")',
        'in_list(envelope.reverse_path, ["a"])',
        'in_list("b", "a")',
        'in_list(envelope.macros["f"], "a")',
        'in_list(domain_of(domain_of(envelope.reverse_path)), "a")',
        'x.in_list(envelope.reverse_path, "a")',
        'in_list(envelope.reverse_path, "a"',
        "in_list(envelope.reverse_path)",
        # The name stands for something else there.
        'parts.exists(mail, in_list(mail.sha256, "a"))',
        'parts.exists( mail , true) && in_list(mail.sha256, "a")',
        # More than the comparison by itself.
        '"x" + domain_of(envelope.reverse_path) == "a"',
        'domain_of(envelope.reverse_path) == "a" + "b"',
        'domain_of(envelope.reverse_path) == "a".trim()',
        'domain_of(envelope.reverse_path) == ["a"]',
        'domain_of(envelope.reverse_path) in "a"',
        'true == domain_of(envelope.reverse_path) == "a"',
        'domain_of(envelope.reverse_path) < "a"',
        'a == "b" ? domain_of(envelope.reverse_path) == "a" : b',
    ],
)
def test_what_needs_more_than_a_field_stays_as_it_was_written(text):
    assert rewritten(text) == (text, [])
