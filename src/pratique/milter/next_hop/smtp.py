"""Hand mail to another server by SMTP: our own client, on pooled connections.

Each reply is mirrored to our client, so MAIL is said alone and RCPT one at a time.
A connection that is free is kept for a short while.  A next hop may have closed it
meanwhile: if it fails at MAIL, before anything was mirrored, the transaction starts
once more on a fresh connection.  Nothing is ever said again later than that, and after
the final dot a lost reply is 451: the next hop may or may not have the message, and the
client's retry can make a second copy, but never a loss (RFC 1047).

Parameters are passed on only if the next hop announces them.  Without 8BITMIME the
content goes out as it is and BODY is left out: a server of today takes eight bits, and
re-encoding would break signatures.  Without SMTPUTF8 there is no such way (550 5.6.7).
"""

import asyncio
import logging
from collections.abc import Container, Iterable
from dataclasses import dataclass

from pratique.milter.mail import Envelope, Forward, Outgoing
from pratique.milter.next_hop import Reply
from pratique.milter.next_hop.connection import FAULTS, Connection, Timeouts
from pratique.milter.next_hop.wire import MALFORMED, WireError, mirrored, path, xforward

log = logging.getLogger("pratique.next_hop")

AWAY = Reply(451, ("4.4.1 next hop is away",))
LOST = Reply(451, ("4.4.2 connection to next hop lost",))
NOT_UTF8 = Reply(550, ("5.6.7 next hop does not take SMTPUTF8",))

# A connection that waits longer is more likely closed than used: servers drop idle
# clients after some minutes, filters after some seconds.
IDLE_SECONDS = 30.0
# Enough for a burst; each one holds a process of a Postfix.
MAX_IDLE = 20

# Parameters that are not called like their extension (RFC 6152, RFC 3461).
_EXTENSIONS = {"BODY": "8BITMIME", "RET": "DSN", "ENVID": "DSN", "NOTIFY": "DSN", "ORCPT": "DSN"}


@dataclass(slots=True)
class _Idle:
    connection: Connection
    expiry: asyncio.TimerHandle


class SmtpNextHop:
    """A mail server that takes mail by SMTP."""

    def __init__(
        self,
        host: str,
        port: int,
        helo: str,
        *,
        timeouts: Timeouts | None = None,
        idle_seconds: float = IDLE_SECONDS,
    ) -> None:
        self.timeouts = timeouts or Timeouts()
        self._where = (host, port, helo)
        self._idle_seconds = idle_seconds
        self._idle: list[_Idle] = []
        self._quitting: set[asyncio.Task[None]] = set()
        self._closed = False

    async def begin(self, envelope: Envelope) -> tuple[Reply, "SmtpTransaction | None"]:
        """Say MAIL, on a kept connection if one is still good."""
        connection = self._take_idle()
        if connection is not None:
            try:
                return await self._mail(connection, envelope, kept=True)
            except FAULTS as fault:
                log.info("kept connection to %s:%d is stale: %s", *self._where[:2], fault)
        try:
            connection = await Connection.open(*self._where, self.timeouts)
        except FAULTS as fault:
            log.warning("next hop %s:%d is away: %s", *self._where[:2], fault or "timeout")
            return AWAY, None
        try:
            return await self._mail(connection, envelope, kept=False)
        except FAULTS as fault:
            return self.broken(fault, "MAIL", envelope.queue_id), None

    async def _mail(
        self, connection: Connection, envelope: Envelope, *, kept: bool
    ) -> tuple[Reply, "SmtpTransaction | None"]:
        if "SMTPUTF8" in envelope.parameters and "SMTPUTF8" not in connection.capabilities:
            self.give_back(connection)
            return NOT_UTF8, None
        try:
            lines = _opening(envelope, connection.capabilities)
            reply = (await connection.commands(lines, self.timeouts.command))[-1]
            if reply.code == 421 and kept:
                raise ConnectionResetError(str(reply))
        except BaseException:
            connection.abort()
            raise
        heard = mirrored(reply)
        if heard.accepted:
            return heard, SmtpTransaction(self, connection, envelope.queue_id)
        self.give_back(connection)
        return heard, None

    def broken(self, fault: BaseException, where: str, queue_id: str) -> Reply:
        """The reply for a connection that broke, and the half that our log keeps."""
        why = str(fault) or type(fault).__name__
        log.warning("%s: next hop %s:%d failed at %s: %s", queue_id, *self._where[:2], where, why)
        return MALFORMED if isinstance(fault, WireError) else LOST

    def _take_idle(self) -> Connection | None:
        while self._idle:
            idle = self._idle.pop()
            idle.expiry.cancel()
            if not idle.connection.stale:
                return idle.connection
            idle.connection.abort()
        return None

    def give_back(self, connection: Connection) -> None:
        """Keep a connection for the next message, or let it go."""
        if connection.stale:
            connection.abort()
        elif self._closed or len(self._idle) >= MAX_IDLE:
            self._quit(connection)
        else:
            loop = asyncio.get_running_loop()
            expiry = loop.call_later(self._idle_seconds, self._expire, connection)
            self._idle.append(_Idle(connection, expiry))

    def _expire(self, connection: Connection) -> None:
        self._idle = [idle for idle in self._idle if idle.connection is not connection]
        self._quit(connection)

    def _quit(self, connection: Connection) -> None:
        # The reference is kept: a task that nobody holds may be collected before it ends.
        task = asyncio.get_running_loop().create_task(connection.quit(self.timeouts.farewell))
        self._quitting.add(task)
        task.add_done_callback(self._quitting.discard)

    async def close(self) -> None:
        """Say QUIT on every kept connection; those in use follow when they are given back."""
        self._closed = True
        while (connection := self._take_idle()) is not None:
            self._quit(connection)
        while self._quitting:
            await asyncio.wait(self._quitting)


def _opening(envelope: Envelope, capabilities: dict[str, str]) -> list[bytes]:
    announced = frozenset(capabilities.get("XFORWARD", "").split())
    mail = b"MAIL FROM:" + path(envelope.reverse_path or "")
    return [
        *xforward(envelope, announced),
        _line(mail, envelope.parameters, capabilities),
    ]


def _line(command: bytes, parameters: Iterable[str], capabilities: Container[str]) -> bytes:
    """A command with those parameters that belong to an announced extension."""
    announced = (
        parameter.encode("ascii")
        for parameter in parameters
        if _extension(parameter.partition("=")[0].upper()) in capabilities
    )
    return b" ".join((command, *announced)) + b"\r\n"


def _extension(keyword: str) -> str:
    """The EHLO keyword that a parameter belongs to."""
    return _EXTENSIONS.get(keyword, keyword)


class SmtpTransaction:
    """One mail transaction on one connection; it owns the connection until it ends."""

    def __init__(self, hop: SmtpNextHop, connection: Connection, queue_id: str) -> None:
        self._hop = hop
        self._connection: Connection | None = connection
        self._queue_id = queue_id

    async def recipient(self, forward: Forward) -> Reply:
        """Say RCPT."""
        capabilities = self._connection.capabilities if self._connection else {}
        line = _line(b"RCPT TO:" + path(forward.address), forward.parameters, capabilities)
        return mirrored(await self._said(line, "RCPT", self._hop.timeouts.command))

    async def send(self, outgoing: Outgoing) -> Reply:
        """Say DATA, the content and the final dot, and hand on what the next hop says."""
        timeouts = self._hop.timeouts
        reply = await self._said(b"DATA\r\n", "DATA", timeouts.start_of_content)
        if reply.code != 354:
            await self.give_up()
            return MALFORMED if reply.accepted else mirrored(reply)
        connection, self._connection = self._connection, None
        assert connection is not None
        where = "content"
        try:
            early = await connection.content(outgoing.chunks(), timeouts.block)
            if early is not None:
                connection.abort()
                return MALFORMED if early.accepted else mirrored(early)
            where = "the reply to the final dot: it may have the message, a retry may double it"
            reply = await connection.end_of_content(timeouts.end_of_content)
        except FAULTS as fault:
            connection.abort()
            return self._hop.broken(fault, where, self._queue_id)
        except BaseException:
            connection.abort()
            raise
        self._free(connection, reply)
        return mirrored(reply)

    async def give_up(self) -> None:
        """Say RSET and give the connection back; one that does not take it is closed."""
        connection, self._connection = self._connection, None
        if connection is None:
            return
        try:
            reply = await connection.command(b"RSET\r\n", self._hop.timeouts.farewell)
        except FAULTS:
            connection.abort()
        except BaseException:
            connection.abort()
            raise
        else:
            self._free(connection, reply if reply.accepted else Reply(421, ()))

    async def _said(self, line: bytes, where: str, seconds: float) -> Reply:
        """The reply to one command; a connection that breaks is let go."""
        if self._connection is None:
            return LOST
        try:
            reply = await self._connection.command(line, seconds)
        except FAULTS as fault:
            self._drop()
            return self._hop.broken(fault, where, self._queue_id)
        except BaseException:
            self._drop()
            raise
        if reply.code == 421:
            self._drop()
        return reply

    def _free(self, connection: Connection, reply: Reply) -> None:
        if reply.code == 421:
            connection.abort()
        else:
            self._hop.give_back(connection)

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.abort()
            self._connection = None
