"""Gather what a next hop says on one connection, and wait for it no longer than agreed.

So a connection on which the next hop said something unasked (421, closing) is known to be
stale before it is used again, and a refusal that arrives while content is still being sent
is not lost.

Waiting is the hot path of a relay: five times per message.  So there is one timer per
connection, which is moved only if it would ring too late, instead of one per wait.
"""

import asyncio
import ssl
from collections import deque
from typing import cast

from pratique.milter.next_hop import Reply
from pratique.milter.next_hop.wire import ReplyReader, WireError

# A pipelined group has a reply per recipient, of which a listener may allow 50,000.
MAX_UNREAD = 60_000

# Octets: replies are short, and for asyncio's own 256 KB memory would be requested from the
# kernel and given back each time.
READ_AT_ONCE = 16 * 1024


class Stream(asyncio.Protocol):
    """One connection: octets out, replies in."""

    def __init__(self) -> None:
        self.replies: deque[Reply] = deque()
        self.fault: Exception | None = None
        self._loop = asyncio.get_running_loop()
        self._reader = ReplyReader()
        self._transport: asyncio.Transport | None = None
        self._paused = False
        self._waiter: asyncio.Future[None] | None = None
        self._deadline = 0.0
        self._watch: asyncio.TimerHandle | None = None
        # uvloop reports the timer's time in milliseconds, rounded.
        self._rings_at = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the transport; asyncio calls this and the next four."""
        # uvloop's transports do not inherit from the class.
        self._transport = cast("asyncio.Transport", transport)
        if hasattr(transport, "max_size"):
            transport.max_size = READ_AT_ONCE

    def data_received(self, octets: bytes) -> None:
        """Gather replies."""
        try:
            self.replies.extend(self._reader.feed(octets))
            if len(self.replies) > MAX_UNREAD:
                raise WireError(f"more than {MAX_UNREAD} replies that nobody asked for")
        except WireError as fault:
            self.fault = self.fault or fault
            self.abort()
        self._wake()

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell the waiter that the connection is over."""
        self.fault = self.fault or exc or ConnectionResetError("closed by the next hop")
        if self._watch is not None:
            self._watch.cancel()
        self._wake()

    def pause_writing(self) -> None:
        """Note that more is being sent than the next hop takes."""
        self._paused = True

    def resume_writing(self) -> None:
        """Note that the next hop has taken most of it."""
        self._paused = False
        self._wake()

    @property
    def stale(self) -> bool:
        """True if it is useless: closed, or the next hop spoke unasked."""
        if self.fault is not None or self.spoke:
            return True
        return self._transport is None or self._transport.is_closing()

    @property
    def spoke(self) -> bool:
        """True if something came that was not taken yet, even half a reply."""
        return bool(self.replies) or self._reader.in_reply

    def write(self, octets: bytes) -> None:
        """Send octets, as soon as they can go."""
        if self.fault is not None:
            raise self.fault
        assert self._transport is not None
        self._transport.write(octets)

    async def reply(self, seconds: float) -> Reply:
        """Return the next reply.  Raises TimeoutError; the connection is then useless."""
        if not self.replies:
            deadline = self._loop.time() + seconds
            while not self.replies:
                await self._change(deadline)
        return self.replies.popleft()

    async def drained(self, seconds: float) -> None:
        """Wait until the next hop has taken most of what was written."""
        if self.fault is not None:
            raise self.fault
        if self._paused:
            deadline = self._loop.time() + seconds
            while self._paused:
                await self._change(deadline)

    async def encrypt(self, context: ssl.SSLContext, name: str | None, seconds: float) -> None:
        """Begin TLS; the connection must not be stale, or what came before would be believed."""
        assert self._transport is not None
        async with asyncio.timeout(seconds):
            self._transport = await self._loop.start_tls(
                self._transport, self, context, server_hostname=name
            )

    @property
    def certificate(self) -> bytes:
        """The certificate of the next hop (DER); empty without TLS."""
        tls = self._transport and self._transport.get_extra_info("ssl_object")
        return (tls.getpeercert(binary_form=True) or b"") if tls else b""

    def abort(self) -> None:
        """Break off at once: nothing that is still unsent goes out."""
        if self._transport is not None:
            self._transport.abort()

    async def close(self, seconds: float) -> None:
        """Close after all that was written, and wait until it is closed.

        With TLS the peer must agree (RFC 8446 6.1), for which asyncio keeps the
        socket open for half a minute, even beyond the end of the loop.
        """
        assert self._transport is not None
        # If the peer has closed it, TLS in Python before 3.11.4 loses what it must abort when
        # it is closed once more.
        if not self._transport.is_closing():
            self._transport.close()
        deadline = self._loop.time() + seconds
        while self.fault is None:
            await self._change(deadline)

    def _change(self, deadline: float) -> asyncio.Future[None]:
        """Return a future that is done when something happens.  Raises any fault so far."""
        if self.fault is not None:
            raise self.fault
        self._deadline = deadline
        if self._watch is None or self._rings_at > deadline:
            self._arm()
        self._waiter = self._loop.create_future()
        return self._waiter

    def _arm(self) -> None:
        if self._watch is not None:
            self._watch.cancel()
        self._rings_at = self._deadline
        self._watch = self._loop.call_at(self._deadline, self._look)

    def _look(self) -> None:
        self._watch = None
        if self._waiter is None or self._waiter.done():
            return
        if self._loop.time() >= self._deadline:
            self._waiter.set_exception(TimeoutError("no answer in time"))
        else:
            self._arm()

    def _wake(self) -> None:
        waiter, self._waiter = self._waiter, None
        # The waiter may have been cancelled.
        if waiter is not None and not waiter.done():
            waiter.set_result(None)
