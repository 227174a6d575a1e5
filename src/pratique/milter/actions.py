"""Turn verdicts into what the door does: deliver, hold, refuse, defer or drop.

One message has one reply (RFC 5321 4.2.5), however many recipients it has.  Where all
verdicts order the same, that is done.  Where they differ, each group of recipients has its
own share: those for whom it is accepted get it, and for those for whom it would be refused
or dropped it is held, since a refusal would be heard for all.  To defer for some is to
defer for all, for the same reason; so that is done only if the cause may pass by itself
(`may_pass`), and what would be deferred again and again is held instead.

Behind a queue nobody hears a refusal but that queue, and it would make a bounce of it, for
whoever the reverse-path names.  So there what is to be refused is held; and what is to be
deferred too, since a rule would say the same of each retry until the queue gives up, and
that is a bounce again (docs/decisions/10-behind-a-queue.md).

What a stranger hears says that and whether, never why: the rule, the facts and the
reason are in our log and with the held message.  Only what an admin wrote for him (`reply` of
a rule) may say more; of several for one message he hears the first, in the order of the
recipients.  An accepted and a held message get the
same reply, so that nobody can try out what is held.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

from pratique.milter.next_hop import Reply
from pratique.policies.verdict import Action, Edit, HeaderField, Verdict
from pratique.scanners.facts_pb2 import Facts

REFUSED = Reply(550, ("5.7.1 Message refused by policy",))
DEFERRED = Reply(451, ("4.7.1 Message deferred by policy, try again later",))
LOOP = Reply(554, ("5.4.6 Too many hops, this looks like a mail loop",))
UNSEEN = Reply(451, ("4.3.0 Message could not be inspected, try again later",))

# Where the next hop does not take what is redirected: whom it names is none of a stranger's.
NOT_PASSED_ON = Reply(451, ("4.3.0 Message could not be passed on, try again later",))

# RFC 5321 6.3: a server that counts Received fields should allow at least 100 hops;
# Postfix stops at 50 (hopcount_limit), and no honest way is half as long.
MAX_RECEIVED = 50

# Different contents that go out of one message, a transaction each: more than a policy
# that people read asks for, and each may cost a change and a second look.
MOST_CONTENTS = 8

# Who hears our reply: the one who sends, or a queue that has said 250 to him.
HeardBy = Literal["sender", "queue"]

# What may be otherwise in an hour: an engine that is away, has too much to do, or is down until
# it is mended (facts.proto, Failures), and a DNS that does not answer (RFC 8601 2.7.1: temperror).
_PASSING = frozenset({"engine_away", "engine_late", "engine_unproven"})
_DNS_AWAY = "temperror"


@dataclass(frozen=True, slots=True)
class Share:
    """What happens to a message for the recipients whose verdicts order the same."""

    action: Action
    rule: str
    reason: str
    add_header: tuple[HeaderField, ...] = ()
    # What is changed in the message before it is delivered.
    edits: tuple[Edit, ...] = ()
    # Where these recipients stand in the envelope, and for each what is done, and why.
    places: tuple[int, ...] = ()
    verdicts: tuple[Verdict, ...] = ()
    # Where it goes instead of to these recipients; with Action.REDIRECT only.
    redirect: str = ""

    @property
    def leaves(self) -> bool:
        """Whether the message goes on, to these recipients or instead of to them."""
        return self.action.leaves

    @property
    def content(self) -> tuple[object, ...]:
        """What two shares have in common if they are given the same octets."""
        return self.add_header, self.edits

    def only(self, places: Iterable[int]) -> "Share":
        """The same for some of them."""
        kept = frozenset(places)
        pairs = [pair for pair in zip(self.places, self.verdicts, strict=True) if pair[0] in kept]
        return replace(
            self,
            places=tuple(place for place, _ in pairs),
            verdicts=tuple(verdict for _, verdict in pairs),
        )


@dataclass(frozen=True, slots=True)
class Plan:
    """What happens to a message: a share for each group of recipients, apart and complete."""

    shares: tuple[Share, ...]
    # What the client hears if it is refused or deferred.
    refusal: Reply = REFUSED

    @property
    def worst(self) -> Share:
        """The most severe share: by this the message is counted and named in the log."""
        if len(self.shares) == 1:
            return self.shares[0]
        return max(self.shares, key=lambda share: share.action.severity)

    @property
    def changes(self) -> bool:
        """True if somebody gets it, and not as it is."""
        return any(share.edits for share in self.shares if share.action is Action.ACCEPT)

    @property
    def action(self) -> Action:
        """What is done, at the worst."""
        return self.worst.action

    @property
    def rule(self) -> str:
        """The rule that orders it."""
        return self.worst.rule

    @property
    def reason(self) -> str:
        """Why it does."""
        return self.worst.reason

    @property
    def accepted(self) -> tuple[Share, ...]:
        """The shares that are delivered."""
        return tuple(share for share in self.shares if share.action is Action.ACCEPT)

    @property
    def leaving(self) -> tuple[Share, ...]:
        """The shares that go on, to whomever."""
        return tuple(share for share in self.shares if share.leaves)

    @property
    def is_plain(self) -> bool:
        """True if everybody gets it, and as it is."""
        return all(share.action is Action.ACCEPT and not share.edits for share in self.shares)

    @property
    def verdicts(self) -> tuple[Verdict, ...]:
        """What is done for each recipient, in the order of the envelope."""
        if len(self.shares) == 1:
            return self.shares[0].verdicts
        pairs = [
            pair for share in self.shares for pair in zip(share.places, share.verdicts, strict=True)
        ]
        return tuple(verdict for _, verdict in sorted(pairs, key=lambda pair: pair[0]))


# The plan for a message that nobody could look into or judge.
NOT_NOW = Plan((Share(Action.DEFER, "", "the message could not be inspected"),))


def plan(
    verdicts: Sequence[Verdict],
    heard_by: HeardBy = "sender",
    seen: Facts | None = None,
    contents: int = MOST_CONTENTS,
) -> Plan:
    """What to do where each recipient has a verdict (at least one).

    `seen` tells whether the cause of a deferral may pass by itself; so many different
    `contents` can leave, and with 0 the message cannot be taken apart.
    """
    due = tuple(_instead(one) for one in verdicts) if heard_by == "queue" else tuple(verdicts)
    made = _planned(due)
    if len(made.shares) == 1:
        return made
    if not contents:
        why = "held whole, for its recipients differ and only the mail server has all of it"
        return _planned(tuple(_held(one, f"{why}; {one.reason}") for one in due))
    later = [one for one in due if one.action is Action.DEFER]
    if later and seen is not None and may_pass(seen):
        first = replace(later[0], reply=_stated(later))
        return _planned(tuple(replace(first, notes=one.notes) for one in due))
    return _at_most(_planned(tuple(_for_some(one) for one in due)), contents)


def may_pass(seen: Facts) -> bool:
    """True if what was seen may be otherwise in an hour, without anybody's doing."""
    auth = seen.auth
    answers = {auth.spf, auth.dmarc, auth.arc, *(one.result for one in auth.dkim)}
    return _DNS_AWAY in answers or any(one.class_ in _PASSING for one in seen.failures)


def loop(verdicts: Sequence[Verdict], heard_by: HeardBy = "sender") -> Plan:
    """The plan for a message that has been through too many servers, whatever was decided."""
    reason = f"it has more than {MAX_RECEIVED} Received fields, this looks like a mail loop"
    stopped = [
        replace(one, action=Action.REJECT, rule="mail loop", reason=reason, add_header=(), edits=())
        for one in verdicts
    ]
    return replace(plan(stopped, heard_by), refusal=LOOP)


def refused(share: Share, replies: Sequence[Reply]) -> Share:
    """The share of those for whom the next hop refuses for good; its reply to each.

    Where a queue hears our reply: to refuse in turn makes a bounce, to defer makes one
    later.  Where others have the message: a refusal would be heard for all.
    """
    rule = "refused by the next hop"
    what = f"it for {share.redirect}" if share.redirect else "it"
    verdicts = tuple(
        _held(replace(one, rule=rule), f"the next hop refuses {what}: {reply}")
        for one, reply in zip(share.verdicts, replies, strict=True)
    )
    reason = verdicts[0].reason if verdicts else ""
    return Share(Action.QUARANTINE, rule, reason, places=share.places, verdicts=verdicts)


def for_some(made: Plan) -> Plan:
    """The plan for who is left, where others have the message since an earlier try."""
    return _planned(tuple(_for_some(one) for one in made.verdicts))


def not_changed(made: Plan, share: Share, why: str) -> Plan:
    """The plan where a share may go only with a change that cannot be made.

    What was not taken out is still in it, so it is held for them, and whole.
    """
    words = " and ".join(dict.fromkeys(edit.action for edit in share.edits))
    verdicts = list(made.verdicts)
    for place in share.places:
        verdicts[place] = _held(verdicts[place], f"held, for `{words}` cannot be done: {why}")
    return _planned(tuple(verdicts))


def let_out(made: Plan, message_id: str) -> Plan:
    """The plan for a message that an admin released from quarantine: it passes once."""
    reason, verdicts = "an admin released it from quarantine", made.verdicts
    places = tuple(range(len(verdicts)))
    rule = f"released {message_id}"
    return Plan((Share(Action.ACCEPT, rule, reason, places=places, verdicts=verdicts),))


def heard(verdict: Verdict) -> Reply:
    """What is said of a verdict that refuses or defers: what its rule says, or the usual."""
    usual = DEFERRED if verdict.action is Action.DEFER else REFUSED
    if not verdict.reply:
        return usual
    if verdict.reply.startswith("4."):
        return Reply(451, (verdict.reply,))
    # RFC 3463 3.8 and RFC 5321 4.2.2: 550 is a refusal by policy, 554 all that has no other.
    return Reply(550 if verdict.reply.startswith("5.7.") else 554, (verdict.reply,))


def taken(queue_id: str) -> Reply:
    """The reply for a message that is delivered, held or dropped: always the same."""
    return Reply(250, (f"2.0.0 Ok: taken as {queue_id}",))


def fields(add_header: Iterable[HeaderField]) -> bytes:
    """Header fields as they are put in front of a message."""
    text = "".join([f"{field.name}: {field.value}\r\n" for field in add_header])
    return text.encode("ascii")


def _planned(due: Sequence[Verdict]) -> Plan:
    """A share for each group of recipients with the same orders, in the order of the first."""
    if len(due) == 1:
        return _for_one(due[0])
    groups: dict[object, list[int]] = {}
    for place, one in enumerate(due):
        # Fields are for what is read one day: now, or once it is released.
        stays = one.action.is_kept
        instead = one.redirect if one.action is Action.REDIRECT else ""
        orders = one.action, instead, one.add_header if stays else (), one.edits
        groups.setdefault(orders, []).append(place)
    shares = (_share(places, tuple(due[place] for place in places)) for places in groups.values())
    return _with_reply(tuple(shares))


# Nearly all mail has one recipient, and one of some hundred verdicts.
@lru_cache(maxsize=256)
def _for_one(verdict: Verdict) -> Plan:
    return _with_reply((_share((0,), (verdict,)),))


def _with_reply(shares: tuple[Share, ...]) -> Plan:
    """The plan, and what is said if all are refused or deferred."""
    first = shares[0]
    if len(shares) > 1 or first.action not in {Action.REJECT, Action.DEFER}:
        return Plan(shares)
    return Plan(shares, heard(replace(first.verdicts[0], reply=_stated(first.verdicts))))


def _stated(due: Sequence[Verdict]) -> str:
    """The first reply that a rule states, in the order of the recipients."""
    return next((one.reply for one in due if one.reply), "")


def _share(places: Sequence[int], verdicts: tuple[Verdict, ...]) -> Share:
    first = verdicts[0]
    reason, orders = first.reason, (first.add_header, first.edits)
    instead = first.redirect if first.action is Action.REDIRECT else ""
    return Share(first.action, first.rule, reason, *orders, tuple(places), verdicts, instead)


def _at_most(made: Plan, contents: int) -> Plan:
    """The plan with so many contents that go out, those of most recipients; others are held."""
    leaving = sorted(by_content(made.leaving), key=lambda same: -recipients_of(same))
    if len(leaving) <= contents:
        return made
    verdicts = list(made.verdicts)
    why = f"held, for its recipients get different contents and {contents} can go out"
    for share in (share for same in leaving[contents:] for share in same):
        for place in share.places:
            one = verdicts[place]
            verdicts[place] = _held(one, f"{why}; {one.reason}" if one.reason else why)
    return _planned(verdicts)


def by_content(shares: Iterable[Share]) -> list[list[Share]]:
    """The shares that are given the same octets together, in the order of the first."""
    same: dict[object, list[Share]] = {}
    for share in shares:
        same.setdefault(share.content, []).append(share)
    return list(same.values())


def recipients_of(shares: Iterable[Share]) -> int:
    """How many recipients they have."""
    return sum(len(share.places) for share in shares)


def _instead(verdict: Verdict) -> Verdict:
    """What is done behind a queue: no refusal, and no deferral that repeats."""
    if verdict.action not in {Action.REJECT, Action.DEFER}:
        return verdict
    reason = f"held, for behind a queue to {verdict.action} makes a bounce; {verdict.reason}"
    return replace(verdict, action=Action.QUARANTINE, reason=reason)


def _for_some(verdict: Verdict) -> Verdict:
    """What is done for some recipients, whatever is done for others."""
    if verdict.action.is_kept:
        return verdict
    return _held(
        verdict,
        f"held, for its recipients differ: the rule says {verdict.action}; {verdict.reason}",
    )


def _held(verdict: Verdict, reason: str) -> Verdict:
    held = replace(verdict, action=Action.QUARANTINE, reason=reason, add_header=(), edits=())
    return replace(held, redirect="")
