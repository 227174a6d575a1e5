"""Carry the octets of one SMTP connection: what aiosmtpd's streams do, at a fifth of the cost.

A message on a relay is four or five short answers each way, so what one costs is what the
relay costs.  Octets are kept as the chunks that the kernel gave and passed on uncopied; a
waiting conversation is woken by one future; there is one timer per connection, set again
only if it would ring too late; replies go out in one write.  What aiosmtpd sets up anew for
each connection, a list of the methods of its class (0.2 ms), is left out.

A client that has closed its connection, and one that has closed only its half and still
listens, send the same FIN; connection.py says what becomes of them.
"""

import asyncio
import logging
import re
import ssl
from collections.abc import Coroutine
from typing import cast

from aiosmtpd.smtp import SMTP

from pratique.milter.doors import replies
from pratique.milter.next_hop import Reply

log = logging.getLogger("pratique.door")

# What is kept before the client must wait, in octets and in chunks: a chunk of one octet
# takes many times its size.
MOST_UNREAD, MOST_CHUNKS = 256 * 1024, 64

# Octets that asyncio reads at once.  For its own 256 KB, memory would be requested from the
# kernel and given back at each command.
READ_AT_ONCE = 64 * 1024

# How many of the last octets are remembered: QUIT, its line ends and some blanks.
_TAIL = 16
_QUIT_LAST = re.compile(rb"\r\nQUIT *\r\n\Z", re.IGNORECASE)


class SmtpLine(SMTP):
    """One connection, and what waits on it in either direction."""

    def __init__(self, idle_seconds: float, linger_seconds: float) -> None:
        self.loop = asyncio.get_running_loop()
        self.transport: asyncio.Transport | None = None
        # Replies that are not sent yet, and whether the conversation has ended.
        self.said = bytearray()
        self.ended = False
        # The version of TLS, and the cipher.
        self.spoken = ("", "")
        self.lost = asyncio.Event()
        self._linger_seconds = linger_seconds
        self._timeout_duration = idle_seconds
        self._timeout_handle: asyncio.TimerHandle | None = None
        self._handler_coroutine: asyncio.Task[None] | None = None
        self._chunks: list[bytes] = []
        self._unread = 0
        self._held = False
        self._clogged = False
        self._eof = False
        self._tail = b""
        self._waiter: asyncio.Future[None] | None = None
        # Since when we wait for the client; None: it waits for us.
        self._waiting_since: float | None = None
        # Since when we wait for a whole command.
        self._asked_at: float | None = None
        self._hurried_until: float | None = None

    # Called by the event loop.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin the conversation."""
        # uvloop's transports are of another class.
        self.transport = transport  # type: ignore[assignment]
        if hasattr(transport, "max_size"):
            transport.max_size = READ_AT_ONCE
        self._reset_timeout()
        self._handler_coroutine = self.loop.create_task(self._handle_client())

    def connection_lost(self, error: Exception | None) -> None:  # noqa: ARG002 - asyncio's
        """Let the conversation find out; aiosmtpd would cancel it in mid-delivery."""
        self._stop_timer()
        self.transport = None
        self.ended = True
        self.lost.set()
        self.went()
        self._wake()

    def data_received(self, octets: bytes) -> None:
        """Keep the octets until they are read, and remember how they end."""
        self._tail = octets[-_TAIL:] if len(octets) >= _TAIL else (self._tail + octets)[-_TAIL:]
        self._chunks.append(octets)
        self._unread += len(octets)
        if self._unread > MOST_UNREAD or len(self._chunks) >= MOST_CHUNKS:
            self.hold_reading()
        if self._waiter is not None:
            self._wake()

    def eof_received(self) -> bool:
        """The client sends no more; what came before is still answered."""
        self._eof = True
        self.went()
        self._wake()
        # TLS has no half that could stay open.
        return not self.spoken[0]

    def pause_writing(self) -> None:
        """Note that the client does not read what was said."""
        self._clogged = True

    def resume_writing(self) -> None:
        """Note that the client reads again."""
        self._clogged = False
        self._wake()

    # Called by the conversation.

    def went(self) -> None:
        """Tell the delivery that perhaps nobody will hear the reply any more."""

    async def _handle_client(self) -> None:
        # aiosmtpd calls the conversation so; its own command loop is replaced (connection.py).
        raise NotImplementedError

    @property
    def deserted(self) -> bool:
        """True if nobody is left to hear the reply to the end of data."""
        if self.transport is None or self.transport.is_closing():
            return True
        return self._eof and not _QUIT_LAST.search(self._tail)

    @property
    def is_waited_for(self) -> bool:
        """True if it is the client's turn to speak, or to read."""
        return self._waiting_since is not None

    @property
    def has_unread(self) -> bool:
        """True if octets came that nobody has read."""
        return bool(self._chunks)

    def unread(self) -> bytes:
        """Take the octets that came and were not read, without waiting."""
        chunks, self._chunks, self._unread = self._chunks, [], 0
        return b"".join(chunks)

    def send_said(self) -> None:
        """Send the replies; if the client has gone, they are lost, which is no error here."""
        said, self.said = self.said, bytearray()
        if self.transport is not None and not self.transport.is_closing():
            self.transport.write(said)

    async def flush(self) -> None:
        """Reply now, and wait until most of it has been read."""
        if self.said:
            self.send_said()
        if self._clogged:
            since = self.loop.time()
            while self._clogged and self.transport is not None:
                await self._change(since)

    async def read(self) -> bytes:
        """Return more octets; none if the client has gone.  Raises TimeoutError if hurried."""
        octets = await self._received(self.loop.time())
        if self._hurried_until is not None and self.loop.time() >= self._hurried_until:
            raise TimeoutError
        return octets

    def read_command(self) -> Coroutine[None, None, bytes]:
        """Read more of a command: one time limit for it all, however many pieces it comes in."""
        if self._asked_at is None:
            self._asked_at = self.loop.time()
        return self._received(self._asked_at)

    def be_patient(self) -> None:
        """Restart the time limit: a command is complete, and the next one has all its time."""
        self._asked_at = None

    def hurry(self, seconds: float | None) -> None:
        """Have `read` raise TimeoutError after these seconds; None lifts the limit."""
        if seconds is None:
            self._hurried_until = None
            return
        self._hurried_until = self.loop.time() + seconds
        if seconds < self._timeout_duration:
            self._reset_timeout(seconds)

    def hold_reading(self) -> None:
        """Take no more octets until those at hand are read."""
        if not self._held and self.transport is not None and not self.transport.is_closing():
            self._held = True
            self.transport.pause_reading()

    async def _received(self, since: float) -> bytes:
        if self.said:
            self.send_said()
        if self._clogged:
            await self.flush()
        while not self._chunks and not self._eof and self.transport is not None:
            if self._hurried_until is not None and self.loop.time() >= self._hurried_until:
                return b""
            await self._change(since)
        chunks, self._chunks, self._unread = self._chunks, [], 0
        if self._held and self.transport is not None and not self.transport.is_closing():
            self._held = False
            self.transport.resume_reading()
        return chunks[0] if len(chunks) == 1 else b"".join(chunks)

    def _change(self, since: float) -> asyncio.Future[None]:
        """Return a future that is done when something happens."""
        self._waiting_since = since
        self._waiter = self.loop.create_future()
        return self._waiter

    def _wake(self) -> None:
        waiter, self._waiter, self._waiting_since = self._waiter, None, None
        if waiter is not None and not waiter.done():
            waiter.set_result(None)

    # Time.

    def _timeout_cb(self) -> None:
        """Hang up if the client was silent too long, else check again when it may have been.

        One timer for the whole connection: setting one for each command costs more than
        obeying the command.
        """
        now, limit = self.loop.time(), self._timeout_duration
        left = limit if self._waiting_since is None else self._waiting_since + limit - now
        if self._hurried_until is not None:
            if now >= self._hurried_until:
                self._wake()
            else:
                left = min(left, self._hurried_until - now)
        if left <= 0:
            self.hang_up(replies.TIMEOUT)
        else:
            self._reset_timeout(left)

    def _stop_timer(self) -> None:
        if self._timeout_handle is not None:
            self._timeout_handle.cancel()

    # The end.

    def hang_up(self, reply: Reply) -> None:
        """Say a last word to a client that is not in the middle of a conversation, and close."""
        if self.transport is not None and not self.transport.is_closing():
            self.transport.write(reply.encode())
            self.close()

    def close(self) -> None:
        """Close once the replies are out; they may never be read, so after some seconds anyway."""
        self.ended = True
        if self.transport is not None and not self.transport.is_closing():
            self._stop_timer()
            self.transport.close()
            self._timeout_handle = self.loop.call_later(self._linger_seconds, self.transport.abort)

    def abort(self) -> "asyncio.Task[None] | None":
        """Close without another word; return the task that may still be busy."""
        if self.transport is not None:
            self.transport.abort()
        return self._handler_coroutine

    # TLS.

    async def encrypt(self, context: ssl.SSLContext, seconds: float, begun: bytes = b"") -> None:
        """Speak TLS from here on.  Raises OSError; this connection has then ended.

        `begun` are octets of TLS that came already.  Reading is held until the handshake begins, so
        that no octet of it is taken for what was said before.
        """
        self.hold_reading()
        if self.transport is None:
            raise ConnectionResetError("closed before TLS")
        self._held, plain = False, self.transport
        starting = asyncio.ensure_future(
            self.loop.start_tls(
                plain,
                self,
                context,
                server_side=True,
                ssl_handshake_timeout=seconds,
                ssl_shutdown_timeout=self._linger_seconds,
            )
        )
        try:
            if begun:
                # One turn of the loop until TLS has its transport, one until it is told so.
                await asyncio.sleep(0)
                self.loop.call_soon(_feed, plain, begun)
            encrypted = await starting
            if encrypted is None:
                raise ConnectionResetError("closed during the handshake")
        except BaseException:
            starting.cancel()
            plain.abort()
            # asyncio does not report a connection that is lost before TLS is agreed on.
            self.connection_lost(None)
            raise
        self.transport = encrypted
        tls = encrypted.get_extra_info("ssl_object")
        self.spoken = (tls.version() or "", (tls.cipher() or ("",))[0])


def _feed(transport: asyncio.Transport, octets: bytes) -> None:
    """Give octets to the protocol that reads from a transport, as if they came just now."""
    # uvloop's protocol acts as one without being of the class.
    reader = cast("asyncio.BufferedProtocol", transport.get_protocol())
    while octets:
        buffer = memoryview(reader.get_buffer(len(octets)))
        some = octets[: len(buffer)]
        buffer[: len(some)] = some
        reader.buffer_updated(len(some))
        octets = octets[len(some) :]
