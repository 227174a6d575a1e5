"""Addresses of an envelope: what a strict reader says is a fact, never a refusal."""

from datetime import UTC, datetime

import pytest

from pratique.milter.lookups import addresses
from pratique.milter.mail import Envelope, Forward

AT = datetime(2026, 11, 22, tzinfo=UTC)


def told(reverse_path, *recipients):
    envelope = Envelope("Q", AT, reverse_path, recipients=tuple(map(Forward, recipients)))
    return [problem.address for problem in addresses.problems(envelope)]


@pytest.mark.parametrize(
    "address",
    [
        "ann@example.org",
        "a+b@example.org",
        "ann@example.test",
        '"a b"@example.org',
        "ann@[192.0.2.1]",
        "jörg@example.org",
        "postmaster",
    ],
)
def test_an_honest_address_is_not_spoken_of(address):
    assert told(address if "@" in address else "", address) == []


@pytest.mark.parametrize(
    "address", ["a..b@docomo.example.org", "a.@example.org", "ann", "a@b@c.org"]
)
def test_an_address_off_the_letter_is_a_fact(address):
    assert told(address, "bob@example.org") == [address]
    assert told("ann@example.org", address) == [address]
    assert addresses.objection_to(address)


@pytest.mark.parametrize("reverse_path", ["", None])
def test_the_null_and_the_unknown_reverse_path_are_no_problem(reverse_path):
    assert told(reverse_path, "bob@example.org") == []


@pytest.mark.parametrize(
    ("bad_one", "expected"), [(addresses.MAX_CHECKED - 1, 1), (addresses.MAX_CHECKED, 0)]
)
def test_the_first_hundred_recipients_are_looked_at(bad_one, expected):
    recipients = ["bob@example.org"] * (addresses.MAX_CHECKED + 1)
    recipients[bad_one] = "bad"
    assert len(told("", *recipients)) == expected


@pytest.mark.parametrize(
    ("written", "address", "domain"),
    [
        ("Ann@Example.ORG", "Ann@example.org", "example.org"),
        ("postmaster", "postmaster", ""),
        ("", "", ""),
    ],
)
def test_a_policy_sees_the_domain_in_lower_case(written, address, domain):
    stated = addresses.to_facts(Forward(written))
    assert (stated.address, stated.domain) == (address, domain)


@pytest.mark.parametrize(
    "local", ["a", "a.b", "a..b", ".a", "a.", "a+b=c", "x" * 64, "x" * 65, "", "a b", "ü", '"q"']
)
@pytest.mark.parametrize(
    "domain",
    ["example.org", "Example.ORG", "localhost", "x.local", "-a.com", "a..b", "1.2", "[192.0.2.1]",
     "[x]", "ü.example", "a_b.com", "x" * 63 + ".com", "x" * 64 + ".com", "x.invalid", "xn--a.com",
     ".".join(["x" * 61] * 4), ".".join(["x" * 60] * 4), "a\0.com", ""],
)  # fmt: skip
def test_what_is_kept_of_domains_changes_no_objection(local, domain):
    address = f"{local}@{domain}"
    assert addresses.objection_to(address) == addresses._objection_to(address)
