"""Work that is given up has ended, whoever gave it up."""

import asyncio

import pytest

from pratique.milter.supervisor.giving_up import GivenUp, unless


async def endless(done):
    try:
        await asyncio.Event().wait()
    finally:
        await asyncio.sleep(0)
        done.append("ended")


async def three():
    return 3


async def fails():
    raise OSError("the disk")


async def test_work_that_ends_has_its_result():
    happened = asyncio.Event()
    assert await unless(happened, "why", three()) == 3
    with pytest.raises(OSError, match="the disk"):
        await unless(happened, "why", fails())


async def test_work_is_given_up_once_it_has_happened():
    happened, done = asyncio.Event(), []
    asyncio.get_running_loop().call_soon(happened.set)
    with pytest.raises(GivenUp, match="the service ends"):
        await unless(happened, "the service ends", endless(done))
    assert done == ["ended"]
    with pytest.raises(GivenUp):
        await unless(happened, "the service ends", endless(done))


async def test_whoever_is_cancelled_leaves_no_work_behind():
    done = []
    asked = asyncio.create_task(unless(asyncio.Event(), "why", endless(done)))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    asked.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asked
    assert done == ["ended"]
