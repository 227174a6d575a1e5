"""What is free goes to whoever has waited longest, and is lost to nobody who gives up."""

import asyncio

import pytest

from pratique.milter.wall.idle import Idle


def soon(seconds=60.0):
    return asyncio.get_running_loop().time() + seconds


def waiting(idle, end=None):
    return asyncio.ensure_future(idle.take(soon() if end is None else end))


async def a_moment():
    await asyncio.sleep(0)


async def test_what_is_free_is_given_at_once_and_the_last_first():
    idle = Idle()
    idle.put("first")
    idle.put("second")
    assert len(idle) == 2
    assert [await idle.take(soon()), await idle.take(soon())] == ["second", "first"]


async def test_what_is_put_behind_is_given_when_nothing_else_is_free():
    idle = Idle()
    idle.put("first")
    idle.put_behind("end")
    assert [await idle.take(soon()), await idle.take(soon())] == ["first", "end"]
    waits = waiting(idle)
    await a_moment()
    idle.put_behind("end")
    assert await waits == "end"


async def test_what_is_free_is_given_though_it_is_late():
    idle = Idle()
    idle.put("one")
    assert await idle.take(0.0) == "one"


async def test_who_has_waited_longest_is_first():
    idle = Idle()
    waiters = [waiting(idle) for _ in range(3)]
    await a_moment()
    for thing in "abc":
        idle.put(thing)
    assert await asyncio.gather(*waiters) == ["a", "b", "c"]


async def test_nobody_who_comes_later_takes_what_was_given():
    idle = Idle()
    first = waiting(idle)
    await a_moment()
    idle.put("one")
    second = waiting(idle)
    await a_moment()
    assert first.done()
    assert not second.done()
    idle.put("two")
    assert [await first, await second] == ["one", "two"]


async def test_who_waits_too_long_hears_so_and_keeps_nothing_from_others():
    idle = Idle()
    with pytest.raises(TimeoutError):
        await idle.take(soon(0.0))
    idle.put("one")
    assert await idle.take(soon()) == "one"


async def test_who_gives_up_is_passed_over():
    idle = Idle()
    first, second = waiting(idle), waiting(idle)
    await a_moment()
    first.cancel()
    idle.put("one")
    assert await second == "one"


async def test_what_was_given_to_one_who_gave_up_goes_to_the_next():
    idle = Idle()
    first, second = waiting(idle), waiting(idle)
    await a_moment()
    idle.put("one")
    first.cancel()
    assert await second == "one"
    assert first.cancelled()


async def test_what_was_given_to_the_only_one_who_gave_up_is_free():
    idle = Idle()
    only = waiting(idle)
    await a_moment()
    idle.put("one")
    only.cancel()
    with pytest.raises(asyncio.CancelledError):
        await only
    assert await idle.take(soon()) == "one"


async def test_nothing_is_left_of_those_who_gave_up():
    idle = Idle()
    waiters = [waiting(idle) for _ in range(100)]
    await a_moment()
    for waiter in waiters:
        waiter.cancel()
    await asyncio.gather(*waiters, return_exceptions=True)
    assert not idle._waiting
