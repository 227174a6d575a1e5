"""A next hop by SMTP: what it is told, and every way in which it may fail."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import pytest

from pratique.milter.content import content_of
from pratique.milter.mail import Client, Envelope, Forward, Outgoing
from pratique.milter.next_hop import Reply
from pratique.milter.next_hop.connection import Timeouts
from pratique.milter.next_hop.smtp import AWAY, LOST, NOT_UTF8, SmtpNextHop
from pratique.milter.next_hop.wire import MALFORMED

ENVELOPE = Envelope("ID1", datetime(2025, 1, 1, tzinfo=UTC), "a@b.example")
B, C = Forward("b@corp.example"), Forward("c@corp.example")
OFFERS = ("PIPELINING", "8BITMIME", "SMTPUTF8", "SIZE 1000000")
Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
CLOSE, HANG = object(), object()
PATIENCE = 5.0


@dataclass
class Script:
    """What a server answers, by verb; a list is used up, then the default holds.

    CLOSE ends the connection, HANG says nothing.  "." is the end of data.
    """

    port: int = 0
    offers: tuple[str, ...] = OFFERS
    answers: dict[str, list[object]] = field(default_factory=dict)
    heard: list[str] = field(default_factory=list)
    messages: list[bytes] = field(default_factory=list)
    connections: int = 0
    writers: list[asyncio.StreamWriter] = field(default_factory=list)
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    def answer(self, verb: str) -> object:
        if queue := self.answers.get(verb):
            return queue.pop(0)
        offers = "".join(f"\r\n250-{offer}" for offer in self.offers)
        known = {"": "220 hop", "EHLO": f"250-hop{offers}\r\n250 X", "DATA": "354 go"}
        return known.get(verb, "250 2.0.0 ok")

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.writers.append(writer)
        with contextlib.suppress(OSError, EOFError):
            if await self.say(writer, ""):
                await self.session(reader, writer)
        writer.close()

    async def session(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := (await reader.readline()).decode().removesuffix("\r\n"):
            self.heard.append(line)
            self.changed.set()
            verb = line.split(" ")[0]
            if not await self.say(writer, verb) or verb == "QUIT":
                return
            if verb == "DATA" and self.said.startswith("354"):
                self.messages.append(await reader.readuntil(b"\r\n.\r\n"))
                self.heard.append(".")
                if not await self.say(writer, "."):
                    return

    async def say(self, writer: asyncio.StreamWriter, verb: str) -> bool:
        answer = self.answer(verb)
        if answer is CLOSE:
            return False
        if answer is HANG:
            await asyncio.Event().wait()
        self.said = str(answer)
        writer.write(f"{answer}\r\n".encode())
        await writer.drain()
        return True

    async def until(self, condition: Callable[[], object]) -> None:
        async with asyncio.timeout(PATIENCE):
            while not condition():
                self.changed.clear()
                await self.changed.wait()

    def verbs(self) -> list[str]:
        return [line.split(" ")[0] for line in self.heard]


@pytest.fixture
async def listen() -> AsyncIterator[Callable[..., Awaitable[int]]]:
    """`await listen(serve)`: the port of a server that runs `serve` for each connection."""
    servers, tasks, writers = [], [], []

    async def start(serve: Serve) -> int:
        def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writers.append(writer)
            tasks.append(asyncio.ensure_future(serve(reader, writer)))

        server = await asyncio.start_server(accept, "127.0.0.1", 0)
        servers.append(server)
        return int(server.sockets[0].getsockname()[1])

    yield start
    for server in servers:
        server.close()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    for writer in writers:
        writer.transport.abort()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


@pytest.fixture
async def script(listen) -> Script:
    made = Script()
    made.port = await listen(made.serve)
    return made


@pytest.fixture
async def hop(script):
    made = SmtpNextHop("127.0.0.1", script.port, "us.example", timeouts=PATIENT)
    yield made
    await made.close()


# A silence is seen soon; whatever answers has all the time that a busy machine takes.
SHORT = Timeouts(
    greeting=0.1, command=0.1, start_of_content=0.1, block=0.1, end_of_content=0.1, farewell=0.1
)
PATIENT = Timeouts(greeting=20, command=20, start_of_content=20, end_of_content=20)


@pytest.fixture
def outgoing():
    content = content_of([b"Subject: x\r\n\r\n.dot\r\n"])
    yield Outgoing(content, b"Received: y\r\n")
    content.close()


async def deliver(hop, outgoing, envelope=ENVELOPE):
    """The whole transaction; the first reply that is not 2yz, or the last."""
    reply, transaction = await hop.begin(envelope)
    if transaction is None:
        return reply
    reply = await transaction.recipient(B)
    if not reply.accepted:
        await transaction.give_up()
        return reply
    return await transaction.send(outgoing)


async def test_a_message_is_handed_over_as_it_is(hop, script, outgoing):
    assert await deliver(hop, outgoing) == Reply(250, ("2.0.0 ok",))
    assert script.heard == [
        "EHLO us.example",
        "MAIL FROM:<a@b.example>",
        "RCPT TO:<b@corp.example>",
        "DATA",
        ".",
    ]
    assert script.messages == [b"Received: y\r\nSubject: x\r\n\r\n..dot\r\n.\r\n"]


async def test_a_connection_is_used_again_and_told_goodbye(hop, script, outgoing):
    for _ in range(3):
        assert (await deliver(hop, outgoing)).accepted
    assert (script.connections, script.verbs().count("EHLO")) == (1, 1)
    await hop.close()
    assert script.verbs()[-1] == "QUIT"


async def test_an_idle_connection_is_told_goodbye_in_time(script, outgoing):
    hop = SmtpNextHop("127.0.0.1", script.port, "us.example", idle_seconds=0.01)
    assert (await deliver(hop, outgoing)).accepted
    await script.until(lambda: "QUIT" in script.verbs())
    await hop.close()


async def test_two_messages_at_one_time_are_two_connections(hop, script, outgoing):
    await asyncio.gather(deliver(hop, outgoing), deliver(hop, outgoing))
    assert script.connections == 2
    assert len(script.messages) == 2


PARAMETERS = replace(
    ENVELOPE,
    reverse_path="j\u00f6rg@b.example",
    parameters=("SIZE=99", "BODY=8BITMIME", "SMTPUTF8"),
)


async def test_parameters_are_passed_on(hop, script, outgoing):
    assert (await deliver(hop, outgoing, PARAMETERS)).accepted
    assert script.heard[1] == "MAIL FROM:<j\u00f6rg@b.example> SIZE=99 BODY=8BITMIME SMTPUTF8"


async def test_only_announced_parameters_are_passed_on(hop, script, outgoing):
    script.offers = ()
    envelope = replace(ENVELOPE, parameters=("SIZE=99", "BODY=8BITMIME"))
    assert (await deliver(hop, outgoing, envelope)).accepted
    assert script.heard[1] == "MAIL FROM:<a@b.example>"


@pytest.mark.parametrize("offers", [("DSN",), ()])
async def test_wishes_for_notifications_go_where_they_are_understood(hop, script, offers):
    script.offers = offers
    _, transaction = await hop.begin(replace(ENVELOPE, parameters=("RET=HDRS", "ENVID=x")))
    await transaction.recipient(Forward("b@corp.example", ("NOTIFY=NEVER", "ORCPT=rfc822;b")))
    assert script.heard[1:] == [
        "MAIL FROM:<a@b.example>" + " RET=HDRS ENVID=x" * bool(offers),
        "RCPT TO:<b@corp.example>" + " NOTIFY=NEVER ORCPT=rfc822;b" * bool(offers),
    ]
    await transaction.give_up()


async def test_smtputf8_that_is_not_announced_is_refused(hop, script, outgoing):
    script.offers = ("PIPELINING",)
    assert await deliver(hop, outgoing, PARAMETERS) == NOT_UTF8
    assert "MAIL" not in script.verbs()
    assert (await deliver(hop, outgoing)).accepted
    assert script.connections == 1


async def test_a_null_reverse_path_stays_null(hop, script, outgoing):
    await deliver(hop, outgoing, replace(ENVELOPE, reverse_path=""))
    assert script.heard[1] == "MAIL FROM:<>"


KNOWN = replace(ENVELOPE, client=Client("192.0.2.1", "n.example", "h.example"))


@pytest.mark.parametrize(
    "offers", [("PIPELINING", "XFORWARD NAME ADDR HELO PROTO"), ("XFORWARD ADDR",)]
)
async def test_a_known_client_is_forwarded_where_announced(hop, script, outgoing, offers):
    script.offers = offers
    script.answers["XFORWARD"] = ["250 2.0.0 ok", "501 5.5.4 not that"]
    assert (await deliver(hop, outgoing, KNOWN)).accepted
    assert "ADDR=192.0.2.1" in script.heard[1]
    assert script.verbs().index("MAIL") == (3 if "PIPELINING" in offers else 2)


async def test_nothing_is_forwarded_where_not_announced(hop, script, outgoing):
    assert (await deliver(hop, outgoing, KNOWN)).accepted
    assert "XFORWARD" not in script.verbs()


async def test_an_old_server_is_greeted_with_helo(hop, script, outgoing):
    script.answers["EHLO"] = ["502 what"]
    assert (await deliver(hop, outgoing)).accepted
    assert script.verbs()[:2] == ["EHLO", "HELO"]


async def test_a_next_hop_that_refuses_connections_is_away(free_port, outgoing):
    hop = SmtpNextHop("127.0.0.1", free_port(), "us.example")
    assert await deliver(hop, outgoing) == AWAY
    await hop.close()


async def test_a_next_hop_without_a_name_is_away(outgoing):
    hop = SmtpNextHop("no-such-host.invalid", 25, "us.example", timeouts=SHORT)
    assert await deliver(hop, outgoing) == AWAY
    await hop.close()


@pytest.mark.parametrize(
    "failure",
    [
        ("", "554 5.3.2 go away", AWAY),
        ("", CLOSE, AWAY),
        ("", HANG, AWAY),
        ("", "what?", AWAY),
        ("EHLO", CLOSE, AWAY),
        ("EHLO", "250-" + "x" * 3000, AWAY),
        ("MAIL", "550 5.1.8 no", Reply(550, ("5.1.8 no",))),
        ("MAIL", "451 4.3.0 later", Reply(451, ("4.3.0 later",))),
        ("MAIL", "421 4.3.2 bye", Reply(451, ("4.3.2 bye",))),
        ("MAIL", "354 what", MALFORMED),
        ("MAIL", "hello", MALFORMED),
        ("MAIL", CLOSE, LOST),
        ("MAIL", HANG, LOST),
        ("RCPT", "550 5.1.1 no", Reply(550, ("5.1.1 no",))),
        ("RCPT", "450 4.2.1 later", Reply(450, ("4.2.1 later",))),
        ("RCPT", "421 4.3.2 bye", Reply(451, ("4.3.2 bye",))),
        ("RCPT", "\x00", MALFORMED),
        ("RCPT", CLOSE, LOST),
        ("RCPT", HANG, LOST),
        ("DATA", "554 5.5.1 no", Reply(554, ("5.5.1 no",))),
        ("DATA", "250 ok", MALFORMED),
        ("DATA", "421 bye", Reply(451, ("4.0.0 bye",))),
        ("DATA", CLOSE, LOST),
        ("DATA", HANG, LOST),
        (".", "554 5.7.1 no", Reply(554, ("5.7.1 no",))),
        (".", "452 4.3.1 full", Reply(452, ("4.3.1 full",))),
        (".", "421 4.3.2 bye", Reply(451, ("4.3.2 bye",))),
        (".", "354 more", MALFORMED),
        (".", "gibberish", MALFORMED),
        (".", CLOSE, LOST),
        (".", HANG, LOST),
    ],
)
async def test_each_failure_has_its_reply_and_the_next_message_goes(hop, script, outgoing, failure):
    verb, answer, reply = failure
    script.answers[verb] = [answer]
    hop.timeouts = SHORT if answer is HANG else PATIENT
    assert await deliver(hop, outgoing) == reply
    hop.timeouts = PATIENT
    assert (await deliver(hop, outgoing)).accepted
    assert script.verbs().count("DATA") <= 2


async def test_a_lost_reply_to_the_final_dot_is_in_the_log_and_not_said_again(
    hop, script, outgoing, caplog
):
    assert (await deliver(hop, outgoing)).accepted
    script.answers["."] = [CLOSE]
    assert await deliver(hop, outgoing) == LOST
    assert len(script.messages) == 2
    assert "ID1: next hop 127.0.0.1" in caplog.text
    assert "a retry may double it" in caplog.text


@pytest.mark.parametrize("answer", [CLOSE, "421 4.4.2 idle too long"])
async def test_a_stale_connection_is_replaced_without_a_word(hop, script, outgoing, answer):
    assert (await deliver(hop, outgoing)).accepted
    script.answers["MAIL"] = [answer]
    assert (await deliver(hop, outgoing)).accepted
    assert script.connections == 2
    assert len(script.messages) == 2


async def test_a_connection_that_was_closed_while_idle_is_not_used(hop, script, outgoing):
    assert (await deliver(hop, outgoing)).accepted
    script.writers[0].write(b"421 4.4.2 idle\r\n")
    script.writers[0].close()
    await script.writers[0].wait_closed()
    assert (await deliver(hop, outgoing)).accepted
    assert script.connections == 2


async def test_a_fresh_connection_that_fails_is_not_tried_again(hop, script, outgoing):
    script.answers["MAIL"] = [CLOSE, CLOSE]
    assert await deliver(hop, outgoing) == LOST
    assert script.connections == 1


async def test_what_was_mirrored_is_never_said_again_behind_the_clients_back(hop, script, outgoing):
    assert (await deliver(hop, outgoing)).accepted
    script.answers["RCPT"] = [CLOSE]
    assert await deliver(hop, outgoing) == LOST
    assert script.connections == 1


async def test_a_transaction_that_broke_stays_broken(hop, script, outgoing):
    script.answers["RCPT"] = [CLOSE]
    _, transaction = await hop.begin(ENVELOPE)
    assert await transaction.recipient(B) == LOST
    assert await transaction.recipient(C) == LOST
    assert await transaction.send(outgoing) == LOST
    await transaction.give_up()
    assert script.messages == []


async def test_a_transaction_that_is_given_up_leaves_a_clean_connection(hop, script, outgoing):
    _, transaction = await hop.begin(ENVELOPE)
    await transaction.recipient(B)
    await transaction.give_up()
    await transaction.give_up()
    assert (await deliver(hop, outgoing)).accepted
    assert (script.verbs().count("RSET"), script.connections) == (1, 1)


@pytest.mark.parametrize("answer", [CLOSE, HANG, "500 what", "nonsense"])
async def test_a_reset_that_fails_closes_the_connection(hop, script, outgoing, answer):
    script.answers["RSET"] = [answer]
    _, transaction = await hop.begin(ENVELOPE)
    hop.timeouts = SHORT if answer is HANG else PATIENT
    await transaction.give_up()
    hop.timeouts = PATIENT
    assert (await deliver(hop, outgoing)).accepted
    assert script.connections == 2


class Broken(Outgoing):
    """Content that cannot be read to its end."""

    __slots__ = ()

    def chunks(self):
        yield b"Subject: x\r\n\r\n"
        raise OSError("content ends early")


async def test_content_that_breaks_off_is_never_ended(hop, script, outgoing):
    assert await deliver(hop, Broken(outgoing.content)) == LOST
    assert script.messages == []
    assert (await deliver(hop, outgoing)).accepted


@pytest.mark.slow
async def test_a_refusal_in_the_middle_of_the_content_is_heard(listen):
    async def refuse(reader, writer):
        writer.write(b"220 hop\r\n")
        for answer in (b"250 ok", b"250 ok", b"250 ok", b"354 go"):
            await reader.readline()
            writer.write(answer + b"\r\n")
        await reader.readexactly(100_000)
        writer.write(b"552 5.3.4 too much\r\n")
        while await reader.read(1 << 20):
            pass
        writer.close()

    port = await listen(refuse)
    hop = SmtpNextHop("127.0.0.1", port, "us.example", timeouts=PATIENT)
    content = content_of([b"0123456789abcde\r\n" * 1_000_000])
    assert await deliver(hop, Outgoing(content)) == Reply(552, ("5.3.4 too much",))
    content.close()
    await hop.close()


@pytest.mark.slow
async def test_a_next_hop_that_stops_reading_is_lost(listen):
    async def stall(reader, writer):
        writer.write(b"220 hop\r\n")
        for answer in (b"250 ok", b"250 ok", b"250 ok", b"354 go"):
            await reader.readline()
            writer.write(answer + b"\r\n")
        await asyncio.Event().wait()

    port = await listen(stall)
    hop = SmtpNextHop("127.0.0.1", port, "us.example", timeouts=replace(PATIENT, block=0.1))
    content = content_of([b"0123456789abcde\r\n" * 1_500_000])
    assert await deliver(hop, Outgoing(content)) == LOST
    content.close()
    await hop.close()


async def test_a_transaction_that_is_cancelled_drops_its_connection(hop, script, outgoing):
    script.answers["RCPT"] = [HANG]
    sending = asyncio.ensure_future(deliver(hop, outgoing))
    await script.until(lambda: "RCPT" in script.verbs())
    sending.cancel()
    await asyncio.gather(sending, return_exceptions=True)
    assert (await deliver(hop, outgoing)).accepted
    assert script.connections == 2


async def test_after_close_no_connection_is_kept(hop, script, outgoing):
    _, transaction = await hop.begin(ENVELOPE)
    await hop.close()
    await transaction.recipient(B)
    assert (await transaction.send(outgoing)).accepted
    await script.until(lambda: "QUIT" in script.verbs())
