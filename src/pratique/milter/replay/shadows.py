"""Compare what was in the shadow with what was in force: a whole policy, and single rules.

For a whole policy each message records what it would have decided, so the two are compared as
two policies are.  For a rule in the shadow, only the messages are known for which it would
have spoken; it agrees where the message was treated as the rule would have ordered, and a rule
that only makes a note always agrees.
"""

from dataclasses import dataclass, field
from datetime import UTC
from typing import NamedTuple

from pratique.milter.journal.glance import Glance
from pratique.milter.journal.pages import Stretch, Unread
from pratique.milter.replay.deciding import (
    as_decided,
    by_shadow,
    changes,
    example_of,
    why_left_out,
)
from pratique.milter.replay.stretches import Sought, glances
from pratique.milter.replay.tally import Example, Group, Tally
from pratique.policies.written.rule import NOTE


class Spoke(NamedTuple):
    """A rule in the shadow that would have spoken, and what was done instead."""

    rule: str
    # What it would have ordered; "" if its condition had no answer.
    action: str
    rule_before: str
    before: str

    @property
    def is_otherwise(self) -> bool:
        """Whether it would have changed what was done."""
        ordered = self.action or "quarantine"
        return ordered not in (NOTE, self.before.partition(",")[0].partition(" ")[0])


@dataclass(slots=True)
class Shadows:
    """What is known of everything that was in the shadow."""

    most: int = 3
    # By the hash of the policy in the shadow.
    policies: dict[str, Tally] = field(default_factory=dict)
    rules: dict[Spoke, Group] = field(default_factory=dict)
    # Messages that were read, and those decided without a policy in the shadow.
    messages: int = 0
    alone: int = 0
    unread: Tally = field(default_factory=Tally)

    @property
    def differs(self) -> bool:
        """Whether anything in the shadow would have treated a message differently."""
        told = any(spoke.is_otherwise for spoke in self.rules)
        return told or any(tally.otherwise for tally in self.policies.values())

    def add(self, other: "Shadows") -> None:
        """Add the counts of another."""
        for digest, tally in other.policies.items():
            self.policies.setdefault(digest, Tally(self.most)).add(tally)
        for spoke, group in other.rules.items():
            self.rules.setdefault(spoke, Group()).add(group, self.most)
        self.messages += other.messages
        self.alone += other.alone
        self.unread.add(other.unread)

    def name(self, unread: list[Unread]) -> None:
        """Add what could not be read."""
        self.unread.name(unread)

    def count(self, one: Glance) -> None:
        """Count one message."""
        self.messages += 1
        if why_left_out(one):
            self.unread.left_out[why_left_out(one)] += 1
            return
        self._count_rules(one)
        if one.shadowed is None:
            self.alone += 1
            return
        tally = self.policies.setdefault(one.shadowed.policy, Tally(self.most))
        found = changes(as_decided(one), by_shadow(one), one.addresses)
        tally.policies[one.policy] += 1
        tally.hashed += one.is_hashed
        day = one.received_at.astimezone(UTC).date().isoformat()
        tally.count(found, day, example_of(one) if found else None)

    def _count_rules(self, one: Glance) -> None:
        if not any(verdict.shadows for verdict in one.judged.verdicts):
            return
        spoken: dict[Spoke, tuple[int, str]] = {}
        pairs = zip(one.verdicts, as_decided(one), one.addresses, strict=True)
        for verdict, (rule, treatment), address in pairs:
            for shadow in verdict.shadows:
                action = "" if shadow.failure else str(shadow.action)
                spoke = Spoke(shadow.rule, action, rule, treatment.words)
                recipients, shown = spoken.get(spoke, (0, address))
                spoken[spoke] = recipients + 1, shown
        example = example_of(one)
        for spoke, (recipients, address) in spoken.items():
            self._keep(spoke, recipients, example._replace(recipient=address))

    def _keep(self, spoke: Spoke, recipients: int, example: Example) -> None:
        group = self.rules.setdefault(spoke, Group())
        group.messages += 1
        group.recipients += recipients
        group.keep(example, self.most)


def shadows_of(stretch: Stretch, sought: Sought) -> Shadows:
    """Count what was in the shadow for the messages of a stretch.

    Here `sought.policy` means a policy in the shadow.
    """
    found, unread = Shadows(sought.examples), list[Unread]()
    everything = Sought(sought.window, "", sought.examples)
    for one in glances(stretch, everything, unread):
        if one.shadowed is not None and not one.shadowed.policy.startswith(sought.policy):
            one.shadowed = None
        found.count(one)
    found.name(unread)
    return found
