"""Hold one SMTP connection to a next hop: say a command, wait for its reply.

The protocol object gathers replies as they come, so a connection on which the next
hop said something unasked (421, closing) is seen to be stale before it is used again,
and a refusal that arrives while content is still being sent is not lost.
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

from pratique.milter.next_hop import Reply
from pratique.milter.next_hop.wire import DotStuffer, ReplyReader, WireError

# What a next hop may do to us: refuse, break off, be slow, talk nonsense.
FAULTS = (OSError, EOFError, WireError)


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds to wait: RFC 5321 4.5.3.2, whose names stand beside the numbers."""

    connect: float = 30.0  # not in the RFC: a SYN that nobody answers
    greeting: float = 300.0  # 4.5.3.2.1
    command: float = 300.0  # 4.5.3.2.2 and 4.5.3.2.3, MAIL and RCPT
    start_of_content: float = 120.0  # 4.5.3.2.4, the 354
    block: float = 180.0  # 4.5.3.2.5, each chunk
    end_of_content: float = 600.0  # 4.5.3.2.6, after the final dot
    farewell: float = 10.0  # RSET and QUIT: nobody waits for them


class _Replies(asyncio.Protocol):
    """Gathers what the next hop says, and tells when it can take more."""

    def __init__(self) -> None:
        self.replies: deque[Reply] = deque()
        self.fault: Exception | None = None
        self._reader = ReplyReader()
        self._transport: asyncio.Transport | None = None
        self._paused = False
        self._waiter: asyncio.Future[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, octets: bytes) -> None:
        try:
            self.replies.extend(self._reader.feed(octets))
        except WireError as fault:
            self.fault = fault
            if self._transport is not None:
                self._transport.abort()
        self._wake()

    def connection_lost(self, exc: Exception | None) -> None:
        self.fault = self.fault or exc or ConnectionResetError("closed by the next hop")
        self._wake()

    def pause_writing(self) -> None:
        self._paused = True

    def resume_writing(self) -> None:
        self._paused = False
        self._wake()

    async def reply(self) -> Reply:
        """The next reply."""
        while not self.replies:
            await self._change()
        return self.replies.popleft()

    async def drained(self) -> None:
        """Wait until the next hop has taken most of what was written."""
        if self.fault is not None:
            raise self.fault
        while self._paused:
            await self._change()

    async def _change(self) -> None:
        if self.fault is not None:
            raise self.fault
        self._waiter = asyncio.get_running_loop().create_future()
        try:
            await self._waiter
        finally:
            self._waiter = None

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


class Connection:
    """One connection, greeted, with what the next hop announced."""

    def __init__(self, transport: asyncio.Transport, replies: _Replies) -> None:
        self._transport = transport
        self._replies = replies
        # Keyword to parameters, upper case (RFC 5321 4.1.1.1).
        self.capabilities: dict[str, str] = {}

    @classmethod
    async def open(cls, host: str, port: int, helo: str, timeouts: Timeouts) -> "Connection":
        """Connect, wait for the greeting, say EHLO."""
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(timeouts.connect):
            transport, replies = await loop.create_connection(_Replies, host, port)
        connection = cls(transport, replies)
        try:
            await connection._greet(helo, timeouts)
        except BaseException:
            connection.abort()
            raise
        return connection

    async def _greet(self, helo: str, timeouts: Timeouts) -> None:
        async with asyncio.timeout(timeouts.greeting):
            greeting = await self._replies.reply()
        if greeting.code != 220:
            raise WireError(f"greeted by {greeting}")
        reply = await self.command(f"EHLO {helo}\r\n".encode("ascii"), timeouts.command)
        if reply.accepted:
            words = (line.upper().partition(" ") for line in reply.lines[1:])
            self.capabilities = {keyword: parameters for keyword, _, parameters in words}
            return
        # RFC 5321 3.2: an old server that knows no EHLO.
        reply = await self.command(f"HELO {helo}\r\n".encode("ascii"), timeouts.command)
        if not reply.accepted:
            raise WireError(f"HELO answered by {reply}")

    @property
    def stale(self) -> bool:
        """True if it cannot be used again: closed, or the next hop spoke unasked."""
        replies = self._replies
        return replies.fault is not None or bool(replies.replies) or self._transport.is_closing()

    async def command(self, line: bytes, seconds: float) -> Reply:
        """Say one command and wait for its reply."""
        return (await self.commands((line,), seconds))[-1]

    async def commands(self, lines: Iterable[bytes], seconds: float) -> list[Reply]:
        """Say commands and wait for a reply to each; in one go if PIPELINING is announced."""
        said = tuple(lines)
        groups = (said,) if "PIPELINING" in self.capabilities else tuple((line,) for line in said)
        answers = []
        for group in groups:
            async with asyncio.timeout(seconds):
                await self._replies.drained()
                self._transport.write(b"".join(group))
                answers += [await self._replies.reply() for _ in group]
        return answers

    async def content(self, chunks: Iterable[bytes], seconds: float) -> Reply | None:
        """Send content, dot-stuffed, then its end.  A reply before the end is a refusal.

        The last chunk and the final dot go in one write: a small message is one packet.
        """
        stuffer, held = DotStuffer(), b""
        try:
            for chunk in chunks:
                async with asyncio.timeout(seconds):
                    await self._write(held)
                held = stuffer.stuff(chunk)
        except (OSError, EOFError):
            if not self._replies.replies:
                raise
        if self._replies.replies:
            return self._replies.replies.popleft()
        self._transport.write(held + stuffer.ending())
        return None

    async def _write(self, octets: bytes) -> None:
        if octets:
            self._transport.write(octets)
            await self._replies.drained()

    async def end_of_content(self, seconds: float) -> Reply:
        """The reply to the final dot."""
        async with asyncio.timeout(seconds):
            return await self._replies.reply()

    def abort(self) -> None:
        """Break off at once: nothing that is still unsent goes out."""
        self._transport.abort()

    async def quit(self, seconds: float) -> None:
        """Say QUIT and close; never raises for what the next hop does."""
        with contextlib.suppress(*FAULTS):
            await self.command(b"QUIT\r\n", seconds)
        self._transport.close()
