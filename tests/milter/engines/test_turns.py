"""So many questions at one time: no more, and none is lost when the number changes."""

import asyncio

import pytest

from pratique.milter.engines.turns import Turns


def free(turns):
    count = 0
    while turns.at_once():
        count += 1
    for _ in range(count):
        turns.give_back()
    return count


def test_there_are_as_many_as_was_said():
    turns = Turns(3)
    assert [turns.at_once() for _ in range(4)] == [True, True, True, False]
    turns.give_back()
    assert turns.at_once()


@pytest.mark.parametrize(("most", "left"), [(5, 5), (2, 2), (1, 1), (0, 1), (9, 5)])
def test_there_may_be_fewer_but_never_none_and_never_more(most, left):
    turns = Turns(5)
    turns.limit(most)
    assert free(turns) == left
    turns.limit(100)
    assert free(turns) == 5


@pytest.mark.parametrize("again", [1, 2, 3, 4, 5])
def test_those_that_are_taken_are_given_up_when_they_come_back(again):
    turns = Turns(5)
    for _ in range(4):
        turns.at_once()
    turns.limit(2)
    assert not turns.at_once()
    turns.limit(again)
    for _ in range(4):
        turns.give_back()
    assert free(turns) == again


async def test_who_waits_has_the_next_one_in_order():
    turns = Turns(1)
    await turns.turn()
    waiting = [asyncio.create_task(turns.turn()) for _ in range(2)]
    await asyncio.sleep(0)
    turns.give_back()
    await waiting[0]
    assert not waiting[1].done()
    turns.give_back()
    await waiting[1]


async def test_a_newcomer_takes_no_turn_from_who_waits():
    turns = Turns(1)
    await turns.turn()
    waiting = asyncio.create_task(turns.turn())
    await asyncio.sleep(0)
    turns.give_back()
    # Who waits has not woken up yet.
    assert not turns.at_once()
    await waiting
    turns.give_back()
    assert turns.at_once()


@pytest.mark.parametrize("given_back", [False, True])
async def test_who_goes_while_it_waits_leaves_no_turn_behind(given_back):
    turns = Turns(1)
    await turns.turn()
    waiting = asyncio.create_task(turns.turn())
    await asyncio.sleep(0)
    if given_back:
        turns.give_back()
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    if not given_back:
        assert not turns.at_once()
        turns.give_back()
    assert free(turns) == 1
