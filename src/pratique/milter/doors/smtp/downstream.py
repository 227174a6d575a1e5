"""Hold the transaction with the next hop while a message is taken and inspected.

MAIL and RCPT go on to the next hop as they come and its replies are mirrored, so that a
recipient is verified before any content is taken.  Then content arrives, perhaps slowly,
and is inspected; no next hop waits that long for DATA.  So after a few seconds the
transaction is given back (RSET), and once the message may go, MAIL and RCPT are said
again.  If what was taken before is refused now, the whole message gets 4yz and nothing is
delivered: the client was told that each recipient is good, and will learn better on its retry.

Behind a queue a refusal becomes a bounce.  There a 5yz of the next hop is not passed on: the
client hears 250, its content is taken, and `send` returns what the next hop said, so that the
caller can hold the message instead.

Where recipients get different messages, each group has a transaction of its own, with
its own recipients only; so does the address that a message is redirected to.

If the client is gone before the message went on, it is not sent: the client did not
hear 250, so it will retry, and the mail would arrive twice.  A client that has closed its
half without QUIT counts as gone (why: connection.py).  Once sending has begun it is finished,
whoever listens (RFC 1047).
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Protocol

from pratique.milter.doors.replies import CLIENT_GONE
from pratique.milter.mail import Envelope, Forward, Outgoing
from pratique.milter.next_hop import NextHop, Reply, Transaction

log = logging.getLogger("pratique.door")

UNTOLD = Reply(250, ("2.0.0 ok",))
NO_LONGER_TAKEN = Reply(451, ("4.3.0 recipient is no longer taken, try again",))


class Timer(Protocol):
    """What `Later` returns."""

    def cancel(self) -> None:
        """Cancel the call."""


# `loop.call_later`, or a test's replacement.
Later = Callable[[float, Callable[[], None]], Timer]


_NOBODY: Counter[Forward] = Counter()


class Downstream:
    """One message's way to the next hop: mail, recipient..., then send or give_up."""

    def __init__(
        self,
        next_hop: NextHop,
        keep_seconds: float,
        later: Later,
        *,
        tells_refusals: bool = True,
    ) -> None:
        self._next_hop = next_hop
        self._tells_refusals = tells_refusals
        # The first refusal that the client was not told of.
        self._untold: Reply | None = None
        # MAIL itself was refused, so there is no transaction for RCPT.
        self._refused_whole = False
        self._keep_seconds = keep_seconds
        self._later = later
        self._envelope: Envelope | None = None
        self._taken: list[Forward] = []
        self._transaction: Transaction | None = None
        self._timer: Timer | None = None
        self._parting: set[asyncio.Task[None]] = set()
        self._gone = False
        # Recipients that were not sent to yet; None: nothing was sent to any.
        self._left: Counter[Forward] | None = None

    async def mail(self, envelope: Envelope) -> Reply:
        """Say MAIL."""
        self._envelope = envelope
        reply, self._transaction = await self._next_hop.begin(envelope)
        self._keep_for_a_while()
        heard = self._told(reply)
        self._refused_whole = heard.accepted and not reply.accepted
        return heard

    async def recipient(self, forward: Forward) -> Reply:
        """Say RCPT; if the transaction was given back, repeat MAIL and each RCPT first."""
        if self._refused_whole:
            return UNTOLD
        self._stop_timer()
        transaction = self._transaction or await self._resumed(self._taken)
        if isinstance(transaction, Reply):
            return transaction
        reply = await transaction.recipient(forward)
        if reply.accepted:
            self._taken.append(forward)
        self._keep_for_a_while()
        return self._told(reply)

    async def send(self, outgoing: Outgoing, recipients: Sequence[Forward] | None = None) -> Reply:
        """Send a message to these recipients, or to all; 2yz if and only if the next hop has it.

        Each recipient is sent to once.  5yz: the next hop refused one and the client was not told.
        """
        chosen = self._chosen(recipients)
        if self._gone:
            return CLIENT_GONE
        if self._untold is not None:
            self.park()
            return self._untold
        if self._transaction is not None and len(chosen) < len(self._taken):
            await self.give_up()
        self._stop_timer()
        transaction = self._transaction or await self._resumed(chosen)
        if isinstance(transaction, Reply):
            return transaction
        if self._gone:
            await self.give_up()
            return CLIENT_GONE
        self._transaction = None
        return await transaction.send(outgoing)

    async def redirect(
        self, outgoing: Outgoing, recipients: Sequence[Forward], instead: Forward, _: bool
    ) -> Reply:
        """Send a message to one address instead of to these, as `send` does."""
        self._chosen(recipients)
        if self._untold is not None:
            self.park()
            return self._untold
        await self.give_up()
        if self._gone:
            return CLIENT_GONE
        assert self._envelope is not None
        reply, transaction = await self._next_hop.resume(self._envelope, [instead])
        if transaction is None:
            return reply
        if self._gone:
            await transaction.give_up()
            return CLIENT_GONE
        return await transaction.send(outgoing)

    def refuse(self, reply: Reply) -> None:
        """Have `send` return this: a refusal of ours that the client is not told."""
        if self._untold is None:
            self._untold = reply

    def park(self) -> None:
        """Give the transaction back now; it is resumed when it is needed."""
        transaction, self._transaction = self._transaction, None
        self._stop_timer()
        if transaction is not None:
            task = asyncio.get_running_loop().create_task(transaction.give_up())
            # Kept, or the task might be garbage-collected before it ends.
            self._parting.add(task)
            task.add_done_callback(self._parting.discard)

    def abandon(self) -> None:
        """Note that the client is gone: do not begin to send."""
        self._gone = True

    async def give_up(self) -> None:
        """End the transaction without a message, leaving nothing behind."""
        self.park()
        while self._parting:
            await asyncio.wait(self._parting)

    def _chosen(self, recipients: Sequence[Forward] | None) -> Sequence[Forward]:
        """Return the recipients to send to; raise RuntimeError if one was sent to before."""
        chosen = self._taken if recipients is None else list(recipients)
        if self._left is None and chosen == self._taken:
            self._left = _NOBODY
        elif self._untold is None:
            left = Counter(self._taken) if self._left is None else self._left
            if not left or Counter(chosen) - left:
                raise RuntimeError("a message is sent once to each recipient")
            self._left = left - Counter(chosen)
        return chosen

    async def _resumed(self, forwards: Sequence[Forward]) -> Transaction | Reply:
        """Return a new transaction with these recipients; or why there is none any more."""
        assert self._envelope is not None
        reply, transaction = await self._next_hop.resume(self._envelope, forwards)
        if transaction is None:
            return self._no_longer(reply)
        self._transaction = transaction
        return transaction

    def _told(self, reply: Reply) -> Reply:
        """Return what the client hears of a reply to MAIL or RCPT."""
        if self._tells_refusals or not reply.refused:
            return reply
        if self._untold is None:
            self._untold = reply
        return UNTOLD

    def _no_longer(self, reply: Reply) -> Reply:
        queue_id = self._envelope.queue_id if self._envelope else ""
        log.warning("%s: the next hop took it before and says now: %s", queue_id, reply)
        return reply if 400 <= reply.code < 500 else NO_LONGER_TAKEN

    def _keep_for_a_while(self) -> None:
        if self._transaction is not None:
            self._timer = self._later(self._keep_seconds, self.park)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
