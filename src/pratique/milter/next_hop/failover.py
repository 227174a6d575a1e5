"""Hand mail to the first available of several mail servers.

They are asked in the order in which they are written.  The next one is asked only while
nothing was said to our client: when one cannot be reached, does not greet, has no
connection left, or breaks at MAIL.  Later a broken connection is 4yz, and after the final
dot no other server gets the message: the first may have it (RFC 1047).  One that was away is
left alone for a pause that grows; while all are, the one whose pause ends first is asked.
"""

import asyncio
import logging
from collections.abc import Sequence

from pratique.milter.mail import Envelope, Forward
from pratique.milter.next_hop import Reply
from pratique.milter.next_hop.smtp import AWAY, Begun, SmtpNextHop, UnavailableError

log = logging.getLogger("pratique.next_hop")


class Failover:
    """Several mail servers that have the same mailboxes behind them."""

    def __init__(self, hops: Sequence[SmtpNextHop]) -> None:
        self._hops = tuple(hops)

    async def begin(self, envelope: Envelope) -> Begun:
        """Say MAIL to the first available one."""
        return await self._first(envelope, ())

    async def resume(self, envelope: Envelope, forwards: Sequence[Forward]) -> Begun:
        """Say MAIL and each RCPT to the first available one."""
        return await self._first(envelope, forwards)

    async def extensions(self) -> frozenset[str]:
        """Return what each of them announced."""
        seen = await asyncio.gather(*(hop.extensions() for hop in self._hops))
        return frozenset.intersection(*seen)

    async def close(self) -> None:
        """Give all connections back."""
        await asyncio.gather(*(hop.close() for hop in self._hops))

    async def _first(self, envelope: Envelope, forwards: Sequence[Forward]) -> Begun:
        reply: Reply = AWAY
        for hop in self._order():
            try:
                return await hop.attempt(envelope, forwards)
            except UnavailableError as why:
                reply = why.reply
                log.info("%s: next hop %s is passed over: %s", envelope.queue_id, hop.place, why)
        return reply, None

    def _order(self) -> Sequence[SmtpNextHop]:
        there = [hop for hop in self._hops if hop.pause.over]
        return there or [min(self._hops, key=lambda hop: hop.pause.ends_at)]
