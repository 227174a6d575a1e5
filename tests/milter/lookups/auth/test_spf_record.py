"""SPF records: an error anywhere makes the whole of it one."""

import contextlib
import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pratique.milter.lookups.auth.spf_record import (
    KEPT,
    MAX_OCTETS,
    BadRecord,
    Mechanism,
    Network,
    Record,
    _read_short,
    read,
    select,
)


def network(written):
    told = ipaddress.ip_network(written)
    number = int(told.network_address) >> (told.max_prefixlen - told.prefixlen)
    return Network(told.max_prefixlen, number, told.prefixlen)


@pytest.mark.parametrize(
    ("texts", "found"),
    [
        ([], None),
        (["v=spf1"], "v=spf1"),
        (["V=SPF1 -all", "a note"], "V=SPF1 -all"),
        (["v=spf10", "v=spf1-all", "v=spf2.0/pra +all", " v=spf1 -all"], None),
    ],
)
def test_the_record_is_found_among_others(texts, found):
    assert select(texts) == found


def test_of_two_records_none_is_the_right_one():
    with pytest.raises(BadRecord, match="several"):
        select(["v=spf1 -all", "v=spf1 -all"])


@pytest.mark.parametrize(
    ("term", "told"),
    [
        ("all", Mechanism("+", "all")),
        ("-ALL", Mechanism("-", "all")),
        ("~include:a.example", Mechanism("~", "include", "a.example")),
        ("?exists:%{i}.a.example", Mechanism("?", "exists", "%{i}.a.example")),
        ("a", Mechanism("+", "a")),
        ("a/24", Mechanism("+", "a", bits4=24)),
        ("a//64", Mechanism("+", "a", bits6=64)),
        ("a:b.example/24//64", Mechanism("+", "a", "b.example", bits4=24, bits6=64)),
        ("a:x/y.example", Mechanism("+", "a", "x/y.example")),
        ("a:x/y.c/24", Mechanism("+", "a", "x/y.c", bits4=24)),
        ("mx:b.example", Mechanism("+", "mx", "b.example")),
        ("ptr", Mechanism("+", "ptr")),
        ("ptr:b.example", Mechanism("+", "ptr", "b.example")),
        ("ip4:192.0.2.1", Mechanism("+", "ip4", network=network("192.0.2.1/32"))),
        ("ip4:192.0.2.9/24", Mechanism("+", "ip4", network=network("192.0.2.0/24"))),
        ("ip4:0.0.0.0/0", Mechanism("+", "ip4", network=network("0.0.0.0/0"))),
        ("ip6:2001:db8::/32", Mechanism("+", "ip6", network=network("2001:db8::/32"))),
    ],
)
def test_a_term_is_read(term, told):
    assert read(f"v=spf1 {term}") == Record((told,))


def test_modifiers_stand_anywhere_and_the_last_word_is_the_redirect():
    text = "v=spf1 redirect=a.example x=%{s} exp=b.example  -all "
    assert read(text) == Record((Mechanism("-", "all"),), "a.example")


@pytest.mark.parametrize(
    "term",
    [
        "al", "all:a.example", "all/8", "-", "+-all", "include", "include:", "include:a", "exists",
        "exists:a.example/24", "a:", "a:/24", "a:a.123", "a/33", "a/24/64", "a//129", "a/024", "a/",
        "a:a.example:25", "mx:a", "ptr:", "ptr/24", "ip4", "ip4:", "ip4:1.2.3", "ip4:1.2.3.4/33",
        "ip4:1.2.3.4/", "ip4:1.2.3.4/08", "ip4:::1", "ip4:01.2.3.4", "ip6:1.2.3.4", "ip6:::1/129",
        "ip6:fe80::1%eth0", "redirect=", "redirect=a", "redirect=a.example redirect=a.example",
        "exp=a.example exp=a.example", "exp=", "x=%", "1x=y", "=x", "a:\tb.example", "\x00", "ä",
        "unknown", "ip4/24",
    ],
)  # fmt: skip
def test_a_term_that_cannot_be_read_is_an_error(term):
    with pytest.raises(BadRecord):
        read(f"v=spf1 a {term} -all")


def test_a_record_is_read_up_to_its_longest():
    text = "v=spf1" + " ip4:1.2.3.4" * 300
    assert read(text.ljust(MAX_OCTETS)) == read(text)
    with pytest.raises(BadRecord, match="too long"):
        read(text.ljust(MAX_OCTETS + 1))


@pytest.mark.parametrize(
    ("written", "address", "within"),
    [
        ("192.0.2.0/24", "192.0.2.255", True),
        ("192.0.2.0/24", "192.0.3.0", False),
        ("0.0.0.0/0", "255.255.255.255", True),
        ("0.0.0.0/0", "::", False),
        ("::/0", "2001:db8::1", True),
        ("::/0", "0.0.0.0", False),
        ("2001:db8::/127", "2001:db8::2", False),
        ("192.0.2.1/32", "192.0.2.1", True),
    ],
)
def test_an_address_lies_in_a_network_of_its_kind(written, address, within):
    told = ipaddress.ip_address(address)
    assert network(written).has(int(told), told.max_prefixlen) is within


def test_what_is_kept_as_it_was_read_is_bounded():
    for number in range(KEPT + 1):
        read(f"v=spf1 include:{number}.example")
    assert _read_short.cache_info().currsize == KEPT
    long = "v=spf1" + " ?all" * 300
    assert read(long) is not read(long)


@pytest.mark.slow
@given(st.text(alphabet="aimxptrlcdue:=./%{}+-~?0129 v_\t\u00e4", max_size=60))
def test_no_record_raises_anything_else(text):
    with contextlib.suppress(BadRecord):
        assert read(f"v=spf1 {text}")
