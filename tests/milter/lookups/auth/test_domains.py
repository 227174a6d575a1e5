"""Domains: as DNS writes them, and whose they are."""

import pytest

from pratique.milter.lookups.auth.domains import (
    aligned,
    ascii_domain,
    domain_of,
    load,
    organizational,
)


@pytest.mark.parametrize(
    ("written", "domain"),
    [
        ("A.Example", "a.example"),
        ("a.example.", "a.example"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("BÜCHER.example", "xn--bcher-kva.example"),
        ("_a.example", "_a.example"),
        ("localhost", ""),
        ("[192.0.2.1]", ""),
        ("a b.example", ""),
        ("a..example", ""),
        ("", ""),
        ("\ufffd.example", ""),
        ("ü" * 254 + ".example", ""),
        ("a." * 126 + "b", "a." * 126 + "b"),
        ("a." * 127 + "b", ""),
    ],
)
def test_a_domain_is_written_as_dns_has_it_or_is_none(written, domain):
    assert ascii_domain(written) == domain


def test_the_domain_of_an_address_is_behind_its_last_at():
    assert domain_of('"a@b.example"@c.example') == "c.example"


@pytest.mark.parametrize(
    ("domain", "above"),
    [
        ("a.b.example.com", "example.com"),
        ("example.co.uk", "example.co.uk"),
        ("x.example.co.uk", "example.co.uk"),
        ("co.uk", "co.uk"),
        ("a.b.github.io", "b.github.io"),
    ],
)
def test_the_organisational_domain_is_what_somebody_registered(domain, above):
    load()
    assert organizational(domain) == above


@pytest.mark.parametrize(
    ("one", "other", "strict", "told"),
    [
        ("a.example.com", "example.com", False, True),
        ("a.example.com", "b.example.com", False, True),
        ("a.example.com", "example.com", True, False),
        ("example.com", "example.com", True, True),
        ("a.co.uk", "b.co.uk", False, False),
        ("co.uk", "b.co.uk", False, False),
        ("a.github.io", "b.github.io", False, False),
        ("", "", False, False),
    ],
)
def test_domains_belong_together_if_one_owner_registered_them(one, other, strict, told):
    assert aligned(one, other, strict=strict) is told
    assert aligned(other, one, strict=strict) is told
