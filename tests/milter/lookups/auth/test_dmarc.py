"""DMARC: the author's domain held against what SPF and DKIM have shown."""

import hashlib

import pytest

from pratique.milter.lookups.auth.dkim import Checked
from pratique.milter.lookups.auth.dmarc import (
    MOST_ADDRESSES,
    MOST_DOMAINS,
    MOST_OCTETS,
    Author,
    author_of,
    find_all,
    judge,
    lot_of,
)
from pratique.milter.lookups.auth.spf import Answer
from pratique.scanners import facts_pb2 as facts


def mail(*addresses, anomalies=()):
    made = facts.Mail(header_anomalies=anomalies)
    for address in addresses:
        made.header.from_.add(address=address, domain=address.rpartition("@")[2])
    return made


@pytest.mark.parametrize(
    ("addresses", "anomalies", "domains", "unclear"),
    [
        (["a@a.example"], [], ("a.example",), False),
        (["a@ä.example"], [], ("xn--4ca.example",), False),
        (["a@a.example", "b@A.example"], ["several_from"], ("a.example",), False),
        (["a@a.example", "b@b.example"], ["several_from"], ("a.example", "b.example"), False),
        ([], ["no_from"], (), False),
        ([], [], (), True),
        (["a@localhost"], [], (), True),
        (["a@a.example", "nobody"], [], ("a.example",), True),
        (["a@a.example"], ["address_list_cut"], ("a.example",), True),
        (["a@a.example"] * MOST_ADDRESSES, ["several_from"], ("a.example",), False),
        (["a@a.example"] * (MOST_ADDRESSES + 1), ["several_from"], ("a.example",), True),
    ],
)
def test_the_author_is_whom_from_names(addresses, anomalies, domains, unclear):
    author = author_of(mail(*addresses, anomalies=anomalies))
    assert author == Author(domains, unclear)
    assert author.only == (domains[0] if len(domains) == 1 and not unclear else "")


async def judged(zone, record, spf=None, dkim=(), domains=("a.example.com",)):
    zone.records.pop(("_dmarc.example.com", "TXT"), None)
    zone.txt("_dmarc.example.com", record)
    author = Author(domains)
    found = await find_all(zone, author, float("inf"))
    return judge(author, found, spf, dkim).word


P, STRICT = "v=DMARC1; p=reject", "v=DMARC1; p=reject; adkim=s; aspf=s"
OWN, ABOVE, OTHER = "a.example.com", "example.com", "b.example"


@pytest.mark.parametrize(
    ("record", "spf", "dkim", "told"),
    [
        (P, Answer("pass", OWN), [], "pass"),
        (P, Answer("pass", ABOVE), [], "pass"),
        (P, Answer("pass", OTHER), [], "fail"),
        (STRICT, Answer("pass", ABOVE), [], "fail"),
        (STRICT, Answer("pass", OWN), [], "pass"),
        (P, Answer("softfail", OWN), [], "fail"),
        (P, Answer("none", OWN), [Checked(OWN, "pass")], "pass"),
        (P, Answer("none", OWN), [Checked(ABOVE, "pass")], "pass"),
        (STRICT, Answer("none", OWN), [Checked(ABOVE, "pass")], "fail"),
        (STRICT, Answer("none", OWN), [Checked(OTHER, "pass"), Checked(OWN, "pass")], "pass"),
        (P, Answer("none", OWN), [Checked(OTHER, "pass"), Checked(OWN, "fail")], "fail"),
        (P, Answer("none", OWN), [Checked(OWN, "policy")], "fail"),
        # DNS gave no answer, and it would have mattered; or not.
        (P, Answer("temperror", OWN), [], "temperror"),
        (P, Answer("temperror", OTHER), [], "fail"),
        (P, Answer("fail", OWN), [Checked(ABOVE, "temperror")], "temperror"),
        (P, Answer("fail", OWN), [Checked(OTHER, "temperror")], "fail"),
        (P, Answer("temperror", OWN), [Checked(OWN, "pass")], "pass"),
        # Nobody looked at SPF.
        (P, None, [Checked(OWN, "pass")], "pass"),
        (P, None, [Checked(OWN, "fail")], ""),
        ("v=DMARC1; p=x", Answer("pass", OWN), [], "permerror"),
        ("no record", Answer("pass", OWN), [Checked(OWN, "pass")], "none"),
    ],
)
async def test_it_passes_by_one_of_the_two_for_a_domain_that_belongs_to_the_author(
    zone, record, spf, dkim, told
):
    assert await judged(zone, record, spf, dkim) == told


async def test_of_several_domains_the_worst_word_counts(zone):
    spf = Answer("pass", "example.com")
    assert await judged(zone, P, spf, domains=("example.com", "x.example.com")) == "pass"
    assert await judged(zone, P, spf, domains=("example.com", "b.example")) == "none"
    zone.txt("_dmarc.b.example", P)
    assert await judged(zone, P, spf, domains=("example.com", "b.example")) == "fail"


async def test_four_domains_are_asked_about_and_more_is_an_error(zone):
    most = tuple(f"{number}.example" for number in range(MOST_DOMAINS))
    assert await judged(zone, P, None, domains=most) == "none"
    zone.asked.clear()
    assert await judged(zone, P, None, domains=(*most, "x.example")) == "permerror"
    assert len(zone.asked) == MOST_DOMAINS


@pytest.mark.parametrize(("author", "told"), [(Author(), "none"), (Author((), True), "permerror")])
def test_who_names_nobody_is_asked_about_nobody(author, told):
    assert judge(author, {}, None, ()).word == told


# What the owners ask for.

REJECT, HALF = "v=DMARC1; p=reject; sp=quarantine", "v=DMARC1; p=reject; pct=50"


@pytest.mark.parametrize(
    ("records", "domains", "lot", "asked_for"),
    [
        ({"example.com": REJECT}, ("example.com",), 0, "reject"),
        ({"example.com": REJECT}, ("a.example.com",), 0, "quarantine"),
        ({"example.com": REJECT, "a.example.com": P}, ("a.example.com",), 0, "reject"),
        ({"example.com": HALF}, ("example.com",), 49, "reject"),
        ({"example.com": HALF}, ("example.com",), 50, "quarantine"),
        ({"example.com": "v=DMARC1; p=none"}, ("example.com",), 0, "none"),
        ({"example.com": "v=DMARC1; p=reject; t=y"}, ("example.com",), 0, "quarantine"),
        ({"example.com": "v=DMARC1; p=x"}, ("example.com",), 0, ""),
        ({}, ("example.com",), 0, ""),
        ({}, (), 0, ""),
        # The strictest of those that did not pass, 6.6.1.
        ({"a.example": REJECT, "b.example": "v=DMARC1; p=none"}, ("b.example",), 0, "none"),
        ({"a.example": REJECT}, ("b.example", "a.example"), 0, "reject"),
        ({"example.org": REJECT, "b.example": "v=DMARC1; p=none"},
         ("example.org", "b.example"), 0, "none"),
        ({"example.org": REJECT}, ("example.org",), 0, "reject"),
    ],
)  # fmt: skip
async def test_the_strictest_wish_of_those_that_did_not_pass_is_told(
    zone, records, domains, lot, asked_for
):
    for name, record in records.items():
        zone.txt(f"_dmarc.{name}", record)
    author = Author(domains)
    found = await find_all(zone, author, float("inf"))
    # It passes for example.org alone.
    judged = judge(author, found, Answer("pass", "example.org"), [], lot)
    assert judged.wanted == asked_for


def test_the_lot_of_a_message_is_its_own_and_all_lots_are_drawn():
    digests = [hashlib.sha256(str(number).encode()).hexdigest() for number in range(2000)]
    lots = [lot_of(one) for one in digests]
    assert lots == [lot_of(one) for one in digests]
    assert set(lots) == set(range(100))
    assert 900 < sum(one < 50 for one in lots) < 1100


@pytest.mark.parametrize("sha256", ["", "no hexadecimal", "zz"])
def test_without_a_hash_nobody_is_left_out(sha256):
    assert lot_of(sha256) == 0


@pytest.mark.parametrize(
    "written",
    [
        "ceo@bank.example>",
        '"ceo@bank.example"',
        "'ceo@bank.example'",
        "[ceo@bank.example]",
        "ceo@bank.example/x",
        "ceo@bank.example )",
        "ceo@bank.example@x",
        "ceo@bank.example@c.example",
        "ceo\uff20bank.example",
        "ceo@bank\uff0eexample>",
        "=?utf-8?q?x?= ceo@bank.example =",
    ],
)
def test_a_domain_that_a_reader_sees_in_what_is_no_address_is_asked_about(written):
    author = author_of(mail(written))
    assert "bank.example" in author.domains
    assert author.unclear
    assert not author.only


@pytest.mark.parametrize(
    "written", ["ann@a.example", '"ceo@bank.example"@a.example', "ann@A.example."]
)
def test_of_an_address_its_domain_alone_is_asked_about(written):
    assert author_of(mail(written)).domains == ("a.example",)


@pytest.mark.parametrize("written", ["root", "root@localhost", "ann@[192.0.2.1]", "a@192.0.2.1>"])
def test_what_has_no_domain_has_none(written):
    assert author_of(mail(written)).domains in {(), ("192.0.2.1",)}


@pytest.mark.parametrize("more", [0, 1])
def test_so_much_of_an_address_is_searched(more):
    written = "x" * (MOST_OCTETS - 13 + more) + "@bank.example>"
    assert ("bank.example" in author_of(mail(written)).domains) is not bool(more)
