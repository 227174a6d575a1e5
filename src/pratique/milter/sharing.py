"""Give each group of recipients its share of one message, so that one reply is true for all.

    leave out  who has the message since an earlier try (delivered.py)
    put        on the disk what is held, and the original of what goes out changed
    send       one transaction for each content, and for each address that it is redirected to;
               the outcome is each recipient's own
    hold       what the next hop refuses for good, where others are served or a queue hears us
    end        250, or the copies are withdrawn, deliveries are written down, and 4yz (in LMTP
               each recipient hears his own, and nothing is written down)

Killed before `send`, the copies stay, and the retry finds them.  Killed between two
transactions, the retry leaves out who has it.  Killed after the last, before the reply is
heard, everything may come again: that window is SMTP's own (RFC 1047).
"""

import asyncio
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from pratique.milter import actions, durable
from pratique.milter.actions import Plan, Share
from pratique.milter.mail import Outgoing
from pratique.milter.next_hop import Reply
from pratique.milter.outcome import Outcome
from pratique.milter.quarantine.state import Stage
from pratique.milter.quarantine.store import Copy, Quarantine
from pratique.milter.ways import Done, Ways, Whole, outgoing
from pratique.policies.verdict import Action

log = logging.getLogger("pratique.message")

_BEFORE = Reply(250, ("2.0.0 delivered by an earlier try",))


@dataclass(slots=True)
class _Part:
    """Recipients who get the same, and have the same outcome."""

    share: Share
    out: Outgoing
    # None: nothing came of it yet.
    outcome: Outcome | None = None
    # What the next hop said to each.
    replies: tuple[Reply, ...] = ()
    # In quarantine: the original of what goes out changed, and what is held.
    copies: list[Copy] = field(default_factory=list)
    # Delivered if and when our reply is 2yz.
    waits: bool = False

    def split(self, outcome: Outcome | None, replies: Mapping[int, Reply]) -> "_Part":
        """Those of them at these places."""
        share, said = self.share.only(replies), tuple(replies.values())
        return replace(self, share=share, outcome=outcome, replies=said, copies=[*self.copies])


class Sharing:
    """One message that goes out to some of its recipients at least, or is held in several ways."""

    def __init__(
        self,
        plan: Plan,
        whole: Whole,
        ways: Ways,
        quarantine: Quarantine,
        changed: Mapping[tuple[int, ...], Outgoing],
    ) -> None:
        self._plan = plan
        self._whole = whole
        self._ways = ways
        self._quarantine = quarantine
        self._parts = [
            _Part(share, changed.get(share.places) or outgoing(whole, ways.trace, share))
            for share in plan.shares
        ]
        # What the client hears if it must come again.
        self._later: Reply | None = None
        self._is_noted = False

    async def carry_out(self) -> Done:
        """Serve all, and reply."""
        try:
            await self._leave_out()
            if (only := self._undivided()) is not None:
                # As it is for nearly all mail: nothing to put, to note or to withdraw.
                reply = await self._ways.send(only.out, self._whole.forwards(only.share))
                if reply.accepted and not reply.each:
                    return self._all_have_it()
                self._heard(only, reply, is_last=True)
            else:
                await self._put()
                await self._send()
            refused = self._with(Outcome.REFUSED)
            if len(refused) == len(self._parts) and self._hears_refusals():
                return await self._undone(refused[0].replies[0])
            await self._hold_refused()
            if self._later is not None:
                return await self._undone(self._later)
            return await self._well()
        finally:
            # Whatever happened: what is in quarantine now stays there.
            for part in self._parts:
                for copy in part.copies:
                    copy.settle()

    async def _leave_out(self) -> None:
        has = await self._quarantine.delivered.known(self._whole.content, self._whole.envelope)
        if not has:
            return
        self._is_noted = True
        log.info("%s: %d recipients have it already", self._whole.envelope.queue_id, len(has))
        for part in self._parts[:]:
            forwards = self._whole.forwards(part.share)
            known = (Outcome.DELIVERED if forward.address in has else None for forward in forwards)
            self._split(part, ((outcome, _BEFORE) for outcome in known))

    def _undivided(self) -> _Part | None:
        """What all recipients get, if it is the message as it came and nobody has it yet."""
        part = self._parts[0]
        is_plain = part.share.action is Action.ACCEPT and part.out.rewritten is None
        return part if is_plain and len(self._parts) == 1 and not self._is_noted else None

    def _all_have_it(self) -> Done:
        outcomes = (Outcome.DELIVERED,) * len(self._parts[0].share.places)
        return Done(self._plan, actions.taken(self._whole.envelope.queue_id), "", outcomes)

    async def _put(self) -> None:
        for part in self._with(None):
            if not part.share.leaves:
                await self._hold(part, Stage.HELD)
            elif part.out.rewritten is not None:
                await self._hold(part, Stage.KEPT)

    async def _send(self) -> None:
        """One transaction for each part, those with the content of most recipients at the end."""
        places = {part.share.places: part for part in self._with(None)}
        same = actions.by_content(part.share for part in places.values())
        contents = sorted(same, key=actions.recipients_of)
        left = [share for each in contents for share in each]
        while left and self._later is None:
            share = left.pop(0)
            part, is_last = places[share.places], share in contents[-1]
            self._heard(part, await self._sent(part, is_last=is_last), is_last=is_last)
            if left:
                await self._note()

    async def _sent(self, part: _Part, *, is_last: bool) -> Reply:
        """What the next hop says of a part; the last content is the one that a door keeps."""
        forwards = self._whole.forwards(part.share)
        if part.share.action is Action.REDIRECT:
            assert self._ways.redirect is not None, "a door that cannot redirect was told to"
            instead = self._whole.instead(part.share)
            return _unnamed(
                await self._ways.redirect(part.out, forwards, instead, is_last),
                self._whole.envelope.queue_id,
            )
        send = self._ways.send if is_last else self._ways.apart
        assert send is not None, "a door with one way out was given two contents"
        return await send(part.out, forwards)

    def _hears_refusals(self) -> bool:
        """Whether the client may be told that all is refused.

        Not that the address is which something would go to instead: it is not his.
        """
        is_redirected = any(part.share.redirect for part in self._parts)
        return self._ways.heard_by == "sender" and not is_redirected

    def _heard(self, part: _Part, reply: Reply, *, is_last: bool) -> None:
        """What the next hop says of a part."""
        part.waits = is_last and self._ways.by_reply
        each = reply.each or (reply,) * len(part.share.places)
        self._split(part, ((Outcome.of(one), one) for one in each))
        self._later = next((one for one in each if Outcome.of(one) == Outcome.DEFERRED), None)

    async def _hold_refused(self) -> None:
        for part in self._with(Outcome.REFUSED):
            part.share = actions.refused(part.share, part.replies)
            await self._hold(part, Stage.HELD)

    async def _hold(self, part: _Part, stage: Stage) -> None:
        if self._later is not None:
            return
        queue_id, out = self._whole.envelope.queue_id, replace(part.out, rewritten=None)
        try:
            # Once begun it is finished, whoever listens: half a decision is none.
            put = self._quarantine.put(self._whole.held(part.share, out), stage)
            part.copies.append(await asyncio.shield(put))
        except OSError as error:
            log.error("%s: not held: %s", queue_id, error)
            self._later = durable.reply_to(error)
            return
        if stage is Stage.HELD:
            part.outcome = Outcome.HELD
        how = "held" if stage is Stage.HELD else "its original is kept"
        log.info("%s: %s as %s", queue_id, how, part.copies[-1].id)

    async def _note(self) -> None:
        has = [part for part in self._with(Outcome.DELIVERED) if not part.waits]
        addresses = [one.address for part in has for one in self._whole.forwards(part.share)]
        if not addresses:
            return
        envelope = self._whole.envelope
        try:
            await self._quarantine.delivered.note(self._whole.content, envelope, addresses)
            self._is_noted = True
        except OSError as error:
            log.error("%s: not noted, a retry may double it: %s", envelope.queue_id, error)

    async def _undone(self, reply: Reply) -> Done:
        """The client comes again, or is refused: of this try stays what was delivered."""
        outcome = Outcome.REFUSED if reply.refused else Outcome.DEFERRED
        for part in self._parts:
            has_it = part.outcome is Outcome.DELIVERED and not part.waits
            if not has_it and not self._hears_its_own(part):
                part.outcome = outcome
        if self._ways.by_recipient:
            await self._strike_out()
        else:
            await self._note()
        await self._withdraw_all_but(self._with(Outcome.DELIVERED))
        return self._told(reply)

    async def _well(self) -> Done:
        await self._withdraw_all_but(self._with(Outcome.DELIVERED, Outcome.HELD))
        await self._strike_out()
        return self._told(actions.taken(self._whole.envelope.queue_id))

    async def _strike_out(self) -> None:
        """Nobody who has it comes with it again."""
        if self._is_noted:
            await self._quarantine.delivered.strike(self._whole.content, self._whole.envelope)

    async def _withdraw_all_but(self, parts: Sequence[_Part]) -> None:
        """Only the last copy of each part counts: one that is held needs no original."""
        stays = [copy for part in parts for copy in part.copies[-1:]]
        all_of_them = {id(copy): copy for part in self._parts for copy in part.copies}
        gone = [one for one in all_of_them.values() if not any(one is copy for copy in stays)]
        for part in self._parts:
            part.copies = [one for one in part.copies if not any(one is copy for copy in gone)]
        # Each settles itself once it is gone, whoever listens: until then nobody may rely on it.
        await asyncio.shield(asyncio.gather(*map(self._quarantine.withdraw, gone)))

    def _told(self, reply: Reply) -> Done:
        there = self._with(Outcome.HELD, Outcome.DELIVERED)
        copies = [copy.id for part in there for copy in part.copies[-1:]]
        if self._ways.by_recipient and not reply.accepted:
            each = self._for_each(reply)
            reply = replace(reply, each=each if set(each) != {reply} else ())
        return Done(
            Plan(tuple(part.share for part in self._parts), self._plan.refusal),
            reply,
            next(iter(copies), ""),
            self._outcomes(),
        )

    def _outcomes(self) -> tuple[Outcome, ...]:
        """What came of it for each recipient."""
        found: dict[int, Outcome] = {}
        for part in self._parts:
            assert part.outcome is not None, "some recipients were forgotten"
            is_elsewhere = part.share.redirect and part.outcome is Outcome.DELIVERED
            outcome = Outcome.REDIRECTED if is_elsewhere else part.outcome
            found.update(dict.fromkeys(part.share.places, outcome))
        return tuple(found[place] for place in sorted(found))

    def _for_each(self, reply: Reply) -> tuple[Reply, ...]:
        """What each recipient hears in LMTP, where not all of them have it."""
        heard: dict[int, Reply] = {}
        for part in self._parts:
            has = actions.taken(self._whole.envelope.queue_id)
            same = (has if part.outcome is Outcome.DELIVERED else reply,) * len(part.share.places)
            own = part.replies if self._hears_its_own(part) else same
            heard.update(zip(part.share.places, own, strict=True))
        return tuple(heard[place] for place in sorted(heard))

    def _hears_its_own(self, part: _Part) -> bool:
        """Whether each of its recipients hears why the next hop refused him, and does not come."""
        if part.outcome is not Outcome.REFUSED:
            return False
        return self._ways.by_recipient and self._hears_refusals()

    def _with(self, *outcomes: Outcome | None) -> list[_Part]:
        """The parts with these outcomes, in the order of the outcomes."""
        return [part for one in outcomes for part in self._parts if part.outcome is one]

    def _split(self, part: _Part, outcomes: Iterable[tuple[Outcome | None, Reply]]) -> None:
        """Take a part apart by what became of each recipient."""
        groups: dict[Outcome | None, dict[int, Reply]] = {}
        for place, (outcome, reply) in zip(part.share.places, outcomes, strict=True):
            groups.setdefault(outcome, {})[place] = reply
        if len(groups) == 1:
            # As it is for nearly all mail: there is nothing to take apart.
            ((part.outcome, replies),) = groups.items()
            part.replies = tuple(replies.values())
            return
        self._parts.remove(part)
        self._parts += [part.split(outcome, replies) for outcome, replies in groups.items()]


def _unnamed(reply: Reply, queue_id: str) -> Reply:
    """What is heard of an address that no client has named: a deferral without its words."""
    if reply.accepted or reply.refused:
        return replace(reply, each=())
    log.warning("%s: not redirected: %s", queue_id, reply)
    return actions.NOT_PASSED_ON
