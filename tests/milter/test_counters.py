"""What is counted of a message."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from pratique.milter import counters
from pratique.milter.became import Became
from pratique.milter.journal.entry import Shadowed
from pratique.milter.mail import Envelope
from pratique.milter.next_hop import Reply
from pratique.policies.verdict import Action, Shadow, Verdict
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


def of_shadows(verdicts, shadowed=None):
    """What is counted of shadows when a message ends with these verdicts."""

    def now():
        of_rules = [counters.SHADOW_RULES.labels(one)._value.get() for one in ("new", "other")]
        results = ("same", "other", "failed")
        return of_rules + [counters.SHADOW_POLICY.labels(one)._value.get() for one in results]

    envelope = Envelope("Q1", datetime(2026, 11, 22, tzinfo=UTC), door="shadows")
    before, reply = now(), Reply(250, ("ok",))
    counters.tell(
        Became(envelope, 1, 1.0, 1.5, Facts(), verdicts, "accept", "", reply, shadowed=shadowed)
    )
    return [int(after - earlier) for after, earlier in zip(now(), before, strict=True)]


ACCEPT = Verdict(Action.ACCEPT, "all", "")


def test_a_message_counts_once_for_each_rule_in_the_shadow_that_held():
    new, other = Shadow("new", "reject", ""), Shadow("other", "note", "", "no answer")
    verdicts = (replace(ACCEPT, shadows=(new,)), replace(ACCEPT, shadows=(new, other)))
    assert of_shadows(verdicts) == [1, 1, 0, 0, 0]
    assert of_shadows((ACCEPT,)) == [0, 0, 0, 0, 0]


@pytest.mark.parametrize(
    ("action", "counted"), [(Action.ACCEPT, [1, 0, 0]), (Action.REJECT, [0, 1, 0])]
)
def test_a_message_counts_by_whether_the_policy_in_the_shadow_agrees(action, counted):
    shadowed = Shadowed("0" * 64, (Verdict(action, "its own", ""),))
    assert of_shadows((ACCEPT,), shadowed)[2:] == counted
