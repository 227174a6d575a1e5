"""What waits for the ledger's writer has its bounds."""

import asyncio
import threading

import pytest

from pratique.milter.sent.backlog import Backlog, Note, Use


@pytest.fixture
async def note():
    def make(number, recipients=1):
        waiter = asyncio.get_running_loop().create_future()
        return Note(str(number), "ann", ["bob"] * recipients, 7, waiter)

    return make


async def test_tasks_come_in_their_order(note):
    backlog = Backlog()
    tasks = [note(number) for number in range(5)]
    assert all(backlog.put(task) for task in tasks)
    assert backlog.take(3, 0) == tasks[:3]
    assert backlog.take(3, 0) == tasks[3:]
    assert backlog.take(3, 0) == []


async def test_the_limit_of_tasks_holds_until_they_are_finished(note):
    backlog = Backlog(most_tasks=2)
    assert [backlog.put(note(number)) for number in range(3)] == [True, True, False]
    taken = backlog.take(9, 0)
    assert not backlog.put(note(3))
    backlog.finish(taken)
    assert backlog.put(note(4))
    assert (backlog.waiting, backlog.dropped) == (1, 2)


async def test_the_limit_of_recipients_holds(note):
    backlog = Backlog(most_recipients=10)
    assert backlog.put(note(0, 6))
    assert backlog.put(note(1, 4))
    assert not backlog.put(note(2, 1))
    backlog.finish(backlog.take(9, 0), dropped=True)
    assert (backlog.recipients, backlog.dropped) == (0, 3)


async def test_a_batch_ends_with_many_recipients(note):
    backlog = Backlog()
    for number in range(3):
        backlog.put(note(number, 4999 if number == 0 else 1))
    assert len(backlog.take(9, 0)) == 2


async def test_whoever_takes_waits_for_the_first_and_is_woken(note):
    backlog = Backlog()
    taken = []
    thread = threading.Thread(target=lambda: taken.extend(backlog.take(9, 30)))
    thread.start()
    backlog.put(task := Use("k", note(0).waiter))
    thread.join(30)
    assert taken == [task]
    thread = threading.Thread(target=lambda: taken.extend(backlog.take(9, 30)))
    thread.start()
    backlog.wake()
    thread.join(30)
    assert not thread.is_alive()
    assert taken == [task]


async def test_a_closed_one_takes_nothing(note):
    backlog = Backlog()
    backlog.put(note(0))
    assert backlog.close() == 1
    assert not backlog.put(note(1))
    assert (backlog.waiting, backlog.dropped) == (0, 2)
