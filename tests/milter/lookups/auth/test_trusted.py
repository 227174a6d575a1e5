"""Authentication-Results: whose are believed, and which are forged."""

import ipaddress

import pytest

from pratique.milter.lookups.auth.dkim import Checked
from pratique.milter.lookups.auth.spf import Answer
from pratique.milter.lookups.auth.trusted import MOST_RESULTS, Trust, believed, forged, held
from pratique.scanners import facts_pb2 as facts

TRUST = Trust(
    "us.example",
    frozenset({"front.example"}),
    (ipaddress.ip_network("192.0.2.0/28"), ipaddress.ip_network("2001:db8::/64")),
    frozenset({"behind"}),
)
OURS, THEIRS = "192.0.2.1", "198.51.100.1"


def seen(*fields, client=OURS, door="smtp"):
    """A message with such fields: the id, and then results as words and properties."""
    made = facts.Facts()
    made.envelope.client.ip, made.envelope.door = client, door
    for number, (authserv_id, *results) in enumerate(fields):
        stated = made.stated_results.add(
            authserv_id=authserv_id, start=number * 10, end=number * 10 + 9
        )
        for method, result, properties in results:
            stated.results.add(method=method, result=result, properties=properties)
    return made


SPF = "spf", "pass", {"smtp.mailfrom": "bounce@A.example"}
DKIM = "dkim", "pass", {"header.d": "a.example"}
DKIM_I = "dkim", "fail", {"header.i": "@b.example"}
DMARC = "dmarc", "pass", {"header.from": "a.example"}
ARC = "arc", "fail", {}


def test_what_a_server_of_ours_says_is_taken_over():
    told = believed(TRUST, seen(("front.example", SPF, DKIM, DKIM_I, DMARC, ARC)), "a.example")
    assert told.spf == Answer("pass", "a.example")
    assert told.dkim == (Checked("a.example", "pass"), Checked("b.example", "fail"))
    assert (told.dmarc, told.arc, told.checkers) == ("pass", "fail", ["front.example"])


@pytest.mark.parametrize(
    ("client", "door", "good"),
    [
        (OURS, "smtp", True),
        ("192.0.2.16", "smtp", False),
        ("2001:db8::1", "smtp", True),
        (THEIRS, "smtp", False),
        (THEIRS, "behind", True),
        ("", "smtp", False),
        ("unknown", "smtp", False),
    ],
)
def test_only_what_our_servers_hand_in_is_believed_and_else_the_field_is_forged(client, door, good):
    message = seen(("front.example", SPF), client=client, door=door)
    assert (believed(TRUST, message, "").spf is not None) is good
    assert bool(forged(TRUST, message)) is not good


def test_what_bears_our_own_name_is_forged_wherever_it_comes_from():
    message = seen(("us.example", SPF), ("else.example", SPF), ("front.example", DKIM))
    assert [one.start for one in forged(TRUST, message)] == [0]
    told = believed(TRUST, message, "")
    assert (told.spf, told.dkim) == (None, (Checked("a.example", "pass"),))
    assert [one.start for one in forged(Trust(), message)] == []
    # A field without a name is nobody's.
    assert forged(Trust(), seen(("", SPF))) == []


def test_a_name_with_the_dot_of_its_end_is_the_same_name():
    message = seen(("filter.example.", SPF), ("front.example.", SPF))
    trust = Trust("filter.example", frozenset({"front.example"}), TRUST.networks)
    assert len(forged(trust, message)) == 1
    assert believed(trust, message, "a.example").spf is None


def test_of_each_method_the_topmost_field_counts():
    below = "front.example", ("spf", "pass", {}), ("dmarc", "pass", {"header.from": "a.example"})
    told = believed(TRUST, seen(("front.example", ("spf", "fail", {}), DKIM), below), "a.example")
    assert (told.spf.word, told.dmarc) == ("fail", "pass")
    assert told.checkers == ["front.example"]


@pytest.mark.parametrize("author", ["b.example", "sub.a.example", ""])
def test_dmarc_is_about_the_author_that_is_seen_here(author):
    assert believed(TRUST, seen(("front.example", DMARC)), author).dmarc is None


@pytest.mark.parametrize(
    "result",
    [
        ("spf", "hardfail", {}),
        ("dkim", "softfail", {}),
        ("arc", "temperror", {}),
        ("iprev", "pass", {}),
        ("auth", "pass", {}),
    ],
)
def test_a_word_that_the_method_has_not_means_nothing(result):
    told = believed(TRUST, seen(("front.example", result)), "a.example")
    assert (told.spf, told.dkim, told.dmarc, told.arc, told.checkers) == (
        None,
        None,
        None,
        None,
        [],
    )


def test_an_unknown_word_above_hides_the_same_method_below():
    told = believed(TRUST, seen(("front.example", ("spf", "?", {})), ("front.example", SPF)), "")
    assert told.spf is None


def test_a_domain_that_is_none_is_no_domain():
    one = "dkim", "pass", {"header.d": "a b"}
    told = believed(TRUST, seen(("front.example", one, ("spf", "pass", {}))), "")
    assert told.dkim == (Checked("", "pass"),)
    assert told.spf == Answer("pass", "")


def test_of_one_field_a_hundred_results_are_read():
    others = [("iprev", "pass", {})] * (MOST_RESULTS - 1)
    assert believed(TRUST, seen(("front.example", *others, SPF)), "").spf
    assert not believed(TRUST, seen(("front.example", *others, ARC, SPF)), "").spf


def test_a_signature_of_a_part_of_the_body_does_not_pass_whoever_says_so():
    said = Checked("a.example", "pass"), Checked("b.example", "pass"), Checked("a.example", "fail")
    whole = facts.Signature(domain="b.example", body_length=-1)
    part = facts.Signature(domain="a.example", body_length=0)
    assert [one.word for one in held(said, [whole, part])] == ["policy", "pass", "fail"]
    assert held(said, [whole]) == said


def test_ten_signatures_are_taken_over():
    told = believed(TRUST, seen(("front.example", *[DKIM] * 11)), "")
    assert len(told.dkim) == 10
