"""Send mail over several connections at once, and keep how long each message took."""

import asyncio
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

LINE_LIMIT = 64 * 1024  # a reply of several lines is far shorter
PATIENCE = 120.0  # seconds for one reply; a run that hangs longer has failed


@dataclass(frozen=True, slots=True)
class Run:
    """What one run took: seconds in all, and seconds for each message, sorted."""

    seconds: float
    each: tuple[float, ...]

    @property
    def rate(self) -> float:
        """Messages a second."""
        return len(self.each) / self.seconds

    def percentile(self, share: float) -> float:
        """Milliseconds within which this share of the messages was answered."""
        return 1000 * self.each[min(len(self.each) - 1, int(len(self.each) * share))]


class RefusedError(Exception):
    """A server gave another reply than it should."""


class Client:
    """One SMTP connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def reply(self, wanted: bytes) -> None:
        """Read one reply."""
        async with asyncio.timeout(PATIENCE):
            line = await self.reader.readline()
            while line[3:4] == b"-":
                line = await self.reader.readline()
        if line[:3] != wanted:
            told = line.decode("utf-8", "replace").strip()
            raise RefusedError(told or "the connection was closed")

    async def say(self, command: str, wanted: bytes = b"250") -> None:
        """Say a command, and wait for its reply."""
        self.writer.write(command.encode() + b"\r\n")
        await self.reply(wanted)

    async def send(self, stuffed: bytes) -> float:
        """Send one message; seconds from MAIL to the reply after the final dot."""
        start = time.perf_counter()
        await self.say("MAIL FROM:<ann@sender.example>")
        await self.say("RCPT TO:<bob@corp.example>")
        await self.say("DATA", b"354")
        self.writer.write(stuffed)
        await self.writer.drain()
        await self.reply(b"250")
        return time.perf_counter() - start


async def connect(port: int) -> Client:
    """Open a connection and greet."""
    client = Client(*await asyncio.open_connection("127.0.0.1", port, limit=LINE_LIMIT))
    await client.reply(b"220")
    await client.say("EHLO bench.example")
    return client


async def _worker(port: int, messages: Iterator[bytes]) -> list[float]:
    client = await connect(port)
    taken = [await client.send(message) for message in messages]
    await client.say("QUIT", b"221")
    client.writer.close()
    return taken


async def send_all(port: int, messages: list[bytes], connections: int) -> Run:
    """Send all messages; each connection takes the next one as soon as it is free."""
    stuffed = iter([each.replace(b"\r\n.", b"\r\n..") + b".\r\n" for each in messages])
    start = time.perf_counter()
    times = await asyncio.gather(*(_worker(port, stuffed) for _ in range(connections)))
    return Run(time.perf_counter() - start, tuple(sorted(chain.from_iterable(times))))
