"""Compare two decisions about one message, recipient by recipient.

A side is what decided: the policy in force then, as the journal has it, or a policy that is asked
now.  For each recipient it says which rule decides, and how the message is treated.

What Pratique decides by itself, whatever a policy says, is not compared: a mail loop, and what
an admin released from quarantine.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache

from pratique.milter.journal.glance import Glance, Judged
from pratique.milter.lookups import addresses
from pratique.milter.mail import Forward
from pratique.milter.replay.tally import Change, Changes, Example
from pratique.milter.replay.treatment import Treatment, treatment_of, words_of_both
from pratique.policies.policy import Policy
from pratique.scanners.facts_pb2 import Recipient

# The rule, and the treatment.
Said = tuple[str, Treatment]
Side = Callable[[Glance], Sequence[Said]]

LOOP, RELEASED, UNJUDGED = "mail loop", "released", "never judged"

# Nearly as many as there are different decisions on one day.
_KEPT = 4096
_NOBODY = Recipient()


def why_left_out(one: Glance) -> str:
    """Return why a message is not compared; empty if it is."""
    if not one.numbers or one.numbers[0] < 0:
        return UNJUDGED
    rule = one.judged.rule
    is_loop, is_released = rule == LOOP, rule.startswith(f"{RELEASED} ")
    # A rule of the policy may have that name; then it was not our decision.
    if not (is_loop or is_released) or any(rule == each.rule for each in one.judged.verdicts):
        return ""
    return LOOP if is_loop else RELEASED


def as_decided(one: Glance) -> Sequence[Said]:
    """Return what was decided then."""
    said = _said_then(one.judged)
    return [said[number] for number in one.numbers]


@lru_cache(maxsize=_KEPT)
def _said_then(judged: Judged) -> tuple[Said, ...]:
    return tuple((one.rule, treatment_of(one)) for one in judged.verdicts)


def by_shadow(one: Glance) -> Sequence[Said]:
    """Return what a whole policy in the shadow said at the same time."""
    assert one.shadowed is not None
    return [(verdict.rule, treatment_of(verdict)) for verdict in one.shadowed.verdicts]


def by_policy(policy: Policy) -> Side:
    """Make a side of a policy: what it says now about the facts found then."""
    if not any(rule.condition and rule.condition.mentions_rcpt for rule in policy.rules):
        return lambda one: (_said_of_all(policy, one),) * len(one.addresses)

    def each(one: Glance) -> Sequence[Said]:
        recipients = [addresses.to_facts(Forward(address)) for address in one.addresses]
        verdicts = policy.decide_all(one.facts, recipients)
        return [(verdict.rule, treatment_of(verdict)) for verdict in verdicts]

    return each


def _said_of_all(policy: Policy, one: Glance) -> Said:
    verdict = policy.decide(one.facts, _NOBODY)
    return verdict.rule, treatment_of(verdict)


def changes(before: Sequence[Said], after: Sequence[Said], to: Sequence[str]) -> Changes:
    """Group what differs; per group, count the recipients and keep the first of them."""
    found: Changes = {}
    for one, other, address in zip(before, after, to, strict=True):
        if one == other:
            continue
        first, second = words_of_both(one[1], other[1])
        change = Change(one[0], first, other[0], second)
        recipients, shown = found.get(change, (0, address))
        found[change] = recipients + 1, shown
    return found


def example_of(one: Glance) -> Example:
    """Return a message as an example."""
    envelope = one.facts.envelope
    return Example(one.received_at, one.queue_id, envelope.reverse_path, "", one.facts.mail.subject)
