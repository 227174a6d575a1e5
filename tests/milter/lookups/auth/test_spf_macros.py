"""Macros of SPF: what may stand in a record, and what it makes of the envelope."""

import time

import pytest

from pratique.milter.lookups.auth.spf_macros import (
    expand,
    is_domain_spec,
    is_macro_string,
    letters,
)

# RFC 7208 7.4.
VALUES = {
    "s": "strong-bad@email.example.com",
    "l": "strong-bad",
    "o": "email.example.com",
    "d": "email.example.com",
    "i": "192.0.2.3",
    "p": "mx.example.org",
    "h": "mx.example.org",
    "v": "in-addr",
}


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("%{s}", "strong-bad@email.example.com"),
        ("%{d4}", "email.example.com"),
        ("%{d2}", "example.com"),
        ("%{d1}", "com"),
        ("%{dr}", "com.example.email"),
        ("%{d2r}", "example.email"),
        ("%{l-}", "strong.bad"),
        ("%{lr-}", "bad.strong"),
        ("%{l1r-}", "strong"),
        ("%{ir}.%{v}._spf.%{d2}", "3.2.0.192.in-addr._spf.example.com"),
        ("%{lr-}.lp.%{ir}.%{v}._spf.%{d2}", "bad.strong.lp.3.2.0.192.in-addr._spf.example.com"),
        ("%{D2}.trusted.example.net", "example.com.trusted.example.net"),
        ("%{S}.x.example", "strong-bad%40email.example.com.x.example"),
        ("%%%_%-.a.example", "% %20.a.example"),
        ("%{d99999999999999999999}", "email.example.com"),
        ("a.example.", "a.example"),
    ],
)
def test_a_name_is_made_of_the_envelope(text, name):
    assert is_domain_spec(text)
    assert expand(text, VALUES) == name


@pytest.mark.parametrize(
    ("text", "good"),
    [
        ("", False),
        ("example", False),
        ("a.example", True),
        ("a.example.", True),
        ("a.123", False),
        ("a.1-2", True),
        ("a.-b", False),
        ("a.b-", False),
        ("a.example:25", False),
        ("%{x}", False),
        ("%{c}", False),
        ("%{d0}", False),
        ("%{d00r}", False),
        ("%{d10}", True),
        ("%{d", False),
        ("%", False),
        ("a.%%", False),
        ("a%{d}.", False),
        ("a b.example", False),
        ("a\x00.example", False),
        ("ä.example", False),
        ("%{ir+-/}", True),
    ],
)
def test_a_domain_spec_ends_in_a_label_or_a_macro(text, good):
    assert is_domain_spec(text) is good


def test_a_text_of_a_modifier_needs_no_domain():
    assert is_macro_string("")
    assert is_macro_string("a,%{s}")
    assert not is_macro_string("a%s")


def test_which_letters_it_has():
    assert letters("%{L-}.%{ir}.%%{d}") == {"l", "i"}
    assert letters("a.example") == set()


@pytest.mark.parametrize(("length", "left"), [(64, 64), (65, 0)])
def test_a_name_that_is_too_long_loses_labels_on_the_left(length, left):
    value = {**VALUES, "l": "a" * length}
    rest = ".".join(["b" * 61] * 3) + ".cc"
    assert len(expand(f"%{{l}}.{rest}", value)) == left + bool(left) + len(rest)


def test_what_has_many_macros_is_read_in_time():
    assert is_domain_spec("%{d}" * 2000)
    assert not is_domain_spec("%{d}" * 2000 + "%")
    assert len(expand("%{l}." * 1000 + "a.example", VALUES)) < 254


def test_a_name_of_very_many_labels_is_cut_at_once():
    begun = time.process_time()
    made = expand("%{l}." * 1000 + "a.example", {**VALUES, "l": "b." * 120 + "b"})
    assert len(made) in (252, 253)
    assert made.endswith(".b.b.a.example")
    assert expand("%{l}", {**VALUES, "l": "b." + "a" * 253}) == "a" * 253
    assert expand("%{l}", {**VALUES, "l": "b." + "a" * 254}) == "a" * 254
    assert time.process_time() - begun < 0.8
