"""A kept connection never fails a mail that a fresh one would have carried."""

import asyncio
from dataclasses import replace

import pytest

from pratique.milter.mail import Forward
from pratique.milter.next_hop import Reply
from pratique.milter.next_hop.pool import Limits
from pratique.milter.next_hop.smtp import ASK_SECONDS, AWAY, BUSY, PROVE_AFTER, SmtpNextHop, Way
from pratique.milter.next_hop.wire import MALFORMED

B = Forward("b@corp.example")


@pytest.fixture
async def kept(hop, outgoing, deliver):
    """A next hop with one connection that was used."""
    assert (await deliver(hop, outgoing)).accepted
    return hop


def grow_old(hop):
    """As if the kept connection had waited."""
    (idle,) = hop._pool._idle
    idle.used_at -= PROVE_AFTER + 0.1


@pytest.mark.parametrize(
    "answer",
    [
        "CLOSE",
        "421 4.4.2 idle too long",
        "452 4.5.3 too many messages on one connection",
        "450 4.7.0 later",
        "503 5.5.1 need EHLO",
        "nonsense",
        "250-half\r\nCLOSE",
    ],
)
async def test_what_fails_at_mail_is_said_on_a_fresh_one(kept, script, outgoing, deliver, answer):
    script.answers["MAIL"] = [answer]
    assert (await deliver(kept, outgoing)).accepted
    assert (script.connections, len(script.messages)) == (2, 2)


async def test_a_deferral_that_a_fresh_one_gets_too_is_heard(kept, script, outgoing, deliver):
    script.answers["MAIL"] = ["451 4.3.0 later"] * 2
    assert await deliver(kept, outgoing) == Reply(451, ("4.3.0 later",))
    assert script.connections == 2


async def test_a_refusal_is_a_refusal_on_any_connection(kept, script, outgoing, deliver):
    script.answers["MAIL"] = ["550 5.1.8 no"]
    assert await deliver(kept, outgoing) == Reply(550, ("5.1.8 no",))
    assert script.connections == 1


async def test_what_is_stale_while_no_fresh_one_is_there_is_away(kept, script, outgoing, deliver):
    script.answers = {"MAIL": ["CLOSE"], "": ["CLOSE"]}
    assert await deliver(kept, outgoing) == AWAY
    assert (await deliver(kept, outgoing)).accepted


async def test_one_that_was_used_just_now_proves_nothing(kept, script, outgoing, deliver):
    assert (await deliver(kept, outgoing)).accepted
    assert "RSET" not in script.verbs()


async def test_one_that_waited_proves_itself_first(kept, script, outgoing, deliver):
    grow_old(kept)
    assert (await deliver(kept, outgoing)).accepted
    assert script.verbs()[5:] == ["RSET", "MAIL", "RCPT", "DATA", "."]
    assert script.connections == 1


@pytest.mark.parametrize("answer", ["HANG", "CLOSE", "500 what", "nonsense"])
async def test_one_that_does_not_is_replaced_at_once(
    *, kept, script, outgoing, deliver, patient, answer
):
    grow_old(kept)
    kept.timeouts = replace(patient, proof=0.05)
    script.answers["RSET"] = [answer]
    assert (await deliver(kept, outgoing)).accepted
    assert (script.connections, len(script.messages)) == (2, 2)


@pytest.mark.parametrize("said", [b"250 2.0.0 ok\r\n", b"421 bye\r\n", b"2", b"250-a\r\n"])
async def test_what_was_said_unasked_is_no_reply_to_mail(
    *, kept, script, outgoing, deliver, said, until
):
    (idle,) = kept._pool._idle
    script.writers[0].write(said)
    await asyncio.to_thread(until, lambda: idle.stale, "unasked reply")
    assert (await deliver(kept, outgoing)).accepted
    assert (script.connections, len(script.messages)) == (2, 2)


async def test_what_was_said_unasked_within_a_transaction_ends_it(
    hop, script, outgoing, envelope, until
):
    _, transaction = await hop.resume(envelope, [B])
    script.writers[0].write(b"250 2.0.0 ok\r\n")
    await asyncio.to_thread(until, lambda: transaction._connection.stale, "unasked reply")
    assert await transaction.send(outgoing) == MALFORMED
    assert "DATA" not in script.verbs()


async def test_who_finds_all_connections_in_use_waits_and_then_hears_so(script, envelope, patient):
    way = Way(timeouts=patient, limits=Limits(connections=1, wait_seconds=0.02))
    hop = SmtpNextHop("127.0.0.1", script.port, "us.example", way)
    script.answers["RCPT"] = ["HANG"]
    _, transaction = await hop.begin(envelope)
    busy = asyncio.ensure_future(transaction.recipient(B))
    await script.until(lambda: "RCPT" in script.verbs())
    assert await hop.begin(envelope) == (BUSY, None)
    busy.cancel()
    await asyncio.gather(busy, return_exceptions=True)
    reply, transaction = await hop.begin(envelope)
    assert reply.accepted
    await transaction.give_up()
    await hop.close()


async def test_many_messages_share_few_connections(script, outgoing, deliver, patient):
    way = Way(timeouts=patient, limits=Limits(connections=3))
    hop = SmtpNextHop("127.0.0.1", script.port, "us.example", way)
    replies = await asyncio.gather(*(deliver(hop, outgoing) for _ in range(30)))
    assert all(reply.accepted for reply in replies)
    assert (script.connections, len(script.messages)) == (3, 30)
    await hop.close()


async def test_after_many_messages_a_connection_is_told_goodbye(script, outgoing, deliver, patient):
    way = Way(timeouts=patient, limits=Limits(messages=2))
    hop = SmtpNextHop("127.0.0.1", script.port, "us.example", way)
    for _ in range(5):
        assert (await deliver(hop, outgoing)).accepted
    await hop.close()
    assert script.connections == 3
    assert script.verbs().count("QUIT") == 3


# What it offers


async def test_who_was_never_seen_is_asked_once_and_the_connection_is_kept(
    hop, script, outgoing, deliver
):
    for _ in range(2):
        assert await hop.extensions() == {"PIPELINING", "8BITMIME", "SMTPUTF8", "SIZE", "X"}
    assert (await deliver(hop, outgoing)).accepted
    assert (script.connections, script.verbs()[:2]) == (1, ["EHLO", "MAIL"])


async def test_what_it_offers_is_what_it_said_last(hop, script, outgoing, deliver):
    assert "DSN" not in await hop.extensions()
    script.offers = ("DSN",)
    script.answers["MAIL"] = ["CLOSE"]
    assert (await deliver(hop, outgoing)).accepted
    assert await hop.extensions() == {"DSN", "X"}


async def test_while_it_is_away_it_offers_nothing_and_nobody_waits_for_it_again(hop, script):
    script.answers[""] = ["CLOSE"]
    assert await hop.extensions() == frozenset()
    assert await hop.extensions() == frozenset()
    assert script.connections == 1


async def test_many_clients_ask_it_once(hop, script):
    asked = await asyncio.gather(*(hop.extensions() for _ in range(20)))
    assert (len(set(asked)), script.connections) == (1, 1)


@pytest.mark.slow
async def test_one_that_does_not_answer_is_waited_for_no_longer_than_a_client_waits(hop, script):
    script.answers[""] = ["HANG"]
    async with asyncio.timeout(2 * ASK_SECONDS):
        asked = await asyncio.gather(*(hop.extensions() for _ in range(3)))
    assert asked == [frozenset()] * 3
    assert script.connections == 1
