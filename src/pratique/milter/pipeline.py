"""START READING HERE: one message's way, from the final dot to the reply.

    see      a confined worker unpacks and scans the content; its answers are facts
    ask      what others know is added to the facts (here: are the addresses sound?)
    decide   the policy gives a verdict for each recipient
    act      the message is delivered, held, refused, deferred or dropped, for each recipient
             what is due to it (sharing.py); where parts shall be taken out first, what is left
             is seen and decided once more (rewriting.py)
    tell     what became of it goes into the log, the journal and the counters

Whatever goes wrong on the way becomes 4yz, and the message stays with whoever sent it.
What can never go on is refused to a sender, and held where only a queue would hear it.
250 is said only when the next hop has said it, or when the quarantine has the message
on its disk: there is no queue of our own, so nothing to lose and no bounce to send.
"""

import asyncio
import contextlib
import logging
import time
from dataclasses import dataclass
from typing import Protocol

from pratique.milter import actions, logs, too_large
from pratique.milter.became import Became, Tell
from pratique.milter.carry_out import carry_out, spend
from pratique.milter.deadline import LOOKING_SECONDS
from pratique.milter.lookups import addresses
from pratique.milter.mail import Content, Envelope
from pratique.milter.next_hop import Reply
from pratique.milter.quarantine.store import Quarantine
from pratique.milter.released import redemption
from pratique.milter.rewriting import Look, Rewrites, Rewriting, close
from pratique.milter.wall import NurseryLost
from pratique.milter.ways import Done, Ways, Whole
from pratique.policies import danger
from pratique.policies.policy import Policy
from pratique.policies.verdict import Verdict
from pratique.scanners.facts_pb2 import Facts

log = logging.getLogger("pratique.message")


class Sees(Rewrites, Protocol):
    """Who turns a message into facts, and rewrites one: `Workers`, or what a test hands in."""

    async def inspect(self, content: Content, envelope: Envelope) -> Facts:
        """All facts about a message.  Raises NurseryLost."""


@dataclass(frozen=True, slots=True)
class Inspection:
    """What was found out about a message, and what was decided for each recipient."""

    facts: Facts
    verdicts: tuple[Verdict, ...]


def judge(seen: Facts, envelope: Envelope, policy: Policy) -> Inspection:
    """Ask and decide, for what has been seen."""
    seen.envelope.address_problems.extend(addresses.problems(envelope))
    recipients = [addresses.to_facts(forward) for forward in envelope.recipients]
    return Inspection(seen, policy.decide_all(danger.reduce(seen), recipients))


class Pipeline:
    """What every message goes through, whichever door it came by."""

    def __init__(
        self,
        sees: Sees,
        policy: Policy,
        quarantine: Quarantine,
        tell: Tell = logs.tell,
        looking: float = LOOKING_SECONDS,
    ) -> None:
        self._sees = sees
        self._policy = policy
        self._quarantine = quarantine
        self._tell = tell
        # The part of a message's time that is for looking at it (deadline.py).
        self._looking = looking

    async def take(self, content: Content, envelope: Envelope, ways: Ways) -> Reply:
        """Inspect a message, carry the verdict out, and say what the client hears."""
        begun = time.monotonic()
        until = asyncio.get_running_loop().time() + self._looking
        inspection = Inspection(Facts(), ())
        try:
            inspection = await self._inspect(content, envelope, ways)
            whole = Whole(content, envelope, inspection.facts)
            done = await self._act(whole, inspection.verdicts, ways, until)
        except (NurseryLost, TimeoutError) as error:
            why = str(error) or "no worker was free"
            log.error("%s: not inspected: %s", envelope.queue_id, why)
            done = Done(actions.NOT_NOW, actions.UNSEEN)
        became = Became(
            envelope=envelope,
            size=ways.too_large or content.size,
            begun=begun,
            ended=time.monotonic(),
            facts=inspection.facts,
            verdicts=inspection.verdicts,
            action=str(done.plan.action),
            rule=done.plan.rule,
            reply=done.reply,
            held_as=done.held_as,
            outcomes=done.outcomes,
        )
        self._tell(became)
        return done.reply

    async def _act(
        self, whole: Whole, verdicts: tuple[Verdict, ...], ways: Ways, until: float
    ) -> Done:
        seen, envelope, released = whole.facts, whole.envelope, None
        if seen.mail.received_count > actions.MAX_RECEIVED:
            plan = actions.loop(verdicts, ways.heard_by)
        else:
            plan = actions.plan(verdicts, ways.heard_by, seen, ways.contents)
            if plan.is_plain:
                return await carry_out(plan, whole, ways, self._quarantine, {})
            released = await redemption(self._quarantine, whole.content, envelope, seen.mail)
            if released is not None:
                plan = actions.let_out(plan, released.message_id)
        with contextlib.ExitStack() as ends:
            if released is not None:
                ends.callback(released.back)
            change = Rewriting(self._sees, self._look(envelope), until)
            plan, changed = await change.changed(plan, whole, ways)
            ends.callback(close, changed.values())
            done = await carry_out(plan, whole, ways, self._quarantine, changed)
            if released is not None:
                await spend(released, done)
            return done

    def _look(self, envelope: Envelope) -> Look:
        """See, ask and decide once more, for what became of a message."""

        async def look(content: Content) -> tuple[Facts, tuple[Verdict, ...]]:
            again = judge(await self._sees.inspect(content, envelope), envelope, self._policy)
            return again.facts, again.verdicts

        return look

    async def _inspect(self, content: Content, envelope: Envelope, ways: Ways) -> Inspection:
        """See, ask, decide.  Raises NurseryLost, or TimeoutError if no worker is free."""
        if ways.too_large:
            seen = too_large.seen(envelope, ways.too_large)
        else:
            seen = await self._sees.inspect(content, envelope)
        return judge(seen, envelope, self._policy)
