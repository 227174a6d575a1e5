"""A worker that dies, hangs or lies over a message: who is blamed, and what is kept."""

import asyncio
import os
import signal

import pytest

from pratique.milter.wall.faults import NurseryLost
from pratique.milter.wall.workers import NoMoreNurseries

pytestmark = [pytest.mark.real("kernel confinement"), pytest.mark.slow]


def said(facts):
    return [(finding.scanner, finding.name) for finding in facts.findings]


def failures(facts):
    return [(failure.class_, failure.part, failure.detail) for failure in facts.failures]


@pytest.mark.parametrize(
    ("deed", "class_", "words"),
    [
        ("die", "worker", "the worker died, in first on part 0"),
        ("crash", "worker", "the worker died, in first on part 0"),
        ("hang", "deadline", "no answer within 0.3 s, in first on part 0"),
    ],
)
async def test_the_message_is_seen_again_without_the_guilty(
    naughty_workers, see, deed, class_, words
):
    pool = await naughty_workers(seconds=0.3)
    facts = await see(pool, f"{deed} first".encode())
    assert failures(facts) == [(class_, 0, words)]
    assert said(facts) == [("early", "seen"), ("second", "spoke")]


async def test_it_rests_while_each_worker_is_free_and_not_while_there_is_none(naughty_workers):
    pool = await naughty_workers(seconds=0.3)
    assert pool.at_rest
    await pool.close()
    assert not pool.at_rest


async def test_what_only_the_first_look_found_is_kept(naughty_workers, see):
    pool = await naughty_workers()
    facts = await see(pool, b"die second")
    assert said(facts) == [("early", "seen"), ("first", "spoke")]
    assert [failure.detail for failure in facts.failures] == [
        "the worker died, in second on part 0"
    ]


async def test_all_that_was_found_before_a_death_is_kept_however_much(naughty_workers, see):
    # Six pages of it, most in frames; the last of it was written a moment before the end.
    pool = await naughty_workers()
    facts = await see(pool, b"flood second")
    found = [finding.name for finding in facts.findings if finding.note]
    assert found == [str(number) for number in range(300)]
    assert said(facts)[0] == ("early", "seen")


async def test_a_second_death_is_a_second_failure(naughty_workers, see):
    pool = await naughty_workers()
    facts = await see(pool, b"die")
    assert [failure.detail for failure in facts.failures] == [
        "the worker died, in first on part 0",
        "the worker died, in second on part 0",
    ]
    assert [part.id for part in facts.parts] == [0]


async def test_the_next_message_is_seen_by_a_new_worker(naughty_workers, see):
    pool = await naughty_workers()
    await see(pool, b"die first")
    facts = await see(pool, b"nothing first")
    assert not facts.failures
    assert ("nothing", "done: 'all is well'") in said(facts)


async def test_a_worker_retires_after_its_number_of_messages(naughty_workers, see):
    pool = await naughty_workers(retire_after=2)
    (first,) = pool._alive
    await see(pool, b"nothing first")
    assert pool._alive == {first}
    await see(pool, b"nothing first")
    await asyncio.gather(*pool._chores)
    (second,) = pool._alive
    assert second.pid != first.pid


async def test_it_is_at_rest_while_nobodys_message_is_looked_at(naughty_workers, see):
    pool = await naughty_workers(retire_after=1)
    assert pool.at_rest
    worker = await pool._idle.take(0.0)
    assert not pool.at_rest
    pool._idle.put(worker)
    await see(pool, b"nothing first")
    await asyncio.gather(*pool._chores)
    assert pool.at_rest


async def test_a_worker_killed_while_idle_costs_no_message(naughty_workers, see, soon):
    pool = await naughty_workers()
    (worker,) = pool._alive
    os.kill(worker.pid, signal.SIGKILL)
    await soon(lambda: worker.gone)
    assert not (await see(pool, b"nothing first")).failures


async def test_who_waits_too_long_is_sent_away_and_not_held_for_being_late(naughty_workers, see):
    pool = await naughty_workers(seconds=0.2)
    worker = await pool._idle.take(0.0)
    # Free again before the time of two looks is over, but too late for a whole one.
    asyncio.get_running_loop().call_later(0.3, pool._idle.put, worker)
    with pytest.raises(TimeoutError):
        await see(pool, b"nothing first")
    assert pool._alive == {worker}


async def test_a_worker_that_is_free_in_time_has_the_whole_time(naughty_workers, see):
    pool = await naughty_workers(seconds=2.0)
    worker = await pool._idle.take(0.0)
    asyncio.get_running_loop().call_later(0.1, pool._idle.put, worker)
    assert not (await see(pool, b"nothing first")).failures


async def test_who_waits_for_a_worker_is_sent_away_when_no_nursery_will_come(naughty_workers, see):
    pool, ended = await naughty_workers(seconds=30.0), asyncio.Event()
    worker = await pool._idle.take(0.0)
    waiting = [asyncio.create_task(see(pool, b"nothing first")) for _ in range(2)]

    async def no_more():
        await ended.wait()
        raise NoMoreNurseries("there will be no other nursery")

    pool._nurseries = no_more
    pool._nursery.close()
    pool._dismiss(worker)
    done, _ = await asyncio.wait(waiting, timeout=0)
    assert not done
    ended.set()
    for each in (*waiting, see(pool, b"nothing first")):
        with pytest.raises(NurseryLost):
            await asyncio.wait_for(each, 5)
