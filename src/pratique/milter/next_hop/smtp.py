"""Hand mail to another server by SMTP or LMTP: our own client, on pooled connections.

Each reply is mirrored to our client, so MAIL is said alone and RCPT one at a time.  What
was mirrored before and is said again (`resume`) goes in one write where the next hop
announces PIPELINING.  DATA is never part of it: a next hop that refused some recipient and
still says 354 could only be stopped by breaking the connection (RFC 2920 3.1).

A free connection is kept for a short while.  A next hop may have closed it
meanwhile, or limit what it takes on one: if a kept one fails at MAIL, or gets 4yz there,
before anything was mirrored, the transaction starts once more on a fresh connection.  One
that was kept for longer says RSET first, since MAIL would wait for minutes on a machine
that has vanished.
"""

import asyncio
import logging
import time
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass

from pratique.milter.mail import Envelope, Forward
from pratique.milter.next_hop import Reply
from pratique.milter.next_hop.commands import client_lines, mail_line, rcpt_line
from pratique.milter.next_hop.connection import FAULTS, Connection, Timeouts
from pratique.milter.next_hop.dial import Dialler, Place
from pratique.milter.next_hop.lending import Lending
from pratique.milter.next_hop.pause import Pause
from pratique.milter.next_hop.pool import BusyError, Limits, Pool
from pratique.milter.next_hop.tls import IN_CLEAR, Tls
from pratique.milter.next_hop.transaction import LOST, SmtpTransaction
from pratique.milter.next_hop.wire import MALFORMED, WireError, mirrored

log = logging.getLogger("pratique.next_hop")

AWAY = Reply(451, ("4.4.1 next hop is away",))
BUSY = Reply(451, ("4.4.5 next hop is busy",))
NOT_UTF8 = Reply(550, ("5.6.7 next hop does not take SMTPUTF8",))

# A kept connection used within this time is not tested: its server can hardly have vanished.
PROVE_AFTER = 5.0
# A client waits for the reply to its EHLO; without an answer it is offered fewer extensions.
ASK_SECONDS = 5.0

PATIENCE, LIMITS = Timeouts(), Limits()

Begun = tuple[Reply, SmtpTransaction | None]


class UnavailableError(Exception):
    """A next hop neither took nor refused anything: another one may be asked."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(str(reply))
        self.reply = reply


@dataclass(frozen=True, slots=True)
class Way:
    """How to speak to a mail server."""

    lmtp: bool = False
    tls: Tls = IN_CLEAR
    timeouts: Timeouts = PATIENCE
    limits: Limits = LIMITS


class SmtpNextHop:
    """A mail server that takes mail by SMTP or LMTP; `host` may be a unix socket's path."""

    def __init__(self, host: str, port: int, helo: str, way: Way | None = None) -> None:
        way = way or Way()
        self.place = Place(host, port, helo, way.lmtp, way.tls)
        self.timeouts = way.timeouts
        self.pause = Pause()
        self._dialler = Dialler(self.place)
        self.lending = Lending(self._is_short)
        self._pool = Pool(self._dial, self._quit, way.limits, self.lending.wanted)
        self._resetting: set[asyncio.Task[None]] = set()
        self._seen: frozenset[str] | None = None
        self._asking = asyncio.Lock()

    def begin(self, envelope: Envelope) -> Coroutine[None, None, Begun]:
        """Say MAIL, on a kept connection if one is still good."""
        return self.resume(envelope, ())

    async def resume(self, envelope: Envelope, forwards: Sequence[Forward]) -> Begun:
        """Say MAIL and each RCPT."""
        try:
            return await self.attempt(envelope, forwards)
        except UnavailableError as why:
            return why.reply, None

    async def again(self, envelope: Envelope, forwards: Sequence[Forward]) -> Begun:
        """Say MAIL and each RCPT again for a waiting client: the connection is not lent at once."""
        try:
            return await self._started(envelope, forwards)
        except UnavailableError as why:
            return why.reply, None

    async def extensions(self) -> frozenset[str]:
        """Return what it announced on the last connection; ask it if there was none."""
        if self._seen is None:
            try:
                async with asyncio.timeout(ASK_SECONDS), self._asking:
                    await self._ask()
            except (TimeoutError, UnavailableError) as why:
                self.pause.begin()
                told = str(why) or "no answer yet"
                log.info("next hop %s: what it offers is not known: %s", self.place, told)
        return self._seen or frozenset()

    async def _ask(self) -> None:
        if self._seen is None and self.pause.over:
            connection, _ = await self._taken()
            self.give_back(connection)

    async def attempt(self, envelope: Envelope, forwards: Sequence[Forward]) -> Begun:
        """Say MAIL, and RCPT where there are `forwards`.  Raises UnavailableError."""
        reply, transaction = await self._started(envelope, forwards)
        if transaction is not None:
            self.lending.idle(transaction)
        return reply, transaction

    async def _started(self, envelope: Envelope, forwards: Sequence[Forward]) -> Begun:
        connection, kept = self._pool.take_kept(), True
        if connection is None:
            connection, kept = await self._taken()
        try:
            if kept:
                try:
                    return await self._said(connection, envelope, forwards, kept=True)
                except FAULTS as fault:
                    log.info("kept connection to %s is stale: %s", self.place, fault)
                connection = await self._replaced(connection)
            return await self._said(connection, envelope, forwards, kept=False)
        except FAULTS as fault:
            self.drop(connection)
            self.pause.begin()
            raise UnavailableError(self.broken(fault, "MAIL", envelope.queue_id)) from fault
        except BaseException:
            self.drop(connection)
            raise

    async def _said(
        self, connection: Connection, envelope: Envelope, forwards: Sequence[Forward], *, kept: bool
    ) -> Begun:
        announced = connection.capabilities
        if "SMTPUTF8" in envelope.parameters and "SMTPUTF8" not in announced:
            self.give_back(connection)
            return NOT_UTF8, None
        if kept and time.monotonic() - connection.used_at >= PROVE_AFTER:
            await self._proven(connection)
        whence = client_lines(envelope, announced)
        lines = [*whence, mail_line(envelope, announced)]
        lines += [rcpt_line(forward, announced) for forward in forwards]
        replies = await connection.commands(lines, self.timeouts.command)
        reply = replies[len(whence)]
        if kept and (reply.deferred or reply.code == 503):
            raise ConnectionResetError(f"MAIL answered by {reply}")
        if reply.code == 421:
            self.pause.begin()
            raise UnavailableError(mirrored(reply))
        # Not before: a server that greets but is too busy for mail counts as away, too.
        self.pause.end()
        told = [mirrored(reply) for reply in replies[len(whence) :]]
        for reply in told:
            if not reply.accepted:
                await self._left(connection, begun=len(told) > 1)
                return reply, None
        return told[-1], SmtpTransaction(self, connection, envelope, forwards)

    async def _left(self, connection: Connection, *, begun: bool) -> None:
        """Leave nothing behind of a transaction that was refused."""
        if begun:
            await self.reset(connection)
        else:
            self.give_back(connection)

    async def _proven(self, connection: Connection) -> None:
        reply = await connection.command(b"RSET\r\n", self.timeouts.proof)
        if not reply.accepted:
            raise ConnectionResetError(f"RSET answered by {reply}")

    async def _taken(self) -> tuple[Connection, bool]:
        """Return a connection, and whether it was kept.  Raises UnavailableError."""
        try:
            return await self._pool.take()
        except BusyError as fault:
            log.warning("next hop %s: %s", self.place, fault)
            raise UnavailableError(BUSY) from fault
        except FAULTS as fault:
            raise self._away(fault) from fault

    async def _replaced(self, connection: Connection) -> Connection:
        try:
            return await self._pool.replace(connection)
        except FAULTS as fault:
            raise self._away(fault) from fault

    def _away(self, fault: Exception) -> UnavailableError:
        log.warning("next hop %s is away: %s", self.place, str(fault) or "timeout")
        self.pause.begin()
        return UnavailableError(AWAY)

    async def _dial(self) -> Connection:
        connection = await self._dialler.dial(self.timeouts)
        self._seen = frozenset(connection.capabilities)
        return connection

    async def _quit(self, connection: Connection) -> None:
        await connection.quit(self.timeouts.farewell)

    def broken(self, fault: BaseException, where: str, queue_id: str) -> Reply:
        """Log why a connection broke, and return the reply for our client."""
        why = str(fault) or type(fault).__name__
        log.warning("%s: next hop %s failed at %s: %s", queue_id, self.place, where, why)
        return MALFORMED if isinstance(fault, WireError) else LOST

    async def reset(self, connection: Connection) -> None:
        """Say RSET and give the connection back; close it if RSET fails."""
        try:
            reply = await connection.command(b"RSET\r\n", self.timeouts.farewell)
        except FAULTS:
            self.drop(connection)
        except BaseException:
            self.drop(connection)
            raise
        else:
            (self.give_back if reply.accepted else self.drop)(connection)

    def reset_soon(self, connection: Connection) -> None:
        """Say RSET in the background."""
        task = asyncio.get_running_loop().create_task(self.reset(connection))
        self._resetting.add(task)
        task.add_done_callback(self._resetting.discard)

    def _is_short(self) -> bool:
        """True if more wait for a connection than are about to be given back."""
        return self._pool.waiting > len(self._resetting)

    def give_back(self, connection: Connection) -> None:
        """Keep a connection for the next message, or close it."""
        self._pool.give_back(connection)

    def drop(self, connection: Connection) -> None:
        """Break a connection off."""
        self._pool.drop(connection)

    async def close(self) -> None:
        """Say QUIT on every kept connection; those in use follow when they are given back."""
        while self._resetting:
            await asyncio.wait(self._resetting)
        await self._pool.close()
