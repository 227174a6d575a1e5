"""One message's way, with a fake to see and to deliver, and a real policy and quarantine."""

from datetime import UTC, datetime

import pytest

from pratique.milter.content import content_of
from pratique.milter.mail import Envelope, Forward
from pratique.milter.next_hop import Reply
from pratique.milter.pipeline import Pipeline, judge
from pratique.milter.quarantine.store import Quarantine
from pratique.milter.wall import NurseryLost
from pratique.policies.policy import Policy
from pratique.policies.verdict import Action
from pratique.scanners.facts_pb2 import Facts, ForeignField, Mail

ENVELOPE = Envelope(
    "Q1",
    datetime(2026, 11, 22, tzinfo=UTC),
    "ann@example.org",
    recipients=(Forward("bob@Example.NET"), Forward("eve@example.net")),
)

POLICY = """
[[rule]]
name = "hold"
when = 'mail.subject == "hold"'
actions = ["quarantine"]
reason = "held"

[[rule]]
name = "refuse"
when = 'mail.subject == "refuse"'
actions = ["reject"]
reason = "refused"

[[rule]]
name = "defer"
when = 'mail.subject == "defer"'
actions = ["defer"]
reason = "later"

[[rule]]
name = "drop"
when = 'mail.subject == "drop"'
actions = ["discard"]
reason = "dropped"

[[rule]]
name = "mixed"
when = 'mail.subject == "mixed" && rcpt.domain == "example.net" && rcpt.address.startsWith("eve")'
actions = ["reject"]
reason = "not for eve"

[[rule]]
name = "mark"
when = 'mail.subject == "mark"'
actions = ["accept", { add_header = "X-Pratique-Note: marked" }]

[[rule]]
name = "deliver"
actions = ["accept"]
"""


class FakeSees:
    """Answers with a subject that the message's own octets name."""

    def __init__(self, **mail):
        self.mail = mail
        self.error = None

    async def inspect(self, content, envelope):
        if self.error:
            raise self.error
        subject = b"".join(content.span(0, content.size)).decode()
        mail = Mail(**{"subject": subject, **self.mail})
        return Facts(mail=mail, envelope=envelope.to_facts())


class FakeHop:
    """Takes what it is sent, or says what it was told to say."""

    def __init__(self):
        self.sent = []
        self.reply = Reply(250, ("2.0.0 Ok",))

    async def send(self, outgoing):
        self.sent.append(b"".join(outgoing.chunks()))
        return self.reply


@pytest.fixture
def quarantine(tmp_path):
    made = Quarantine(tmp_path / "quarantine")
    yield made
    made.close()


@pytest.fixture
def hop():
    return FakeHop()


@pytest.fixture
def take(quarantine, hop):
    """Have octets taken, by a pipeline that sees with what is handed in."""

    async def take(octets, sees=None):
        content = content_of([octets])
        pipeline = Pipeline(sees or FakeSees(), Policy.load(POLICY), quarantine)
        try:
            return await pipeline.take(content, ENVELOPE, b"Received: here\r\n", hop.send)
        finally:
            content.close()

    return take


def held(quarantine):
    return [message.id for message in quarantine.messages()]


async def test_an_accepted_message_is_with_the_next_hop_before_250(take, hop, quarantine):
    assert str(await take(b"hello")) == "250 2.0.0 Ok: taken as Q1"
    assert hop.sent == [b"Received: here\r\nhello"]
    assert held(quarantine) == []


@pytest.mark.parametrize("code", [421, 451, 452, 550, 554])
async def test_what_the_next_hop_refuses_is_refused_in_its_words(take, hop, code):
    hop.reply = Reply(code, ("4.0.0 not now",))
    assert await take(b"hello") == hop.reply


async def test_a_held_message_is_kept_whole_and_not_sent(take, hop, quarantine):
    assert str(await take(b"hold")) == "250 2.0.0 Ok: taken as Q1"
    assert hop.sent == []
    (message_id,) = held(quarantine)
    record = quarantine.show(message_id).record
    assert [one.address for one in record.envelope.recipients] == [
        "bob@Example.NET",
        "eve@example.net",
    ]
    assert record.worst.rule == "hold"


@pytest.mark.parametrize(("subject", "code"), [(b"refuse", 550), (b"defer", 451), (b"drop", 250)])
async def test_what_is_not_wanted_goes_nowhere(take, hop, quarantine, subject, code):
    assert (await take(subject)).code == code
    assert (hop.sent, held(quarantine)) == ([], [])


async def test_a_message_that_one_recipient_may_not_have_is_held_for_all(take, hop, quarantine):
    assert (await take(b"mixed")).code == 250
    assert hop.sent == []
    assert len(held(quarantine)) == 1


async def test_fields_of_the_policy_are_put_in_front(take, hop):
    await take(b"mark")
    assert hop.sent == [b"Received: here\r\nX-Pratique-Note: marked\r\nmark"]


async def test_fields_that_only_we_may_write_are_cut(take, hop):
    sees = FakeSees(foreign_fields=[ForeignField(name="X-Pratique-Note", start=1, end=3)])
    await take(b"hello", sees)
    assert hop.sent == [b"Received: here\r\nhlo"]


@pytest.mark.parametrize(("count", "code"), [(50, 250), (51, 554)])
async def test_a_message_with_too_many_received_fields_is_a_loop(take, hop, count, code):
    assert (await take(b"hello", FakeSees(received_count=count))).code == code
    assert len(hop.sent) == (code == 250)


@pytest.mark.parametrize("error", [NurseryLost("it ended"), TimeoutError()])
async def test_what_could_not_be_seen_is_deferred_and_not_sent(take, hop, quarantine, error):
    sees = FakeSees()
    sees.error = error
    assert str(await take(b"hello", sees)).startswith("451 4.3.0")
    assert (hop.sent, held(quarantine)) == ([], [])


async def test_a_full_disk_when_holding_is_deferred(take, hop, quarantine, tmp_path):
    class FullQuarantine:
        async def hold(self, held):
            raise OSError(28, "No space left on device")

    content = content_of([b"hold"])
    pipeline = Pipeline(FakeSees(), Policy.load(POLICY), FullQuarantine())
    reply = await pipeline.take(content, ENVELOPE, b"", hop.send)
    content.close()
    assert str(reply).startswith("452 4.3.1")
    assert hop.sent == []


async def test_a_token_that_is_none_of_ours_opens_nothing(take, hop, quarantine):
    assert (await take(b"hold", FakeSees(release_token="x" * 32))).code == 250
    assert hop.sent == []
    assert len(held(quarantine)) == 1


class ReleasingHop:
    """A next hop that keeps what a release sends."""

    def __init__(self):
        self.sent = b""

    async def begin(self, envelope):
        return Reply(250, ("2.1.0 Ok",)), self

    async def recipient(self, forward):
        return Reply(250, ("2.1.5 Ok",))

    async def send(self, outgoing):
        self.sent = b"".join(outgoing.chunks())
        return Reply(250, ("2.0.0 Ok",))

    async def give_up(self):
        pass

    async def close(self):
        pass


async def released(quarantine):
    """What a release sends, and who sees what a worker would see when it comes back."""
    (message_id,) = held(quarantine)
    hop = ReleasingHop()
    await quarantine.release(message_id, hop)
    line = hop.sent.partition(b"\r\n")[0]
    field = ForeignField(name="X-Pratique-Release", start=0, end=len(line) + 2)
    token = line.partition(b": ")[2].decode()
    return hop.sent, FakeSees(subject="hold", release_token=token, foreign_fields=[field])


async def test_a_released_message_passes_once(take, hop, quarantine):
    await take(b"hold")
    sent, sees = await released(quarantine)
    assert (await take(sent, sees)).code == 250
    assert hop.sent == [b"Received: here\r\nReceived: here\r\nhold"]
    await take(sent, sees)
    assert len(hop.sent) == 1
    assert len(held(quarantine)) == 2


async def test_a_token_does_not_let_another_message_pass(take, hop, quarantine):
    await take(b"hold")
    sent, sees = await released(quarantine)
    assert (await take(sent + b"MZ", sees)).code == 250
    assert hop.sent == []
    assert len(held(quarantine)) == 2


async def test_a_token_is_not_spent_on_what_passes_without(take, hop, quarantine):
    await take(b"hold")
    sent, sees = await released(quarantine)
    sees.mail["subject"] = "hello"
    await take(sent, sees)
    sees.mail["subject"] = "hold"
    await take(sent, sees)
    assert len(hop.sent) == 2


async def test_a_token_is_not_spent_when_the_next_hop_refuses(take, hop, quarantine):
    await take(b"hold")
    sent, sees = await released(quarantine)
    hop.reply = Reply(451, ("4.3.0 later",))
    assert (await take(sent, sees)).code == 451
    hop.reply = Reply(250, ("2.0.0 Ok",))
    assert (await take(sent, sees)).code == 250
    assert len(hop.sent) == 2


@pytest.mark.parametrize(
    ("subject", "reply", "action", "outcome"),
    [
        (b"hello", "250 2.0.0 Ok", "accept", "delivered"),
        (b"hello", "550 5.1.1 no", "accept", "refused"),
        (b"hello", "451 4.3.0 no", "accept", "deferred"),
        (b"hold", "250 2.0.0 Ok", "quarantine", "held"),
        (b"refuse", "250 2.0.0 Ok", "reject", "refused"),
        (b"defer", "250 2.0.0 Ok", "defer", "deferred"),
        (b"drop", "250 2.0.0 Ok", "discard", "dropped"),
    ],
)
async def test_the_log_says_what_was_decided_and_what_came_of_it(
    *, take, hop, caplog, subject, reply, action, outcome
):
    code, _, text = reply.partition(" ")
    hop.reply = Reply(int(code), (text,))
    with caplog.at_level("INFO", "pratique.message"):
        await take(subject)
    (line,) = [one.fields for one in caplog.records if hasattr(one, "fields")]
    assert (line["action"], line["outcome"]) == (action, outcome)


async def test_facts_that_cannot_be_written_do_not_keep_a_message_from_being_held(
    take, hop, quarantine
):
    sees = FakeSees()
    see = sees.inspect

    async def inspect(content, envelope):
        seen = await see(content, envelope)
        seen.findings.add(scanner="av").database_date.seconds = 10**15
        return seen

    sees.inspect = inspect
    assert (await take(b"hold", sees)).code == 250
    (message_id,) = held(quarantine)
    record = quarantine.show(message_id).record
    assert "findings" in record.facts.failures[0].detail
    assert record.facts.mail.subject == "hold"


def test_what_a_strict_reader_says_of_the_addresses_is_a_fact():
    envelope = Envelope("Q", ENVELOPE.received_at, "a..b@example.org", recipients=(Forward("x"),))
    seen = Facts(mail=Mail(subject="hello"), envelope=envelope.to_facts())
    inspection = judge(seen, envelope, Policy.load(POLICY))
    assert inspection.verdicts[0].action is Action.ACCEPT
    assert [one.address for one in seen.envelope.address_problems] == ["a..b@example.org", "x"]
