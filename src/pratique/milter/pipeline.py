"""START READING HERE: one message's way, from the final dot to the reply.

    see      a confined worker unpacks and scans the content; its answers are facts
    ask      what others know is added to the facts (here: are the addresses sound?)
    decide   the policy gives a verdict for each recipient
    act      the message is delivered, held, refused, deferred or dropped

Whatever goes wrong on the way becomes 4yz, and the message stays with whoever sent it.
250 is said only when the next hop has said it, or when the quarantine has the message
on its disk: there is no queue of our own, so nothing to lose and no bounce to send.
"""

import logging
import time
from dataclasses import dataclass
from typing import Protocol

from pratique.milter import actions
from pratique.milter.actions import Plan
from pratique.milter.carry_out import Send, carry_out
from pratique.milter.logs import MessageLine
from pratique.milter.lookups import addresses
from pratique.milter.mail import Content, Envelope, Outgoing
from pratique.milter.next_hop import Reply
from pratique.milter.quarantine.record import Held
from pratique.milter.quarantine.store import Quarantine
from pratique.milter.released import redemption
from pratique.milter.wall import NurseryLost
from pratique.policies import danger
from pratique.policies.policy import Policy
from pratique.policies.verdict import Action, Verdict
from pratique.scanners.facts_pb2 import Facts

log = logging.getLogger("pratique.message")


class Sees(Protocol):
    """Who turns a message into facts: `Workers`, or what a test hands in."""

    async def inspect(self, content: Content, envelope: Envelope) -> Facts:
        """All facts about a message.  Raises NurseryLost."""


@dataclass(frozen=True, slots=True)
class Inspection:
    """What was found out about a message, and what was decided for each recipient."""

    facts: Facts
    verdicts: tuple[Verdict, ...]


async def inspect(content: Content, envelope: Envelope, sees: Sees, policy: Policy) -> Inspection:
    """See, ask, decide.  Raises NurseryLost, or TimeoutError if no worker is free."""
    seen = await sees.inspect(content, envelope)
    return judge(seen, envelope, policy)


def judge(seen: Facts, envelope: Envelope, policy: Policy) -> Inspection:
    """Ask and decide, for what has been seen."""
    seen.envelope.address_problems.extend(addresses.problems(envelope))
    recipients = [addresses.to_facts(forward) for forward in envelope.recipients]
    return Inspection(seen, policy.decide_all(danger.reduce(seen), recipients))


class Pipeline:
    """What every message goes through, whichever door it came by."""

    def __init__(self, sees: Sees, policy: Policy, quarantine: Quarantine) -> None:
        self._sees = sees
        self._policy = policy
        self._quarantine = quarantine

    async def take(self, content: Content, envelope: Envelope, trace: bytes, send: Send) -> Reply:
        """Inspect a message, carry the verdict out, and say what the client hears.

        `trace` is the Received field to put in front, or nothing; `send` gives the
        message to the next hop, and is called at most once.
        """
        line = MessageLine(envelope.queue_id, content.size, time.monotonic())
        try:
            inspection = await inspect(content, envelope, self._sees, self._policy)
        except (NurseryLost, TimeoutError) as error:
            log.error("%s: not inspected: %s", envelope.queue_id, error or "no worker was free")
            return line.write("defer", "", actions.UNSEEN)
        seen = inspection.facts
        line.parts = len(seen.parts)
        if seen.mail.received_count > actions.MAX_RECEIVED:
            return line.write("reject", "mail loop", actions.LOOP)
        plan = actions.plan(inspection.verdicts)
        released = None
        if plan.action is not Action.ACCEPT:
            released = await redemption(self._quarantine, content, envelope, seen.mail)
        if released is not None:
            plan = actions.let_out(released.message_id)
        held = Held(_outgoing(content, seen, trace, plan), envelope, inspection.verdicts, seen)
        reply = await carry_out(plan, held, send, self._quarantine, released)
        return line.write(plan.action, plan.rule, reply)


def _outgoing(content: Content, seen: Facts, trace: bytes, plan: Plan) -> Outgoing:
    """The message as it would go out: our fields in front, forgeries of them cut."""
    cut = tuple((span.start, span.end) for span in seen.mail.foreign_fields)
    return Outgoing(content, trace + actions.fields(plan.add_header), cut)
