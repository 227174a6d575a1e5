"""Cut the journal into stretches, and count the messages of one.

A stretch is what one process takes at a time: some thousand records of one day file, by
their numbers.  What is written while a replay runs has higher numbers and is not included.
"""

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC
from pathlib import Path

from pratique.milter.journal.glance import Glance, glance
from pratique.milter.journal.pages import Stretch, Unread, Window, pages_of, span_of
from pratique.milter.replay.deciding import Side, changes, example_of, why_left_out
from pratique.milter.replay.tally import Tally
from pratique.milter.stores.days import files_in

# Half a second's work: short enough for all processes to end together and for an interrupt to
# be noticed, long enough for the cost of handing it over not to matter.
RECORDS = 4000

_TROUBLE = (sqlite3.Error, OSError, ValueError)


@dataclass(frozen=True, slots=True)
class Sought:
    """Which messages are counted."""

    window: Window = field(default_factory=Window)
    # The first digits of the hash of the policy that decided them.
    policy: str = ""
    # Examples per group.
    examples: int = 3


@dataclass(slots=True)
class Plan:
    """The journal as it is when a replay begins: its stretches, newest day first."""

    stretches: list[Stretch] = field(default_factory=list)
    # Files that have records; a record need not be of the day of its file.
    files: int = 0
    unread: list[Unread] = field(default_factory=list)

    @property
    def records(self) -> int:
        """The approximate number of records: unused numbers count too."""
        return sum(one.last - one.after for one in self.stretches)


def plan(folder: Path, records: int = RECORDS) -> Plan:
    """Cut a journal into stretches; a journal that was never written has none.

    Files that were set aside as damaged are read too, as far as possible.
    """
    made = Plan()
    try:
        files = files_in(folder)
    except FileNotFoundError:
        return made
    for one in files:
        try:
            span = span_of(one.path)
        except _TROUBLE as error:
            made.unread.append(Unread(one.path.name, str(error)))
            continue
        if span is None:
            continue
        made.files += 1
        first, last = span
        for after in range(first - 1, last, records):
            made.stretches.append(Stretch(one.path, after, min(after + records, last)))
    return made


def glances(stretch: Stretch, sought: Sought, unread: list[Unread]) -> Iterator[Glance]:
    """Yield the messages of a stretch that are sought; add what cannot be read to `unread`."""
    for page in pages_of(stretch, sought.window, unread):
        for row in page:
            try:
                one = glance(row)
            except ValueError as error:
                where = f"{stretch.path.name}, record {row.number}"
                unread.append(Unread(where, str(error)))
                continue
            if not one.policy.startswith(sought.policy):
                continue
            if one.received_at.astimezone(UTC).date() in sought.window:
                yield one


def counted(stretch: Stretch, sought: Sought, before: Side, after: Side) -> Tally:
    """Compare both sides over all messages of a stretch."""
    tally, unread = Tally(sought.examples), list[Unread]()
    for one in glances(stretch, sought, unread):
        count(tally, one, before, after)
    tally.name(unread)
    return tally


def count(tally: Tally, one: Glance, before: Side, after: Side) -> None:
    """Count one message."""
    why = why_left_out(one)
    if why:
        tally.left_out[why] += 1
        return
    tally.hashed += one.is_hashed
    tally.policies[one.policy] += 1
    found = changes(before(one), after(one), one.addresses)
    day = one.received_at.astimezone(UTC).date().isoformat()
    tally.count(found, day, example_of(one) if found else None)
