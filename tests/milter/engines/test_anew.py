"""What an engine says of itself is asked once for all who wait, and so is a failure."""

import asyncio

import pytest

from pratique.milter.engines.anew import Anew
from pratique.milter.engines.troubles import Away, NoAnswer


class Asked:
    """Answers in turn, once it may."""

    def __init__(self, *answers):
        self.answers, self.count, self.may = list(answers), 0, asyncio.Event()
        self.may.set()

    async def __call__(self):
        self.count += 1
        await self.may.wait()
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer, 60.0


async def waiting(known, asked, count):
    """So many who wait while it is asked; what each of them gets."""
    asked.may.clear()
    tasks = [asyncio.create_task(known.get(asked)) for _ in range(count)]
    for _ in range(3):
        await asyncio.sleep(0)
    asked.may.set()
    return await asyncio.gather(*tasks, return_exceptions=True)


async def test_it_is_asked_once_and_believed_until_it_is_doubted():
    known, asked = Anew("first"), Asked("one", "two")
    assert (known.last, known.is_fresh) == ("first", False)
    assert await waiting(known, asked, 5) == ["one"] * 5
    assert (asked.count, known.last, known.is_fresh) == (1, "one", True)
    known.doubt()
    # It is what is known of it all the same, until it says another thing.
    assert (known.last, known.is_fresh) == ("one", False)
    assert await known.get(asked) == "two"


async def test_all_who_wait_share_a_failure_and_whoever_comes_then_asks_again():
    known, asked = Anew("first"), Asked(Away("gone"), "one")
    said = await waiting(known, asked, 5)
    assert [(type(one), str(one)) for one in said] == [(Away, "gone")] * 5
    assert asked.count == 1
    assert await known.get(asked) == "one"


async def test_a_failure_of_another_kind_is_whose_it_is():
    known, asked = Anew("first"), Asked(NoAnswer("what"), "one")
    first, second = await waiting(known, asked, 2)
    assert (type(first), second) == (NoAnswer, "one")


async def test_one_who_is_cancelled_while_it_asks_leaves_it_to_the_next():
    known, asked = Anew("first"), Asked("one")
    asked.may.clear()
    asking, after = (asyncio.create_task(known.get(asked)) for _ in range(2))
    await asyncio.sleep(0)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    asked.may.set()
    assert await after == "one"
    assert asked.count == 2
