"""A next hop by SMTP: every way in which it may fail, and what our client hears of it."""

import asyncio
from dataclasses import replace

import pytest

from pratique.milter.content import content_of
from pratique.milter.mail import Forward, Outgoing
from pratique.milter.next_hop import Reply
from pratique.milter.next_hop.pool import Limits
from pratique.milter.next_hop.smtp import AWAY, LOST, SmtpNextHop, Way
from pratique.milter.next_hop.wire import MALFORMED

B, C = Forward("b@corp.example"), Forward("c@corp.example")


async def test_a_next_hop_that_refuses_connections_is_away(free_port, outgoing, deliver):
    hop = SmtpNextHop("127.0.0.1", free_port(), "us.example")
    assert await deliver(hop, outgoing) == AWAY
    await hop.close()


async def test_a_next_hop_without_a_name_is_away(outgoing, deliver, short):
    hop = SmtpNextHop("no-such-host.invalid", 25, "us.example", Way(timeouts=short))
    assert await deliver(hop, outgoing) == AWAY
    await hop.close()


@pytest.mark.parametrize(
    "failure",
    [
        ("", "554 5.3.2 go away", AWAY),
        ("", "CLOSE", AWAY),
        ("", "HANG", AWAY),
        ("", "what?", AWAY),
        ("", "220-half\r\nCLOSE", AWAY),
        ("EHLO", "CLOSE", AWAY),
        ("EHLO", "HANG", AWAY),
        ("EHLO", "421 4.3.2 bye\r\nCLOSE", AWAY),
        ("EHLO", "250-half\r\nCLOSE", AWAY),
        ("EHLO", "250-" + "x" * 3000, AWAY),
        ("MAIL", "550 5.1.8 no", Reply(550, ("5.1.8 no",))),
        ("MAIL", "451 4.3.0 later", Reply(451, ("4.3.0 later",))),
        ("MAIL", "421 4.3.2 bye", Reply(451, ("4.3.2 bye",))),
        ("MAIL", "354 what", MALFORMED),
        ("MAIL", "hello", MALFORMED),
        ("MAIL", "CLOSE", LOST),
        ("MAIL", "250-half\r\nCLOSE", LOST),
        ("MAIL", "HANG", LOST),
        ("RCPT", "550 5.1.1 no", Reply(550, ("5.1.1 no",))),
        ("RCPT", "450 4.2.1 later", Reply(450, ("4.2.1 later",))),
        ("RCPT", "421 4.3.2 bye", Reply(451, ("4.3.2 bye",))),
        ("RCPT", "\x00", MALFORMED),
        ("RCPT", "CLOSE", LOST),
        ("RCPT", "250-half\r\nHANG", LOST),
        ("RCPT", "421 4.3.2 bye\r\nCLOSE", Reply(451, ("4.3.2 bye",))),
        ("RCPT", "HANG", LOST),
        ("DATA", "554 5.5.1 no", Reply(554, ("5.5.1 no",))),
        ("DATA", "250 ok", MALFORMED),
        ("DATA", "421 bye", Reply(451, ("4.0.0 bye",))),
        ("DATA", "CLOSE", LOST),
        ("DATA", "354-half\r\nCLOSE", LOST),
        ("DATA", "354 go\r\nCLOSE", LOST),
        ("DATA", "354 go\r\n552 5.3.4 no", Reply(552, ("5.3.4 no",))),
        ("DATA", "HANG", LOST),
        (".", "554 5.7.1 no", Reply(554, ("5.7.1 no",))),
        (".", "452 4.3.1 full", Reply(452, ("4.3.1 full",))),
        (".", "421 4.3.2 bye", Reply(451, ("4.3.2 bye",))),
        (".", "354 more", MALFORMED),
        (".", "gibberish", MALFORMED),
        (".", "CLOSE", LOST),
        (".", "250-half\r\nCLOSE", LOST),
        (".", "250 2.0.0 ok\r\nCLOSE", Reply(250, ("2.0.0 ok",))),
        (".", "421 4.3.2 bye\r\nCLOSE", Reply(451, ("4.3.2 bye",))),
        (".", "HANG", LOST),
    ],
)
async def test_each_failure_has_its_reply_and_the_next_message_goes(
    *, hop, script, outgoing, failure, deliver, short, patient
):
    verb, answer, reply = failure
    script.answers[verb] = [answer]
    hop.timeouts = short if answer.endswith("HANG") else patient
    assert await deliver(hop, outgoing) == reply
    hop.timeouts = patient
    assert (await deliver(hop, outgoing)).accepted
    assert script.verbs().count("DATA") <= 2


async def test_who_parts_in_its_reply_to_the_final_dot_is_asked_nothing_more(
    hop, script, outgoing, deliver
):
    script.answers["."] = ["421 4.3.2 bye"]
    await deliver(hop, outgoing)
    assert (await deliver(hop, outgoing)).accepted
    assert script.connections == 2


async def test_a_lost_reply_to_the_final_dot_is_in_the_log_and_not_said_again(
    hop, script, outgoing, caplog, deliver
):
    assert (await deliver(hop, outgoing)).accepted
    script.answers["."] = ["CLOSE"]
    assert await deliver(hop, outgoing) == LOST
    assert len(script.messages) == 2
    assert "ID1: next hop 127.0.0.1" in caplog.text
    assert "a retry may double it" in caplog.text


@pytest.mark.parametrize("answer", ["CLOSE", "421 4.4.2 idle too long"])
async def test_a_stale_connection_is_replaced_without_a_word(
    hop, script, outgoing, answer, deliver
):
    assert (await deliver(hop, outgoing)).accepted
    script.answers["MAIL"] = [answer]
    assert (await deliver(hop, outgoing)).accepted
    assert script.connections == 2
    assert len(script.messages) == 2


async def test_a_connection_that_was_closed_while_idle_is_not_used(hop, script, outgoing, deliver):
    assert (await deliver(hop, outgoing)).accepted
    script.writers[0].write(b"421 4.4.2 idle\r\n")
    script.writers[0].close()
    await script.writers[0].wait_closed()
    assert (await deliver(hop, outgoing)).accepted
    assert script.connections == 2


async def test_a_fresh_connection_that_fails_is_not_tried_again(hop, script, outgoing, deliver):
    script.answers["MAIL"] = ["CLOSE", "CLOSE"]
    assert await deliver(hop, outgoing) == LOST
    assert script.connections == 1


async def test_what_was_mirrored_is_never_said_again_behind_the_clients_back(
    hop, script, outgoing, deliver
):
    assert (await deliver(hop, outgoing)).accepted
    script.answers["RCPT"] = ["CLOSE"]
    assert await deliver(hop, outgoing) == LOST
    assert script.connections == 1


async def test_a_transaction_that_broke_stays_broken(hop, script, outgoing, envelope):
    script.answers["RCPT"] = ["CLOSE"]
    _, transaction = await hop.begin(envelope)
    assert await transaction.recipient(B) == LOST
    assert await transaction.recipient(C) == LOST
    assert await transaction.send(outgoing) == LOST
    await transaction.give_up()
    assert script.messages == []


@pytest.mark.parametrize("answer", ["CLOSE", "HANG", "500 what", "nonsense"])
async def test_a_reset_that_fails_closes_the_connection(
    *, hop, script, outgoing, answer, deliver, envelope, short, patient
):
    script.answers["RSET"] = [answer]
    _, transaction = await hop.begin(envelope)
    hop.timeouts = short if answer == "HANG" else patient
    await transaction.give_up()
    hop.timeouts = patient
    assert (await deliver(hop, outgoing)).accepted
    assert script.connections == 2


class Broken(Outgoing):
    """Content that cannot be read to its end."""

    __slots__ = ()

    def chunks(self):
        yield b"Subject: x\r\n\r\n"
        raise OSError("content ends early")


async def test_content_that_breaks_off_is_never_ended(hop, script, outgoing, deliver):
    assert await deliver(hop, Broken(outgoing.content)) == LOST
    assert script.messages == []
    assert (await deliver(hop, outgoing)).accepted


class Faulty(Outgoing):
    """Content in which an error of ours is."""

    __slots__ = ()

    def chunks(self):
        yield b"Subject: x\r\n\r\n"
        raise ZeroDivisionError


async def test_a_delivery_that_ends_by_an_error_of_ours_keeps_no_place(script, outgoing, deliver):
    way = Way(limits=Limits(wait_seconds=0.01, connections=1))
    hop = SmtpNextHop("127.0.0.1", script.port, "us.example", way)
    with pytest.raises(ZeroDivisionError):
        await deliver(hop, Faulty(outgoing.content))
    assert (await deliver(hop, outgoing)).accepted
    assert len(script.messages) == 1
    await hop.close()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("said", "heard"),
    [
        (b"552 5.3.4 too much", Reply(552, ("5.3.4 too much",))),
        # It cannot have it: the rest was never sent.
        (b"250 2.0.0 whatever", MALFORMED),
    ],
)
async def test_what_is_said_in_the_middle_of_the_content_is_heard_and_is_no_acceptance(
    *, listen, deliver, patient, said, heard
):
    async def refuse(reader, writer):
        writer.write(b"220 hop\r\n")
        for answer in (b"250 ok", b"250 ok", b"250 ok", b"354 go"):
            await reader.readline()
            writer.write(answer + b"\r\n")
        await reader.readexactly(100_000)
        writer.write(said + b"\r\n")
        while await reader.read(1 << 20):
            pass
        writer.close()

    port = await listen(refuse)
    hop = SmtpNextHop("127.0.0.1", port, "us.example", Way(timeouts=patient))
    content = content_of([b"0123456789abcde\r\n" * 1_000_000])
    assert await deliver(hop, Outgoing(content)) == heard
    content.close()
    await hop.close()


@pytest.mark.slow
async def test_a_next_hop_that_stops_reading_is_lost(listen, deliver, patient):
    async def stall(reader, writer):
        writer.write(b"220 hop\r\n")
        for answer in (b"250 ok", b"250 ok", b"250 ok", b"354 go"):
            await reader.readline()
            writer.write(answer + b"\r\n")
        await asyncio.Event().wait()

    port = await listen(stall)
    hop = SmtpNextHop("127.0.0.1", port, "us.example", Way(timeouts=replace(patient, block=0.1)))
    content = content_of([b"0123456789abcde\r\n" * 1_500_000])
    assert await deliver(hop, Outgoing(content)) == LOST
    content.close()
    await hop.close()


async def test_a_transaction_that_is_cancelled_drops_its_connection(hop, script, outgoing, deliver):
    script.answers["RCPT"] = ["HANG"]
    sending = asyncio.ensure_future(deliver(hop, outgoing))
    await script.until(lambda: "RCPT" in script.verbs())
    sending.cancel()
    await asyncio.gather(sending, return_exceptions=True)
    assert (await deliver(hop, outgoing)).accepted
    assert script.connections == 2
