"""Comparisons that name one owner, and those that others meet as well."""

import pytest

from pratique.policies.checks.wholeness import is_whole_name, is_whole_number


@pytest.mark.parametrize(
    ("function", "text"),
    [
        ("==", "ann@b.example"),
        ("in", "b.example"),
        ("endsWith", "@b.example"),
        ("endsWith", ".b.example"),
        ("matches", "^mx[.]b[.]example$"),
        ("matches", "(?i)^mx[0-9]+[.]b[.]example$"),
        ("matches", "(^|[.])b[.]example$"),
        ("matches", r"\.b\.example$"),
        ("matches", r"^.*\.b\.example$"),
        ("matches", "^.*@b[.]example$"),
        ("matches", "@(b|c)[.]example$"),
        ("matches", "^[^@]+@([a-z]+[.])?b[.]example$"),
        # What stands before the at sign is the owner's affair.
        ("matches", "^no-?reply.*@b[.]example$"),
        ("matches", "^ann@b[.]example$|^bob@b[.]example$"),
        ("matches", "^(a|[|)])@b[.]example$"),
        ("matches", r"^a\|b@b\.example$"),
    ],
)
def test_a_name_that_only_its_owner_has(function, text):
    assert is_whole_name(function, text)


@pytest.mark.parametrize(
    ("function", "text"),
    [
        ("contains", "@b.example"),
        ("startsWith", "ann@"),
        ("endsWith", "b.example"),
        # A whole country's.
        ("endsWith", ".example"),
        ("endsWith", ".example."),
        ("endsWith", ""),
        ("matches", "b[.]example$"),
        ("matches", "^mx[.]b[.]example"),
        ("matches", "@b[.]example"),
        # A dot is any character: mxxb.example.
        ("matches", "^mx.b[.]example$"),
        ("matches", "@mail.b[.]example$"),
        ("matches", "^.*b[.]example$"),
        ("matches", "@.*b[.]example$"),
        ("matches", "@[a-z]*b[.]example$"),
        # It begins with the one, or ends with the other.
        ("matches", "^ann@b[.]example|bob@b[.]example$"),
    ],
)
def test_a_name_that_others_have_as_well(function, text):
    assert not is_whole_name(function, text)


@pytest.mark.parametrize(
    ("function", "text"),
    [
        ("==", "192.0.2.1"),
        ("in", "192.0.2.1"),
        ("startsWith", "192.0.2."),
        ("startsWith", "2001:db8:"),
        ("matches", "^192[.]0[.]2[.]"),
        ("matches", r"^192\.0\.2\.1$"),
        ("matches", "^192[.]0[.]2[.]|^2001:db8:"),
    ],
)
def test_a_number_of_the_network_that_is_named(function, text):
    assert is_whole_number(function, text)


@pytest.mark.parametrize(
    ("function", "text"),
    [
        ("startsWith", "192.0.2"),
        ("startsWith", "2001:db8"),
        ("startsWith", ""),
        ("contains", "192.0.2."),
        ("endsWith", ".1"),
        ("matches", "^192.0.2."),
        ("matches", "192[.]0[.]2[.]"),
        ("matches", "^192[.]0[.]2"),
        ("matches", "^192[.]0[.]2[.]|10[.]"),
    ],
)
def test_a_number_of_other_networks_as_well(function, text):
    assert not is_whole_number(function, text)
