"""What is counted of a message."""

from datetime import UTC, datetime

import pytest

from pratique.milter import counters
from pratique.milter.became import Became
from pratique.milter.mail import Envelope
from pratique.milter.next_hop import Reply
from pratique.scanners.facts_pb2 import Bounce, Facts


def test_a_message_is_counted_by_door_action_and_outcome():
    envelope = Envelope("Q1", datetime(2026, 11, 22, tzinfo=UTC), door="counted")
    reply = Reply(250, ("ok",))
    counters.tell(Became(envelope, 700, 1.0, 1.5, Facts(), (), "quarantine", "a rule", reply))
    counted = counters.MESSAGES.labels("counted", "quarantine", "held")
    assert counted._value.get() == 1
    assert counters.OCTETS.labels("counted")._value.get() == 700
    assert counters.SECONDS.labels("counted")._sum.get() == 0.5


@pytest.mark.parametrize(
    ("bounce", "counted"),
    [
        (Bounce(), []),
        (Bounce(other="automatic_reply", verified=True), []),
        (Bounce(claimed=True), ["unverified"]),
        (Bounce(claimed=True, verified=True), ["verified"]),
    ],
)
def test_a_bounce_is_counted_by_its_proof(bounce, counted):
    def now():
        return {
            one: counters.BOUNCES.labels(one)._value.get() for one in ("verified", "unverified")
        }

    envelope = Envelope("Q1", datetime(2026, 11, 22, tzinfo=UTC), door="bounces")
    before, reply = now(), Reply(250, ("ok",))
    counters.tell(
        Became(envelope, 7, 1.0, 1.5, Facts(bounce=bounce), (), "accept", "a rule", reply)
    )
    assert [one for one, value in now().items() if value > before[one]] == counted
