"""A thread writes notices down; nothing waits for it, and what is lost is told."""

import errno
import os
from dataclasses import replace

import pytest

from pratique.milter import counters
from pratique.milter.durable import Disk
from pratique.milter.notices.letter import Letter
from pratique.milter.notices.outbox import Outbox
from pratique.milter.notices.own_ids import OwnIds
from pratique.milter.notices.writer import QUEUED, Telling, Writer

LETTER = Letter("[pratique] x", ("one",))
IDS = OwnIds(b"k" * 32, "mx.our.example")


def counted(result):
    return counters.NOTICES.labels(result)._value.get()


@pytest.fixture
def telling(clock):
    return Telling("sec@our.example", "programs", "Q1", clock(), LETTER)


def written(outbox):
    return [outbox.read(name).mail for name in outbox.names()]


def test_what_is_put_is_on_the_disk_once_it_is_closed(outbox, telling):
    writer = Writer(outbox, IDS, "pratique@our.example", 6)
    for _ in range(3):
        writer.put(telling)
    writer.close(10)
    mails = written(outbox)
    assert len(mails) == 3
    assert all(
        b"From: Pratique <pratique@our.example>\r\nTo: <sec@our.example>" in one for one in mails
    )


def test_past_the_rate_they_are_counted_and_the_next_says_so(outbox, telling, clock):
    before = counted("left_out")
    writer = Writer(outbox, IDS, "p@our.example", 2)
    for _ in range(9):
        writer.put(telling)
    writer.close(10)
    assert len(written(outbox)) == 2
    assert counted("left_out") == before + 7
    # After a restart.
    clock.on(3600)
    again = Writer(outbox, IDS, "p@our.example", 2)
    again.put(Telling("SEC@our.example", "programs", "Q2", clock(), LETTER))
    again.close(10)
    assert b"and 7 more since 2026-11-22 10:00 UTC, of this rule\r\n" in written(outbox)[-1]


class FullDisk:
    def __init__(self):
        self.full = True

    def write(self, descriptor, octets):
        if self.full:
            raise OSError(errno.ENOSPC, "No space left on device")
        return os.write(descriptor, octets)

    fsync, rename = staticmethod(os.fsync), staticmethod(os.rename)


def test_a_full_disk_is_told_once_and_counted(outbox, telling, caplog):
    before = counted("not_written")
    disk = FullDisk()
    writer = Writer(Outbox(outbox.folder, Disk(disk)), IDS, "p@our.example", 6)
    for _ in range(4):
        writer.put(telling)
    writer.close(10)
    assert written(outbox) == []
    assert counted("not_written") == before + 4
    assert caplog.text.count("notices cannot be written, nobody is told: [Errno 28]") == 1


def test_where_counts_cannot_be_kept_nobody_is_told_without_a_limit(outbox, telling):
    before = counted("not_written")
    (outbox.folder / "rates.new").mkdir()
    for _ in range(3):
        writer = Writer(outbox, IDS, "p@our.example", 2)
        for _ in range(4):
            writer.put(telling)
        writer.close(10)
    assert written(outbox) == []
    assert counted("not_written") == before + 12


def test_the_thread_outlives_what_cannot_be_written_as_a_mail(outbox, telling, until):
    before = counted("not_written")
    writer = Writer(outbox, IDS, "p@our.example", 6)
    writer.put(replace(telling, address="s\u00e9c@our.example"))
    until(lambda: counted("not_written") > before, "its end")
    writer.put(telling)
    writer.close(10)
    assert len(written(outbox)) == 1


def test_one_that_cannot_be_written_costs_no_other_its_place(outbox, telling):
    before = counted("not_written")
    with outbox.writing():
        writer = Writer(outbox, IDS, "p@our.example", 1)
        writer.put(replace(telling, address="s\u00e9c@our.example"))
        writer.put(telling)
        writer.put(replace(telling, rule="another"))
    writer.close(10)
    assert len(written(outbox)) == 2
    assert counted("not_written") == before + 1


def test_what_found_no_room_is_told_of_with_the_next(outbox, telling):
    disk = FullDisk()
    for disk.full in (True, False):
        writer = Writer(Outbox(outbox.folder, Disk(disk)), IDS, "p@our.example", 1)
        writer.put(telling)
        writer.close(10)
    (mail,) = written(outbox)
    assert b"and 1 more since 2026-11-22 10:00 UTC, of this rule" in mail


def test_what_is_not_written_at_the_end_is_counted_and_told(outbox, telling, caplog):
    before = counted("not_written")
    with outbox.writing():
        writer = Writer(outbox, IDS, "p@our.example", 6)
        for _ in range(3):
            writer.put(telling)
        writer.close(0.1)
    assert counted("not_written") == before + 3
    assert "3 notices were not written in time, nobody is told" in caplog.text


def test_a_disk_that_hangs_lets_nobody_wait(outbox, telling, caplog):
    before = counted("not_written")
    with outbox.writing():
        writer = Writer(outbox, IDS, "p@our.example", 6)
        # At most a batch is in the hands of the thread.
        for _ in range(QUEUED + 200):
            writer.put(telling)
    writer.close(10)
    assert counted("not_written") >= before + 100
    assert "wait for the disk" in caplog.text
    assert len(written(outbox)) == 6
