"""Have a door talk with a client on a real socket, and judge what it said and did.

The judge reads the client's octets a second time, in the plainest way, along the replies:
each command line has one reply, what follows 354 up to CRLF.CRLF is content, and what came
to the next hop must be exactly that, for exactly the recipients that were accepted.  So a
door that loses step with its client, ends a message early, or tells of an exception is
found.
"""

import asyncio
import atexit
import contextlib
import logging
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from ipaddress import ip_network

from pratique.milter.doors.smtp.downstream import Downstream
from pratique.milter.doors.smtp.server import SmtpListener, serve_smtp
from pratique.milter.doors.smtp.settings import DoorSettings
from pratique.milter.mail import Content, Envelope, Forward, Outgoing
from pratique.milter.next_hop import Reply

LOOPBACK = (ip_network("127.0.0.0/8"),)
MX = DoorSettings("mx", "mx.example", port=0, domains=("corp.example",), max_errors=30)
RELAY = DoorSettings(
    "relay",
    "relay.example",
    port=0,
    relay_from=LOOPBACK,
    xforward_from=LOOPBACK,
    xclient_from=LOOPBACK,
    reply="queue",
    bare_line_ends="repair",
)
LMTP = DoorSettings("lmtp", "lmtp.example", port=0, domains=("corp.example",), lmtp=True)
# Each session is had with each door, and its octets cut into steps of so many.
WAYS = ((MX, 1 << 20), (RELAY, 1 << 20), (LMTP, 1 << 20), (MX, 7))
# Longer than this no session takes.
SECONDS = 20.0

RESETTING = (b"EHLO", b"HELO", b"LHLO", b"RSET", b"MAIL")

_REPLY = re.compile(rb"(?:[2-5][0-5][0-9]-[ -~]*\r\n)*[2-5][0-5][0-9] [ -~]*\r\n")
_BARE = re.compile(rb"(?<!\r)\n|\r(?!\n)")
_ANY_END = re.compile(rb"\r\n|\r|\n")


@dataclass
class Sent:
    """A message as it came to the next hop."""

    recipients: list[str]
    octets: bytes


@dataclass
class Hop:
    """Takes most; refuses "no@", defers "later@"."""

    sent: list[Sent] = field(default_factory=list)

    async def begin(self, envelope: Envelope) -> tuple[Reply, "HopTransaction | None"]:
        """Say MAIL."""
        reply = _answer(envelope.reverse_path or "")
        return reply, HopTransaction(self) if reply.accepted else None

    async def resume(
        self, _envelope: Envelope, forwards: Sequence[Forward]
    ) -> tuple[Reply, "HopTransaction | None"]:
        """Say MAIL and each RCPT."""
        return _answer(""), HopTransaction(self, [forward.address for forward in forwards])

    async def extensions(self) -> frozenset[str]:
        """Announce all that is passed through."""
        return frozenset({"8BITMIME", "SMTPUTF8", "DSN"})

    async def close(self) -> None:
        """Have nothing to close."""


@dataclass
class HopTransaction:
    """One transaction with it."""

    hop: Hop
    recipients: list[str] = field(default_factory=list)

    async def recipient(self, forward: Forward) -> Reply:
        """Say RCPT."""
        reply = _answer(forward.address)
        if reply.accepted:
            self.recipients.append(forward.address)
        return reply

    async def send(self, outgoing: Outgoing) -> Reply:
        """Take the content."""
        self.hop.sent.append(Sent(self.recipients, b"".join(outgoing.chunks())))
        return Reply(250, ("2.0.0 sent",))

    async def give_up(self) -> None:
        """Forget it."""


def _answer(address: str) -> Reply:
    if address.startswith("no@"):
        return Reply(550, ("5.1.1 no",))
    if address.startswith("later@"):
        return Reply(451, ("4.2.1 later",))
    return Reply(250, ("2.0.0 ok",))


class Complaints(logging.Handler):
    """Keeps what the program logs of its own faults."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a traceback."""
        if record.exc_info and record.exc_info[1] is not None:
            error = record.exc_info[1]
            self.said.append(f"raised {type(error).__name__}: {error}")


class Doors:
    """The doors that are talked with, each opened once."""

    def __init__(self) -> None:
        self._runner = asyncio.Runner()
        self._open: dict[str, tuple[SmtpListener, Hop]] = {}
        self._complaints = Complaints()
        logging.getLogger("pratique").addHandler(self._complaints)
        logging.getLogger("pratique").propagate = False
        logging.getLogger("asyncio").addHandler(self._complaints)
        atexit.register(self.close)

    def close(self) -> None:
        """Close them all."""
        for listener, _ in self._open.values():
            self._runner.run(listener.close(1.0))
        self._open.clear()
        self._runner.close()

    def talk(self, settings: DoorSettings, octets: bytes, step: int) -> Iterator[str]:
        """Have a session; say what is wrong with it."""
        self._complaints.said.clear()
        try:
            heard, hop = self._runner.run(self._talked(settings, octets, step))
        except TimeoutError:
            yield "the session did not end"
            return
        yield from self._complaints.said
        yield from judged(settings, octets, heard, hop.sent)

    async def _talked(self, settings: DoorSettings, octets: bytes, step: int) -> tuple[bytes, Hop]:
        if settings.name not in self._open:
            hop = Hop()
            self._open[settings.name] = (await serve_smtp(settings, hop, _taken), hop)
        listener, hop = self._open[settings.name]
        hop.sent.clear()
        async with asyncio.timeout(SECONDS):
            reader, writer = await asyncio.open_connection("127.0.0.1", listener.port)
            heard = bytearray()
            sending = asyncio.ensure_future(_send(writer, octets, step))
            with contextlib.suppress(OSError):
                while part := await reader.read(1 << 16):
                    heard += part
            await sending
            writer.close()
            while listener.connections:  # noqa: ASYNC110 - no event tells of it
                await asyncio.sleep(0)
        return bytes(heard), hop


async def _taken(content: Content, _envelope: Envelope, downstream: Downstream) -> Reply:
    return await downstream.send(Outgoing(content))


async def _send(writer: asyncio.StreamWriter, octets: bytes, step: int) -> None:
    with contextlib.suppress(OSError):
        for cut in range(0, len(octets), step):
            writer.write(octets[cut : cut + step])
            await writer.drain()
            await asyncio.sleep(0)


@cache
def _doors() -> Doors:
    return Doors()


def ended(octets: bytes) -> bytes:
    """The octets with an end, wherever they leave the session."""
    return octets + b"\r\n.\r\nQUIT\r\n"


def judge_session(octets: bytes) -> list[str]:
    """Have a session with each door; say what went wrong."""
    return [
        f"{settings.name}: {wrong}"
        for settings, step in WAYS
        for wrong in _doors().talk(settings, ended(octets), step)
    ]


def judged(
    settings: DoorSettings, octets: bytes, heard: bytes, sent: Sequence[Sent]
) -> Iterator[str]:
    """What is wrong with what was heard and sent."""
    said = _REPLY.findall(heard)
    if b"".join(said) != heard:
        yield f"no replies: {heard[-200:]!r}"
        return
    if not said or said[-1][:3] not in (b"221", b"421"):
        yield f"the last word was {said[-1:]!r}"
    if settings.reply == "queue" and any(one.startswith(b"5") for one in said):
        yield "a queue was refused something"
    if any(_BARE.search(one.octets) for one in sent):
        yield "a bare line end was sent on"
    expected = list(Reading(settings, octets, said).messages())
    if [(one.recipients, one.octets) for one in sent] != expected:
        yield "what was sent is not what was said"


class Reading:
    """The client's octets, read along the replies."""

    def __init__(self, settings: DoorSettings, octets: bytes, said: Sequence[bytes]) -> None:
        self._settings = settings
        self._octets = octets
        self._said = list(said)[1:]
        self._recipients: list[str] = []

    def messages(self) -> Iterator[tuple[list[str], bytes]]:
        """What must have been sent: recipients, and content."""
        at = 0
        while self._said and (end := self._octets.find(b"\n", at)) >= 0:
            line, at = self._octets[at : end + 1], end + 1
            reply = self._said.pop(0)
            if reply.startswith(b"354"):
                content, at = self._content(at)
                replies = self._replies_to_content()
                if any(one.startswith(b"2") for one in replies):
                    yield self._recipients, content
                self._recipients = []
            else:
                self._heed(line, reply)

    def _content(self, at: int) -> tuple[bytes, int]:
        end = self._octets.find(b"\r\n.\r\n", at - 2)
        stop = len(self._octets) if end < 0 else end
        stuffed = b"\r\n" + self._octets[at : max(at, stop + 2)]
        content = stuffed.replace(b"\r\n.", b"\r\n")[2:]
        if self._settings.bare_line_ends == "repair":
            content = _ANY_END.sub(b"\r\n", content)
        return content, stop + 5

    def _replies_to_content(self) -> list[bytes]:
        count = len(self._recipients) if self._settings.lmtp else 1
        replies, self._said = self._said[:count], self._said[count:]
        return replies

    def _heed(self, line: bytes, reply: bytes) -> None:
        verb = line.strip(b" \r\n").split(b" ")[0].upper()
        if verb == b"RCPT" and reply.startswith(b"250"):
            self._recipients = [*self._recipients, _address(line)]
        elif reply.startswith(b"220") or (verb in RESETTING and reply.startswith(b"250")):
            self._recipients = []


def _address(line: bytes) -> str:
    path = line.decode("utf-8", "replace").partition("<")[2]
    found = re.match(r'(?:@[^:]*:)?((?:"(?:[^"\\]|\\.)*"|[^>"])*)>', path)
    return found[1] if found else path
