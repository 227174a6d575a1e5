"""What must not end begins again, after longer and longer pauses."""

import asyncio
from itertools import islice

import pytest

from pratique.milter.keeping import FIRST_PAUSE, LAST_PAUSE, kept, pauses


def test_pauses_double_up_to_the_longest():
    some = list(islice(pauses(), 20))
    assert some[:4] == [FIRST_PAUSE, 0.2, 0.4, 0.8]
    assert some[-1] == LAST_PAUSE == max(some)


class Keeper:
    """Fails so many times, and ends then."""

    def __init__(self, errors):
        self.errors = errors
        self.begun = 0
        self.waited = []

    async def keep(self):
        self.begun += 1
        if self.begun <= self.errors:
            raise ZeroDivisionError

    async def pause(self, seconds):
        self.waited.append(seconds)


async def test_what_ends_by_itself_is_not_begun_again():
    keeper = Keeper(0)
    await kept("keeper", keeper.keep, keeper.pause)
    assert (keeper.begun, keeper.waited) == (1, [])


async def test_an_error_of_ours_is_told_each_time_and_it_begins_again(caplog):
    keeper = Keeper(3)
    await kept("keeper", keeper.keep, keeper.pause)
    assert (keeper.begun, keeper.waited) == (4, [0.1, 0.2, 0.4])
    assert [one.getMessage() for one in caplog.records] == [
        f"keeper: an error of ours; it begins again in {seconds} s" for seconds in keeper.waited
    ]
    assert all(one.exc_info[0] is ZeroDivisionError for one in caplog.records)


async def test_one_that_is_cancelled_stays_ended(caplog):
    begun = asyncio.Event()

    async def keeper():
        begun.set()
        await asyncio.Event().wait()

    task = asyncio.create_task(kept("keeper", keeper))
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert caplog.records == []
