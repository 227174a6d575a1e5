"""A journal is decided again: exact groups, in one process or in several, whatever happens."""

import os
import signal
import sqlite3
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from pratique.milter.journal.pages import Window
from pratique.milter.replay.replay import LostProcess, Task, processors, replay
from pratique.milter.replay.stretches import Sought, plan
from pratique.milter.replay.tally import Change, Tally

ACCEPT = Change("rest", "accept", "all others", "accept")
HELD = Change("program", "reject", "program", "quarantine")
SCRIPT = Change("rest", "accept", "program", "quarantine")
SALES = Change("rest", "accept", "sales", "accept, + X-Large")


def over(journal, task, processes=1, records=4000):
    return replay(plan(journal.folder, records), task, processes, lambda _: None)


def filled(journal):
    for _ in range(3):
        journal.message("text")
        journal.message("text", "executable")
    journal.message("text", "script")
    journal.message("text", to=("ann@our.example", "bob@sales.example"), size=5000)
    return journal.write()


def counts(tally):
    return {change: (one.messages, one.recipients) for change, one in tally.groups.items()}


def test_a_known_journal_gives_exactly_these_groups(journal, new):
    filled(journal)
    tally = over(journal, Task(Sought(), after=new))
    assert counts(tally) == {ACCEPT: (4, 4), HELD: (3, 3), SCRIPT: (1, 1), SALES: (1, 1)}
    assert (tally.compared, tally.same, tally.other_rule, tally.otherwise) == (8, 0, 3, 5)
    assert tally.differs
    (example,) = tally.groups[SALES].newest
    assert (example.id, example.recipient) == ("Q0008", "bob@sales.example")
    assert [one.id for one in tally.groups[HELD].newest] == ["Q0006", "Q0004", "Q0002"]
    assert tally.unread == []


def test_the_policy_that_decided_differs_in_nothing(journal, old):
    filled(journal)
    for before in (None, old):
        tally = over(journal, Task(Sought(), before=before, after=old))
        assert (tally.compared, tally.same, tally.differs) == (8, 8, False)
        assert tally.groups == {}


def test_two_policies_are_compared_whatever_decided_then(journal, old, new):
    journal.message("script", policy=new)
    journal.write()
    tally = over(journal, Task(Sought(), before=old, after=new))
    assert counts(tally) == {SCRIPT: (1, 1)}


@pytest.mark.slow
def test_several_processes_find_what_one_does(journal, new):
    for _ in range(5):
        filled(journal)
    task = Task(Sought(examples=4), after=new)
    alone = over(journal, task)
    together = over(journal, task, processes=2, records=7)
    for one in (alone, together):
        for group in one.groups.values():
            group.examples.sort()
    assert together == alone
    assert alone.compared == 40


def test_as_many_examples_are_kept_as_are_asked_for(journal, new):
    filled(journal)
    for most in (0, 1, 2):
        tally = over(journal, Task(Sought(examples=most), after=new), records=1)
        assert len(tally.groups[HELD].newest) == most
    assert [one.id for one in tally.groups[HELD].newest] == ["Q0006", "Q0004"]


def test_progress_adds_up_to_the_number_of_records(journal, new):
    filled(journal)
    told = []
    made = plan(journal.folder, 3)
    replay(made, Task(Sought(), after=new), 1, told.append)
    assert made.records == sum(told) == 8
    assert told == [3, 3, 2]


def test_what_pratique_decides_by_itself_is_left_out_and_counted(journal, new):
    journal.message("script")
    journal.message("script", rule="mail loop", action="reject")
    journal.message("script", rule="released 20261122T120000-0a0b0c0d")
    journal.message("script", verdicts=())
    journal.write()
    tally = over(journal, Task(Sought(), after=new))
    assert tally.left_out == {"mail loop": 1, "released": 1, "never judged": 1}
    assert (tally.compared, counts(tally)) == (1, {SCRIPT: (1, 1)})


def test_a_rule_of_the_policy_may_be_called_as_ours_are(journal, a_policy, new):
    named = a_policy('[[rule]]\nname = "mail loop"\nactions = ["reject"]\nreason = "x"\n')
    journal.message("script", policy=named)
    journal.write()
    tally = over(journal, Task(Sought(), after=new))
    assert counts(tally) == {Change("mail loop", "reject", "program", "quarantine"): (1, 1)}
    assert tally.left_out == {}


def test_what_is_written_meanwhile_is_not_in_it_and_no_writer_waits(journal, new):
    path = filled(journal)
    made = plan(journal.folder, 4)

    def more(_):
        # A writer commits between two stretches; with a page held open it would wait.
        journal.message("script")
        journal.write()
        with closing(sqlite3.connect(path, timeout=0)) as connection:
            busy, *_ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            assert busy == 0

    tally = replay(made, Task(Sought(), after=new), 1, more)
    assert tally.compared == 8


def test_a_day_that_is_removed_while_it_is_read_is_told(journal, new):
    filled(journal)
    other = journal.message("script").envelope.received_at
    journal.write(date(2026, 11, 19))
    made = plan(journal.folder, 3)

    def remove(_):
        (journal.folder / "2026-11-20.sqlite3").unlink(missing_ok=True)

    tally = replay(made, Task(Sought(), after=new), 1, remove)
    assert tally.compared == 4
    assert [one.where for one in tally.unread] == [
        "2026-11-20.sqlite3, records 4 to 6",
        "2026-11-20.sqlite3, records 7 to 8",
    ]
    assert {one.why for one in tally.unread} == {"the file was removed while it was read"}
    assert other.day == 20


def test_a_clock_that_jumped_costs_nothing(journal, new):
    # Records of other days in one file, one of them from the future.
    moments = [datetime(2026, 11, day, 12, tzinfo=UTC) for day in (1, 20, 21)]
    moments.append(datetime(2099, 1, 1, tzinfo=UTC))
    moments.append(datetime(2026, 11, 2, 1, tzinfo=UTC).astimezone(tz(hours=9)))
    moments.append(datetime(2026, 11, 1, 23, tzinfo=UTC).astimezone(tz(hours=9)))
    for moment in moments:
        journal.message("script", at=moment)
    journal.write()
    task = Task(Sought(), after=new)
    everything = over(journal, task)
    assert everything.compared == 6
    assert list(everything.days) == [
        *("2026-11-01", "2026-11-20", "2026-11-21", "2099-01-01", "2026-11-02"),
    ]
    first = Task(Sought(Window(until=date(2026, 11, 1))), after=new)
    assert over(journal, first).days.keys() == {"2026-11-01"}
    assert over(journal, first).compared == 2
    middle = Task(Sought(Window(date(2026, 11, 2), date(2026, 11, 20))), after=new)
    assert over(journal, middle).days.keys() == {"2026-11-02", "2026-11-20"}


def tz(hours):
    from datetime import timezone

    return timezone(timedelta(hours=hours))


def test_entries_of_several_versions_are_told_apart(journal, old, new, a_policy):
    journal.message("script")
    journal.message("script", policy=new)
    journal.message("script", policy=new)
    journal.write()
    tally = over(journal, Task(Sought(), after=new))
    assert sorted(tally.policies.values()) == [1, 2]
    assert (tally.same, tally.otherwise) == (2, 1)
    only = over(journal, Task(Sought(policy=new.hash[:6]), after=new))
    assert (only.compared, only.same) == (2, 2)


def test_messages_kept_as_hashes_are_counted(journal, new):
    journal.message("script")
    journal.write(privacy="hashed")
    journal.message("script")
    journal.write()
    assert over(journal, Task(Sought(), after=new)).hashed == 1


@dataclass(frozen=True)
class Deadly:
    """A task that ends whoever counts it."""

    def nothing(self):
        return Tally()

    def count(self, stretch):
        os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.slow
def test_a_process_that_is_killed_is_told_and_nothing_hangs(journal):
    filled(journal)
    with pytest.raises(LostProcess, match="ended before it was done") as raised:
        over(journal, Deadly(), processes=2, records=2)
    assert isinstance(raised.value.__cause__, BrokenProcessPool)


def test_there_is_a_processor():
    assert processors() >= 1


def test_a_journal_that_was_never_written_has_nothing(tmp_path: Path):
    made = plan(tmp_path / "none")
    assert (made.stretches, made.unread, made.records) == ([], [], 0)
