"""Take mail by SMTP: aiosmtpd's connection, our own conversation.

aiosmtpd brings the protocol object, the streams and the timer.  Its command loop, its
address parser (the standard library's: a quarter of the time of a small mail, and never
meant for strangers) and its reading of content by lines are replaced: `_handle_client`
here speaks with the client from the greeting to the end.

Octets go to `Inbox`, commands from it to `Session`.  Replies gather and go out before
the next octet is waited for, so a pipelining client gets them in one packet (RFC 2920
3.2).  Where aiosmtpd cancels the conversation when the client goes, here it finds out
by itself: a delivery that has begun is finished.

The door never dies of what it is sent: what is the client's fault is a `CommandError`,
what is ours is 451 and a traceback in the log.
"""

import asyncio
import logging
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


@dataclass(slots=True)
class OpenDoors:
    """The connections of one listener."""

    doors: set["SmtpDoor"] = field(default_factory=set)
    empty: asyncio.Event = field(default_factory=asyncio.Event)
    closing: bool = False

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
        self._said: list[Reply] = []
        self._errors = 0
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
        if self._session is not None:
            self._session.abandon()
        asyncio.StreamReaderProtocol.connection_lost(self, error)
        self.transport = None

    def eof_received(self) -> bool | None:
        """A client may close its half and wait for our replies; aiosmtpd would cancel."""
        return asyncio.StreamReaderProtocol.eof_received(self)

    def shut_down(self) -> None:
        """Close: at once if nothing is under way, else after the transaction."""
        if self._waiting_since is not None and not (self._session and self._session.in_transaction):
            self._hang_up(replies.SHUTTING_DOWN)

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
        if self.transport is not None:
            self._writer.write(reply.encode())
            self.transport.close()

    async def _handle_client(self) -> None:
        assert self._session is not None
        try:
            await self._converse(self._session)
            await self.flush()
        except Exception:
            log.exception("%s: the door failed", self._peer_ip)
            self._hang_up(replies.OUR_FAULT_CLOSING)
        finally:
            self._writer.close()
            self._stop_timer()
            try:
                await self._session.reset()
            finally:
                self._open_doors.remove(self)

    async def _converse(self, session: Session) -> None:
        if len(self._open_doors.doors) > self._desk.settings.max_connections:
            self.end(replies.TOO_BUSY)
        else:
            self.say(Reply(220, (f"{self._desk.settings.hostname} ESMTP",)))
        while not self._ended:
            if self._open_doors.closing and not session.in_transaction:
                self.end(replies.SHUTTING_DOWN)
                return
            try:
                command = self._inbox.command()
                if command is not None:
                    await self._obey(session, *command)
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

    def say(self, reply: Reply) -> None:
        """Reply, at the latest before the next octets are waited for."""
        self._said.append(reply)

    def end(self, reply: Reply) -> None:
        """Reply and close."""
        self.say(reply)
        self._ended = True

    async def flush(self) -> None:
        """Reply now; a client that has gone hears nothing, which is no error here."""
        if not self._said:
            return
        said, self._said = self._said, []
        self._waiting_since = self.loop.time()
        try:
            self._writer.write(b"".join(reply.encode() for reply in said))
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
