"""A next hop that answers as a test tells it, and what the tests hand over to it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest

from pratique.milter.content import content_of
from pratique.milter.mail import Envelope, Forward, Outgoing
from pratique.milter.next_hop.connection import Timeouts
from pratique.milter.next_hop.smtp import SmtpNextHop

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
ENVELOPE = Envelope("ID1", datetime(2025, 1, 1, tzinfo=UTC), "a@b.example")
OFFERS = ("PIPELINING", "8BITMIME", "SMTPUTF8", "SIZE 1000000")
PATIENCE = 5.0
# A silence is seen soon; whatever answers has all the time that a busy machine takes.
SHORT = Timeouts(
    greeting=0.1, command=0.1, start_of_content=0.1, block=0.1, end_of_content=0.1, farewell=0.1
)
PATIENT = Timeouts(greeting=20, command=20, start_of_content=20, end_of_content=20)


@dataclass
class Script:
    """What a server answers, by verb; a list is used up, then the default holds.

    "CLOSE" ends the connection, "HANG" says nothing.  "." is the end of data.
    """

    port: int = 0
    offers: tuple[str, ...] = OFFERS
    answers: dict[str, list[str]] = field(default_factory=dict)
    heard: list[str] = field(default_factory=list)
    messages: list[bytes] = field(default_factory=list)
    connections: int = 0
    writers: list[asyncio.StreamWriter] = field(default_factory=list)
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    def answer(self, verb: str) -> str:
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
        if answer == "CLOSE":
            return False
        if answer == "HANG":
            await asyncio.Event().wait()
        self.said = answer
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


@pytest.fixture
def outgoing():
    content = content_of([b"Subject: x\r\n\r\n.dot\r\n"])
    yield Outgoing(content, b"Received: y\r\n")
    content.close()


async def _deliver(hop, outgoing, envelope=ENVELOPE):
    """The whole transaction; the first reply that is not 2yz, or the last."""
    reply, transaction = await hop.begin(envelope)
    if transaction is None:
        return reply
    reply = await transaction.recipient(Forward("b@corp.example"))
    if not reply.accepted:
        await transaction.give_up()
        return reply
    return await transaction.send(outgoing)


@pytest.fixture
def envelope() -> Envelope:
    return ENVELOPE


@pytest.fixture
def short() -> Timeouts:
    return SHORT


@pytest.fixture
def patient() -> Timeouts:
    return PATIENT


@pytest.fixture
def deliver():
    """`await deliver(hop, outgoing)`: the whole transaction, and the reply that ended it."""
    return _deliver
