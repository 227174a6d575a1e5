"""A question is asked in its turn, and nothing of it is left, however it ends."""

import asyncio

import pytest

from pratique.milter.engines.engine import Said
from pratique.milter.engines.inquiry import Inquiry
from pratique.milter.engines.troubles import Away, Closed, NoAnswer
from pratique.milter.engines.turns import Turns


class Asker:
    """Does what it was told to in turn: raises, waits for an event, or says something."""

    seconds = 10.0

    def __init__(self, *does):
        self.turns, self.does, self.doubts = Turns(1), list(does), 0
        self.begun, self.stop = asyncio.Event(), None

    async def look(self, content, sha256):
        self.begun.set()
        does = self.does.pop(0)
        if isinstance(does, asyncio.Event):
            try:
                await does.wait()
            finally:
                if self.stop is not None:
                    await self.stop.wait()
        if isinstance(does, Exception):
            raise does
        return does

    def doubt(self):
        self.doubts += 1


@pytest.fixture
def ask():
    def ask(asker, seconds=10.0, begun=None):
        return Inquiry(asker, None, "", asyncio.get_running_loop().time() + seconds, begun)

    return ask


class Begun:
    def __init__(self, does):
        self.does, self.closed = does, 0

    async def said(self, until):
        if isinstance(self.does, Exception):
            raise self.does
        return self.does

    def close(self):
        self.closed += 1


FOUND = Said(limits=("x",))


@pytest.mark.parametrize(
    ("does", "word", "doubts"),
    [
        ([FOUND], "", 0),
        ([Away("gone")], "engine_away", 1),
        ([NoAnswer("what")], "engine", 1),
        ([Closed("end"), FOUND], "", 1),
        ([Closed("end"), Closed("end")], "engine", 2),
        ([Closed("end"), NoAnswer("what")], "engine", 2),
        # Ended by this message, perhaps: to let it come again would end the next one.
        ([Closed("end"), Away("gone")], "engine", 2),
    ],
)
async def test_each_end_has_its_word(ask, does, word, doubts):
    asker = Asker(*does)
    question = ask(asker)
    said = await question.said()
    assert (said.failure, asker.doubts, asker.does) == (word, doubts, [])
    # What closed may be another one when it answers again.
    assert said.again is isinstance(does[0], Closed)
    await question.drop()
    assert asker.turns.at_once()


@pytest.mark.parametrize("does", [FOUND, Closed("end"), NoAnswer("what")])
async def test_what_was_begun_at_once_is_closed_and_asked_again(ask, does):
    asker, begun = Asker(FOUND), Begun(does)
    assert asker.turns.at_once()
    question = ask(asker, begun=begun)
    said = await question.said()
    assert said.limits == FOUND.limits if not isinstance(does, NoAnswer) else said.failure
    assert said.again is isinstance(does, Closed)
    await question.drop()
    assert (begun.closed, asker.turns.at_once(), asker.turns.at_once()) == (1, True, False)


@pytest.mark.parametrize(
    ("own", "message", "word"), [(0.02, 10, "engine"), (10, 0.02, "engine_late")]
)
async def test_too_long_is_the_messages_fault_or_its_deadlines(ask, own, message, word):
    asker = Asker(asyncio.Event())
    asker.seconds = own
    question = ask(asker, message)
    assert (await question.said()).failure == word
    await question.drop()


@pytest.mark.parametrize("own", [10.0, 0.01])
async def test_without_a_turn_it_is_late(ask, own):
    asker = Asker()
    asker.seconds = own
    asker.turns.at_once()
    question = ask(asker, 0.02)
    assert (await question.said()).failure == "engine_late"
    await question.drop()
    assert not asker.turns.at_once()


async def test_who_drops_it_waits_for_its_end_though_cancelled_twice(ask):
    """What looks at the content has to be gone before the content is."""
    asker = Asker(asyncio.Event())
    asker.stop = asyncio.Event()
    question = ask(asker)
    await asker.begun.wait()
    dropping = asyncio.create_task(question.drop())
    for _ in range(2):
        await asyncio.sleep(0)
        dropping.cancel()
        await asyncio.sleep(0)
        assert not dropping.done()
    asker.stop.set()
    with pytest.raises(asyncio.CancelledError):
        await dropping
    assert asker.turns.at_once()


async def test_words_are_cut(ask):
    question = ask(Asker(NoAnswer("x" * 1000)))
    assert len((await question.said()).detail) == 300
    await question.drop()
