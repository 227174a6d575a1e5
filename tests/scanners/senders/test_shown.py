"""Addresses in display names."""

import pytest

from pratique.scanners.senders.shown import ADDRESSES, addresses, is_same


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("ann@contoso.example", "ann@contoso.example"),
        ('"ann@contoso.example"', "ann@contoso.example"),
        ("'ann@contoso.example'", "ann@contoso.example"),
        ("Ann <ann@contoso.example>", "ann@contoso.example"),
        ("Ann (ann@contoso.example)", "ann@contoso.example"),
        ("ANN＠CONTOSO.EXAMPLE", "ann@contoso.example"),
        ("ann\u200b@con\u00adtoso.example", "ann@contoso.example"),
        ("ann@contoso。example", "ann@contoso.example"),
        ("ann (at) contoso.example", "ann@contoso.example"),
        ("ann[at]contoso.example", "ann@contoso.example"),
        ("аnn@cоntoso.example", "аnn@cоntoso.example"),
        ("a.n+n@mail.contoso.co.uk, the CEO", "a.n+n@mail.contoso.co.uk"),
    ],
)
def test_an_address_in_a_name_is_seen(name, shown):
    assert list(addresses(name)) == [(shown, False)]


@pytest.mark.parametrize(
    "name",
    [
        "", "Ann", "Ann Example, at home", "Lunch @ 10.30", "Lunch@10.30", "Twitter @ann.roe",
        "@ann", "ann@localhost", "1@2.50", "a" * 70 + " @example.org", "(at) example.org",
    ],
)  # fmt: skip
def test_what_is_no_address_is_left_alone(name):
    assert list(addresses(name)) == []


@pytest.mark.parametrize("name", ["'ann@a.example' via Board", "ann@a.example (via Documents)"])
def test_a_name_that_says_via_is_told_so(name):
    assert list(addresses(name)) == [("ann@a.example", True)]


def test_via_before_an_address_says_nothing_of_it():
    assert list(addresses("via ann@a.example")) == [("ann@a.example", False)]


@pytest.mark.parametrize("more", [0, 1])
def test_so_many_addresses_are_read_and_no_more(more):
    name = " ".join(f"a{number}@b.example" for number in range(ADDRESSES + more))
    assert len(list(addresses(name))) == ADDRESSES


def test_a_name_made_to_cost_much_costs_little():
    for name in ("a" * 8000, "a@" * 4000, "a@a." * 2000, "(at)" * 2000, "a@" + "a." * 4000):
        assert len(list(addresses(name))) <= ADDRESSES


@pytest.mark.parametrize(
    ("shown", "behind", "same"),
    [
        ("ann@contoso.example", "Ann@Contoso.example", True),
        ("ann@contoso.example", '"ann"@contoso.example', True),
        ("ann@contoso.example", "ann+news@contoso.example", True),
        ("news@shop.example", "bounces-7@mail.shop.example", True),
        ("ann@contoso.example", "bob@contoso.example", False),
        ("ann@contoso.example", "ann@elsewhere.example", False),
        ("ann@contoso.example", "ann@cоntoso.example", False),
        ("аnn@contoso.example", "ann@contoso.example", False),
        ("ann@contoso.example", "", False),
    ],
)
def test_an_address_is_the_same_only_if_it_is_one_mailbox_or_one_registrant(shown, behind, same):
    assert is_same(shown, behind) is same
