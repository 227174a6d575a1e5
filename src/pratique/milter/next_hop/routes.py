"""Send mail to one next hop or another, by the domain of the recipient.

A transaction goes to one next hop.  So MAIL is answered here, and said to the next hop
that the first recipient belongs to.  A recipient of another one gets 452 4.5.3, as if it
were one too many: the client sends the message again for it (RFC 5321 4.5.3.1.10).  While
no recipient was taken, the next one may still choose.

A name is matched before a parent such as `.example.org`, a longer parent before a shorter
one.  International names are compared in their xn-- form (RFC 5891).
"""

import asyncio
import logging
from collections.abc import Mapping, Sequence

import idna

from pratique.milter.mail import Envelope, Forward, Outgoing
from pratique.milter.next_hop import NextHop, Reply, Transaction

log = logging.getLogger("pratique.next_hop")

_MAIL_TAKEN = Reply(250, ("2.1.0 Ok",))
_NO_RECIPIENT = Reply(503, ("5.5.1 no valid recipients",))
OTHER_ROUTE = Reply(452, ("4.5.3 send again for this recipient: it has another way",))

# A domain has at most 255 octets, so at most 128 labels.
MAX_LABELS = 128


class Routes:
    """Next hops by domain, and one for all other domains."""

    def __init__(self, by_domain: Mapping[str, NextHop], rest: NextHop) -> None:
        self._by_domain = {domain.lower(): hop for domain, hop in by_domain.items()}
        self._rest = rest
        self._hops = (rest, *dict.fromkeys(self._by_domain.values()))

    def hop_for(self, forward: Forward) -> NextHop:
        """Return the next hop of a recipient."""
        domain = _canonical(forward.domain)
        if domain in self._by_domain:
            return self._by_domain[domain]
        labels = domain.split(".", MAX_LABELS)
        parents = ("." + ".".join(labels[cut:]) for cut in range(1, len(labels)))
        found = (self._by_domain[parent] for parent in parents if parent in self._by_domain)
        return next(found, self._rest)

    async def begin(self, envelope: Envelope) -> tuple[Reply, Transaction | None]:
        """Take the reverse-path; no next hop is asked before there is a recipient."""
        return _MAIL_TAKEN, _Routed(self, envelope)

    async def resume(
        self, envelope: Envelope, forwards: Sequence[Forward]
    ) -> tuple[Reply, Transaction | None]:
        """Say MAIL and each RCPT to the one next hop that they belong to."""
        hops = {self.hop_for(forward) for forward in forwards}
        if not hops:
            return await self.begin(envelope)
        if len(hops) > 1:
            return OTHER_ROUTE, None
        hop = hops.pop()
        reply, transaction = await hop.resume(envelope, forwards)
        # The client may go on with a recipient of another route.
        return reply, transaction and _Routed(self, envelope, hop, transaction)

    async def extensions(self) -> frozenset[str]:
        """Return what all of them announced."""
        seen = await asyncio.gather(*(hop.extensions() for hop in self._hops))
        return frozenset.intersection(*seen)

    async def close(self) -> None:
        """Give all connections back."""
        await asyncio.gather(*(hop.close() for hop in self._hops))


class _Routed:
    """A transaction that becomes one with a next hop at the first recipient."""

    def __init__(
        self,
        routes: Routes,
        envelope: Envelope,
        hop: NextHop | None = None,
        transaction: Transaction | None = None,
    ) -> None:
        self._routes = routes
        self._envelope = envelope
        self._hop = hop
        self._transaction = transaction
        self._is_chosen = hop is not None
        self._told = False

    async def recipient(self, forward: Forward) -> Reply:
        """Say RCPT, after MAIL for the first; or say why this recipient needs another message."""
        hop = self._routes.hop_for(forward)
        if self._is_chosen and hop is not self._hop:
            self._tell(forward)
            return OTHER_ROUTE
        if hop is not self._hop:
            await self.give_up()
            reply, self._transaction = await hop.begin(self._envelope)
            if self._transaction is None:
                return reply
            self._hop = hop
        assert self._transaction is not None
        reply = await self._transaction.recipient(forward)
        self._is_chosen = self._is_chosen or reply.accepted
        return reply

    async def send(self, outgoing: Outgoing) -> Reply:
        """Send the message."""
        if self._transaction is None:
            return _NO_RECIPIENT
        return await self._transaction.send(outgoing)

    async def give_up(self) -> None:
        """End the transaction, if there is one."""
        transaction, self._transaction, self._hop = self._transaction, None, None
        if transaction is not None:
            await transaction.give_up()

    def _tell(self, forward: Forward) -> None:
        if not self._told:
            self._told = True
            log.info(
                "%s: recipients of two next hops: %s is deferred until it comes alone",
                self._envelope.queue_id,
                forward.domain,
            )


def _canonical(domain: str) -> str:
    """Return the domain as A-labels; unchanged if it is not a valid name."""
    if domain.isascii():
        return domain
    try:
        return idna.encode(domain, uts46=True).decode("ascii")
    except idna.IDNAError:
        return domain
