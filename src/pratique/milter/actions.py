"""Turn verdicts into what the door does: deliver, hold, refuse, defer or drop.

One message has one reply (RFC 5321 4.2.5), however many recipients it has.  Where their
verdicts differ the message is held whole: nothing is lost, nobody gets what was refused
for somebody else, and an admin sees all of it.

Behind a queue nobody hears a refusal but that queue, and it would make a bounce of it, for
whoever the reverse-path names.  So there what is to be refused is held; and what is to be
deferred too, since a rule would say the same of each retry until the queue gives up, and
that is a bounce again (docs/decisions/10-behind-a-queue.md).

What a stranger hears says that and whether, never why: the rule, the facts and the
reason are in our log and with the held message.  An accepted and a held message get the
same reply, so that nobody can try out what is held.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from pratique.milter.next_hop import Reply
from pratique.policies.verdict import Action, Edit, HeaderField, Verdict

REFUSED = Reply(550, ("5.7.1 Message refused by policy",))
DEFERRED = Reply(451, ("4.7.1 Message deferred by policy, try again later",))
LOOP = Reply(554, ("5.4.6 Too many hops, this looks like a mail loop",))
UNSEEN = Reply(451, ("4.3.0 Message could not be inspected, try again later",))

# RFC 5321 6.3: a server that counts Received fields should allow at least 100 hops;
# Postfix stops at 50 (hopcount_limit), and no honest way is half as long.
MAX_RECEIVED = 50

# Who hears our reply: the one who sends, or a queue that has said 250 to him.
HeardBy = Literal["sender", "queue"]


@dataclass(frozen=True, slots=True)
class Plan:
    """What happens to a message: one action for all its recipients."""

    action: Action
    rule: str
    reason: str
    add_header: tuple[HeaderField, ...] = ()
    # What is changed in the message before it is delivered.
    edits: tuple[Edit, ...] = ()
    # What is kept with a held message: for each recipient what is done, and why.
    verdicts: tuple[Verdict, ...] = ()
    refusal: Reply = REFUSED


# The plan for a message that nobody could look into or judge.
NOT_NOW = Plan(Action.DEFER, "", "the message could not be inspected")


def plan(verdicts: Sequence[Verdict], heard_by: HeardBy = "sender") -> Plan:
    """The one thing to do where each recipient has a verdict (at least one)."""
    due = tuple(_instead(one) for one in verdicts) if heard_by == "queue" else tuple(verdicts)
    first = due[0]
    if all(_same(verdict, first) for verdict in due):
        return Plan(
            first.action, first.rule, first.reason, first.add_header, first.edits, verdicts=due
        )
    worst = max(due, key=lambda verdict: verdict.action.severity)
    reason = f"recipients differ, so the message is held whole; {worst.reason}"
    return Plan(Action.QUARANTINE, worst.rule, reason, verdicts=due)


def loop(verdicts: Sequence[Verdict], heard_by: HeardBy = "sender") -> Plan:
    """The plan for a message that has been through too many servers, whatever was decided."""
    reason = f"it has more than {MAX_RECEIVED} Received fields, this looks like a mail loop"
    stopped = [
        replace(one, action=Action.REJECT, rule="mail loop", reason=reason, add_header=(), edits=())
        for one in verdicts
    ]
    return replace(plan(stopped, heard_by), refusal=LOOP)


def refused(made: Plan, reply: Reply) -> Plan:
    """The plan for a message that may go, and that the next hop refuses for good.

    Where a queue hears our reply: to refuse in turn makes a bounce, to defer makes one later.
    """
    rule, reason = "refused by the next hop", f"the next hop refuses it: {reply}"
    verdicts = tuple(
        replace(one, action=Action.QUARANTINE, rule=rule, reason=reason, add_header=(), edits=())
        for one in made.verdicts
    )
    return Plan(Action.QUARANTINE, rule, reason, verdicts=verdicts)


def not_changed(made: Plan, why: str) -> Plan:
    """The plan for a message that may go only with a change that cannot be made.

    What was not taken out is still in it, so it is held, and whole.
    """
    words = " and ".join(dict.fromkeys(edit.action for edit in made.edits))
    verdicts = tuple(
        replace(
            one,
            action=Action.QUARANTINE,
            reason=f"held, for `{words}` cannot be done: {why}",
            add_header=(),
            edits=(),
        )
        for one in made.verdicts
    )
    return Plan(Action.QUARANTINE, made.rule, verdicts[0].reason, verdicts=verdicts)


def _instead(verdict: Verdict) -> Verdict:
    """What is done behind a queue: no refusal, and no deferral that repeats."""
    if verdict.action not in {Action.REJECT, Action.DEFER}:
        return verdict
    reason = f"held, for behind a queue to {verdict.action} makes a bounce; {verdict.reason}"
    return replace(verdict, action=Action.QUARANTINE, reason=reason)


def _same(one: Verdict, other: Verdict) -> bool:
    return (one.action, one.add_header, one.edits) == (other.action, other.add_header, other.edits)


def let_out(made: Plan, message_id: str) -> Plan:
    """The plan for a message that an admin released from quarantine: it passes once."""
    reason = "an admin released it from quarantine"
    return Plan(Action.ACCEPT, f"released {message_id}", reason, verdicts=made.verdicts)


def taken(queue_id: str) -> Reply:
    """The reply for a message that is delivered, held or dropped: always the same."""
    return Reply(250, (f"2.0.0 Ok: taken as {queue_id}",))


def fields(add_header: Iterable[HeaderField]) -> bytes:
    """Header fields as they are put in front of a message."""
    return "".join(f"{field.name}: {field.value}\r\n" for field in add_header).encode("ascii")
