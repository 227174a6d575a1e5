"""A message is known again by its octets, but for one Received field in front."""

import hashlib

import pytest

from pratique.milter.content import content_of
from pratique.milter.identity import MOST, identity_of

REST = b"Received: from a by b; then\r\nMessage-ID: <1@a>\r\n\r\nReceived: x\r\n"


def identity(*octets):
    content = content_of(octets)
    try:
        return identity_of(content)
    finally:
        content.close()


def of(octets):
    return hashlib.sha256(octets).hexdigest()


@pytest.mark.parametrize(
    "field",
    [
        b"Received: x\r\n",
        b"RECEIVED:x\r\n",
        b"Received: from x by y\r\n\tid 1; now\r\n for <a@b>\r\n",
        b"Received: " + b"x" * (MOST - 12) + b"\r\n",
    ],
)
def test_the_first_received_field_does_not_count(field):
    assert identity(field, REST) == of(REST)


@pytest.mark.parametrize(
    "octets",
    [
        b"",
        b"hello",
        b"Received: x",
        b"Received: x\n\r\n",
        b"Received: x\ry\r\n\r\n",
        b"Received : x\r\n\r\n",
        b"X-Received: x\r\n\r\n",
        b"Subject: x\r\nReceived: y\r\n\r\n",
        b"Received: " + b"x" * (MOST - 11) + b"\r\n\r\n",
    ],
)
def test_everything_else_counts(octets):
    assert identity(octets) == of(octets)


def test_a_line_of_blanks_ends_the_field():
    assert identity(b"Received: x\r\n \t\r\n", REST) == of(b" \t\r\n" + REST)


def test_of_two_received_fields_one_does_not_count():
    assert identity(b"Received: 1\r\n", b"Received: 2\r\n\r\n") == of(b"Received: 2\r\n\r\n")


def test_a_fold_past_the_limit_counts_alike_each_time():
    long = b"Received: x\r\n" + b"\tfolded and folded\r\n" * (MOST // 10)
    assert identity(long, REST) == identity(long, REST) != of(REST)


def test_large_content_is_read_in_pieces():
    octets = bytes(1000) * 1000
    assert identity(octets) == of(octets)
