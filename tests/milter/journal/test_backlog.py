"""What waits is bounded; the oldest stays and the newest goes."""

from dataclasses import replace

import pytest

from pratique.milter.journal.backlog import Backlog, octets_of
from pratique.milter.mail import Forward
from pratique.scanners.facts_pb2 import Facts


def ids(entries):
    return [one.envelope.queue_id for one in entries]


def test_entries_come_out_in_order_and_count_until_they_are_finished(entry):
    backlog = Backlog()
    for name in "abc":
        backlog.put(entry(name), 500)
    assert ids(backlog.take(2)) == ["a", "b"]
    assert (backlog.records, backlog.ready) == (3, 1)
    backlog.finish(2, dropped=1)
    assert (backlog.records, backlog.written, backlog.dropped) == (1, 1, 1)
    assert backlog.octets == octets_of(entry())


@pytest.mark.parametrize(("count", "dropped"), [(3, 0), (4, 1), (9, 6)])
def test_past_so_many_records_the_newest_is_dropped(entry, count, dropped):
    backlog = Backlog(most_records=3)
    for number in range(count):
        backlog.put(entry(str(number)), 500)
    assert (ids(backlog.take(9)), backlog.dropped) == (["0", "1", "2"], dropped)


def test_past_so_many_octets_the_newest_is_dropped(entry):
    size = octets_of(entry())
    backlog = Backlog(most_octets=2 * size)
    for _ in range(3):
        backlog.put(entry(), 500)
    assert (backlog.records, backlog.octets, backlog.dropped) == (2, 2 * size, 1)


def test_what_the_writer_has_in_hand_takes_room_too(entry):
    backlog = Backlog(most_records=2)
    backlog.put(entry(), 500)
    backlog.put(entry(), 500)
    backlog.take(2)
    backlog.put(entry(), 500)
    assert backlog.dropped == 1
    backlog.finish(2)
    backlog.put(entry(), 500)
    assert (backlog.dropped, backlog.octets) == (1, octets_of(entry()))


def test_facts_and_recipients_count(entry):
    facts = Facts()
    facts.mail.subject = "x" * 100_000
    assert octets_of(replace(entry(), facts=facts)) > 100_000
    many = tuple(Forward("x@example.org") for _ in range(10_000))
    assert octets_of(entry(recipients=many)) > 1_000_000


def test_after_the_end_all_that_comes_is_dropped(entry):
    backlog = Backlog()
    backlog.put(entry(), 500)
    assert backlog.close() == 1
    backlog.put(entry(), 500)
    assert (backlog.dropped, backlog.records, backlog.octets) == (2, 0, 0)
