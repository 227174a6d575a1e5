"""What comes too often: mail of one client of ours, and false bounces to one address."""

from datetime import UTC, datetime, timedelta

import pytest

from pratique.milter.alerts.buckets import MemoryBuckets
from pratique.milter.alerts.bursts import OF_BOUNCES, Bursts, client_of, restate
from pratique.milter.alerts.lately import Lately
from pratique.milter.content import content_of
from pratique.milter.mail import Client, Envelope, Forward
from pratique.milter.pipeline import Options, Pipeline
from pratique.milter.sections.bursts import BurstsSection
from pratique.milter.ways import Ways
from pratique.policies.policy import Policy
from pratique.scanners.facts_pb2 import Bounce, Facts, Finding

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
PC = Client("192.0.2.7", "pc7.example.org", "pc7")


def at(seconds):
    return NOON + timedelta(seconds=seconds)


def outgoing(many=1, seconds=0, **more):
    recipients = tuple(Forward(f"{number}@example.net") for number in range(many))
    stated = {"client": PC, "direction": "outbound", "recipients": recipients, **more}
    return Envelope("Q1", at(seconds), "ann@example.org", **stated)


def incoming(*addresses, seconds=0):
    recipients = tuple(map(Forward, addresses or ("ann@example.org",)))
    return Envelope("Q2", at(seconds), "", recipients=recipients, client=Client("198.51.100.1"))


def false_bounce():
    return Facts(bounce=Bounce(claimed=True))


def found(*severities):
    return Facts(findings=[Finding(name="Worm", severity=one) for one in severities])


class Counting:
    def __init__(self, section=None, settled=lambda _: True):
        self.lately = Lately(MemoryBuckets())
        self.bursts = Bursts(self.lately, section or BurstsSection(), settled)

    def __call__(self, envelope, seen=None):
        seen = seen or Facts()
        self.bursts.state(seen, envelope)
        return seen

    def recent(self, envelope, seen=None):
        client = self(envelope, seen).envelope.client
        return client.recent_recipients, client.recent_findings

    def false(self, envelope):
        bounce = self(envelope, false_bounce()).bounce
        return bounce.lately, bounce.flood


@pytest.fixture
def counting():
    return Counting()


# Mail that goes out.


def test_recipients_and_findings_of_a_client_are_counted(counting):
    assert counting.recent(outgoing(3)) == (3, 0)
    assert counting.recent(outgoing(2, 10), found("malicious", "suspicious")) == (5, 1)
    assert counting.recent(outgoing(1, 20), found("suspicious")) == (6, 2)
    assert counting.recent(outgoing(1, 30), found("information")) == (7, 2)


def test_what_was_sent_more_than_ten_minutes_ago_is_not_of_late(counting):
    counting.recent(outgoing(100), found("malicious"))
    assert counting.recent(outgoing(1, 1200)) == (1, 0)


def test_the_same_message_brought_again_counts_again(counting):
    assert [counting.recent(outgoing(2)) for _ in range(2)] == [(2, 0), (4, 0)]


def test_mail_that_comes_in_is_not_counted(counting):
    assert counting.recent(incoming(), found("malicious")) == (0, 0)


def test_who_has_authenticated_is_one_client_wherever_he_is(counting):
    counting.recent(outgoing(5, authenticated="Ann@Example.org"))
    elsewhere = outgoing(1, authenticated="ann@example.org", client=Client("203.0.113.9"))
    assert counting.recent(elsewhere) == (6, 0)
    assert counting.recent(outgoing(1)) == (1, 0)


def test_nobody_is_not_counted(counting):
    assert counting.recent(outgoing(5, client=Client())) == (0, 0)
    assert counting.recent(outgoing(5, client=Client())) == (0, 0)


@pytest.mark.parametrize(
    ("ip", "client"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:DB8:1:2::1", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", ""),
        ("unknown", ""),
        ("192.0.2.7\r\nforged", ""),
    ],
)
def test_a_client_is_its_address_or_its_network(ip, client):
    assert client_of(outgoing(client=Client(ip))) == client


def test_an_identity_of_any_characters_is_counted(counting):
    hostile = outgoing(1, authenticated="x" * 100_000 + "\0\ud800\r\n")
    assert counting.recent(hostile) == (1, 0)
    assert counting.recent(hostile) == (2, 0)


# Bounces that nothing proves.


def test_false_bounces_are_counted_for_each_address(counting):
    assert counting.false(incoming("ann@example.org")) == (1, False)
    assert counting.false(incoming("Ann@Example.ORG", seconds=1)) == (2, False)
    assert counting.false(incoming("bob@example.org", seconds=1)) == (1, False)


def test_more_than_ten_within_an_hour_are_a_flood(counting):
    stated = [counting.false(incoming(seconds=second)) for second in range(12)]
    assert stated == [*[(count, False) for count in range(1, 11)], (11, True), (12, True)]
    assert counting.false(incoming("bob@example.org")) == (1, False)


def test_the_number_can_be_set():
    counting = Counting(BurstsSection(flood_an_hour=2))
    assert [counting.false(incoming())[1] for _ in range(3)] == [False, False, True]


def test_a_flood_is_over_when_they_come_no_more(counting):
    for _ in range(500):
        counting.false(incoming())
    assert counting.false(incoming(seconds=7200)) == (1, False)


def test_before_all_our_mail_can_be_known_again_nothing_is_a_flood():
    stamped = at(100)
    counting = Counting(settled=lambda now: now >= stamped)
    assert [counting.false(incoming()) for _ in range(50)] == [(0, False)] * 50
    assert counting.false(incoming(seconds=100)) == (51, True)


def test_without_keys_nothing_is_a_flood():
    lately = Lately(MemoryBuckets())
    bursts, seen = Bursts(lately, BurstsSection()), [false_bounce() for _ in range(50)]
    for one in seen:
        bursts.state(one, incoming())
    assert {(one.bounce.lately, one.bounce.flood) for one in seen} == {(0, False)}


@pytest.mark.slow
def test_five_times_what_is_usual_is_a_flood(counting):
    """After two months with forty an hour."""
    begin = -3600 * 24 * 60
    for hour in range(24 * 60):
        for _ in range(40):
            stated = counting.false(incoming(seconds=begin + 3600 * hour))
    assert stated[1] is False
    asked = ("bounces", "ann@example.org"), 0, OF_BOUNCES, NOON.timestamp()
    usual = counting.lately.count(*asked).usual
    assert 35 < usual < 40
    flags = [counting.false(incoming(seconds=3599)) for _ in range(250)]
    assert next(count for count, flood in flags if flood) == int(5 * usual) + 1


def test_proved_bounces_are_not_counted(counting):
    for _ in range(50):
        proved = counting(incoming(), Facts(bounce=Bounce(claimed=True, verified=True)))
        assert (proved.bounce.lately, proved.bounce.flood) == (0, False)
    assert counting.false(incoming()) == (1, False)


@pytest.mark.parametrize(
    ("envelope", "seen"),
    [
        (incoming("ann@example.org", "bob@example.org"), false_bounce()),
        (Envelope("Q", NOON, ""), false_bounce()),
        (incoming(""), false_bounce()),
        (incoming("a" * 2000 + "@example.org"), false_bounce()),
        (incoming(), Facts()),
        (incoming(), Facts(bounce=Bounce(other="automatic_reply"))),
    ],
)
def test_what_is_no_false_bounce_to_one_address_is_not_counted(counting, envelope, seen):
    for _ in range(20):
        counting(envelope, seen)
    assert (seen.bounce.lately, seen.bounce.flood) == (0, False)


# The second look.


def test_what_became_of_a_message_has_the_same_facts_and_is_not_counted_again(counting):
    first = counting(outgoing(5), found("malicious"))
    again = Facts()
    restate(again, first)
    client = again.envelope.client
    assert (client.recent_recipients, client.recent_findings) == (5, 1)
    assert not again.HasField("bounce")
    assert counting.recent(outgoing(1, 1)) == (6, 1)


def test_a_false_bounce_is_the_same_after_a_rewrite(counting):
    for _ in range(11):
        first = counting(incoming(), false_bounce())
    again = false_bounce()
    restate(again, first)
    assert (again.bounce.lately, again.bounce.flood) == (11, True)
    assert not again.HasField("envelope")


# On a message's way.

POLICY = """
[[rule]]
name = "burst"
when = 'envelope.client.recent_recipients > 3'
actions = ["reject"]
reason = "too many"

[[rule]]
name = "rest"
actions = ["accept"]
"""


async def test_a_policy_knows_what_there_is_of_late(counting, quarantine, hop, fake_sees):
    told = []
    options = Options(bursts=counting.bursts)
    pipeline = Pipeline(fake_sees(), Policy.load(POLICY), quarantine, told.append, options)
    for second in range(3):
        content = content_of([b"hello"])
        ways = Ways(hop.send, quarantine.hold, "sender")
        await pipeline.take(content, outgoing(2, second), ways)
        content.close()
    assert [(one.action, one.rule) for one in told] == [
        ("accept", "rest"),
        ("reject", "burst"),
        ("reject", "burst"),
    ]
    assert [one.facts.envelope.client.recent_recipients for one in told] == [2, 4, 6]
