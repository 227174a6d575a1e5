"""START READING HERE: one message's way, from the final dot to the reply.

    see      a confined worker unpacks and scans the content; its answers are facts
    ask      what others know is added to the facts, and what came from there of late
    decide   the policy gives a verdict for each recipient (so far: judging.py)
    act      fields of ours are put in front (own_fields.py), and the message is delivered,
             held, refused, deferred or dropped, for each recipient what is due to it
             (sharing.py); where parts shall be taken out first, what is left is seen and
             decided once more (rewriting.py)
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

from pratique.milter import actions, logs
from pratique.milter.alerts.bursts import Bursts
from pratique.milter.became import Became, Tell
from pratique.milter.carry_out import carry_out, spend
from pratique.milter.deadline import LOOKING_SECONDS
from pratique.milter.judging import Inspection, Judging, Sees
from pratique.milter.mail import Content, Envelope, Outgoing
from pratique.milter.next_hop import Reply
from pratique.milter.own_fields import OwnFields
from pratique.milter.quarantine.store import Quarantine
from pratique.milter.released import redemption
from pratique.milter.rewriting import Rewriting, close
from pratique.milter.shadowing import Shadowing
from pratique.milter.wall.faults import NurseryLost
from pratique.milter.ways import Done, Ways, Whole
from pratique.policies.policy import Policy
from pratique.policies.verdict import Verdict
from pratique.scanners.facts_pb2 import Facts

log = logging.getLogger("pratique.message")


@dataclass(frozen=True, slots=True)
class Options:
    """What a pipeline may have in addition; each is left out by default."""

    # Without it nothing of ours is put in front.
    own_fields: OwnFields | None = None
    # Without it nobody counts what came of late.
    bursts: Bursts | None = None
    # The part of a message's time that is for looking at it (deadline.py).
    looking: float = LOOKING_SECONDS
    # Without it no policy is in the shadow.
    shadow: Shadowing | None = None


_NOTHING = Options()


class Pipeline:
    """What every message goes through, whichever door it came by."""

    def __init__(
        self,
        sees: Sees,
        policy: Policy,
        quarantine: Quarantine,
        tell: Tell = logs.tell,
        options: Options = _NOTHING,
    ) -> None:
        self._sees = sees
        self._judging = Judging(sees, policy, options.bursts, options.shadow)
        self._quarantine = quarantine
        self._tell = tell
        self._options = options

    async def take(self, content: Content, envelope: Envelope, ways: Ways) -> Reply:
        """Inspect a message, carry the verdict out, and say what the client hears."""
        begun = time.monotonic()
        inspection: Inspection | None = None
        try:
            inspection = await self._judging.first(content, envelope, ways.too_large)
            whole = Whole(content, envelope, inspection.facts)
            done = await self._act(whole, inspection.verdicts, ways, begun)
        except NurseryLost as error:
            log.error("%s: not inspected: %s", envelope.queue_id, error)
            done = Done(actions.NOT_NOW, actions.UNSEEN)
        seen, worst = inspection or Inspection(Facts(), ()), done.plan.worst
        became = Became(
            envelope=envelope,
            size=ways.too_large or content.size,
            begun=begun,
            ended=time.monotonic(),
            facts=seen.facts,
            verdicts=seen.verdicts,
            action=str(worst.action),
            rule=worst.rule,
            reply=done.reply,
            held_as=done.held_as,
            outcomes=done.outcomes,
            shadowed=seen.shadowed,
            policy=self._judging.policy.hash,
        )
        self._tell(became)
        return done.reply

    async def _act(
        self, whole: Whole, verdicts: tuple[Verdict, ...], ways: Ways, begun: float
    ) -> Done:
        seen, envelope, released = whole.facts, whole.envelope, None
        if seen.mail.received_count > actions.MAX_RECEIVED:
            plan = actions.loop(verdicts, ways.heard_by)
        else:
            plan = actions.plan(verdicts, ways.heard_by, seen, ways.contents)
            if not plan.is_plain:
                released = await redemption(self._quarantine, whole.content, envelope, seen.mail)
            elif self._options.own_fields is None:
                # As it is for nearly all mail: nothing to add, to change or to give back.
                return await carry_out(plan, whole, ways, self._quarantine, {})
        with contextlib.ExitStack() as ends:
            if released is not None:
                ends.callback(released.back)
                plan = actions.let_out(plan, released.message_id)
            if self._options.own_fields is not None:
                whole = await self._options.own_fields.added(whole, plan)
            changed: dict[tuple[int, ...], Outgoing] = {}
            if plan.changes:
                look = self._judging.again(envelope, seen)
                change = Rewriting(self._sees, look, self._until(begun))
                plan, changed = await change.changed(plan, whole, ways)
                ends.callback(close, changed.values())
            done = await carry_out(plan, whole, ways, self._quarantine, changed)
            if released is not None:
                await spend(released, done)
            return done

    def _until(self, begun: float) -> float:
        """When a message that came then must have been looked at, by the loop's clock."""
        left = begun + self._options.looking - time.monotonic()
        return asyncio.get_running_loop().time() + left
