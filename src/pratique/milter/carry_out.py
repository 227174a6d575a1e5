"""Carry a plan out: deliver, hold, refuse, defer or drop, and say what the client hears.

The order is what keeps the promises.  A message is held on the disk before 250; it is
with the next hop before 250 (sharing.py); a release token is spent after the next hop has
it, and a token that cannot be spent is told in the log but never makes the sender send
again.

Doors differ in how a message can leave them and in nothing else: ways.py says how.
"""

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import replace

from pratique.milter import actions, durable
from pratique.milter.actions import Plan
from pratique.milter.mail import Outgoing
from pratique.milter.next_hop import Reply
from pratique.milter.quarantine.record import Held
from pratique.milter.quarantine.store import Quarantine
from pratique.milter.quarantine.tokens import Redemption
from pratique.milter.sharing import Sharing
from pratique.milter.ways import Done, Ways, Whole, outgoing
from pratique.policies.verdict import Action

log = logging.getLogger("pratique.message")


async def carry_out(
    plan: Plan,
    whole: Whole,
    ways: Ways,
    quarantine: Quarantine,
    changed: Mapping[tuple[int, ...], Outgoing],
) -> Done:
    """Do with a message what the plan says; `changed` is what some shares get instead of it."""
    if len(plan.shares) > 1 or plan.worst.leaves:
        return await Sharing(plan, whole, ways, quarantine, changed).carry_out()
    if await _some_have_it(plan, whole, ways, quarantine):
        return await Sharing(actions.for_some(plan), whole, ways, quarantine, {}).carry_out()
    (share,) = plan.shares
    match share.action:
        case Action.QUARANTINE:
            return await _hold(plan, whole.held(share, outgoing(whole, ways.trace, share)), ways)
        case Action.REJECT | Action.DEFER:
            return Done(plan, _for_each(plan, ways))
        case _:
            return Done(plan, actions.taken(whole.envelope.queue_id))


async def spend(released: Redemption, done: Done) -> None:
    """Spend a release token if its message went out, else give it back for the next try."""
    try:
        if done.reply.accepted and done.plan.action is Action.ACCEPT:
            await released.spent()
    except OSError as error:
        log.error("the token of %s could not be spent: %s", released.message_id, error)
    finally:
        released.back()


def _for_each(plan: Plan, ways: Ways) -> Reply:
    """What the client hears of a refusal: in LMTP of each recipient what its rule says."""
    replies = tuple(map(actions.heard, plan.verdicts))
    if not ways.by_recipient or plan.refusal is actions.LOOP or len(set(replies)) == 1:
        return plan.refusal
    return replace(plan.refusal, each=replies)


async def _some_have_it(plan: Plan, whole: Whole, ways: Ways, quarantine: Quarantine) -> bool:
    """True if what is to be held or refused for all was delivered to some by an earlier try.

    The policy or a signature has changed since.  Those who have it need no copy, and a refusal
    would be heard for him too.
    """
    if plan.action not in {Action.QUARANTINE, Action.REJECT} or not ways.divides:
        return False
    return bool(await quarantine.delivered.known(whole.content, whole.envelope))


async def _hold(plan: Plan, held: Held, ways: Ways) -> Done:
    queue_id = held.envelope.queue_id
    try:
        # Once begun it is finished, whoever listens: half a decision is none.
        kept_as = await asyncio.shield(ways.hold(held))
    except OSError as error:
        log.error("%s: not held: %s", queue_id, error)
        return Done(plan, durable.reply_to(error))
    log.info("%s: held %s", queue_id, f"as {kept_as}" if kept_as else "by the mail server")
    return Done(plan, actions.taken(queue_id), kept_as)
