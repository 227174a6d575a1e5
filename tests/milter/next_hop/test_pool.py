"""Connections to one next hop: kept, handed on, let go, and never more than so many."""

import asyncio
import time
from dataclasses import replace

import pytest

from pratique.milter.next_hop.pool import BusyError, Limits, Pool

PATIENCE = 20.0
LIMITS = Limits(connections=2, wait_seconds=PATIENCE)


class FakeConnection:
    """What a pool sees of a connection."""

    def __init__(self):
        self.stale = False
        self.messages = 0
        self.opened_at = self.used_at = time.monotonic()

    def abort(self):
        self.stale = True


class Hop:
    """Opens connections, and counts those that are open."""

    def __init__(self):
        self.made, self.open, self.most, self.fault = [], 0, 0, None
        self.may_part, self.parted = asyncio.Event(), asyncio.Event()
        self.may_part.set()

    async def dial(self):
        await asyncio.sleep(0)
        if self.fault:
            raise self.fault
        self.made.append(FakeConnection())
        self.open += 1
        self.most = max(self.most, self.open)
        return self.made[-1]

    async def part(self, connection):
        await self.may_part.wait()
        connection.abort()
        self.open -= 1
        self.parted.set()


@pytest.fixture
def hop():
    return Hop()


@pytest.fixture
async def pool_of(hop):
    """`pool_of(idle=3)`: a pool with other limits."""
    made = []

    def make(**limits):
        made.append(Pool(hop.dial, hop.part, replace(LIMITS, **limits)))
        return made[-1]

    yield make
    hop.may_part.set()
    for pool in made:
        await pool.close()


async def settled():
    """Let all run that can."""
    for _ in range(10):
        await asyncio.sleep(0)


async def test_a_connection_that_came_back_is_used_again(pool_of, hop):
    pool = pool_of()
    connection, kept = await pool.take()
    assert not kept
    pool.give_back(connection)
    assert await pool.take() == (connection, True)
    assert len(hop.made) == 1


async def test_the_last_one_that_came_back_is_used_first(pool_of):
    pool = pool_of()
    one, two = (await pool.take())[0], (await pool.take())[0]
    pool.give_back(one)
    pool.give_back(two)
    assert (await pool.take())[0] is two


@pytest.mark.parametrize("when", ["in use", "kept"])
async def test_a_stale_one_is_never_given_out(pool_of, hop, when):
    pool = pool_of(connections=1)
    connection, _ = await pool.take()
    connection.stale = when == "in use"
    pool.give_back(connection)
    connection.stale = True
    assert (await pool.take()) == (hop.made[1], False)


async def test_there_are_never_more_than_the_limit_and_who_waits_is_served_in_turn(pool_of, hop):
    pool, served = pool_of(), []

    async def use(number):
        connection, _ = await pool.take()
        served.append(number)
        await asyncio.sleep(0)
        pool.give_back(connection)

    await asyncio.gather(*(use(number) for number in range(20)))
    assert served == list(range(20))
    assert (hop.most, len(hop.made)) == (2, 2)


@pytest.mark.parametrize("past", [0, 1])
async def test_who_waits_too_long_hears_that_it_is_busy(pool_of, past):
    pool = pool_of(wait_seconds=0.01)
    taken = [await pool.take() for _ in range(1 + past)]
    if past:
        with pytest.raises(BusyError, match="all 2 connections are in use"):
            await pool.take()
    pool.give_back(taken[0][0])
    assert (await pool.take())[1]


@pytest.mark.parametrize("end", ["drop", "worn", "stale"])
async def test_who_waits_opens_a_fresh_one_where_an_old_one_ended(pool_of, hop, end):
    pool = pool_of(connections=1, messages=5)
    connection, _ = await pool.take()
    waiting = asyncio.ensure_future(pool.take())
    await settled()
    assert not waiting.done()
    if end == "drop":
        pool.drop(connection)
        pool.drop(connection)
    else:
        connection.messages, connection.stale = 5, end == "stale"
        pool.give_back(connection)
    assert await waiting == (hop.made[1], False)


async def test_a_connection_that_is_being_told_goodbye_still_counts(pool_of, hop):
    pool = pool_of(connections=1, messages=1)
    connection, _ = await pool.take()
    connection.messages = 1
    hop.may_part.clear()
    pool.give_back(connection)
    waiting = asyncio.ensure_future(pool.take())
    await settled()
    assert not waiting.done()
    hop.may_part.set()
    await waiting
    assert hop.most == 1


@pytest.mark.parametrize(("messages", "kept"), [(4, True), (5, False)])
async def test_after_many_messages_it_is_let_go(pool_of, messages, kept):
    pool = pool_of(messages=5)
    connection, _ = await pool.take()
    connection.messages = messages
    pool.give_back(connection)
    assert (await pool.take())[1] is kept


@pytest.mark.parametrize(("age", "kept"), [(50, True), (61, False)])
async def test_after_some_time_it_is_let_go(pool_of, age, kept):
    pool = pool_of(age_seconds=60)
    connection, _ = await pool.take()
    connection.opened_at -= age
    pool.give_back(connection)
    assert (await pool.take())[1] is kept


async def test_no_more_are_kept_than_a_burst_needs(pool_of, hop):
    pool = pool_of(connections=5, idle=2)
    for connection in [(await pool.take())[0] for _ in range(5)]:
        pool.give_back(connection)
    await settled()
    assert hop.open == 2


async def test_one_that_nobody_needs_is_told_goodbye(pool_of, hop):
    pool = pool_of(idle_seconds=0)
    pool.give_back((await pool.take())[0])
    async with asyncio.timeout(PATIENCE):
        await hop.parted.wait()
    assert (await pool.take()) == (hop.made[1], False)


async def test_who_waits_longest_goes_first_and_the_others_in_their_time(pool_of, hop):
    pool = pool_of(idle_seconds=0.02)
    old, new = [(await pool.take())[0] for _ in range(2)]
    pool.give_back(old)
    pool.give_back(new)
    new.used_at += 0.02
    async with asyncio.timeout(PATIENCE):
        await hop.parted.wait()
    assert (old.stale, new.stale) == (True, False)
    hop.parted.clear()
    async with asyncio.timeout(PATIENCE):
        await hop.parted.wait()
    assert new.stale


async def test_one_that_was_used_meanwhile_has_all_its_time_again(pool_of, hop):
    pool = pool_of(idle_seconds=0.02)
    pool.give_back((await pool.take())[0])
    async with asyncio.timeout(PATIENCE):
        while not hop.parted.is_set():
            used = pool.take_kept()
            if used is None or time.monotonic() - used.opened_at > 0.1:
                break
            pool.give_back(used)
            await asyncio.sleep(0)
    assert used is not None
    assert not used.stale


@pytest.mark.parametrize("how", ["take", "replace"])
async def test_a_next_hop_that_is_away_takes_no_place_from_others(pool_of, hop, how):
    pool = pool_of(connections=1)
    connection = (await pool.take())[0]
    if how == "take":
        pool.drop(connection)
    hop.fault = ConnectionRefusedError()
    with pytest.raises(ConnectionRefusedError):
        await (pool.take() if how == "take" else pool.replace(connection))
    hop.fault = None
    assert not (await pool.take())[1]


async def test_who_gives_up_waiting_takes_nothing_away(pool_of):
    pool = pool_of(connections=1)
    connection, _ = await pool.take()
    gone, waiting = asyncio.ensure_future(pool.take()), asyncio.ensure_future(pool.take())
    await settled()
    gone.cancel()
    pool.give_back(connection)
    assert await waiting == (connection, True)


@pytest.mark.parametrize("end", ["give_back", "drop"])
async def test_what_came_in_the_moment_of_giving_up_goes_to_the_next(pool_of, end):
    pool = pool_of(connections=1)
    connection, _ = await pool.take()
    gone, waiting = asyncio.ensure_future(pool.take()), asyncio.ensure_future(pool.take())
    await settled()
    getattr(pool, end)(connection)
    gone.cancel()
    async with asyncio.timeout(PATIENCE):
        assert (await waiting)[1] is (end == "give_back")
    assert gone.cancelled()


async def test_what_was_handed_over_and_is_stale_by_then_is_replaced(pool_of, hop):
    pool = pool_of(connections=1)
    connection, _ = await pool.take()
    waiting = asyncio.ensure_future(pool.take())
    await settled()
    pool.give_back(connection)
    connection.stale = True
    assert await waiting == (hop.made[1], False)


async def test_a_closed_pool_keeps_nothing(pool_of, hop):
    pool = pool_of()
    kept, used = (await pool.take())[0], (await pool.take())[0]
    pool.give_back(kept)
    await pool.close()
    assert hop.open == 1
    pool.give_back(used)
    await pool.close()
    assert hop.open == 0


async def test_one_that_could_not_be_replaced_counts_no_more_and_not_twice(pool_of, hop):
    pool = pool_of(connections=1)
    connection, _ = await pool.take()
    hop.fault = ConnectionRefusedError("away")
    with pytest.raises(ConnectionRefusedError):
        await pool.replace(connection)
    pool.drop(connection)
    assert pool._count == 0
