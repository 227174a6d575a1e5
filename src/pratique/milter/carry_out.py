"""Carry a plan out: deliver, hold, refuse, defer or drop, and say what the client hears.

The order is what keeps the promises.  A message is held on the disk before 250; it is
with the next hop before 250; a release token is spent after the next hop has it, and a
token that cannot be spent is told in the log but never makes the sender send again.

Doors differ in how a message can leave them and in nothing else: `Ways` says how.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from pratique.milter import actions, durable
from pratique.milter.actions import HeardBy, Plan
from pratique.milter.mail import Content, Outgoing
from pratique.milter.next_hop import Reply
from pratique.milter.quarantine.record import Held
from pratique.milter.quarantine.tokens import Redemption
from pratique.policies.verdict import Action
from pratique.scanners.facts_pb2 import Facts

log = logging.getLogger("pratique.message")

# Gives a message to the next hop; 2yz if and only if it has it, 5yz if it never will.
Send = Callable[[Outgoing], Awaitable[Reply]]
# Keeps a message, on the disk when it returns; says under which name.  Raises OSError.
Hold = Callable[[Held], Awaitable[str]]


@dataclass(frozen=True, slots=True)
class Ways:
    """How one message can leave the door that it came by."""

    # Called at most once.
    send: Send
    # `Quarantine.hold`, or what tells a mail server to hold the message itself.
    hold: Hold
    heard_by: HeardBy
    # The Received field to put in front, or nothing.
    trace: bytes = b""
    # The octets of a message too large to be looked into; 0: it is not.  Its content may be
    # its beginning alone if `hold` and `send` leave the whole with who has it.
    too_large: int = 0
    # The octets of the largest message that may leave changed; 0: there is no limit.
    most: int = 0


def outgoing(content: Content, seen: Facts, trace: bytes, plan: Plan) -> Outgoing:
    """The message as it would go out: our fields in front, forgeries of them cut."""
    cut = tuple((span.start, span.end) for span in seen.mail.foreign_fields)
    return Outgoing(content, trace + actions.fields(plan.add_header), cut)


@dataclass(frozen=True, slots=True)
class Done:
    """What was done in the end, what the client hears, and where a copy is held."""

    plan: Plan
    reply: Reply
    held_as: str = ""


async def carry_out(plan: Plan, held: Held, ways: Ways, released: Redemption | None) -> Done:
    """Do with a message what the plan says; `released` is the token it came with."""
    queue_id = held.envelope.queue_id
    match plan.action:
        case Action.ACCEPT:
            return await _deliver(plan, held, ways, released)
        case Action.QUARANTINE:
            return await _hold(plan, held, ways)
        case Action.REJECT:
            return Done(plan, plan.refusal)
        case Action.DEFER:
            return Done(plan, actions.DEFERRED)
        case Action.DISCARD:
            return Done(plan, actions.taken(queue_id))


async def _deliver(plan: Plan, held: Held, ways: Ways, released: Redemption | None) -> Done:
    try:
        reply = await ways.send(held.outgoing)
        if ways.heard_by == "queue" and reply.code // 100 == 5:
            # To refuse what the next hop refuses would be a bounce.
            plan = actions.refused(plan, reply)
            return await _hold(plan, replace(held, verdicts=plan.verdicts), ways)
        if not reply.accepted:
            return Done(plan, reply)
        if released is not None:
            await _spend(released)
        return Done(plan, actions.taken(held.envelope.queue_id))
    finally:
        if released is not None:
            released.back()


async def _spend(released: Redemption) -> None:
    try:
        await released.spent()
    except OSError as error:
        log.error("the token of %s could not be spent: %s", released.message_id, error)


async def _hold(plan: Plan, held: Held, ways: Ways) -> Done:
    queue_id = held.envelope.queue_id
    try:
        # Once begun it is finished, whoever listens: half a decision is none.
        kept_as = await asyncio.shield(ways.hold(held))
    except OSError as error:
        log.error("%s: not held: %s", queue_id, error)
        return Done(plan, durable.reply_to(error))
    log.info("%s: held as %s", queue_id, kept_as)
    return Done(plan, actions.taken(queue_id), kept_as)
