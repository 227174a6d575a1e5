"""Deliver a message that a rule wants changed: take parts out of it, or write it anew.

    change    a worker says how the new message is put together
    look      the new message goes the way of any message: seen, asked, decided
    keep      the original lies in the quarantine, as one that was kept
    deliver   the new message goes on

Nothing is changed twice: a new message that is not accepted as it is, or that shall be
changed once more, is not sent.  Wherever a step cannot be made for certain, the original is
held, whole; it is never accepted unchanged.  Only what may pass (no nursery, a full disk)
becomes 4yz, and then no original is left behind.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Protocol

from pratique.milter import actions, durable, taking_out
from pratique.milter.actions import Plan
from pratique.milter.carry_out import Done, Ways, carry_out
from pratique.milter.mail import Content, Outgoing, Rewritten
from pratique.milter.quarantine.record import Held
from pratique.milter.quarantine.store import Quarantine
from pratique.milter.taking_out import REBUILD, CannotEdit, Leaf
from pratique.milter.workers import NotRewritten
from pratique.policies.verdict import Action, Verdict
from pratique.scanners.facts_pb2 import Facts
from pratique.scanners.wall_pb2 import Rewrite

log = logging.getLogger("pratique.message")

# For the change and the second look together.  A first look may have taken 50 s, and a
# Postfix waits 100 s for us; an ordinary message needs milliseconds.
SECONDS = 30.0


class Rewrites(Protocol):
    """Who makes the changes: `Workers`, or what a test hands in."""

    async def rewrite(self, content: Content, edits: Rewrite) -> Rewritten:
        """The changed message.  Raises NotRewritten, NurseryLost, TimeoutError."""


# What is seen in a new message, and what is decided of it.
Look = Callable[[Content], Awaitable[tuple[Facts, tuple[Verdict, ...]]]]


@dataclass(frozen=True, slots=True)
class Rewriting:
    """Changes messages, and delivers them."""

    rewrites: Rewrites
    quarantine: Quarantine

    async def deliver(self, plan: Plan, held: Held, ways: Ways, look: Look) -> Done:
        """Do with a message what an accepting plan with edits says.  Raises NurseryLost."""
        try:
            async with asyncio.timeout(SECONDS):
                out = await self._changed(plan, held, ways, look)
        except (CannotEdit, NotRewritten, TimeoutError) as error:
            why = str(error) or f"it took more than {SECONDS:g} s"
            plan = actions.not_changed(plan, why)
            return await carry_out(plan, replace(held, verdicts=plan.verdicts), ways, None)
        assert out.rewritten is not None
        try:
            return await self._sent(plan, held, out, ways)
        finally:
            out.rewritten.content.close()

    async def _changed(self, plan: Plan, held: Held, ways: Ways, look: Look) -> Outgoing:
        """The message as it goes out; its new content is open."""
        seen, content = held.facts, held.outgoing.content
        taken = taking_out.leaves(seen, plan.edits)
        edits = taking_out.request(seen, plan.edits, taken, held.envelope.queue_id)
        rewritten = await self.rewrites.rewrite(content, edits)
        try:
            if ways.most and rewritten.content.size > ways.most:
                raise CannotEdit(f"it would be larger than {ways.most} octets")
            after, verdicts = await look(rewritten.content)
            again = _checked(plan, verdicts, ways)
            if why := taking_out.lost(seen, after, taken) or _misplaced(held, rewritten, after):
                raise CannotEdit(why)
        except BaseException:
            rewritten.content.close()
            raise
        _tell(held, taken, edits)
        added = [one for one in again.add_header if one not in plan.add_header]
        prepend = held.outgoing.prepend + actions.fields(added)
        return replace(held.outgoing, prepend=prepend, rewritten=rewritten)

    async def _sent(self, plan: Plan, held: Held, out: Outgoing, ways: Ways) -> Done:
        """Keep the original, and send what was made of it."""
        try:
            # Once begun it is finished, whoever listens.
            original = await asyncio.shield(self.quarantine.keep(held))
        except OSError as error:
            log.error("%s: its original is not kept: %s", held.envelope.queue_id, error)
            return Done(plan, durable.reply_to(error))
        # What the next hop refuses behind a queue is held: the original, as `held` is.
        changed = replace(ways, send=lambda _: ways.send(out))
        done = await carry_out(plan, held, changed, None)
        if done.plan.action is Action.ACCEPT and done.reply.accepted:
            log.info("%s: its original is kept as %s", held.envelope.queue_id, original.id)
            return replace(done, held_as=original.id)
        await self.quarantine.withdraw(original)
        return done


def _checked(plan: Plan, verdicts: tuple[Verdict, ...], ways: Ways) -> Plan:
    """The plan for the new message, if that is to deliver it as it is.  Raises CannotEdit."""
    again = actions.plan(verdicts, ways.heard_by)
    if again.action is not Action.ACCEPT:
        raise CannotEdit(f"what was made of it is not accepted: {again.rule}: {again.reason}")
    # To write anew what was written anew changes nothing.
    done = {REBUILD} & {edit.action for edit in plan.edits}
    if more := [edit.rule for edit in again.edits if edit.action not in done]:
        raise CannotEdit(f"what was made of it would be changed once more: {more[0]}")
    return again


def _misplaced(held: Held, rewritten: Rewritten, after: Facts) -> str:
    """Fields that only we may write must lie where they are cut: in the part that stays."""
    places = [span.end for span in after.mail.foreign_fields]
    if max((end for _, end in held.outgoing.cut), default=0) > rewritten.end:
        return "a header field lies behind its header"
    if max(places, default=0) > rewritten.tail:
        return "it has a field that only we may write"
    return ""


def _tell(held: Held, taken: list[Leaf], edits: Rewrite) -> None:
    how = "written anew, " if edits.rebuild else ""
    log.info("%s: %s%d parts taken out", held.envelope.queue_id, how, len(taken))
