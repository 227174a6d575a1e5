"""Take mail by SMTP: aiosmtpd's connection, our own conversation.

aiosmtpd brings the protocol object, the streams and the timer.  Its command loop, its
address parser (the standard library's: a quarter of the time of a small mail, and never
meant for strangers) and its reading of content by lines are replaced: `_handle_client`
here speaks with the client from the greeting to the end.

Octets go to `Inbox`, commands from it to `Session`.  Replies gather and go out before
the next octet is waited for, so a pipelining client gets them in one packet (RFC 2920
3.2), but before they are many.  Where aiosmtpd cancels the conversation when the client
goes, here it finds out by itself: a delivery that has begun is finished.

A client that has closed its connection, and one that has closed its half and still
listens, send the same FIN.  The first did not hear 250 and will come again; to deliver
its message now would deliver it twice.  So who closes before the reply to the end of
data gets no delivery, though RFC 9293 3.6 lets it listen on: it hears 451 and loses
nothing but time.  QUIT as the last thing said is the sign of one who sent all in one go
and is content with that (RFC 2920 3.1 wants QUIT last in its group); its message is
taken as if it were there.

A client that does not read its replies is one that is silent: it has as long to read as
to speak, then a few seconds for the last word, then the connection is broken.  It
counts as long as its socket is open and as long as its message is under way.

The door never dies of what it is sent: what is the client's fault is a `CommandError`,
what is ours is 451 and a traceback in the log.
"""

import asyncio
import logging
import re
from dataclasses import dataclass, field

from aiosmtpd.smtp import SMTP

from pratique.milter.doors import replies
from pratique.milter.doors.command import CommandError
from pratique.milter.doors.inbox import Inbox
from pratique.milter.doors.relay import plain_ip
from pratique.milter.doors.session import Desk, Session
from pratique.milter.next_hop import Reply

log = logging.getLogger("pratique.door")

# Octets read at one time, and half of what the stream holds before the client must
# wait: content goes through in large steps.
CHUNK = 128 * 1024

# Octets of replies that may gather: a chunk of short commands would make them megabytes.
# As much as asyncio's transports keep before a writer must wait.
MAX_SAID = 64 * 1024

# How many of the last octets are remembered: QUIT, its line ends and some blanks.
_TAIL = 16
_QUIT_LAST = re.compile(rb"\r\nQUIT *\r\n\Z", re.IGNORECASE)


@dataclass(slots=True)
class OpenDoors:
    """The connections of one listener."""

    doors: set["SmtpDoor"] = field(default_factory=set)
    empty: asyncio.Event = field(default_factory=asyncio.Event)
    closing: bool = False
    # Whether who is about to begin a message may still do so.
    patient: bool = True

    def add(self, door: "SmtpDoor") -> None:
        """A connection begins."""
        self.doors.add(door)
        self.empty.clear()

    def remove(self, door: "SmtpDoor") -> None:
        """A connection is over."""
        self.doors.discard(door)
        if not self.doors:
            self.empty.set()


class SmtpDoor(SMTP):
    """One connection."""

    # aiosmtpd makes this the limit of its stream.
    line_length_limit = CHUNK

    def __init__(self, desk: Desk, open_doors: OpenDoors) -> None:
        settings = desk.settings
        super().__init__(
            None,
            hostname=settings.hostname,
            timeout=settings.idle_seconds,
            loop=asyncio.get_running_loop(),
        )
        self._desk = desk
        self._open_doors = open_doors
        self._inbox = Inbox()
        self._tail = b""
        self._eof = False
        self._lost = asyncio.Event()
        self._said = bytearray()
        # What the client said last, for the log.
        self._command = ("", "")
        self._errors = 0
        # Whether a message is about to begin: right after a connection, not after a message.
        self._begun = True
        self._ended = False
        # Since when the client is waited for; None: it waits for us.
        self._waiting_since: float | None = None
        self._peer_ip = ""
        self._session: Session | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin the conversation."""
        peer = transport.get_extra_info("peername")
        # A unix socket has no address: its client is unknown, and in no network.
        if isinstance(peer, tuple):
            self._peer_ip = plain_ip(peer[0])
        self._session = Session(self._desk, self, self._peer_ip)
        self._open_doors.add(self)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        """Let the conversation find out; aiosmtpd would cancel it in mid-delivery."""
        self._stop_timer()
        self.transport = None
        self._ended = True
        self._lost.set()
        self._desert()
        asyncio.StreamReaderProtocol.connection_lost(self, error)

    def data_received(self, octets: bytes) -> None:
        """Keep the octets until they are read, and remember how they end."""
        self._tail = (self._tail + octets[-_TAIL:])[-_TAIL:]
        super().data_received(octets)

    def eof_received(self) -> bool | None:
        """The client sends no more; what came before is still answered."""
        self._eof = True
        self._desert()
        return asyncio.StreamReaderProtocol.eof_received(self)

    def _desert(self) -> None:
        if self.deserted and self._session is not None:
            self._session.abandon()

    def shut_down(self) -> None:
        """Close: at once if nothing is under way, else after the transaction."""
        if self._waiting_since is not None and self._session and self._may_part(self._session):
            self._hang_up(replies.SHUTTING_DOWN)

    def _may_part(self, session: Session) -> bool:
        """Whether to hang up now breaks nothing off."""
        return not session.in_transaction and not (self._begun and self._open_doors.patient)

    def abort(self) -> "asyncio.Task[None] | None":
        """Close without another word; gives the task that may still be busy."""
        if isinstance(self.transport, asyncio.WriteTransport):
            self.transport.abort()
        return self._handler_coroutine

    def _timeout_cb(self) -> None:
        """Hang up if the client was silent for long, else come again when it may have been.

        One timer for the whole connection: to set one for each command costs more than
        to obey the command.
        """
        limit = self._desk.settings.idle_seconds
        waited = 0.0 if self._waiting_since is None else self.loop.time() - self._waiting_since
        if waited >= limit:
            self._hang_up(replies.TIMEOUT)
        else:
            self._reset_timeout(limit - waited)

    def _hang_up(self, reply: Reply) -> None:
        if self.transport is not None and not self.transport.is_closing():
            self._writer.write(reply.encode())
            self._close()

    def _close(self) -> None:
        """Close once the replies are out; they may never be read, so not for ever."""
        self._ended = True
        if isinstance(self.transport, asyncio.WriteTransport) and not self.transport.is_closing():
            self._stop_timer()
            self.transport.close()
            linger_seconds = self._desk.settings.linger_seconds
            self._timeout_handle = self.loop.call_later(linger_seconds, self.transport.abort)

    async def _handle_client(self) -> None:
        assert self._session is not None
        try:
            await self._converse(self._session)
            await self.flush()
        except Exception:
            log.exception("%s: the door failed", self._peer_ip)
            self._hang_up(replies.OUR_FAULT_CLOSING)
        finally:
            self._close()
            await self._part(self._session)

    async def _part(self, session: Session) -> None:
        """Leave nothing behind, and count until the socket is gone."""
        try:
            await session.reset()
        finally:
            try:
                await self._lost.wait()
            finally:
                self._open_doors.remove(self)

    async def _converse(self, session: Session) -> None:
        if len(self._open_doors.doors) > self._desk.settings.max_connections:
            self.end(replies.TOO_BUSY)
        else:
            self.say(Reply(220, (f"{self._desk.settings.hostname} ESMTP",)))
        while not self._ended:
            if self._open_doors.closing and self._may_part(session):
                self.end(replies.SHUTTING_DOWN)
                return
            try:
                command = self._inbox.command()
                if command is not None:
                    self._command = command
                    await self._obey(session, *command)
                    self._begun = command[0] != "DATA"
                    if len(self._said) > MAX_SAID:
                        await self.flush()
                elif not await self._more():
                    return
            except CommandError as fault:
                self._blame(fault.reply)

    async def _obey(self, session: Session, verb: str, argument: str) -> None:
        try:
            await session.obey(verb, argument)
        except CommandError:
            raise
        except Exception:
            log.exception("%s: %s failed", self._peer_ip, verb)
            await session.reset()
            self.say(replies.OUR_FAULT)

    def _blame(self, reply: Reply) -> None:
        self.say(reply)
        self._errors += 1
        if self._errors >= self._desk.settings.max_errors:
            log.info("%s: too many errors, the last: %s", self._peer_ip, reply)
            self.end(replies.TOO_MANY_ERRORS)

    async def _more(self) -> bool:
        octets = await self.read()
        self._inbox.feed(octets)
        return bool(octets)

    # What a session sees of the connection.

    @property
    def deserted(self) -> bool:
        """True if nobody is there to hear the reply to the end of data."""
        if self.transport is None or self.transport.is_closing():
            return True
        return self._eof and not _QUIT_LAST.search(self._tail)

    def say(self, reply: Reply) -> None:
        """Reply, at the latest before the next octets are waited for.

        All that is said goes through here, so here a queue is kept from making a bounce.
        """
        if self._desk.settings.reply == "queue":
            mend = replies.to_mend(reply)
            if mend:
                said = (self._peer_ip, *self._command, reply)
                log.error("%s: %s %r cannot be taken: %s.  To mend it: %s", *said, mend)
            reply = replies.softened(reply)
        self._said += reply.encode()

    def end(self, reply: Reply) -> None:
        """Reply and close."""
        self.say(reply)
        self._ended = True

    async def flush(self) -> None:
        """Reply now; a client that has gone hears nothing, which is no error here."""
        if not self._said:
            return
        said, self._said = self._said, bytearray()
        self._waiting_since = self.loop.time()
        try:
            self._writer.write(said)
            await self._writer.drain()
        except OSError as fault:
            log.debug("%s: cannot reply: %s", self._peer_ip, fault)
        finally:
            self._waiting_since = None

    async def read(self) -> bytes:
        """More octets; none: the client has gone."""
        await self.flush()
        self._waiting_since = self.loop.time()
        try:
            return await self._reader.read(CHUNK)
        except OSError as fault:
            log.debug("%s: connection lost: %s", self._peer_ip, fault)
            return b""
        finally:
            self._waiting_since = None

    def take_rest(self) -> bytes:
        """The octets that came with the last command."""
        return self._inbox.take_rest()

    def put_back(self, octets: bytes) -> None:
        """Octets that follow the content."""
        self._inbox.feed(octets)

    def _stop_timer(self) -> None:
        if self._timeout_handle is not None:
            self._timeout_handle.cancel()
