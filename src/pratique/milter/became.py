"""Tell what became of a message, once its reply is decided: to the log, the journal, the counters.

Whoever is told must neither wait nor raise: the client is waiting for its reply.
"""

from collections.abc import Callable
from dataclasses import dataclass

from pratique.milter.journal.entry import Shadowed
from pratique.milter.mail import Envelope
from pratique.milter.next_hop import Reply
from pratique.milter.outcome import Outcome
from pratique.policies.verdict import Verdict
from pratique.scanners.facts_pb2 import Facts

_TAKEN = {
    "accept": Outcome.DELIVERED,
    "redirect": Outcome.REDIRECTED,
    "quarantine": Outcome.HELD,
    "discard": Outcome.DROPPED,
}


# Nobody changes one.  To freeze it as well would take three times as long to make, of each message.
@dataclass(slots=True)
class Became:
    """One message, from its envelope to its reply."""

    envelope: Envelope
    # Octets of content, those too that were not looked into.
    size: int
    # time.monotonic() when the end of data was read, and when the reply was decided.
    begun: float
    ended: float
    facts: Facts
    # What the policy says, for each recipient; none if the message was never judged.
    verdicts: tuple[Verdict, ...]
    # What was to be done, and by which rule.
    action: str
    rule: str
    reply: Reply
    # The copy in quarantine.
    held_as: str = ""
    # What came of it for each recipient; empty: the same for all.
    outcomes: tuple[Outcome, ...] = ()
    # What a policy in the shadow would have decided.
    shadowed: Shadowed | None = None
    # The hash of the policy that decides.
    policy: str = ""

    @property
    def outcome(self) -> Outcome:
        """What came of the action for all recipients, or that it differs among them."""
        if len(self.outcomes) == 1:
            return self.outcomes[0]
        if self.outcomes:
            return Outcome.SPLIT if self.differs else self.outcomes[0]
        if self.reply.accepted:
            return _TAKEN[self.action]
        return Outcome.of(self.reply)

    @property
    def differs(self) -> bool:
        """True if not all recipients have the same outcome."""
        outcomes = self.outcomes
        return len(outcomes) > 1 and len(set(outcomes)) > 1

    @property
    def agrees(self) -> bool:
        """Whether the policy in the shadow would have had the same become of the message."""
        others = self.shadowed.verdicts if self.shadowed is not None else ()
        return [_orders(one) for one in self.verdicts] == [_orders(one) for one in others]

    @property
    def milliseconds(self) -> float:
        """From the end of data to the reply."""
        return round((self.ended - self.begun) * 1000, 1)


def _orders(verdict: Verdict) -> tuple[object, ...]:
    """What a verdict has done, whichever rule it is that says so."""
    changes = {(edit.action, edit.parts) for edit in verdict.edits}
    return verdict.action, verdict.redirect, changes, verdict.add_header


Tell = Callable[[Became], None]
