"""Count messages by how they were treated, and how they would be.

A message counts once in each group that one of its recipients falls into, so one with
several recipients may stand in several groups.  As a whole it counts once: as treated
differently if that is so for any recipient.  Tallies of parts of a journal add up to that of
the whole, in whatever order they come: the examples of a group are its newest messages.
"""

import heapq
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from pratique.milter.journal.pages import Unread

# A damaged disk may give millions; beyond this they are only counted.
MOST_UNREAD = 1000


class Change(NamedTuple):
    """A group: the rule and treatment that messages got, and those that they would get."""

    rule_before: str
    before: str
    rule_after: str
    after: str

    @property
    def is_otherwise(self) -> bool:
        """Whether the treatment differs, and not just the rule."""
        return self.before != self.after


class Example(NamedTuple):
    """One message of a group; examples are ordered by their time, then their id."""

    received_at: datetime
    # What `pratique why` opens, or the file that contains the message.
    id: str
    reverse_path: str
    recipient: str
    subject: str


@dataclass(slots=True)
class Group:
    """Messages for which the same thing changes."""

    messages: int = 0
    recipients: int = 0
    examples: list[Example] = field(default_factory=list)

    def keep(self, example: Example, most: int) -> None:
        """Keep an example if it is among the newest."""
        if len(self.examples) < most:
            heapq.heappush(self.examples, example)
        elif most:
            heapq.heappushpop(self.examples, example)

    def add(self, other: "Group", most: int) -> None:
        """Add the counts of another."""
        self.messages += other.messages
        self.recipients += other.recipients
        for example in other.examples:
            self.keep(example, most)

    @property
    def newest(self) -> list[Example]:
        """The examples, newest first."""
        return sorted(self.examples, reverse=True)


@dataclass(slots=True)
class Day:
    """Messages of one day, and how many of them would have been treated differently."""

    messages: int = 0
    otherwise: int = 0


@dataclass(slots=True)
class Tally:
    """What is known of a number of messages."""

    # Examples per group.
    most: int = 3
    # Messages that were compared: same rule and treatment, same treatment only, neither.
    same: int = 0
    other_rule: int = 0
    otherwise: int = 0
    groups: dict[Change, Group] = field(default_factory=dict)
    # Why messages were not compared: "mail loop", "released", "never judged".
    left_out: Counter[str] = field(default_factory=Counter)
    # Messages whose personal texts are kept as hashes.
    hashed: int = 0
    # By the hash of the policy that decided them.
    policies: Counter[str] = field(default_factory=Counter)
    # By the day on which they were received, UTC.
    days: dict[str, Day] = field(default_factory=dict)
    unread: list[Unread] = field(default_factory=list)
    more_unread: int = 0

    @property
    def compared(self) -> int:
        """How many messages were compared."""
        return self.same + self.other_rule + self.otherwise

    @property
    def differs(self) -> bool:
        """Whether any message would be treated differently, or by another rule."""
        return bool(self.otherwise or self.other_rule)

    def count(self, changes: "Changes", day: str, example: Example | None) -> None:
        """Count one message that was compared; `example` is needed if there are changes."""
        of_day = self.days.get(day)
        if of_day is None:
            of_day = self.days[day] = Day()
        of_day.messages += 1
        if not changes:
            self.same += 1
            return
        if any(change.is_otherwise for change in changes):
            self.otherwise += 1
            of_day.otherwise += 1
        else:
            self.other_rule += 1
        for change, (recipients, address) in changes.items():
            group = self.groups.setdefault(change, Group())
            group.messages += 1
            group.recipients += recipients
            if example is not None:
                group.keep(example._replace(recipient=address), self.most)

    def add(self, other: "Tally") -> None:
        """Add the counts of another."""
        self.same += other.same
        self.other_rule += other.other_rule
        self.otherwise += other.otherwise
        for change, group in other.groups.items():
            self.groups.setdefault(change, Group()).add(group, self.most)
        for day, counted in other.days.items():
            own = self.days.setdefault(day, Day())
            own.messages += counted.messages
            own.otherwise += counted.otherwise
        self.left_out += other.left_out
        self.hashed += other.hashed
        self.policies += other.policies
        self.more_unread += other.more_unread
        self.name(other.unread)

    def name(self, unread: list[Unread]) -> None:
        """Add what could not be read."""
        room = MOST_UNREAD - len(self.unread)
        self.unread += unread[:room]
        self.more_unread += len(unread[room:])

    def sorted_groups(self) -> list[tuple[Change, Group]]:
        """Return first those treated differently, then the others, each by size."""
        return sorted(
            self.groups.items(), key=lambda one: (not one[0].is_otherwise, -one[1].messages, one[0])
        )


# What changes for some recipients of a message: how many, and one of them.
Changes = dict[Change, tuple[int, str]]
