"""One task looks after engines and signatures, and ends with the door."""

import asyncio

import pytest

from pratique.milter.engines.proofs import TICK_SECONDS
from pratique.milter.engines.watch import Watch


class Proofs:
    def __init__(self, error=None):
        self.calls, self.error = [], error

    async def start(self):
        self.calls.append("start")
        if self.error:
            raise self.error

    def tick(self):
        self.calls.append("tick")

    async def close(self):
        self.calls.append("close")


class Ages:
    def __init__(self):
        self.told = 0

    def tell(self):
        self.told += 1


async def test_engines_are_tried_first_and_looked_after_until_the_end(soon):
    proofs, ages, pauses = Proofs(), Ages(), []
    may_go_on = asyncio.Semaphore(0)

    async def pause(seconds):
        pauses.append(seconds)
        await may_go_on.acquire()

    watch = Watch(proofs, ages, pause)
    await watch.start()
    assert proofs.calls == ["start"]
    await soon(lambda: pauses)
    assert ages.told == 1
    for round_ in (1, 2):
        may_go_on.release()
        await soon(lambda: len(pauses) == round_ + 1)  # noqa: B023 - asked at once
        assert (proofs.calls[1:], ages.told) == (["tick"] * round_, round_ + 1)
    assert set(pauses) == {TICK_SECONDS}
    await watch.close()
    assert proofs.calls[-1] == "close"
    assert len(asyncio.all_tasks()) == 1


async def test_a_start_that_is_cut_off_leaves_nothing_behind():
    proofs = Proofs(asyncio.CancelledError())
    watch = Watch(proofs, Ages())
    with pytest.raises(asyncio.CancelledError):
        await watch.start()
    await watch.close()
    assert proofs.calls == ["start", "close"]
    assert len(asyncio.all_tasks()) == 1


async def test_an_error_of_ours_ends_no_watching(soon, caplog):
    proofs, ages, may_go_on = Proofs(), Ages(), asyncio.Semaphore(1)
    told = ages.tell

    def fails_once():
        ages.tell = told
        raise ZeroDivisionError

    ages.tell = fails_once
    watch = Watch(proofs, ages, lambda _: may_go_on.acquire())
    await watch.start()
    await soon(lambda: ages.told == 1)
    assert "engines: an error of ours; it begins again in 0.1 s" in caplog.messages
    await watch.close()
