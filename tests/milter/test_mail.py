"""The nouns of milter/: what goes out is what came in, less the cuts, after our fields."""

from datetime import UTC, datetime

import pytest

from pratique.milter import mail
from pratique.milter.content import content_of
from pratique.milter.mail import Client, Envelope, Forward, Outgoing

AT = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)


@pytest.fixture
def content():
    made = content_of([b"0123", b"456789"])
    yield made
    made.close()


def octets(outgoing):
    return b"".join(outgoing.chunks())


def test_without_edits_the_content_goes_out_as_it_came(content):
    assert octets(Outgoing(content)) == b"0123456789"


@pytest.mark.parametrize(
    ("cut", "left"),
    [
        (((0, 2),), b"23456789"),
        (((8, 10),), b"01234567"),
        (((2, 4), (6, 7)), b"0145789"),
        (((0, 10),), b""),
        (((3, 3),), b"0123456789"),
    ],
)
def test_cuts_are_left_out_and_counted(content, cut, left):
    outgoing = Outgoing(content, b"X: y\r\n", cut)
    assert octets(outgoing) == b"X: y\r\n" + left
    assert outgoing.size == len(octets(outgoing))


def test_a_content_longer_than_a_chunk_goes_out_whole():
    whole = bytes(range(256)) * (mail.CHUNK // 128)
    content = content_of([whole])
    assert octets(Outgoing(content, cut=((1, 5),))) == whole[:1] + whole[5:]
    content.close()


def test_a_span_past_the_end_is_an_error_and_not_silence(content):
    with pytest.raises(OSError, match="content ends at octet 10"):
        list(content.span(5, 11))


def test_closing_twice_does_nothing(content):
    content.close()
    content.close()


@pytest.mark.parametrize(
    ("address", "domain"),
    [("Ann@Example.ORG", "example.org"), ("postmaster", ""), ('"a@b"@example.org', "example.org")],
)
def test_a_recipients_domain_is_in_lower_case(address, domain):
    assert Forward(address).domain == domain


def test_an_unknown_reverse_path_is_absent_and_a_null_one_is_empty():
    unknown = Envelope("Q", AT).to_facts()
    null = Envelope("Q", AT, reverse_path="").to_facts()
    assert not unknown.HasField("reverse_path")
    assert null.HasField("reverse_path")
    assert null.reverse_path == ""


def test_an_envelope_becomes_facts_whole():
    envelope = Envelope(
        "Q1", AT, "a@example.org", client=Client("192.0.2.1", "n", "h"), door="smtp", tls="TLSv1.3"
    )
    stated = envelope.to_facts()
    assert stated.received_at.ToDatetime(UTC) == AT
    assert (stated.client.ip, stated.client.name, stated.client.helo) == ("192.0.2.1", "n", "h")
    assert (stated.queue_id, stated.door, stated.tls) == ("Q1", "smtp", "TLSv1.3")


def test_a_second_descriptor_is_closed_apart(content):
    again = content.again()
    content.close()
    assert b"".join(again.span(0, again.size))
    again.close()
