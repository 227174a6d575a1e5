"""A message that nobody looks into: what is stated of it, and what policies make of that."""

from datetime import UTC, datetime

import pytest

from pratique.milter import assembly, too_large
from pratique.milter.judging import judge
from pratique.milter.mail import Client, Envelope, Forward
from pratique.policies.language import vocabulary
from pratique.policies.verdict import Action

ENVELOPE = Envelope(
    "Q1",
    datetime(2026, 11, 22, tzinfo=UTC),
    "",
    recipients=(Forward("b@example.org"),),
    client=Client("192.0.2.1"),
    direction="outbound",
)


def test_its_envelope_and_size_are_known_and_that_nobody_looked():
    seen = too_large.seen(ENVELOPE, 60_000_000)
    assert (seen.mail.size, seen.mail.direction) == (60_000_000, "outbound")
    assert seen.envelope == ENVELOPE.to_facts()
    (part,) = seen.parts
    assert (part.id, part.parent, part.path, part.depth) == (0, -1, "", 0)
    assert (part.unopened, part.size) == ("over_budget", 60_000_000)
    assert [(one.class_, one.part) for one in seen.limits] == [("octets", 0)]


@pytest.mark.parametrize(
    ("message", "field", "word"),
    [
        ("Part", "unopened", "over_budget"),
        ("Part", "kind", "message"),
        ("Limit", "class_", "octets"),
    ],
)
def test_its_words_are_those_of_the_facts(message, field, word):
    assert word in vocabulary.words(message, field)


def test_the_policy_that_is_shipped_holds_it():
    inspection = judge(too_large.seen(ENVELOPE, 1), ENVELOPE, assembly.policy_of("default"))
    (verdict,) = inspection.verdicts
    assert (verdict.action, verdict.rule) == (Action.QUARANTINE, "too much to look at")
