"""One message's way where a queue hears the reply: nothing is said that it would bounce."""

import pytest

from pratique.milter.next_hop import Reply
from pratique.milter.wall.faults import NurseryLost
from pratique.policies.verdict import Action


def held(quarantine):
    return [message.id for message in quarantine.messages()]


@pytest.mark.parametrize(
    ("subject", "rule", "sent"),
    [(b"refuse", "refuse", 0), (b"defer", "defer", 0), (b"mixed", "mixed", 1)],
)
async def test_behind_a_queue_what_is_not_wanted_is_held(
    *, take, hop, quarantine, subject, rule, sent
):
    assert (await take(subject, heard_by="queue")).code == 250
    assert len(hop.sent) == sent
    (message_id,) = held(quarantine)
    assert quarantine.show(message_id).record.worst.rule == rule


async def test_behind_a_queue_what_is_dropped_stays_dropped(take, hop, quarantine):
    assert (await take(b"drop", heard_by="queue")).code == 250
    assert (hop.sent, held(quarantine)) == ([], [])


@pytest.mark.parametrize("code", [500, 550, 552, 554])
async def test_behind_a_queue_what_the_next_hop_refuses_is_held(take, hop, quarantine, code):
    hop.reply = Reply(code, ("5.1.1 no such user",))
    assert (await take(b"mark", heard_by="queue")).code == 250
    (message_id,) = held(quarantine)
    verdicts = quarantine.show(message_id).record.verdicts
    assert [(one.action, one.rule) for one in verdicts] == [
        (Action.QUARANTINE, "refused by the next hop")
    ] * 2
    assert f"{code} 5.1.1 no such user" in verdicts[0].reason


@pytest.mark.parametrize("code", [421, 451, 452])
async def test_behind_a_queue_what_the_next_hop_defers_is_deferred(take, hop, quarantine, code):
    hop.reply = Reply(code, ("4.0.0 not now",))
    assert await take(b"hello", heard_by="queue") == hop.reply
    assert held(quarantine) == []


async def test_behind_a_queue_a_loop_is_held_whatever_was_decided(take, hop, quarantine, fake_sees):
    assert (await take(b"hello", fake_sees(received_count=51), "queue")).code == 250
    (message_id,) = held(quarantine)
    assert quarantine.show(message_id).record.worst.rule == "mail loop"


@pytest.mark.parametrize("error", [NurseryLost("it ended"), TimeoutError()])
async def test_behind_a_queue_what_may_pass_is_deferred(take, hop, quarantine, error, fake_sees):
    sees = fake_sees()
    sees.error = error
    assert str(await take(b"hello", sees, "queue")).startswith("451 4.3.0")
    assert (hop.sent, held(quarantine)) == ([], [])


async def test_a_released_message_passes_behind_a_queue(take, hop, quarantine, released):
    await take(b"refuse", heard_by="queue")
    sent, sees = await released("refuse")
    assert (await take(sent, sees, "queue")).code == 250
    assert len(hop.sent) == 1
    await take(sent, sees, "queue")
    assert len(hop.sent) == 1


async def test_a_released_message_that_the_next_hop_refuses_is_held_again(
    take, hop, quarantine, released
):
    await take(b"hold", heard_by="queue")
    sent, sees = await released()
    hop.reply = Reply(550, ("5.1.1 no such user",))
    assert (await take(sent, sees, "queue")).code == 250
    rules = {quarantine.show(one).record.worst.rule for one in held(quarantine)}
    assert rules == {"hold", "refused by the next hop"}


async def test_what_is_too_large_is_not_seen_and_the_policy_decides(
    take, hop, quarantine, fake_sees
):
    sees = fake_sees()
    sees.error = AssertionError("nobody was to look")
    assert (await take(b"hello", sees, "queue", too_large=60_000_000)).code == 250
    assert hop.sent == []
    (message_id,) = held(quarantine)
    record = quarantine.show(message_id).record
    assert (record.worst.rule, record.facts.mail.size, record.size) == (
        "too much",
        60_000_000,
        len(b"hello"),
    )


@pytest.mark.parametrize(
    ("subject", "code", "action", "rule", "outcome"),
    [
        (b"hello", 250, "accept", "deliver", "delivered"),
        (b"hello", 550, "quarantine", "refused by the next hop", "held"),
        (b"hello", 451, "accept", "deliver", "deferred"),
        (b"refuse", 250, "quarantine", "refuse", "held"),
        (b"defer", 250, "quarantine", "defer", "held"),
        (b"drop", 250, "discard", "drop", "dropped"),
    ],
)
async def test_the_log_says_what_was_done_behind_a_queue(
    *, take, hop, caplog, subject, code, action, rule, outcome
):
    hop.reply = Reply(code, ("x",))
    with caplog.at_level("INFO", "pratique.message"):
        await take(subject, heard_by="queue")
    (line,) = [one.fields for one in caplog.records if hasattr(one, "fields")]
    assert (line["action"], line["rule"], line["outcome"]) == (action, rule, outcome)
    assert line["mta_id"] == "4F1B2"
