"""Open connections to an engine, and keep those that an answer left whole for the next one.

An idle connection on which anything came is none any more: its end, or octets that nobody
asked for.  It is looked at right before it is used again, since servers close what lies
idle, and after so many requests.  What came is kept here (`_Wire`) and not in a stream of
asyncio's, which does not tell whether it has any.
"""

import asyncio
import contextlib
import select
import ssl
from collections.abc import Iterable
from dataclasses import dataclass
from typing import cast

from pratique.milter.engines.troubles import Away, Closed
from pratique.milter.engines.web_heads import written

# What is read in one step, and what is kept of an answer that nobody takes.
PIECE = 64 * 1024
# An engine that takes no connection within this is away: it was sent no octet of a message.
OPEN_SECONDS = 5.0


def verifying() -> ssl.SSLContext:
    """TLS with whoever has a certificate for its name; none older than 1.2 (RFC 8996)."""
    context = ssl.create_default_context()
    # The system's file may ask for more.
    context.minimum_version = max(context.minimum_version, ssl.TLSVersion.TLSv1_2)
    return context


@dataclass(frozen=True, slots=True)
class Place:
    """Where an engine listens: a host and a port, or the path of a unix socket."""

    host: str = ""
    port: int = 0
    path: str = ""
    tls: ssl.SSLContext | None = None

    def __str__(self) -> str:
        return f"unix:{self.path}" if self.path else f"{written(self.host)}:{self.port}"


class _Wire(asyncio.Protocol):
    """What has come on a connection, and whether there is room to send."""

    def __init__(self) -> None:
        self.transport: asyncio.Transport
        self.came = bytearray()
        self.error: Exception | None = None
        self.has_ended = False
        self._changed = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        # There is room when all that was written is with the kernel, so what was sent is sent;
        # or all but an octet: with 0 asyncio's TLS would never say so.
        self.transport.set_write_buffer_limits(1, 0)

    def data_received(self, octets: bytes) -> None:
        self.came += octets
        if len(self.came) >= PIECE:
            self.transport.pause_reading()
        self._changed.set()

    def eof_received(self) -> None:
        self.has_ended = True
        self._changed.set()

    def connection_lost(self, exc: Exception | None) -> None:
        self.has_ended, self.error = True, exc
        self._changed.set()
        self._room.set()

    def pause_writing(self) -> None:
        self._room.clear()

    def resume_writing(self) -> None:
        self._room.set()

    async def room(self) -> None:
        """Wait until what was written is sent, or never will be."""
        await self._room.wait()

    async def some(self) -> bytes:
        """What has come, once something has; empty at the end."""
        while not self.came and not self.has_ended:
            self._changed.clear()
            await self._changed.wait()
        octets = bytes(self.came[:PIECE])
        del self.came[:PIECE]
        if len(self.came) < PIECE and not self.transport.is_closing():
            self.transport.resume_reading()
        return octets


class Connection:
    """One connection to an engine."""

    def __init__(self, wire: _Wire) -> None:
        self._wire, self._transport = wire, wire.transport

    async def send(self, pieces: Iterable[bytes]) -> None:
        """Send all, as fast as it is taken; an end of the connection is told by `receive`."""
        # uvloop raises RuntimeError for what is written to a connection that has ended.
        with contextlib.suppress(OSError, RuntimeError):
            for piece in pieces:
                if self._transport.is_closing():
                    return
                self._transport.write(piece)
                await self._wire.room()

    async def receive(self) -> bytes:
        """What comes next; empty at the end.  Raises Closed."""
        octets = await self._wire.some()
        if not octets and isinstance(error := self._wire.error, OSError):
            raise Closed(error.strerror or str(error)) from error
        return octets

    @property
    def is_idle(self) -> bool:
        """Whether the other side keeps it open, and is silent."""
        if self._wire.came or self._wire.has_ended or self._transport.is_closing():
            return False
        # What the loop has not read yet.
        asked = select.poll()
        asked.register(self._transport.get_extra_info("socket").fileno(), select.POLLIN)
        return not asked.poll(0)

    def close(self) -> None:
        """Close it at once: what was not sent is not."""
        self._transport.abort()


class Connections:
    """The idle connections to one place."""

    def __init__(self, place: Place, seconds: float = OPEN_SECONDS) -> None:
        self._place, self._seconds = place, seconds
        self._idle: list[Connection] = []

    async def take(self) -> Connection:
        """One that is idle, or a new one.  Raises Away."""
        while self._idle:
            connection = self._idle.pop()
            if connection.is_idle:
                return connection
            connection.close()
        return await self._opened()

    async def _opened(self) -> Connection:
        place, loop = self._place, asyncio.get_running_loop()
        try:
            async with asyncio.timeout(self._seconds):
                if place.path:
                    transport, wire = await loop.create_unix_connection(_Wire, place.path)
                else:
                    transport, wire = await loop.create_connection(
                        _Wire, place.host, place.port, ssl=place.tls
                    )
        except (OSError, UnicodeError) as error:
            why = getattr(error, "strerror", "") or str(error) or "no answer"
            raise Away(f"nobody at {place}: {why}") from error
        if transport.get_extra_info("peername") is None:
            # asyncio takes EAGAIN of a unix socket, whose queue is full, for a connection.
            transport.abort()
            raise Away(f"nobody at {place}: it has no room")
        return Connection(wire)

    def give_back(self, connection: Connection) -> None:
        """Keep one for the next question."""
        self._idle.append(connection)

    def close(self) -> None:
        """Close those that are idle."""
        for connection in self._idle:
            connection.close()
        self._idle.clear()
