"""Try that what a condition answers is asked once, and until when a rule holds."""

from datetime import UTC, datetime

import pytest

from pratique.policies.asking.asking import Own, Shared
from pratique.policies.asking.together import Together
from pratique.policies.language.condition import NoAnswerError, Scene
from pratique.policies.policy import Policy
from pratique.scanners import facts_pb2 as facts

MOMENT = datetime(2027, 1, 15, tzinfo=UTC)


def shared(known=None):
    return Shared(Scene(known or facts.Facts()), Together())


@pytest.mark.parametrize(
    ("seconds", "nanos", "is_past"),
    [
        (MOMENT.timestamp() - 1, 999_999_999, False),
        (MOMENT.timestamp(), 0, True),
        (MOMENT.timestamp() + 1, 0, True),
        (-(2**62), 0, False),
        # No year of a calendar: a damaged record.
        (2**62, 0, True),
    ],
)
def test_a_moment_is_past_for_what_is_received_then_or_later(seconds, nanos, is_past):
    known = facts.Facts()
    known.envelope.received_at.seconds = int(seconds)
    known.envelope.received_at.nanos = nanos
    assert shared(known).is_past(MOMENT) is is_past


def test_nothing_is_past_for_what_nobody_knows_when_it_came():
    assert not shared().is_past(MOMENT)


@pytest.fixture
def rules(around, rule):
    text = around(
        rule("mail.size > 0", name="one"),
        rule('rcpt.domain == "a.example"', name="two"),
        rule("parts[0].id == 1", name="odd"),
    )
    return {each.name: each for each in Policy.load(text).rules}


def test_what_asks_for_no_recipient_is_remembered_for_all(rules, rcpt):
    known = facts.Facts()
    asked = shared(known)
    assert not Own(asked, rcpt("x@a.example")).holds(rules["one"])
    known.mail.size = 1
    assert not Own(asked, rcpt("x@b.example")).holds(rules["one"])
    assert asked.answers == {"one": False}


def test_that_there_is_no_answer_is_remembered_too(rules, rcpt):
    asked = shared()
    for _ in range(2):
        with pytest.raises(NoAnswerError):
            Own(asked, rcpt("x@a.example")).holds(rules["odd"])
    assert isinstance(asked.answers["odd"], str)


def test_what_asks_for_the_recipient_is_asked_for_each(rules, rcpt):
    asked = shared()
    assert Own(asked, rcpt("x@a.example")).holds(rules["two"])
    assert not Own(asked, rcpt("x@b.example")).holds(rules["two"])
    assert asked.answers == {}


def test_the_last_rule_holds_for_all(rules, rcpt):
    assert Own(shared(), rcpt("x@a.example")).holds(rules["all other mail"])
    assert shared().holds(rules["all other mail"])
