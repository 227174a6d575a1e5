"""Make of a message what a rule wants: take parts out of it, or write it anew.

    change    a worker says how the new message is put together
    look      the new message goes the way of any message: seen, asked, decided

Then carry_out.py keeps the original and delivers the new one.  Nothing is changed twice: a
new message that is not accepted as it is, or that shall be changed once more, is not sent.
Wherever a step cannot be made for certain, the original is held, whole; it is never accepted
unchanged.  Only what may pass (no nursery) becomes 4yz.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, replace
from typing import Protocol

from pratique.milter import actions, taking_out
from pratique.milter.actions import Plan, Share
from pratique.milter.mail import Content, Outgoing, Rewritten
from pratique.milter.taking_out import REBUILD, CannotEdit, Leaf
from pratique.milter.wall.workers import NotRewritten
from pratique.milter.ways import Ways, Whole, outgoing
from pratique.policies.verdict import Action, Verdict
from pratique.scanners.facts_pb2 import Facts
from pratique.scanners.wall_pb2 import Rewrite

log = logging.getLogger("pratique.message")

# For all changes and second looks together, where so much is left of the message's time
# (deadline.py); an ordinary message needs milliseconds.
SECONDS = 30.0


class Rewrites(Protocol):
    """Who makes the changes: `Workers`, or what a test hands in."""

    async def rewrite(self, content: Content, edits: Rewrite) -> Rewritten:
        """The changed message.  Raises NotRewritten, NurseryLost, TimeoutError."""


# What is seen in a new message, and what is decided of it.
Look = Callable[[Content], Awaitable[tuple[Facts, tuple[Verdict, ...]]]]


@dataclass(frozen=True, slots=True)
class Rewriting:
    """Changes one message."""

    rewrites: Rewrites
    look: Look
    # Of the loop's clock: when the new contents must have been looked at.
    until: float

    async def changed(
        self, plan: Plan, whole: Whole, ways: Ways
    ) -> tuple[Plan, dict[tuple[int, ...], Outgoing]]:
        """Make what the shares of a plan order: the new messages by the places of the share.

        Their contents are open.  What cannot be made is held in the plan that comes back.
        Raises NurseryLost.
        """
        made: dict[tuple[int, ...], Outgoing] = {}
        now = asyncio.get_running_loop().time()
        deadline = min(self.until, now + SECONDS)
        try:
            for share in plan.accepted:
                if not share.edits:
                    continue
                try:
                    async with asyncio.timeout_at(deadline):
                        made[share.places] = await self._changed(share, whole, ways)
                except (CannotEdit, NotRewritten, TimeoutError) as error:
                    why = str(error) or f"it took more than {max(0.0, deadline - now):.3g} s"
                    plan = actions.not_changed(plan, share, why)
        except BaseException:
            close(made.values())
            raise
        return plan, made

    async def _changed(self, share: Share, whole: Whole, ways: Ways) -> Outgoing:
        """The message as it goes out; its new content is open."""
        seen, out = whole.facts, outgoing(whole, ways.trace, share)
        taken = taking_out.leaves(seen, share.edits)
        edits = taking_out.request(seen, share.edits, taken, whole.envelope.queue_id)
        rewritten = await self.rewrites.rewrite(whole.content, edits)
        try:
            if ways.most and rewritten.content.size > ways.most:
                raise CannotEdit(f"it would be larger than {ways.most} octets")
            after, verdicts = await self.look(rewritten.content)
            again = _checked(share, verdicts, ways)
            if why := taking_out.lost(seen, after, taken) or _misplaced(out, rewritten, after):
                raise CannotEdit(why)
        except BaseException:
            rewritten.content.close()
            raise
        _tell(whole, taken, edits)
        added = [one for one in again.add_header if one not in share.add_header]
        return replace(out, prepend=out.prepend + actions.fields(added), rewritten=rewritten)


def close(made: Iterable[Outgoing]) -> None:
    """Close the contents of new messages."""
    for out in made:
        if out.rewritten is not None:
            out.rewritten.content.close()


def _checked(share: Share, verdicts: tuple[Verdict, ...], ways: Ways) -> Share:
    """What is decided of the new message, if that is to deliver it as it is.  Raises CannotEdit."""
    again = actions.plan([verdicts[place] for place in share.places], ways.heard_by).worst
    if again.action is not Action.ACCEPT:
        raise CannotEdit(f"what was made of it is not accepted: {again.rule}: {again.reason}")
    if len(again.places) < len(share.places):
        raise CannotEdit("of what was made of it its recipients would get different messages")
    # To write anew what was written anew changes nothing.
    done = {REBUILD} & {edit.action for edit in share.edits}
    if more := [edit.rule for edit in again.edits if edit.action not in done]:
        raise CannotEdit(f"what was made of it would be changed once more: {more[0]}")
    return again


def _misplaced(out: Outgoing, rewritten: Rewritten, after: Facts) -> str:
    """Fields that only we may write must lie where they are cut: in the part that stays."""
    places = [span.end for span in after.mail.foreign_fields]
    if max((end for _, end in out.cut), default=0) > rewritten.end:
        return "a header field lies behind its header"
    if max(places, default=0) > rewritten.tail:
        return "it has a field that only we may write"
    return ""


def _tell(whole: Whole, taken: list[Leaf], edits: Rewrite) -> None:
    how = "written anew, " if edits.rebuild else ""
    log.info("%s: %s%d parts taken out", whole.envelope.queue_id, how, len(taken))
