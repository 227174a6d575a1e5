"""A door on a real socket, a client that converses, a next hop that remembers."""

import asyncio
import contextlib
import runpy
import socket
import struct
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from ipaddress import ip_network
from pathlib import Path

import pytest

from pratique.milter.doors.smtp.connection import SmtpDoor
from pratique.milter.doors.smtp.desk import Means
from pratique.milter.doors.smtp.downstream import Downstream
from pratique.milter.doors.smtp.server import SmtpListener, serve_smtp
from pratique.milter.doors.smtp.settings import DoorSettings
from pratique.milter.mail import Content, Envelope, Forward, Outgoing
from pratique.milter.next_hop import Reply

NOW = datetime(2025, 3, 4, 5, 6, 7, tzinfo=UTC)
PATIENCE = 20.0


class FakeHop:
    """Takes everything, unless a list of answers for a verb or an address says otherwise."""

    def __init__(self) -> None:
        self.events: list[str] = []
        self.answers: dict[str, list[Reply]] = {}
        self.messages: list[bytes] = []
        self.envelopes: list[Envelope] = []
        self.witness: Callable[[str], None] = lambda event: None
        self.pause: Callable[[], Awaitable[object]] | None = None
        self.announced = frozenset({"8BITMIME", "SMTPUTF8"})
        self._changed = asyncio.Event()

    async def extensions(self) -> frozenset[str]:
        return self.announced

    def note(self, event: str) -> None:
        self.witness(event)
        self.events.append(event)
        self._changed.set()

    def answer(self, key: str) -> Reply:
        queue = self.answers.get(key)
        return queue.pop(0) if queue else Reply(250, (f"2.0.0 {key.lower()} fine",))

    async def happened(self, event: str, times: int = 1) -> None:
        async with asyncio.timeout(PATIENCE):
            while self.events.count(event) < times:
                self._changed.clear()
                await self._changed.wait()

    async def begin(self, envelope: Envelope) -> "tuple[Reply, FakeTransaction | None]":
        self.note(f"MAIL {envelope.reverse_path}")
        self.envelopes.append(envelope)
        reply = self.answer("MAIL")
        return reply, FakeTransaction(self) if reply.accepted else None

    async def resume(
        self, envelope: Envelope, forwards: Sequence[Forward]
    ) -> "tuple[Reply, FakeTransaction | None]":
        reply, transaction = await self.begin(envelope)
        for forward in forwards if transaction else ():
            reply = await transaction.recipient(forward)
            if not reply.accepted:
                await transaction.give_up()
                return reply, None
        return reply, transaction

    async def close(self) -> None:
        self.note("CLOSE")


class FakeTransaction:
    def __init__(self, hop: FakeHop) -> None:
        self.hop = hop

    async def recipient(self, forward: Forward) -> Reply:
        self.hop.note(f"RCPT {forward.address}")
        return self.hop.answer(forward.address)

    async def send(self, outgoing: Outgoing) -> Reply:
        if self.hop.pause is not None:
            await self.hop.pause()
        reply = self.hop.answer(".")
        if reply.accepted:
            self.hop.messages.append(b"".join(outgoing.chunks()))
        self.hop.note("SEND")
        return reply

    async def give_up(self) -> None:
        self.hop.note("RSET")


class Conversation:
    """A client: says lines, hears replies."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    def say(self, *lines: str) -> None:
        self.send("".join(f"{line}\r\n" for line in lines).encode())

    def send(self, octets: bytes) -> None:
        self.writer.write(octets)

    async def hear(self) -> str:
        """One reply, its lines joined by LF; "" at the end of the connection."""
        lines = []
        async with asyncio.timeout(PATIENCE):
            while line := (await self.reader.readline()).decode():
                assert line.endswith("\r\n")
                lines.append(line[:-2])
                if line[3:4] != "-":
                    break
        return "\n".join(lines)

    async def hear_all(self) -> list[str]:
        """Replies until the door closes."""
        heard = []
        while reply := await self.hear():
            heard.append(reply)
        return heard

    async def ask(self, line: str) -> str:
        self.say(line)
        return await self.hear()

    def vanish(self) -> None:
        """Break the connection (RST)."""
        linger = struct.pack("ii", 1, 0)
        self.writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.writer.transport.abort()

    async def envelope(self, *recipients: str) -> list[str]:
        """Greet and say an envelope; the replies to MAIL and RCPT."""
        assert (await self.hear()).startswith("220 ")
        assert (await self.ask("EHLO client.example")).startswith("250-")
        replies = [await self.ask("MAIL FROM:<a@elsewhere.example>")]
        for recipient in recipients or ("b@corp.example",):
            replies.append(await self.ask(f"RCPT TO:<{recipient}>"))
        return replies

    async def message(self, content: bytes) -> str:
        """DATA, the content as it is, and the reply to the end of data."""
        assert (await self.ask("DATA")).startswith("354 ")
        self.send(content)
        return await self.hear()


@dataclass(slots=True)
class Taken:
    content: bytes
    envelope: Envelope


@dataclass(slots=True)
class OpenedDoor:
    """A door that listens; by default it sends on whatever it takes."""

    listener: SmtpListener
    hop: FakeHop
    port: int
    taken: list[Taken] = field(default_factory=list)
    looked_into: asyncio.Event = field(default_factory=asyncio.Event)
    conversations: list[Conversation] = field(default_factory=list)

    async def send_on(self, content: Content, downstream: Downstream) -> Reply:
        return await downstream.send(Outgoing(content))

    def park(self) -> None:
        """What the timer does when content takes too long."""
        (connection,) = self.listener._open_doors.doors
        connection._session._mail.downstream.park()

    async def client_left(self) -> None:
        """Until the door has seen that its one client is gone."""
        (connection,) = self.listener._open_doors.doors
        async with asyncio.timeout(PATIENCE):
            with contextlib.suppress(OSError):
                await connection.lost.wait()

    async def client_closed(self) -> None:
        """Until the door has seen the end of what its one client sends (FIN)."""
        await self._until(lambda connection: connection._eof)

    async def hung_up(self) -> None:
        """Until the door has closed its one connection, whether or not its words are out."""
        await self._until(lambda connection: connection.transport.is_closing())

    async def _until(self, condition: Callable[[SmtpDoor], bool]) -> None:
        (connection,) = self.listener._open_doors.doors
        async with asyncio.timeout(PATIENCE):
            while not condition(connection):  # noqa: ASYNC110 - no event tells of it
                await asyncio.sleep(0)

    async def came_in(self) -> None:
        """Until there is a connection."""
        async with asyncio.timeout(PATIENCE):
            while not self.listener.connections:  # noqa: ASYNC110 - no event tells of it
                await asyncio.sleep(0)

    async def all_left(self) -> None:
        """Until no connection counts any more."""
        async with asyncio.timeout(PATIENCE):
            while self.listener.connections:
                await self.listener._open_doors.empty.wait()

    async def client_sent_all(self) -> None:
        """Until a message is being looked into."""
        async with asyncio.timeout(PATIENCE):
            await self.looked_into.wait()

    async def client(self, **how: object) -> Conversation:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port, **how)
        self.conversations.append(Conversation(reader, writer))
        return self.conversations[-1]

    async def close(self) -> None:
        for conversation in self.conversations:
            conversation.writer.close()
            with contextlib.suppress(OSError):
                await conversation.writer.wait_closed()
        await self.listener.close(PATIENCE)


SETTINGS = DoorSettings(
    name="mx", hostname="mx.corp.example", port=0, domains=("corp.example", ".sub.example")
)
OpenDoor = Callable[..., Awaitable[OpenedDoor]]


@pytest.fixture
def loopback() -> tuple[object, ...]:
    return (ip_network("127.0.0.0/8"),)


@pytest.fixture
def settings() -> DoorSettings:
    return SETTINGS


@pytest.fixture
async def open_door() -> AsyncIterator[OpenDoor]:
    """`await open_door(take=None, **settings)`: a door on a port of its own."""
    opened: list[OpenedDoor] = []

    async def make(take: object = None, *, tags: object = None, **changed: object) -> OpenedDoor:
        hop = FakeHop()

        async def note_and_take(content: Content, envelope: Envelope, downstream) -> Reply:
            octets = b"".join(content.span(0, content.size))
            door.taken.append(Taken(octets, envelope))
            door.looked_into.set()
            if take is not None:
                return await take(content, envelope, downstream)
            return await door.send_on(content, downstream)

        settings = replace(SETTINGS, **changed)
        means = Means(lambda: NOW, tags)
        listener = await serve_smtp(settings, hop, note_and_take, means=means)
        door = OpenedDoor(listener, hop, listener.port)
        opened.append(door)
        return door

    yield make
    for door in opened:
        await door.close()


@pytest.fixture
def make_pair(tmp_path: Path) -> Callable[..., tuple[Path, Path]]:
    """`make_pair("name", days=1, password="")`: a certificate and its key, in two files."""

    def make(name: str, *, days: int = 1, password: str = "") -> tuple[Path, Path]:
        certificate, key = tmp_path / f"{name}.pem", tmp_path / f"{name}.key"
        curve = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256")
        lock = ("-passout", f"pass:{password}") if password else ("-nodes",)
        asked = ("req", *curve, *lock, "-subj", f"/CN={name}", "-keyout", key)
        signed = ("x509", "-req", "-signkey", key, "-days", str(days), "-out", certificate)
        wanted = subprocess.run(["openssl", *asked], check=True, capture_output=True)
        opened = ("-passin", f"pass:{password}")
        subprocess.run(
            ["openssl", *signed, *opened], input=wanted.stdout, check=True, capture_output=True
        )
        return certificate, key

    return make


class FakeTimers:
    """What `loop.call_later` is, with hands that a test turns."""

    def __init__(self) -> None:
        self.now = 0.0
        self.waiting: list[FakeTimer] = []

    def later(self, seconds: float, call: Callable[[], None]) -> "FakeTimer":
        timer = FakeTimer(self.now + seconds, call)
        self.waiting.append(timer)
        return timer

    def pass_by(self, seconds: float) -> None:
        self.now += seconds
        due = [timer for timer in self.waiting if timer.at <= self.now]
        self.waiting = [timer for timer in self.waiting if timer.at > self.now]
        for timer in due:
            if not timer.cancelled:
                timer.call()


@dataclass(slots=True)
class FakeTimer:
    at: float
    call: Callable[[], None]
    cancelled: bool = False

    def cancel(self) -> None:
        self.cancelled = True


@pytest.fixture
def timers() -> FakeTimers:
    return FakeTimers()


@pytest.fixture
async def hop() -> FakeHop:
    return FakeHop()


# A milter door is a process; see the file.
MILTER = runpy.run_path(str(Path(__file__).parents[2] / "milter_door.py"))


@pytest.fixture(params=["own", "libmilter"])
def server(request: pytest.FixtureRequest) -> str:
    """Who speaks the milter protocol."""
    return request.param


@pytest.fixture
def open_milter(server: str, tmp_path: Path) -> Iterator[Callable]:
    """`open_milter(**settings)`: a milter door that serves."""
    with contextlib.ExitStack() as ends:

        def make(*, opens: bool = True, **settings: object):
            door = MILTER["DoorProcess"](tmp_path, **{"server": server, **settings})
            ends.callback(door.stop)
            assert not opens or door.answer() == "open"
            return door

        yield make


@pytest.fixture(scope="module", params=["own", "libmilter"])
def milter(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[object]:
    """Give one milter door for all tests of a file; then one of the other kind."""
    folder = tmp_path_factory.mktemp("milter")
    door = MILTER["DoorProcess"](folder, server=request.param)
    door.server = request.param
    assert door.answer() == "open"
    yield door
    door.stop()


@pytest.fixture
def milter_client() -> Iterator[Callable]:
    """`milter_client(door)`: a connection, negotiated and introduced as Postfix does."""
    with contextlib.ExitStack() as ends:

        def make(door, *, greets: bool = True, **offered: int):
            client = MILTER["MilterClient"](door.path)
            ends.callback(client.close)
            if greets:
                client.negotiate(**offered)
                client.connect()
                client.helo()
            return client

        yield make


@pytest.fixture
def client(milter, milter_client):
    """Give a connection to the shared door, and see that it leaves nothing there."""
    made = milter_client(milter)
    yield made
    made.close()
    milter.idle()
