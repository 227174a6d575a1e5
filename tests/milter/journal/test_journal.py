"""The journal keeps every message, and whatever happens to its disk no message waits for it.

The faults are real ones: a second connection holds a lock, a file is overwritten, a folder
becomes a file.  (A full disk and one that became read-only: test_full_disk.py.)
"""

import logging
import random
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing
from dataclasses import replace
from datetime import timedelta

import pytest

from pratique.milter.journal.backlog import Backlog
from pratique.milter.journal.reading import entries_of, find
from pratique.policies.verdict import Action, Verdict
from pratique.scanners.facts_pb2 import Facts

NAME = "2026-11-22.sqlite3"
MOST = 0.05  # seconds that a reply may wait for us

WRITE = """
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from pratique.milter.journal.entry import Entry, PolicyText
from pratique.milter.journal.journal import Journal, Pace
from pratique.milter.mail import Envelope
from pratique.milter.next_hop import Reply
from pratique.scanners.facts_pb2 import Facts

@dataclass
class Section:
    keep_days: int = 30
    privacy: str = "hashed"

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
sys.stdin.readline()
journal = Journal(Path(sys.argv[1]), Section(), Pace(clock=lambda: NOON, pause=0.001))
policy = PolicyText("p", "h", "t")
for number in range(300):
    envelope = Envelope(f"{sys.argv[2]}-{number}", NOON, "ann@example.org")
    journal.write(Entry(envelope, Facts(), (), "accept", "r", "o", Reply(250, ()), 1.0, policy))
    if number % 20 == 0:
        journal.flush(30)
journal.close(30)
print(journal.dropped, journal.written)
"""


@pytest.fixture
def told(caplog):
    """The lines of the log, so far."""
    caplog.set_level(logging.INFO)
    return lambda: [record.getMessage() for record in caplog.records]


def writes(journal, entry, count=2000, name="m"):
    """Write so many; gives the second longest time that one took.

    One stall is forgiven, since other programs run on this machine.  That none waits for
    the fault itself is shown otherwise: the fault lasts until all are written.
    """
    times = [0.0]
    for number in range(count):
        one = entry(f"{name}{number}")
        begun = time.perf_counter()
        journal.write(one)
        times.append(time.perf_counter() - begun)
    return sorted(times)[-2]


def ids(folder):
    found = []
    for path in sorted(folder.glob("*.sqlite3")):
        found += [kept.entry.envelope.queue_id for kept in entries_of(path)]
    return found


def locked(folder, entry, journal):
    """A second connection that holds the file of the day for itself."""
    writes(journal, entry, 1, "first")
    assert journal.flush()
    connection = sqlite3.connect(folder / NAME, isolation_level=None)
    connection.execute("BEGIN EXCLUSIVE")
    return connection


@pytest.mark.slow
def test_what_was_written_is_there_in_order(journal, folder, entry, told):
    one = journal()
    writes(one, entry)
    assert one.flush()
    assert ids(folder) == [f"m{number}" for number in range(2000)]
    assert (one.written, one.dropped, one.troubles, one.waiting) == (2000, 0, 0, 0)
    assert told() == []


def test_a_close_writes_what_waits(journal, folder, entry):
    one = journal(pause=60)
    writes(one, entry, 3)
    one.close()
    assert ids(folder) == ["m0", "m1", "m2"]


def test_what_comes_after_the_close_is_counted_as_dropped(journal, folder, entry):
    one = journal()
    one.close()
    writes(one, entry, 2)
    assert (one.dropped, folder.exists()) == (2, False)
    one.close()


def test_entries_wait_for_company_but_not_for_long(journal, folder, entry, until):
    one = journal(pause=0.05, batch=3)
    writes(one, entry, 1)
    until(lambda: one.written == 1, "first entry")
    slow = journal(pause=3600, batch=3)
    writes(slow, entry, 2, "slow")
    assert slow.written == 0
    writes(slow, entry, 1, "last")
    until(lambda: slow.written == 3, "whole batch")


@pytest.mark.slow
def test_a_lock_that_somebody_holds_delays_nobody(journal, folder, entry, told, until):
    one = journal()
    connection = locked(folder, entry, one)
    with closing(connection):
        longest = writes(one, entry)
        until(lambda: one.troubles, "trouble")
        longest = max(longest, writes(one, entry, 500, "n"))
        assert one.waiting == 2500
        connection.execute("ROLLBACK")
    until(lambda: one.waiting == 0, "end of the trouble")
    assert one.flush()
    assert longest < MOST
    assert (one.dropped, one.troubles, len(ids(folder))) == (0, 1, 2501)
    assert ["locked" in told()[0], "is written again" in told()[1], len(told())] == [True] * 2 + [2]


@pytest.mark.slow
def test_when_too_many_wait_the_newest_are_dropped_and_told_once(
    journal, folder, entry, told, until
):
    one = journal(backlog=Backlog(most_records=100))
    with closing(locked(folder, entry, one)) as connection:
        assert writes(one, entry) < MOST
        until(lambda: len(told()) == 2, "lines in the log")
        assert (one.waiting, one.dropped) == (100, 1900)
        connection.execute("ROLLBACK")
    until(lambda: one.waiting == 0 and len(told()) == 3, "end of the trouble")
    assert "locked" in str(told())
    assert "the newest are dropped" in str(told())
    assert "1900 records were dropped" in told()[2]
    assert ids(folder) == ["first0", *(f"m{number}" for number in range(100))]


@pytest.mark.slow
@pytest.mark.parametrize("keep", [0, 100])
def test_a_file_that_is_overwritten_in_mid_run_is_set_aside(journal, folder, entry, told, keep):
    one = journal()
    longest = writes(one, entry, 1000)
    assert one.flush()
    path = folder / NAME
    garbled = path.read_bytes()[:keep] + random.Random(1).randbytes(100_000)
    path.write_bytes(garbled)
    longest = max(longest, writes(one, entry, 1000, "n"))
    assert one.flush()
    assert longest < MOST
    assert ids(folder) == [f"n{number}" for number in range(1000)]
    (aside,) = folder.glob("*.damaged-*")
    assert aside.read_bytes() == garbled
    assert (one.dropped, one.troubles) == (0, 1)
    one.close()
    assert len(told()) == 2
    assert aside.name in told()[0]
    assert "0 records were dropped" in told()[1]


@pytest.mark.slow
def test_a_folder_that_becomes_a_file_and_a_folder_again(journal, folder, entry, told, until):
    one = journal()
    writes(one, entry, 1, "first")
    assert one.flush()
    moved = folder.rename(folder.with_name("moved"))
    folder.write_bytes(b"")
    assert writes(one, entry) < MOST
    until(lambda: one.troubles, "trouble")
    assert "Not a directory" in told()[0]
    folder.unlink()
    until(lambda: one.waiting == 0, "end of the trouble")
    assert (ids(moved), len(ids(folder)), one.dropped) == (["first0"], 2000, 0)


@pytest.mark.slow
def test_a_state_folder_that_is_gone_is_a_trouble(journal, folder, entry, until):
    one = journal(backlog=Backlog(most_records=10))
    folder.parent.rename(folder.parent.with_name("gone"))
    assert writes(one, entry) < MOST
    until(lambda: one.troubles, "trouble")
    assert (one.waiting, one.dropped) == (10, 1990)
    folder.parent.with_name("gone").rename(folder.parent)
    until(lambda: one.written == 10, "end of the trouble")


def test_a_trouble_that_lasts_does_not_keep_the_end_waiting(journal, folder, entry, told):
    one = journal()
    folder.write_bytes(b"")
    writes(one, entry, 5)
    begun = time.monotonic()
    one.close(0.1)
    assert time.monotonic() - begun < 2
    assert (one.dropped, one.waiting) == (5, 0)
    assert "5 records were dropped" in told()[-1]


def test_a_flush_that_takes_too_long_says_so(journal, folder, entry):
    one = journal()
    folder.write_bytes(b"")
    writes(one, entry, 1)
    assert not one.flush(0.05)


def test_an_entry_that_cannot_be_written_is_dropped_alone(journal, folder, entry, told, until):
    one = journal()
    bad = replace(entry("bad"), milliseconds=object())  # type: ignore[arg-type]
    for each in (entry("a"), bad, bad, entry("b")):
        one.write(each)
    assert one.flush()
    assert (ids(folder), one.dropped, one.written) == (["a", "b"], 2, 2)
    assert "bad cannot be written (TypeError)" in told()[0]
    until(lambda: len(told()) == 2, "two lines in the log")
    assert "2 records were dropped" in told()[1]


def test_a_new_day_is_a_new_file(journal, folder, entry, clocks):
    one = journal()
    one.write(entry("a"))
    assert one.flush()
    clocks.run(hours=12)
    one.write(entry("b"))
    assert one.flush()
    assert sorted(path.name for path in folder.glob("*.sqlite3")) == [NAME, "2026-11-23.sqlite3"]


@pytest.mark.slow
def test_a_clock_that_jumps_loses_nothing_and_makes_no_files(journal, folder, entry, clocks):
    one = journal()
    for number in range(50):
        clocks.now += timedelta(days=(-1) ** number * 700 * number)
        one.write(entry(str(number)))
        assert one.flush()
    assert ids(folder) == [str(number) for number in range(50)]
    assert len(list(folder.glob("*.sqlite3"))) == 1


def test_old_files_go_at_the_day_change_and_not_by_a_clock_that_jumped(
    journal, folder, entry, clocks
):
    folder.mkdir()
    old, recent = folder / "2026-10-01.sqlite3", folder / "2026-11-21.sqlite3"
    other = folder / "2026-10-01.txt"
    for path in (old, recent, other):
        path.write_bytes(b"")
    one = journal()
    one.write(entry("a"))
    assert one.flush()
    clocks.now += timedelta(days=10_000)
    one.write(entry("b"))
    assert one.flush()
    assert (old.exists(), recent.exists()) == (True, True)
    clocks.now -= timedelta(days=10_000)
    one.write(entry("c"))
    assert one.flush()
    clocks.run(hours=71)
    one.write(entry("d"))
    assert one.flush()
    assert old.exists()
    clocks.run(hours=25)
    one.write(entry("e"))
    assert one.flush()
    assert (old.exists(), recent.exists(), other.exists()) == (False, True, True)


def test_old_files_go_although_no_mail_comes(journal, folder, clocks, until):
    folder.mkdir()
    old = folder / "2026-10-01.sqlite3"
    old.write_bytes(b"")
    journal(look=0.01)
    until(lambda: clocks.run(minutes=10) or not old.exists(), "removal")


def test_with_hashes_no_octet_names_anybody(journal, folder, entry, section):
    one = journal(section(privacy="hashed"))
    one.write(entry("a"))
    assert one.flush()
    (kept,) = find(folder, "a").entries
    assert kept.privacy == "hashed"
    assert "ann@" not in repr(kept)
    assert "invoice" not in repr(kept)
    assert (folder.parent / "journal.key").stat().st_mode & 0o777 == 0o600


def test_without_a_key_nothing_is_written_rather_than_plain(journal, folder, entry, section, until):
    key = folder.parent / "journal.key"
    key.write_bytes(b"short")
    one = journal(section(privacy="hashed"))
    one.write(entry("a"))
    until(lambda: one.troubles, "trouble")
    assert not folder.exists()
    key.unlink()
    until(lambda: one.written == 1, "entry")
    assert "ann@" not in repr(find(folder, "a").entries)


def test_plain_needs_no_key(journal, folder, entry):
    one = journal()
    one.write(entry("a"))
    assert one.flush()
    assert not (folder.parent / "journal.key").exists()


@pytest.mark.slow
def test_processes_write_to_one_file_at_the_same_time(folder):
    running = [
        subprocess.Popen(
            [sys.executable, "-c", WRITE, folder, name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        for name in "abcd"
    ]
    for one in running:
        one.stdin.write(b"\n")
        one.stdin.flush()
    ended = [one.communicate(timeout=120) for one in running]
    assert [(out, error) for out, error in ended] == [(b"0 300\n", b"")] * 4
    found = ids(folder)
    assert len(found) == len(set(found)) == 1200
    for name in "abcd":
        own = [one for one in found if one.startswith(name)]
        assert own == [f"{name}-{number}" for number in range(300)]


@pytest.mark.slow
def test_a_message_of_the_largest_kind_does_not_hold_others_up(journal, entry, section):
    facts = Facts()
    for number in range(1000):
        facts.parts.add(id=number, name=f"ann{number}@example.org", sha256="ab" * 32)
    large = replace(entry("large"), facts=facts, verdicts=(Verdict(Action.ACCEPT, "r", ""),) * 2)
    one = journal(section(privacy="hashed"))
    turn, times = threading.Event(), []
    for _ in range(60):
        begun = time.perf_counter()
        one.write(large)
        # What a reply does as well: short waits, each of which lets the writer run.
        for _ in range(5):
            turn.wait(0)
        times.append(time.perf_counter() - begun)
    assert sorted(times)[-2] < MOST
    assert one.flush(30)
