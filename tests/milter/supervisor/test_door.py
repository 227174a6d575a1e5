"""A door that is kept alive: restarted, replaced, drained."""

import asyncio

import pytest

from pratique.milter.supervisor.door import PATIENCE, Door
from pratique.milter.supervisor.process import Lost, Unfit
from pratique.milter.wall.faults import NurseryLost


class Process:
    """A door's process as far as its keeper sees it."""

    def __init__(self, pid):
        self.pid = pid
        self.served = self.drained = 0
        self.end = asyncio.Event()
        self.handed = []

    @property
    def ended(self):
        return self.end.is_set()

    async def wait(self):
        await self.end.wait()
        return -9

    async def drain(self, patience=0.0):
        self.drained += 1
        self.patience = patience
        self.end.set()

    async def kill(self):
        self.end.set()

    async def hand_over(self, nursery):
        if self.ended:
            raise Lost("gone")
        self.handed.append(nursery)


class Works:
    """Starts processes, and has them serve or fail as the test says."""

    def __init__(self):
        self.made = []
        self.faults = []

    async def start(self):
        self.made.append(Process(len(self.made) + 1))
        return self.made[-1]

    async def serve(self, process):
        if self.faults:
            raise self.faults.pop(0)
        process.served += 1


@pytest.fixture
async def works():
    return Works()


@pytest.fixture
async def door(works):
    made = Door("smtp", works.start, works.serve)
    yield made
    await made.drain()


async def soon(condition):
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110 - the condition is not ours to signal
            await asyncio.sleep(0)


async def test_an_open_door_serves(door, works):
    await door.open()
    assert door.ready
    assert works.made[0].served == 1


async def test_a_door_that_cannot_serve_is_told_and_leaves_no_process(door, works):
    works.faults = [Unfit("no such group")]
    with pytest.raises(Unfit, match="no such group"):
        await door.open()
    assert works.made[0].ended
    assert not door.ready


async def test_the_first_process_may_be_lost_so_many_times_less_one(door, works):
    works.faults = [Lost("killed"), NurseryLost("killed as well")]
    await door.open(3)
    assert door.ready
    assert [process.served for process in works.made] == [0, 0, 1]


@pytest.mark.parametrize("tries", [1, 3])
async def test_one_that_is_lost_at_each_try_is_told(door, works, tries):
    works.faults = [Lost("killed")] * tries
    with pytest.raises(Lost, match="killed"):
        await door.open(tries)
    assert len(works.made) == tries
    assert all(process.ended for process in works.made)


async def test_one_that_is_lost_late_is_not_tried_again(door, works):
    works.faults = [Lost("not ready")]
    with pytest.raises(Lost):
        await door.open(3, within=-1)
    assert len(works.made) == 1


async def test_one_that_cannot_serve_is_not_tried_again(door, works):
    works.faults = [Unfit("no such group")]
    with pytest.raises(Unfit):
        await door.open(3)
    assert len(works.made) == 1


async def test_a_process_that_ends_has_another_one_in_its_place(door, works):
    await door.open()
    works.made[0].end.set()
    assert not door.ready
    await soon(lambda: door.ready)
    assert [process.served for process in works.made] == [1, 1]
    assert door.restarts == 1


async def test_a_process_that_cannot_start_again_is_tried_again(door, works):
    await door.open()
    works.faults = [Unfit("not now"), Lost("nor now")]
    works.made[0].end.set()
    await soon(lambda: door.ready)
    assert [process.served for process in works.made] == [1, 0, 0, 1]


async def test_an_error_of_ours_on_the_way_ends_no_keeping(door, works):
    await door.open()
    works.faults = [ZeroDivisionError()]
    works.made[0].end.set()
    await soon(lambda: door.ready)
    assert [process.served for process in works.made] == [1, 0, 1]


async def test_a_new_process_serves_before_the_old_one_drains(door, works):
    await door.open()
    await door.replace()
    await soon(lambda: works.made[0].drained)
    assert door.ready
    assert works.made[1].served == 1
    assert door.restarts == 0


async def test_a_new_process_that_cannot_serve_leaves_the_old_one(door, works):
    await door.open()
    works.faults = [Unfit("a broken setting")]
    with pytest.raises(Unfit):
        await door.replace()
    assert door.ready
    assert works.made[0].drained == 0
    assert works.made[1].ended


async def test_a_process_that_has_seen_enough_is_replaced_and_may_end_what_it_has(door, works):
    await door.open()
    await door.retire(works.made[0])
    await soon(lambda: works.made[0].drained)
    assert works.made[0].patience == PATIENCE
    assert works.made[1].served == 1
    assert door.ready
    assert door.restarts == 0


async def test_a_process_that_cannot_be_replaced_goes_on(door, works):
    await door.open()
    works.faults = [Unfit("no room")]
    await door.retire(works.made[0])
    assert door.ready
    assert works.made[0].drained == 0


async def test_only_the_process_of_now_retires(door, works):
    await door.open()
    await door.replace()
    await soon(lambda: works.made[0].drained)
    await door.retire(works.made[0])
    assert (len(works.made), works.made[0].drained) == (2, 1)


async def test_the_same_process_serves_anew(door, works):
    await door.open()
    await door.serve_anew()
    assert [process.served for process in works.made] == [2]


async def test_a_door_that_is_down_serves_anew_when_it_is_back(door, works):
    await door.open()
    works.made[0].end.set()
    await door.serve_anew()
    await soon(lambda: door.ready)
    assert [process.served for process in works.made] == [1, 1]


async def test_a_nursery_is_handed_to_the_process_of_now(door, works):
    await door.hand_over("too early")
    await door.open()
    await door.hand_over("nursery")
    assert works.made[0].handed == ["nursery"]


async def test_a_drained_door_is_not_started_again(door, works):
    await door.open()
    await door.drain()
    assert works.made[0].drained == 1
    assert len(works.made) == 1
    assert not door.ready


async def test_a_door_that_was_warmed_up_serves_with_that_process(door, works):
    await door.warm_up()
    assert works.made[0].served == 0
    await door.open()
    assert [process.served for process in works.made] == [1]
    works.made[0].end.set()
    await soon(lambda: door.ready)
    assert len(works.made) == 2


async def test_a_warm_process_that_never_serves_ends_with_its_door(door, works):
    await door.warm_up()
    await door.drain()
    assert works.made[0].ended
