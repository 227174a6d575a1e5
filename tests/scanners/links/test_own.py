"""Hosts that look like one of our own domains."""

import pytest

from pratique.scanners.links.host import to_ascii
from pratique.scanners.links.own import Own, suffixes_agree


@pytest.fixture(scope="module")
def own():
    return Own(["contoso.example", ".fabrikam.co.uk", "sap.example"])


@pytest.mark.parametrize(
    ("host", "certain"),
    [
        (to_ascii("cоntoso.example"), True),
        ("c0ntos0.example", True),
        ("contoso.example.evil.net", True),
        ("www.contoso.example-login.evil.net", True),
        ("contosso.example", False),
        ("contso.example", False),
        ("contosa.example", False),
        ("cnotoso.example", False),
        ("contoso.com", False),
        ("contoso-login.net", False),
        ("securecontoso.net", False),
        ("fabrikarn.co.uk", True),
        ("fabrikam.com", False),
    ],
)
def test_a_host_that_looks_like_ours_is_told(own, host, certain):
    assert own.likeness(host).certain is certain


@pytest.mark.parametrize(
    "host",
    [
        "contoso.example", "www.contoso.example", "fabrikam.co.uk", "mail.fabrikam.co.uk",
        "contoso.sharepoint.com", "contoso-my.sharepoint.com", "map.example", "example.com",
        "contosoworldwide.net", "192.0.2.1", "", "co.uk", "notcontososomething.net",
    ],
)  # fmt: skip
def test_our_own_and_others_are_left_alone(own, host):
    assert own.likeness(host) is None


def test_our_domains_and_what_is_below_them_are_ours(own):
    assert own.has("fabrikam.co.uk")
    assert own.has("a.contoso.example")
    assert not own.has("mycontoso.example")


def test_without_domains_nothing_looks_like_ours():
    assert Own([]).likeness("contoso.example") is None
    assert not Own([]).has("")


@pytest.mark.parametrize(
    ("one", "other", "agree"),
    [
        ("www.example.com", "click.example.com", True),
        ("example.com", "example.co.uk", True),
        ("example.com", "example.net.evil.org", False),
        ("192.0.2.1", "192.0.2.2", False),
        ("example.com", "example.com", True),
    ],
)
def test_hosts_of_one_registrant_agree(one, other, agree):
    assert suffixes_agree(one, other) is agree


def test_who_named_no_domain_has_none():
    assert (Own([]).any, Own(["", "."]).any, Own(["a.example"]).any) == (False, False, True)
