"""What is an entry of a kind, what is none and why, and which texts meet it."""

import ipaddress
import random

import pytest

from pratique.policies.lists.entries import (
    KINDS,
    LONGEST,
    NoEntryError,
    domain_of,
    is_narrow,
    key_of,
    lengths_of,
    network,
    within,
    within_networks,
)

SEED = 20270115
HASH = "aB" * 32


@pytest.mark.parametrize(
    ("kind", "entry", "met", "not_met"),
    [
        ("addresses", "Ann@X.Example", ["ann@x.example", "ANN@x.EXAMPLE"], ["bob@x.example"]),
        ("addresses", "@x.example", ["ann@x.example", '"a@b"@x.example'], ["ann@a.x.example"]),
        ("addresses", '"a b"@x.example', ['"A b"@x.example'], ["a b@x.example", "x.example"]),
        ("addresses", "ann@bücher.example", ["ann@xn--bcher-kva.example"], ["ann@bucher.example"]),
        (
            "addresses",
            "ann@x.example",
            ['"ann"@x.example', '"a\\nn"@X.example.'],
            ['"a nn"@x.example'],
        ),
        ("domains", "x.example", ["x.example."], ["x.example.."]),
        ("addresses", "@localhost", ["root@localhost"], ["localhost", "@", ""]),
        ("domains", "X.Example", ["x.example", "x.EXAMPLE"], ["a.x.example", "ax.example", ""]),
        ("domains", ".x.example", ["x.example", "a.b.x.example"], ["ax.example", "example", "."]),
        ("domains", ".example", ["x.example", "example"], ["example.com"]),
        ("domains", ".bücher.example", ["a.xn--bcher-kva.example"], ["bücher.com"]),
        ("networks", "192.0.2.0/24", ["192.0.2.1", "::ffff:192.0.2.9"], ["192.0.3.1", "", "x"]),
        ("networks", "192.0.2.1", ["192.0.2.1"], ["192.0.2.2", "192.0.2.1/32", "192.0.2.01"]),
        ("networks", "::ffff:192.0.2.0/120", ["192.0.2.7"], ["::192.0.2.7"]),
        ("networks", "2001:db8::/32", ["2001:DB8::1", "2001:db8:0:0::1"], ["2001:db9::1"]),
        ("networks", "0.0.0.0/0", ["192.0.2.1"], ["2001:db8::1"]),
        ("networks", "::/0", ["2001:db8::1"], ["192.0.2.1", "::ffff:192.0.2.1"]),
        ("hashes", HASH, [HASH.lower(), HASH.upper()], [HASH[:-1], HASH + "0", ""]),
        ("texts", "Ann; # b", ["Ann; # b"], ["ann; # b", "Ann", "", "Ann; # b "]),
    ],
)
def test_an_entry_is_met_by_what_it_means_and_by_nothing_else(kind, entry, met, not_met):
    key = key_of(KINDS[kind], entry)
    for text in met:
        assert key in list(KINDS[kind].keys(text)), text
    for text in not_met:
        assert key not in list(KINDS[kind].keys(text)), text


@pytest.mark.parametrize(
    ("kind", "entry", "hint"),
    [
        ("addresses", "*@x.example", '"@x.example"'),
        ("addresses", "x.example", 'everybody there is "@x.example"'),
        ("addresses", "<a@b.example>", 'an address alone: "a@b.example"'),
        ("addresses", "Ann <a@b.example>", 'an address alone: "a@b.example"'),
        ("addresses", "mailto:a@b.example", 'an address alone: "a@b.example"'),
        ("addresses", "@.x.example", '".x.example"'),
        ("addresses", ".x.example", '".x.example"'),
        ("addresses", "a@*.x.example", '".x.example"'),
        ("addresses", "a@b@c.example", "one address"),
        ("addresses", "a@b.example, c@d.example", "one address"),
        ("addresses", "a\x00@b.example", "one address"),
        ("addresses", "a@-b.example", "one address"),
        ("domains", "ann@x.example", '"x.example"'),
        ("domains", "*.x.example", '".x.example"'),
        ("domains", "x.example.", '"x.example"'),
        ("domains", "https://x.example/a", '"x.example"'),
        ("domains", "192.0.2.1", 'kind = "networks"'),
        ("domains", "x..example", "a domain"),
        ("domains", "a." * 126 + "ab", "a domain"),
        ("networks", "192.0.2.1/24", '"192.0.2.0/24", or one address: "192.0.2.1"'),
        ("networks", "2001:db8::1/32", '"2001:db8::/32"'),
        ("networks", "192.0.2.0/255.255.255.0", '"192.0.2.0/24"'),
        ("networks", "192.0.2.", '"192.0.2.0/24"'),
        ("networks", "192.0.2.0/33", "a network or an address"),
        ("networks", "192.0.2.1-192.0.2.9", "a network or an address"),
        ("networks", "mx.x.example", 'kind = "domains"'),
        ("networks", "fe80::1%eth0", "a network or an address"),
        ("hashes", "d41d8cd98f00b204e9800998ecf8427e", "an MD5"),
        ("hashes", "0" * 40, "a SHA-1"),
        ("hashes", "0" * 63, "this has 63 characters"),
        ("hashes", "g" * 64, "64 hexadecimal digits"),
        ("texts", "", "one line"),
        ("texts", "a\nb", "one line"),
    ],
)
def test_what_is_no_entry_is_told_with_what_would_be_right(kind, entry, hint):
    with pytest.raises(NoEntryError) as caught:
        key_of(KINDS[kind], entry)
    assert hint in caught.value.hint


@pytest.mark.parametrize("more", [0, 1])
def test_an_entry_has_a_longest_length(more):
    text = "a" * (LONGEST + more)
    if more:
        with pytest.raises(NoEntryError, match="1001 characters"):
            key_of(KINDS["texts"], text)
    else:
        assert list(KINDS["texts"].keys(text)) == [key_of(KINDS["texts"], text)]


@pytest.mark.parametrize("kind", KINDS)
def test_a_text_that_is_longer_than_any_entry_is_looked_for_nowhere(kind):
    assert list(KINDS[kind].keys("a@" + "a." * LONGEST)) == []


@pytest.mark.parametrize(
    ("kind", "entry", "is_whole"),
    [
        ("domains", "x.example", True),
        ("domains", ".x.example", True),
        ("domains", ".example", False),
        ("networks", "10.0.0.0/8", True),
        ("networks", "10.0.0.0/7", False),
        ("networks", "0.0.0.0/0", False),
        ("networks", "2000::/16", True),
        ("networks", "2000::/3", False),
        ("networks", "::/0", False),
        ("addresses", "@x.example", True),
    ],
)
def test_what_is_everybodys_names_nobody(kind, entry, is_whole):
    assert KINDS[kind].is_whole(key_of(KINDS[kind], entry)) == is_whole
    if kind == "networks":
        assert is_narrow(entry) == is_whole


@pytest.mark.parametrize(
    ("address", "domain"),
    [
        ("Ann@X.Example", "x.example"),
        ('"a@b"@x.example', "x.example"),
        ("ann", ""),
        ("ann@", ""),
        ("", ""),
        ("a@[192.0.2.1]", "[192.0.2.1]"),
    ],
)
def test_the_domain_of_an_address_is_in_lower_case(address, domain):
    assert domain_of(address) == domain


def an_address(pick):
    """Near to each other, so that networks are often met; now and then mapped."""
    if pick.random() < 0.5:
        number = 0xC0000200 | pick.randrange(1 << 10)
        mapped = f"::ffff:{ipaddress.IPv4Address(number)}"
        return mapped if pick.random() < 0.3 else str(ipaddress.IPv4Address(number))
    return str(ipaddress.IPv6Address((0x20010DB8 << 96) | pick.randrange(1 << 20)))


def as_said(text):
    """As the standard library reads it, IPv4 out of what is mapped."""
    found = ipaddress.ip_network(text)
    if found.version == 6 and found.prefixlen >= 96:
        mapped = found.network_address.ipv4_mapped
        if mapped:
            return ipaddress.ip_network(f"{mapped}/{found.prefixlen - 96}")
    return found


@pytest.mark.slow
def test_networks_are_those_of_the_standard_library():
    pick = random.Random(SEED)
    for _ in range(1_500):
        ip = an_address(pick)
        first = ipaddress.ip_address(an_address(pick))
        length = pick.choice([first.max_prefixlen, pick.randrange(96, 129), pick.randrange(33)])
        whole = str(ipaddress.ip_network(f"{first}/{min(length, first.max_prefixlen)}", False))
        meant = as_said(ip).network_address in as_said(whole)
        assert within(ip, whole) == meant, (ip, whole)
        key = key_of(KINDS["networks"], whole)
        assert (key in KINDS["networks"].keys(ip)) == meant, (ip, whole)
        assert (key in within_networks(ip, lengths_of([key]))) == meant, (ip, whole)


def test_a_plain_address_has_the_key_that_its_network_has():
    pick = random.Random(SEED)
    for _ in range(500):
        ip = str(ipaddress.IPv4Address(pick.randrange(1 << 32)))
        assert key_of(KINDS["networks"], ip) == key_of(KINDS["networks"], f"{ip}/32")
    assert network("192.0.2.1") == (4, 0xC0000201, 32)
