"""A nursery that is kept alive."""

import asyncio

import pytest

from pratique.milter.supervisor.nurseries import FIRST_TRIES, KeptNursery
from pratique.milter.wall.faults import NurseryLost, NurseryUnfit


class Nursery:
    """A nursery as far as its keeper sees it."""

    def __init__(self):
        self.end = asyncio.Event()
        self.left = False
        self.gone = asyncio.Event()

    @property
    def lost(self):
        return self.end.is_set()

    async def ended(self):
        await self.end.wait()

    async def leave(self):
        self.left = True

    def close(self):
        self.gone.set()


@pytest.fixture
async def kept():
    made, faults, handed = [], [], asyncio.Queue()

    async def nurseries():
        if faults:
            raise faults.pop(0)
        made.append(Nursery())
        return made[-1]

    keeper = KeptNursery(nurseries, handed.put)
    keeper.made, keeper.faults, keeper.handed = made, faults, handed
    return keeper


async def test_the_first_nursery_must_start(kept):
    kept.faults.append(NurseryUnfit("bad.yar: line 1"))
    with pytest.raises(NurseryUnfit, match=r"bad\.yar"):
        await kept.start()


async def test_the_first_one_is_tried_so_many_times(kept):
    kept.faults += [NurseryLost("killed")] * (FIRST_TRIES - 1)
    await kept.start(FIRST_TRIES)
    assert kept.made == [kept.now]
    await kept.close()


@pytest.mark.parametrize("tries", [(), (FIRST_TRIES,)], ids=["a reload's", "a start's"])
async def test_one_that_is_lost_at_each_try_is_told(kept, tries):
    kept.faults += [NurseryLost("killed")] * (tries or (1,))[0]
    with pytest.raises(NurseryLost, match="killed"):
        await kept.start(*tries)
    assert kept.faults == kept.made == []


async def test_one_that_is_lost_late_is_not_tried_again(kept):
    # It stood still: the next one would, too.
    kept.faults.append(NurseryLost("timed out"))
    with pytest.raises(NurseryLost):
        await kept.start(FIRST_TRIES, within=-1)
    assert kept.made == []


async def test_a_nursery_that_ended_is_followed_by_another_that_is_handed_over(kept):
    await kept.start()
    first = kept.now
    first.end.set()
    assert kept.lost
    second = await asyncio.wait_for(kept.handed.get(), 5)
    assert second is kept.now is not first
    assert first.gone.is_set()
    assert not kept.lost
    await kept.close()


async def test_a_nursery_that_does_not_start_again_is_tried_again(kept):
    await kept.start()
    kept.faults += [NurseryLost("no"), OSError("no"), NurseryUnfit("no")]
    kept.now.end.set()
    assert await asyncio.wait_for(kept.handed.get(), 5) is kept.made[1]
    assert kept.faults == []
    await kept.close()


async def test_an_error_of_ours_ends_no_keeping(kept, caplog):
    await kept.start()
    kept.faults.append(ZeroDivisionError())
    kept.now.end.set()
    assert await asyncio.wait_for(kept.handed.get(), 5) is kept.made[1]
    assert "the nursery: an error of ours; it begins again in 0.1 s" in caplog.messages
    await kept.close()


async def test_who_needs_one_while_there_is_none_gets_the_next(kept):
    await kept.start()
    first = kept.now
    assert await kept.living() is first
    first.end.set()
    # Lost, and its keeper has not seen it yet; then closed, and the next one is being started.
    needed = [asyncio.create_task(kept.living())]
    kept.faults.append(NurseryLost("no"))
    await first.gone.wait()
    needed.append(asyncio.create_task(kept.living()))
    assert await asyncio.gather(*needed) == [kept.made[1]] * 2
    await kept.close()


async def test_who_needs_one_that_does_not_start_does_not_wait_for_ever(kept):
    await kept.start()
    kept.faults += [NurseryUnfit("no")] * 50
    kept.now.end.set()
    with pytest.raises(NurseryLost, match=r"no nursery within 0\.05 s"):
        await kept.living(0.05)
    await kept.close()


async def test_a_nursery_that_is_left_is_not_replaced(kept):
    await kept.start()
    await kept.leave()
    kept.now.end.set()
    await asyncio.sleep(0)
    assert kept.now.left
    assert len(kept.made) == 1
