"""Turns: so many at a time, and a share of them for one domain."""

import asyncio

import pytest

from pratique.milter.lookups.turns import LEAST, SHARES, Turns, last_two


class Asking:
    """Takes turns, and holds them until told."""

    def __init__(self, turns):
        self.turns, self.having, self.end = turns, [], asyncio.Event()
        self.tasks = []

    async def take(self, *names):
        self.tasks += [asyncio.create_task(self._hold(name)) for name in names]
        # Who can have a turn has it when all tasks have run until they wait.
        for _ in range(5):
            await asyncio.sleep(0)
        return sorted(self.having)

    async def _hold(self, name):
        async with self.turns.of(name):
            self.having.append(name)
            await self.end.wait()

    async def stop(self):
        self.end.set()
        await asyncio.gather(*self.tasks, return_exceptions=True)


@pytest.fixture
async def asking():
    made = []

    def start(turns):
        made.append(Asking(turns))
        return made[-1]

    yield start
    for one in made:
        await one.stop()


@pytest.mark.parametrize(("name", "domain"), [("a.b.example.org", "example.org"), ("org", "org")])
def test_without_another_reading_a_domain_is_two_labels(name, domain):
    assert last_two(name) == domain


async def test_one_domain_has_a_share_and_others_do_not_wait_for_it(asking):
    one = asking(Turns(SHARES * 5))
    names = [f"s{number}._domainkey.slow.example" for number in range(20)]
    assert len(await one.take(*names)) == 5
    assert "a.fast.example" in await one.take("a.fast.example")


async def test_few_turns_are_not_cut_in_four(asking):
    one = asking(Turns(LEAST))
    assert len(await one.take(*"abcde")) == LEAST
    two = asking(Turns(LEAST, lambda name: "all.example"))
    assert len(await two.take(*"abcde")) == LEAST


async def test_no_more_have_a_turn_than_may(asking):
    one = asking(Turns(8))
    assert len(await one.take(*(f"x.{number}.example" for number in range(30)))) == 8


async def test_who_has_had_a_turn_or_went_away_leaves_nothing(asking):
    turns = Turns(8)
    one = asking(turns)
    await one.take(*(f"{number}.slow.example" for number in range(9)), "a.example")
    one.tasks[-2].cancel()
    await one.stop()
    assert not turns._asking
    assert not turns._shares
    assert len(one.having) == 9
