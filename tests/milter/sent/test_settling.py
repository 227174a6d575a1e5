"""Whoever waits in a loop hears of what a thread did."""

import asyncio
import threading

from pratique.milter.sent.settling import settle


async def test_all_of_a_batch_hear_of_it_from_another_thread():
    loop = asyncio.get_running_loop()
    waiters = [loop.create_future() for _ in range(3)]
    threading.Thread(target=lambda: settle(waiters, well=True)).start()
    assert await asyncio.wait_for(asyncio.gather(*waiters), 30) == [True] * 3


async def test_who_has_gone_is_not_told():
    loop = asyncio.get_running_loop()
    gone, there = loop.create_future(), loop.create_future()
    gone.cancel()
    settle([gone, there], well=False)
    assert await there is False


def test_a_loop_that_is_closed_stops_nothing():
    loop = asyncio.new_event_loop()
    waiter = loop.create_future()
    loop.close()
    settle([waiter], well=True)
    assert not waiter.done()
