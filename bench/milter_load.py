"""Bring messages to a milter over several connections, as Postfix does, and keep the times.

Each message is said in one go, with the steps that are agreed on to get no answer, and
only its end is waited for: this is what Postfix does once it has the whole message.
"""

import asyncio
import struct
import time
from collections.abc import Iterator
from itertools import chain

from load import PATIENCE, RefusedError, Run

# Version, actions and steps of Postfix 3.7.
OFFER = struct.pack(">III", 6, 0x1FF, 0x1FFFFF)
# Steps that may be agreed on to get no answer, by their commands.
NO_ANSWER = {b"C": 0x1000, b"H": 0x2000, b"M": 0x4000, b"R": 0x8000, b"L": 0x80, b"N": 0x40000}
ALL = 0xFFFFFFFF  # macros are never answered
ENDS = b"acdrty"


def packet(command: bytes, octets: bytes = b"") -> bytes:
    """One packet: its length, its command, its octets."""
    return struct.pack(">I", len(octets) + 1) + command + octets


def steps_of(content: bytes) -> list[tuple[bytes, bytes]]:
    """A message as a milter is told it: command and octets."""
    header, _, body = content.partition(b"\r\n\r\n")
    macros = b"M" + b"\0".join((b"i", b"4ABCDEF", b"{mail_addr}", b"ann@sender.example", b""))
    steps = [(b"D", macros), (b"M", b"<ann@sender.example>\0"), (b"R", b"<bob@corp.example>\0")]
    for line in header.replace(b"\r\n ", b"\n ").split(b"\r\n"):
        name, _, value = line.partition(b":")
        steps.append((b"L", name + b"\0" + value + b"\0"))
    return [*steps, (b"N", b""), (b"E", body)]


class Client:
    """One connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer
        self.agreed = 0

    async def hear(self) -> bytes:
        """The next packet, its command first."""
        async with asyncio.timeout(PATIENCE):
            (length,) = struct.unpack(">I", await self.reader.readexactly(4))
            return await self.reader.readexactly(length)

    async def say(self, steps: list[tuple[bytes, bytes]]) -> None:
        """Say steps in one go, as far as none of them is answered."""
        gathered = b""
        for command, octets in steps:
            gathered += packet(command, octets)
            if not self.agreed & NO_ANSWER.get(command, ALL):
                self.writer.write(gathered)
                gathered = b""
                if (await self.hear())[:1] != b"c":
                    raise RefusedError(f"step {command!r} is refused")
        self.writer.write(gathered)

    async def greet(self) -> None:
        """Negotiate, and say who the client is."""
        self.writer.write(packet(b"O", OFFER))
        (self.agreed,) = struct.unpack(">I", (await self.hear())[9:13])
        where = struct.pack(">11scH", b"mx.example", b"4", 25) + b"192.0.2.1\0"
        await self.say([(b"C", where), (b"H", b"mx.example\0")])

    async def send(self, steps: list[tuple[bytes, bytes]]) -> float:
        """Bring one message; seconds from MAIL to the answer at its end."""
        start = time.perf_counter()
        await self.say(steps[:-1])
        self.writer.write(packet(*steps[-1]))
        heard = await self.hear()
        while heard[:1] not in ENDS:
            heard = await self.hear()
        if heard[:1] != b"a":
            raise RefusedError(heard.decode("utf-8", "replace"))
        return time.perf_counter() - start


async def _worker(path: str, messages: Iterator[list[tuple[bytes, bytes]]]) -> list[float]:
    client = Client(*await asyncio.open_unix_connection(path))
    await client.greet()
    taken = [await client.send(steps) for steps in messages]
    client.writer.write(packet(b"Q"))
    client.writer.close()
    return taken


async def bring_all(path: str, messages: list[bytes], connections: int) -> Run:
    """Bring all messages; each connection takes the next one as soon as it is free."""
    said = iter([steps_of(each) for each in messages])
    start = time.perf_counter()
    times = await asyncio.gather(*(_worker(path, said) for _ in range(connections)))
    return Run(time.perf_counter() - start, tuple(sorted(chain.from_iterable(times))))
