"""One message's way, with a fake to see and to deliver, and a real policy and quarantine."""

import pytest

from pratique.milter.content import content_of
from pratique.milter.judging import judge
from pratique.milter.mail import Envelope, Forward
from pratique.milter.next_hop import Reply
from pratique.milter.pipeline import Pipeline
from pratique.milter.wall.faults import NurseryLost
from pratique.milter.ways import Ways
from pratique.policies.verdict import Action
from pratique.scanners.facts_pb2 import Facts, ForeignField, Mail


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


async def test_a_message_that_one_recipient_may_not_have_is_held_for_that_one(
    take, hop, quarantine
):
    assert (await take(b"mixed")).code == 250
    assert hop.recipients == [["bob@Example.NET"]]
    (message_id,) = held(quarantine)
    record = quarantine.show(message_id).record
    assert [one.address for one in record.envelope.recipients] == ["eve@example.net"]
    assert "the rule says reject; not for eve" in record.worst.reason


async def test_what_differs_is_told_for_each_recipient(take, caplog):
    with caplog.at_level("INFO", "pratique.message"):
        await take(b"mixed")
    (line,) = [one.fields for one in caplog.records if hasattr(one, "fields")]
    assert (line["action"], line["outcome"], line["rule"]) == ("quarantine", "split", "mixed")
    assert line["recipients"] == (
        "<bob@Example.NET> accept, delivered; <eve@example.net> reject, held"
    )


async def test_a_failed_transaction_leaves_no_copy_and_the_retry_makes_one(take, hop, quarantine):
    hop.reply = Reply(451, ("4.3.0 later",))
    assert await take(b"mixed") == hop.reply
    assert held(quarantine) == []
    hop.reply = Reply(250, ("2.0.0 Ok",))
    for _ in range(2):
        assert (await take(b"mixed")).code == 250
        assert quarantine.flush()
        assert len(held(quarantine)) == 1


async def test_what_is_released_for_one_passes_for_all_that_it_was_released_for(
    take, hop, quarantine, released
):
    await take(b"mixed")
    sent, sees = await released("mixed")
    hop.recipients.clear()
    # To more than it was released for it is no released message.
    await take(sent, sees)
    assert hop.recipients == [["bob@Example.NET"]]


async def test_fields_of_the_policy_are_put_in_front(take, hop):
    await take(b"mark")
    assert hop.sent == [b"Received: here\r\nX-Pratique-Note: marked\r\nmark"]


async def test_fields_that_only_we_may_write_are_cut(take, hop, fake_sees):
    sees = fake_sees(foreign_fields=[ForeignField(name="X-Pratique-Note", start=1, end=3)])
    await take(b"hello", sees)
    assert hop.sent == [b"Received: here\r\nhlo"]


@pytest.mark.parametrize(("count", "code"), [(50, 250), (51, 554)])
async def test_a_message_with_too_many_received_fields_is_a_loop(take, hop, count, code, fake_sees):
    assert (await take(b"hello", fake_sees(received_count=count))).code == code
    assert len(hop.sent) == (code == 250)


@pytest.mark.parametrize("error", [NurseryLost("it ended"), TimeoutError()])
async def test_what_could_not_be_seen_is_deferred_and_not_sent(
    take, hop, quarantine, error, fake_sees
):
    sees = fake_sees()
    sees.error = error
    assert str(await take(b"hello", sees)).startswith("451 4.3.0")
    assert (hop.sent, held(quarantine)) == ([], [])


async def test_a_full_disk_when_holding_is_deferred(
    *, quarantine, hop, fake_sees, envelope, policy
):
    class FullQuarantine:
        delivered = quarantine.delivered

        async def hold(self, held):
            raise OSError(28, "No space left on device")

    content, full = content_of([b"hold"]), FullQuarantine()
    pipeline = Pipeline(fake_sees(), policy, full)
    reply = await pipeline.take(content, envelope, Ways(hop.send, full.hold, "sender"))
    content.close()
    assert str(reply).startswith("452 4.3.1")
    assert hop.sent == []


async def test_a_token_that_is_none_of_ours_opens_nothing(take, hop, quarantine, fake_sees):
    assert (await take(b"hold", fake_sees(release_token="x" * 32))).code == 250
    assert hop.sent == []
    assert len(held(quarantine)) == 1


async def test_a_released_message_passes_once(take, hop, quarantine, released):
    await take(b"hold")
    sent, sees = await released()
    assert (await take(sent, sees)).code == 250
    assert hop.sent == [b"Received: here\r\nReceived: here\r\nhold"]
    await take(sent, sees)
    assert len(hop.sent) == 1
    assert len(held(quarantine)) == 2


async def test_a_token_does_not_let_another_message_pass(take, hop, quarantine, released):
    await take(b"hold")
    sent, sees = await released()
    assert (await take(sent + b"MZ", sees)).code == 250
    assert hop.sent == []
    assert len(held(quarantine)) == 2


async def test_a_token_is_not_spent_on_what_passes_without(take, hop, quarantine, released):
    await take(b"hold")
    sent, sees = await released()
    sees.mail["subject"] = "hello"
    await take(sent, sees)
    sees.mail["subject"] = "hold"
    await take(sent, sees)
    assert len(hop.sent) == 2


async def test_a_token_is_not_spent_when_the_next_hop_refuses(take, hop, quarantine, released):
    await take(b"hold")
    sent, sees = await released()
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
    take, hop, quarantine, fake_sees
):
    sees = fake_sees()
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


def test_what_a_strict_reader_says_of_the_addresses_is_a_fact(envelope, policy):
    envelope = Envelope("Q", envelope.received_at, "a..b@example.org", recipients=(Forward("x"),))
    seen = Facts(mail=Mail(subject="hello"), envelope=envelope.to_facts())
    inspection = judge(seen, envelope, policy)
    assert inspection.verdicts[0].action is Action.ACCEPT
    assert [one.address for one in seen.envelope.address_problems] == ["a..b@example.org", "x"]
