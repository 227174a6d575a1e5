"""An error that nobody foresaw costs the batch that met it, and the journal goes on."""

import logging
import threading
from dataclasses import replace

import pytest

from pratique.milter.journal.entry import PolicyText
from pratique.milter.journal.reading import entries_of, find


@pytest.fixture
def told(caplog):
    """The lines of the log, so far."""
    caplog.set_level(logging.INFO)
    return lambda: [record.getMessage() for record in caplog.records]


def ids(folder):
    (path,) = folder.glob("*.sqlite3")
    return [kept.entry.envelope.queue_id for kept in entries_of(path)]


class NoFacts:
    """What nobody expects in an entry: it has a size, and nothing else."""

    def ByteSize(self):  # noqa: N802 - as protobuf calls it
        return 1


def test_an_error_of_ours_costs_its_batch_and_never_the_thread(journal, folder, entry, caplog):
    one = journal()
    for name in "abc":
        one.write(replace(entry(f"bad {name}"), facts=NoFacts()))
        assert one.flush()
        one.write(entry(name))
        assert one.flush()
    assert (ids(folder), one.dropped, one.written) == (["a", "b", "c"], 3, 3)
    assert (one.waiting, one.troubles) == (0, 1)
    (told,) = [record for record in caplog.records if record.exc_info]
    assert "an error of ours, 1 records" in told.getMessage()
    assert told.exc_info[0] is AttributeError
    assert "the newest are dropped" not in caplog.text


def test_an_error_of_ours_before_anything_is_taken_keeps_no_processor_busy(
    journal, folder, entry, clocks, told
):
    broken = threading.Event()
    asked = []

    def clock():
        asked.append(1)
        if broken.is_set():
            raise ZeroDivisionError("a clock without numbers")
        return clocks.wall()

    one = journal(clock=clock, batch=2)
    broken.set()
    for name in "abc":
        one.write(entry(name))
    assert one.flush()
    assert (one.dropped, folder.exists(), len(asked) < 9) == (3, False, True)
    broken.clear()
    one.write(entry("d"))
    assert one.flush()
    assert ids(folder) == ["d"]
    assert len(told()) == 1


def test_a_clock_that_fails_at_once_is_an_error_of_ours_too(journal, folder, entry, clocks):
    failures = [ZeroDivisionError("a clock without numbers")]

    def clock():
        if failures:
            raise failures.pop()
        return clocks.wall()

    one = journal(clock=clock)
    assert one.flush()
    one.write(entry("b"))
    assert one.flush()
    assert (ids(folder), one.troubles) == (["b"], 1)


def test_a_policy_whose_path_is_no_text_is_written(journal, folder, entry):
    one = journal()
    one.write(replace(entry("a"), policy=PolicyText("/etc/pr\udcff.toml", "ab" * 32, "\udcfe")))
    assert one.flush()
    (kept,) = find(folder, "a").entries
    assert (kept.entry.policy.name, kept.entry.policy.text) == ("/etc/pr\\udcff.toml", "\\udcfe")
    assert (one.dropped, one.troubles) == (0, 0)
