"""Conduct one mail transaction on one connection, by SMTP or LMTP.

If the reply to the final dot is lost, it is 451: the next hop may or may not have the message,
and the client's retry can make a second copy, but never a loss (RFC 1047).  It is then not
sent anywhere else.

With LMTP there is a reply for each recipient that was taken (RFC 2033 4.2).  The one for
all of them is 2yz only if each is; else 4yz if any is, so that a reader of that one alone
loses nothing.
"""

import logging
from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from pratique.milter.mail import Envelope, Forward, Outgoing
from pratique.milter.next_hop import Reply
from pratique.milter.next_hop.commands import rcpt_line
from pratique.milter.next_hop.connection import FAULTS, Connection, Timeouts
from pratique.milter.next_hop.lending import Lending
from pratique.milter.next_hop.wire import MALFORMED, mirrored

log = logging.getLogger("pratique.next_hop")

LOST = Reply(451, ("4.4.2 connection to next hop lost",))
NO_LONGER_TAKEN = Reply(451, ("4.3.0 recipient is no longer taken, try again",))
NO_RECIPIENT = Reply(503, ("5.5.1 no valid recipients",))

_UNKNOWN = "the reply to the final dot: it may have the message, a retry may double it"


class Owner(Protocol):
    """The owner of the connection: `SmtpNextHop`."""

    timeouts: Timeouts
    lending: Lending

    async def again(
        self, envelope: Envelope, forwards: Sequence[Forward]
    ) -> tuple[Reply, "SmtpTransaction | None"]:
        """Say MAIL and each RCPT; the connection is not lent before the client has its reply."""

    async def reset(self, connection: Connection) -> None:
        """Say RSET; then the connection is free."""

    def reset_soon(self, connection: Connection) -> None:
        """Say RSET in the background."""

    def give_back(self, connection: Connection) -> None:
        """Give the connection back as free."""

    def drop(self, connection: Connection) -> None:
        """Drop the connection as useless."""

    def broken(self, fault: BaseException, where: str, queue_id: str) -> Reply:
        """Log a broken connection, and return the reply for our client."""


class SmtpTransaction:
    """One mail transaction; it owns its connection until it ends."""

    def __init__(
        self, hop: Owner, connection: Connection, envelope: Envelope, taken: Sequence[Forward] = ()
    ) -> None:
        self._hop = hop
        self._connection: Connection | None = connection
        self._lent = False
        self._envelope = envelope
        self._queue_id = envelope.queue_id
        # Recipients that the next hop has taken.
        self._taken = list(taken)

    def lend(self) -> None:
        """Give the connection back until the client says more."""
        connection, self._connection = self._connection, None
        if connection is not None:
            self._lent = True
            self._hop.reset_soon(connection)

    def hand_over(self) -> Connection | None:
        """Give up the connection to a transaction that is in the same state."""
        self._hop.lending.busy(self)
        connection, self._connection = self._connection, None
        return connection

    async def recipient(self, forward: Forward) -> Reply:
        """Say RCPT."""
        self._hop.lending.busy(self)
        if self._lent and (why := await self._taken_up()) is not None:
            return why
        capabilities = self._connection.capabilities if self._connection else {}
        line = rcpt_line(forward, capabilities)
        reply = mirrored(await self._said(line, "RCPT", self._hop.timeouts.command))
        if reply.accepted:
            self._taken.append(forward)
        if self._connection is not None:
            self._hop.lending.idle(self)
        return reply

    async def send(self, outgoing: Outgoing) -> Reply:
        """Say DATA, the content and the final dot, and pass on what the next hop replies."""
        self._hop.lending.busy(self)
        if self._lent and (why := await self._taken_up()) is not None:
            return why
        if self._connection is not None and not self._taken:
            await self.give_up()
            return NO_RECIPIENT
        reply = await self._said(b"DATA\r\n", "DATA", self._hop.timeouts.start_of_content)
        if reply.code != 354:
            await self.give_up()
            return MALFORMED if reply.accepted else mirrored(reply)
        connection, self._connection = self._connection, None
        assert connection is not None
        try:
            return await self._content(connection, outgoing)
        except BaseException:
            self._hop.drop(connection)
            raise

    async def _content(self, connection: Connection, outgoing: Outgoing) -> Reply:
        try:
            early = await connection.content(
                outgoing.chunks(), self._hop.timeouts.block, dotless=outgoing.dotless
            )
        except FAULTS as fault:
            self._hop.drop(connection)
            return self._hop.broken(fault, "content", self._queue_id)
        if early is not None:
            self._hop.drop(connection)
            return MALFORMED if early.accepted else mirrored(early)
        connection.messages += 1
        replies = await self._endings(connection)
        if replies[-1].code == 421:
            self._hop.drop(connection)
        else:
            self._hop.give_back(connection)
        return joined([mirrored(reply) for reply in replies])

    async def _endings(self, connection: Connection) -> list[Reply]:
        """Return the replies to the final dot; those that did not come are LOST."""
        replies: list[Reply] = []
        wanted = len(self._taken) if connection.lmtp else 1
        try:
            while len(replies) < wanted:
                replies.append(await connection.end_of_content(self._hop.timeouts.end_of_content))
        except FAULTS as fault:
            self._hop.drop(connection)
            lost = self._hop.broken(fault, _UNKNOWN, self._queue_id)
            replies += [lost] * (wanted - len(replies))
        return replies

    async def give_up(self) -> None:
        """Say RSET and give the connection back; close it if RSET fails."""
        self._lent = False
        connection = self.hand_over()
        if connection is not None:
            await self._hop.reset(connection)

    async def _taken_up(self) -> Reply | None:
        """Return to the state before the connection was lent; or return why that is impossible."""
        self._lent = False
        reply, again = await self._hop.again(self._envelope, self._taken)
        if again is None:
            log.warning("%s: the next hop took it before and says now: %s", self._queue_id, reply)
            return reply if reply.deferred else NO_LONGER_TAKEN
        self._connection = again.hand_over()
        return None

    async def _said(self, line: bytes, where: str, seconds: float) -> Reply:
        """Return the reply to one command; drop a connection that breaks."""
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

    def _drop(self) -> None:
        if self._connection is not None:
            self._hop.drop(self._connection)
            self._connection = None


def joined(replies: Sequence[Reply]) -> Reply:
    """Return one reply for all recipients, with theirs in `each` if there are several."""
    if len(replies) == 1:
        return replies[0]
    worst = next((reply for reply in replies if reply.deferred), None)
    refused = (reply for reply in replies if not reply.accepted)
    return replace(worst or next(refused, replies[0]), each=tuple(replies))
