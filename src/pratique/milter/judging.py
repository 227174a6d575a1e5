"""See, ask and decide: from a message's octets to a verdict for each recipient.

What became of a message by a rewrite is judged as any other, but is no other message: what
came of late is counted once, and holds for both.
"""

from dataclasses import dataclass
from typing import Protocol

from pratique.milter import too_large
from pratique.milter.alerts import bursts
from pratique.milter.alerts.bursts import Bursts
from pratique.milter.journal.entry import Shadowed
from pratique.milter.lookups import addresses
from pratique.milter.mail import Content, Envelope
from pratique.milter.rewriting import Look, Rewrites
from pratique.milter.shadowing import Shadowing
from pratique.milter.wall.faults import NurseryLost
from pratique.policies import danger
from pratique.policies.policy import Policy
from pratique.policies.verdict import Verdict
from pratique.scanners.facts_pb2 import Facts


class Sees(Rewrites, Protocol):
    """Who turns a message into facts, and rewrites one: `Workers`, or what a test hands in."""

    async def inspect(self, content: Content, envelope: Envelope) -> Facts:
        """All facts about a message.  Raises NurseryLost, or TimeoutError without a worker."""

    async def again(self, content: Content, envelope: Envelope, first: Facts) -> Facts:
        """All facts about what became of a message by a rewrite.  Raises NurseryLost."""


@dataclass(frozen=True, slots=True)
class Inspection:
    """What was found out about a message, and what was decided for each recipient."""

    facts: Facts
    verdicts: tuple[Verdict, ...]
    # What a policy in the shadow would have decided; None without one.
    shadowed: Shadowed | None = None


@dataclass(frozen=True, slots=True)
class Judging:
    """Judges messages."""

    sees: Sees
    policy: Policy
    # Without it nobody counts what came of late.
    bursts: Bursts | None = None
    shadow: Shadowing | None = None

    async def first(self, content: Content, envelope: Envelope, octets: int = 0) -> Inspection:
        """Judge a message as it came.  With `octets`, its size, it is too large to be looked into.

        Raises NurseryLost, also where no worker is free in time.
        """
        if octets:
            seen = too_large.seen(envelope, octets)
        else:
            seen = await self._seen(content, envelope)
        if self.bursts is not None:
            self.bursts.state(seen, envelope)
        return judge(seen, envelope, self.policy, self.shadow)

    async def _seen(self, content: Content, envelope: Envelope) -> Facts:
        try:
            return await self.sees.inspect(content, envelope)
        except TimeoutError:
            raise NurseryLost("no worker was free") from None

    def again(self, envelope: Envelope, first: Facts) -> Look:
        """How what became of a message is judged; `first` are its facts as it came."""

        async def look(content: Content) -> tuple[Facts, tuple[Verdict, ...]]:
            seen = await self.sees.again(content, envelope, first)
            bursts.restate(seen, first)
            again = judge(seen, envelope, self.policy)
            return again.facts, again.verdicts

        return look


def judge(
    seen: Facts, envelope: Envelope, policy: Policy, shadow: Shadowing | None = None
) -> Inspection:
    """Decide what has been seen; by a policy in the shadow too, if there is one."""
    seen.envelope.address_problems.extend(addresses.problems(envelope))
    weigh(seen)
    recipients = [addresses.to_facts(forward) for forward in envelope.recipients]
    known = danger.reduce(seen)
    verdicts = policy.decide_all(known, recipients)
    shadowed = shadow.decided(known, recipients) if shadow is not None else None
    return Inspection(seen, verdicts, shadowed)


def weigh(seen: Facts) -> None:
    """State the sum of all evidence, once all of it is there."""
    if seen.bounce.evidence:
        seen.bounce.weight = sum(one.weight for one in seen.bounce.evidence)
