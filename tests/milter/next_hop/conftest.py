"""A next hop that answers as a test tells it, and what the tests hand over to it."""

import asyncio
import contextlib
import hashlib
import ipaddress
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from pratique.milter.content import content_of
from pratique.milter.mail import Envelope, Forward, Outgoing
from pratique.milter.next_hop.connection import Connection, Timeouts
from pratique.milter.next_hop.dial import Dialler, Place
from pratique.milter.next_hop.smtp import SmtpNextHop, Way

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

    "CLOSE" ends the connection, "HANG" says nothing; an answer that ends in either is
    said first.  "." is the end of data, answered once for each recipient with LMTP.
    """

    port: int = 0
    offers: tuple[str, ...] = OFFERS
    answers: dict[str, list[str]] = field(default_factory=dict)
    heard: list[str] = field(default_factory=list)
    messages: list[bytes] = field(default_factory=list)
    connections: int = 0
    writers: list[asyncio.StreamWriter] = field(default_factory=list)
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    lmtp: bool = False
    # With it STARTTLS begins TLS.
    context: ssl.SSLContext | None = None

    def answer(self, verb: str) -> str:
        if queue := self.answers.get(verb):
            return queue.pop(0)
        offers = "".join(f"\r\n250-{offer}" for offer in self.offers)
        greeted = f"250-hop{offers}\r\n250 X"
        known = {"": "220 hop", "EHLO": greeted, "LHLO": greeted, "DATA": "354 go"}
        known["STARTTLS"] = "220 go"
        return known.get(verb, "250 2.0.0 ok")

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.writers.append(writer)
        with contextlib.suppress(OSError, EOFError):
            if await self.say(writer, ""):
                await self.session(reader, writer)
        writer.close()

    async def session(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        taken = 0
        while line := (await reader.readline()).decode().removesuffix("\r\n"):
            self.heard.append(line)
            self.changed.set()
            verb = line.split(" ")[0]
            if not await self.say(writer, verb) or verb == "QUIT":
                return
            if verb == "STARTTLS" and self.said.startswith("220") and self.context:
                await writer.start_tls(self.context)
            taken = taken * (verb != "MAIL") + (verb == "RCPT" and self.said.startswith("2"))
            if verb == "DATA" and self.said.startswith("354"):
                self.messages.append(await reader.readuntil(b"\r\n.\r\n"))
                self.heard.append(".")
                for _ in range(taken if self.lmtp else 1):
                    if not await self.say(writer, "."):
                        return

    async def say(self, writer: asyncio.StreamWriter, verb: str) -> bool:
        answer = self.answer(verb)
        said = answer.removesuffix("CLOSE").removesuffix("HANG")
        self.said = answer
        writer.write(f"{answer}\r\n".encode() if said == answer else said.encode())
        await writer.drain()
        if answer.endswith("HANG"):
            await asyncio.Event().wait()
        return not answer.endswith("CLOSE")

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

    async def start(serve: Serve, context: ssl.SSLContext | None = None) -> int:
        def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writers.append(writer)
            tasks.append(asyncio.ensure_future(serve(reader, writer)))

        server = await asyncio.start_server(accept, "127.0.0.1", 0, ssl=context)
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
async def new_script(listen) -> Callable[[], Awaitable[Script]]:
    """`await new_script()`: one more server."""

    async def make() -> Script:
        made = Script()
        made.port = await listen(made.serve)
        return made

    return make


@pytest.fixture
async def script(new_script) -> Script:
    return await new_script()


@pytest.fixture
async def hop(script):
    made = SmtpNextHop("127.0.0.1", script.port, "us.example", Way(timeouts=PATIENT))
    yield made
    await made.close()


@pytest.fixture
async def connect() -> AsyncIterator[Callable[..., Awaitable[Connection]]]:
    """`await connect(port)`: an open connection, broken off after the test."""
    opened = []

    async def connect(port, timeouts=PATIENT, **how):
        place = Place(how.pop("host", "127.0.0.1"), port, "us.example", **how)
        opened.append(await Dialler(place).dial(timeouts))
        return opened[-1]

    yield connect
    for connection in opened:
        connection.abort()


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


@dataclass(frozen=True)
class Certificate:
    """A key with its certificate, as a server shows them."""

    file: Path
    fingerprint: str

    def context(self) -> ssl.SSLContext:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(self.file)
        return context


def certify(file: Path, name: str, alternatives: list[x509.GeneralName]) -> Certificate:
    """A certificate that signs itself, good for an hour before and after now."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    named = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    made = (
        x509.CertificateBuilder(named, named, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    private = key.private_bytes(
        pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file.write_bytes(private + made.public_bytes(pem))
    shown = hashlib.sha256(made.public_bytes(serialization.Encoding.DER)).hexdigest()
    return Certificate(file, shown)


@pytest.fixture(scope="session")
def certificate(tmp_path_factory) -> Certificate:
    """For hop.example and 127.0.0.1."""
    names = [x509.DNSName("hop.example"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    return certify(tmp_path_factory.mktemp("tls") / "hop.pem", "hop.example", names)


@pytest.fixture(scope="session")
def other_certificate(tmp_path_factory) -> Certificate:
    """For somebody else."""
    names = [x509.DNSName("other.example")]
    return certify(tmp_path_factory.mktemp("tls") / "other.pem", "other.example", names)
