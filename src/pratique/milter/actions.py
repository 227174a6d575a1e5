"""Turn verdicts into what the door does: deliver, hold, refuse, defer or drop.

One message has one reply (RFC 5321 4.2.5), however many recipients it has.  Where their
verdicts differ the message is held whole: nothing is lost, nobody gets what was refused
for somebody else, and an admin sees all of it.

What a stranger hears says that and whether, never why: the rule, the facts and the
reason are in our log and with the held message.  An accepted and a held message get the
same reply, so that nobody can try out what is held.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pratique.milter.next_hop import Reply
from pratique.policies.verdict import Action, HeaderField, Verdict

REFUSED = Reply(550, ("5.7.1 Message refused by policy",))
DEFERRED = Reply(451, ("4.7.1 Message deferred by policy, try again later",))
LOOP = Reply(554, ("5.4.6 Too many hops, this looks like a mail loop",))
UNSEEN = Reply(451, ("4.3.0 Message could not be inspected, try again later",))

# RFC 5321 6.3: a server that counts Received fields should allow at least 100 hops;
# Postfix stops at 50 (hopcount_limit), and no honest way is half as long.
MAX_RECEIVED = 50


@dataclass(frozen=True, slots=True)
class Plan:
    """What happens to a message: one action for all its recipients."""

    action: Action
    rule: str
    reason: str
    add_header: tuple[HeaderField, ...] = ()


def plan(verdicts: Sequence[Verdict]) -> Plan:
    """The one thing to do where each recipient has a verdict (at least one)."""
    first = verdicts[0]
    if all(_same(verdict, first) for verdict in verdicts):
        return Plan(first.action, first.rule, first.reason, first.add_header)
    worst = max(verdicts, key=lambda verdict: verdict.action.severity)
    return Plan(
        Action.QUARANTINE,
        worst.rule,
        f"recipients differ, so the message is held whole; {worst.reason}",
    )


def _same(one: Verdict, other: Verdict) -> bool:
    return (one.action, one.add_header) == (other.action, other.add_header)


def let_out(message_id: str) -> Plan:
    """The plan for a message that an admin released from quarantine: it passes once."""
    return Plan(Action.ACCEPT, f"released {message_id}", "an admin released it from quarantine")


def taken(queue_id: str) -> Reply:
    """The reply for a message that is delivered, held or dropped: always the same."""
    return Reply(250, (f"2.0.0 Ok: taken as {queue_id}",))


def fields(add_header: Iterable[HeaderField]) -> bytes:
    """Header fields as they are put in front of a message."""
    return "".join(f"{field.name}: {field.value}\r\n" for field in add_header).encode("ascii")
