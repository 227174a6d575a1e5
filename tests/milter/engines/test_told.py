"""What spam filters are told of an envelope ends no line, and is no longer than an address."""

from datetime import UTC, datetime

import pytest

from pratique.milter.engines.told import LONGEST, RECIPIENTS, forward_paths, line, path
from pratique.milter.mail import Envelope, Forward


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a@example.org", "a@example.org"),
        ("", ""),
        ("é@example.org", "é@example.org"),
        ('"a b"@example.org', '"a b"@example.org'),
        ("a\r\nX: y", "a??X: y"),
        ("a\nb\0c\x7fd\u2028e\x85f\ud800g", "a?b?c?d?e?f?g"),
        ("x" * LONGEST, "x" * LONGEST),
        ("x" * (LONGEST + 1), ""),
        # In octets.
        ("é" * (LONGEST // 2 + 1), ""),
        ("x" * 1_000_000, ""),
    ],
)
def test_a_word_is_fit_for_a_line_or_is_not_told(text, told):
    assert line(text) == told


@pytest.mark.parametrize(
    ("address", "told"),
    [("a@b", "<a@b>"), ("", "<>"), ("x" * (LONGEST + 1), ""), ("a\r\nb@c", "<a??b@c>")],
)
def test_an_address_is_a_path(address, told):
    assert path(address) == told


@pytest.mark.parametrize("count", [0, 1, RECIPIENTS, RECIPIENTS + 1])
def test_the_first_recipients_are_told(count):
    recipients = tuple(Forward(f"{number}@b") for number in range(count))
    envelope = Envelope("Q1", datetime(2026, 11, 22, tzinfo=UTC), recipients=recipients)
    expected = [f"<{number}@b>" for number in range(min(count, RECIPIENTS))]
    assert forward_paths(envelope) == expected


def test_a_recipient_that_cannot_be_one_is_left_out():
    recipients = tuple(map(Forward, ("", "x" * 1000, "a@b")))
    envelope = Envelope("Q1", datetime(2026, 11, 22, tzinfo=UTC), recipients=recipients)
    assert forward_paths(envelope) == ["<a@b>"]
