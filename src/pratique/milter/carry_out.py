"""Carry a plan out: deliver, hold, refuse, defer or drop, and say what the client hears.

The order is what keeps the promises.  A message is held on the disk before 250; it is
with the next hop before 250; a release token is spent after the next hop has it, and a
token that cannot be spent is told in the log but never makes the sender send again.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from pratique.milter import actions, durable
from pratique.milter.actions import Plan
from pratique.milter.mail import Outgoing
from pratique.milter.next_hop import Reply
from pratique.milter.quarantine.record import Held
from pratique.milter.quarantine.store import Quarantine
from pratique.milter.quarantine.tokens import Redemption
from pratique.policies.verdict import Action

log = logging.getLogger("pratique.message")

Send = Callable[[Outgoing], Awaitable[Reply]]


async def carry_out(
    plan: Plan, held: Held, send: Send, quarantine: Quarantine, released: Redemption | None
) -> Reply:
    """Do what the plan says with a message; `released` is the token it came with."""
    queue_id = held.envelope.queue_id
    match plan.action:
        case Action.ACCEPT:
            return await _deliver(held, send, released)
        case Action.QUARANTINE:
            return await _hold(held, quarantine)
        case Action.REJECT:
            return actions.REFUSED
        case Action.DEFER:
            return actions.DEFERRED
        case Action.DISCARD:
            return actions.taken(queue_id)


async def _deliver(held: Held, send: Send, released: Redemption | None) -> Reply:
    try:
        reply = await send(held.outgoing)
        if not reply.accepted:
            return reply
        if released is not None:
            await _spend(released)
        return actions.taken(held.envelope.queue_id)
    finally:
        if released is not None:
            released.back()


async def _spend(released: Redemption) -> None:
    try:
        await released.spent()
    except OSError as error:
        log.error("the token of %s could not be spent: %s", released.message_id, error)


async def _hold(held: Held, quarantine: Quarantine) -> Reply:
    queue_id = held.envelope.queue_id
    try:
        # Once begun it is finished, whoever listens: half a decision is none.
        kept_as = await asyncio.shield(quarantine.hold(held))
    except OSError as error:
        log.error("%s: not held: %s", queue_id, error)
        return durable.reply_to(error)
    log.info("%s: held as %s", queue_id, kept_as)
    return actions.taken(queue_id)
