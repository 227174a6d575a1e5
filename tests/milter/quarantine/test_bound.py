"""What a token is bound to: the octets as they are sent, and the envelope."""

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from pratique.milter.content import content_of
from pratique.milter.mail import Content, Envelope, Forward, Outgoing
from pratique.milter.quarantine.bound import Bound, sha256_of

ENVELOPE = Envelope(
    "Q1",
    datetime(2025, 11, 22, tzinfo=UTC),
    "Ann@Example.ORG",
    recipients=(Forward("Bob@Example.NET"), Forward("carl@example.net", ("NOTIFY=NEVER",))),
)
BOUND = Bound("Ann@example.org", frozenset({"Bob@example.net", "carl@example.net"}), "ab" * 32)


@pytest.fixture
def content() -> Iterator[Content]:
    made = content_of([b"forged\r\nbody\r\n"])
    yield made
    made.close()


def test_it_is_of_all_octets_that_go_out_and_of_the_envelope(content: Content) -> None:
    bound = Bound.of(Outgoing(content, b"Received: x\r\n", ((0, 8),)), ENVELOPE)
    sent = hashlib.sha256(b"Received: x\r\nbody\r\n").hexdigest()
    assert bound == replace(BOUND, sha256=sent)


@pytest.mark.parametrize(
    ("chunks", "sent"),
    [
        ([], b""),
        ([b"x\r\n"], b"x\r\n"),
        ([b"x\r", b"\n"], b"x\r\n"),
        ([b"x"], b"x\r\n"),
        ([b"x\n"], b"x\n\r\n"),
        ([b"x\r"], b"x\r\r\n"),
    ],
)
def test_a_line_end_that_smtp_adds_is_no_change(chunks: list[bytes], sent: bytes) -> None:
    content = content_of(chunks)
    assert Bound.of(Outgoing(content), ENVELOPE).sha256 == sha256_of([sent])
    content.close()


@pytest.mark.parametrize(
    "came",
    [
        BOUND,
        replace(BOUND, recipients=frozenset({"carl@example.net"})),
        replace(BOUND, recipients=frozenset({"Bob@example.net"})),
    ],
)
def test_it_opens_for_the_same_message_to_all_or_to_some(came: Bound) -> None:
    assert BOUND.opens_for(came)


@pytest.mark.parametrize(
    "came",
    [
        replace(BOUND, sha256="ba" * 32),
        replace(BOUND, reverse_path=""),
        replace(BOUND, reverse_path="ann@example.org"),
        replace(BOUND, recipients=frozenset({"eve@example.net"})),
        replace(BOUND, recipients=BOUND.recipients | {"eve@example.net"}),
        replace(BOUND, recipients=frozenset({"bob@example.net"})),
    ],
)
def test_it_does_not_open_for_another_message_or_for_others(came: Bound) -> None:
    assert not BOUND.opens_for(came)


@pytest.mark.parametrize("path", [None, ""])
def test_an_unknown_reverse_path_is_sent_as_the_null_one(
    content: Content, path: str | None
) -> None:
    assert Bound.of(Outgoing(content), replace(ENVELOPE, reverse_path=path)).reverse_path == ""


@pytest.mark.parametrize("address", ["bob@example.net", "postmaster", "\udcff@x", ""])
def test_all_of_it_comes_back(address: str) -> None:
    bound = Bound(address, frozenset({address, "x@y"}), "ab" * 32)
    assert Bound.from_json(bound.to_json()) == bound
