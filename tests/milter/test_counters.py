"""What is counted of a message."""

from datetime import UTC, datetime

from pratique.milter import counters
from pratique.milter.became import Became
from pratique.milter.mail import Envelope
from pratique.milter.next_hop import Reply
from pratique.scanners.facts_pb2 import Facts


def test_a_message_is_counted_by_door_action_and_outcome():
    envelope = Envelope("Q1", datetime(2026, 11, 22, tzinfo=UTC), door="counted")
    reply = Reply(250, ("ok",))
    counters.tell(Became(envelope, 700, 1.0, 1.5, Facts(), (), "quarantine", "a rule", reply))
    counted = counters.MESSAGES.labels("counted", "quarantine", "held")
    assert counted._value.get() == 1
    assert counters.OCTETS.labels("counted")._value.get() == 700
    assert counters.SECONDS.labels("counted")._sum.get() == 0.5
