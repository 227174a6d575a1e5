"""Hosts, in whatever way a browser reads them."""

import ipaddress

import pytest

from pratique.scanners.links.host import (
    LONGEST,
    is_address,
    is_public_address,
    read_host,
    registrable,
    suffix_of,
    to_ascii,
    to_unicode,
    version_4,
)


@pytest.mark.parametrize(
    ("written", "host", "odd"),
    [
        ("example.com", "example.com", False),
        ("EXAMPLE.com", "example.com", False),
        ("example.com.", "example.com", False),
        ("ex%61mple.com", "example.com", True),
        ("example%2ecom", "example.com", True),
        ("ｅxample．com", "example.com", True),
        ("example。com", "example.com", True),
        ("ex\xadample.com", "example.com", True),
        ("bücher.example", "xn--bcher-kva.example", False),
        ("пример.рф", "xn--e1afmkfd.xn--p1ai", False),
        ("a_b.example", "a_b.example", False),
        ("127.0.0.1", "127.0.0.1", False),
        ("2130706433", "127.0.0.1", True),
        ("0x7f.1", "127.0.0.1", True),
        ("0177.0.0.1", "127.0.0.1", True),
        ("127.1", "127.0.0.1", True),
        ("１２７.0.0.1", "127.0.0.1", True),
        ("[::1]", "[::1]", False),
        ("[0:0::1]", "[::1]", False),
        ("[nonsense]", "", False),
        ("ex ample.com", "", True),
        ("a|b.com", "", True),
        ("", "", False),
    ],
)
def test_a_host_has_one_spelling(written, host, odd):
    assert read_host(written) == (host, odd)


@pytest.mark.parametrize(
    "written", ["1.2.3.256", "1.2.3.4.5", "4294967296", "0x", "09.1.1.1", "a.1b"]
)
def test_a_name_or_a_number_that_is_no_address_is_none(written):
    expected = "0.0.0.0" if written == "0x" else None
    assert version_4(written) == expected


def test_every_octet_of_an_address_counts():
    for value in (0, 1, 255, 256, 65536, 2**32 - 1):
        assert version_4(str(value)) == str(ipaddress.IPv4Address(value))


def test_a_label_that_idna_refuses_is_encoded_all_the_same():
    assert to_ascii("☃.net") == "xn--n3h.net"
    assert to_unicode("xn--n3h.net") == "☃.net"
    assert to_unicode("xn--\u20ac.net") == "xn--\u20ac.net"
    assert to_unicode("xn--99999999.net") == "xn--99999999.net"


@pytest.mark.parametrize("more", [0, 2])
def test_no_name_is_longer_than_dns_has(more):
    host = "a." * (LONGEST // 2) + "b" + "a" * more
    assert (read_host(host)[0] == "") is bool(more)


@pytest.mark.parametrize(
    ("host", "domain"),
    [
        ("www.example.co.uk", "example.co.uk"),
        ("example.com", "example.com"),
        ("a.b.unheard-of", "b.unheard-of"),
        ("co.uk", ""),
        ("127.0.0.1", "0.1"),
    ],
)
def test_a_domain_is_what_somebody_registered(host, domain):
    assert registrable(host) == domain


def test_a_suffix_that_nobody_knows_is_none():
    assert suffix_of("a.example.co.uk") == "co.uk"
    assert suffix_of("readme.txt") == ""
    assert suffix_of("not a host") == registrable("not a host") == ""


def test_addresses_are_told_from_names():
    assert is_address("127.0.0.1")
    assert is_address("[::1]")
    assert not is_address("example.com")
    assert not is_address("1.2.3.4.5")


@pytest.mark.parametrize(
    "host", ["10.0.0.1", "192.168.1.1", "[::1]", "[fe80::1]", "example.com", ""]
)
def test_machines_of_ones_own_are_not_on_the_net(host):
    assert not is_public_address(host)
    assert is_public_address("203.0.113.7")
