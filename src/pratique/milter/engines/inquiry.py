"""Ask an engine one question: in its turn, within its time, once more if it closed unanswered.

Questions wait for their turn, within the message's time: an engine has so many threads, and
what is more would wait in its queue, unseen from here.  A connection that closes unanswered
is tried once more, since the engine may have been restarted; the second time the message is
to blame.

A question that takes too long is the message's fault (`engine`): it would do so each time.
One that found no turn before the message's own deadline is not (`engine_late`), nor is an
engine that is away (`engine_away`): another time it may be answered.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Protocol

from pratique.milter.engines import measured
from pratique.milter.engines.engine import Said
from pratique.milter.engines.troubles import Away, Closed, NoAnswer
from pratique.milter.engines.turns import Turns
from pratique.milter.mail import Content

# A fact's words (scanners/report.py).
DETAIL = 300


class Begun(Protocol):
    """A question that was asked at once, by somebody who had a turn."""

    async def said(self, until: float) -> Said:
        """What is said.  Raises Closed or NoAnswer, and TimeoutError at `until`."""

    def close(self) -> None:
        """Nobody waits for it any more; a second call does nothing."""


class Asker(Protocol):
    """The engine, as a question sees it."""

    @property
    def turns(self) -> Turns:
        """How many at one time."""

    @property
    def seconds(self) -> float:
        """How long it may look at one content."""

    async def look(self, content: Content, sha256: str) -> Said:
        """What it says of a content.  Raises Away, Closed or NoAnswer."""

    def doubt(self) -> None:
        """Believe nothing that is known of it: it may be another one now."""


class Inquiry:
    """One question.

    Where it was begun at once, its answer lies there until it is wanted.  Else it waits for
    its turn in a task of its own.
    """

    def __init__(
        self,
        asker: Asker,
        content: Content,
        sha256: str,
        until: float,
        begun: Begun | None = None,
    ) -> None:
        self._asker = asker
        self._content = content
        self._sha256 = sha256
        self._until = until
        self._clock = asyncio.get_running_loop().time
        self._since = self._clock()
        self._begun = begun
        self._has_turn = begun is not None
        self._has_closed = False
        self._task: asyncio.Task[Said] | None = None
        if begun is None:
            self._task = asyncio.create_task(self._answer(self._in_turn))

    async def said(self) -> Said:
        """What it says, or why it says nothing."""
        if self._task is not None:
            said = await self._task
        else:
            said = await self._answer(self._first)
        if said.unsure:
            said = measured.timed(said, self._clock() - self._since)
        return replace(said, again=True) if self._has_closed else said

    async def drop(self) -> None:
        """Close what is open, and give the turn back."""
        try:
            if self._task is not None:
                await _ended(self._task)
        finally:
            if self._begun is not None:
                self._begun.close()
            self._give_back()

    @property
    def _end(self) -> float:
        """When it is ended at the latest, once it has its turn."""
        return min(self._until, self._since + self._asker.seconds)

    async def _answer(self, saying: Callable[[], Awaitable[Said]]) -> Said:
        """What is said, or why nothing is."""
        try:
            return await saying()
        except TimeoutError:
            # It may hang: whether it is there is asked before it is shown the next message.
            self._asker.doubt()
            if self._has_turn and self._since + self._asker.seconds <= self._until:
                return _failed("engine", f"no answer within {self._asker.seconds:g} s")
            return _failed("engine_late", "left out: the message's time was over")
        except Away as error:
            self._asker.doubt()
            return _failed("engine_away", str(error))
        except (Closed, NoAnswer) as error:
            self._asker.doubt()
            return _failed("engine", str(error))
        finally:
            # Others may wait for it, of this message too.
            self._give_back()

    async def _first(self) -> Said:
        """Raises Closed, NoAnswer or TimeoutError."""
        assert self._begun is not None
        try:
            return await self._begun.said(self._end)
        except Closed as first:
            return await self._again(first)

    async def _in_turn(self) -> Said:
        """Raises Away, Closed, NoAnswer or TimeoutError."""
        async with asyncio.timeout_at(self._until) as limit:
            await self._asker.turns.turn()
            self._has_turn = True
            self._since = self._clock()
            limit.reschedule(self._end)
            try:
                return await self._asker.look(self._content, self._sha256)
            except Closed as first:
                return await self._again(first)

    async def _again(self, first: Closed) -> Said:
        """Raises Closed, NoAnswer or TimeoutError."""
        # Restarted, perhaps; then it is another one now.
        self._has_closed = True
        self._asker.doubt()
        try:
            async with asyncio.timeout_at(self._end):
                return await self._asker.look(self._content, self._sha256)
        except Away:
            # Ended by this message, perhaps: to let it come again would end the next one.
            raise first from None

    def _give_back(self) -> None:
        if self._has_turn:
            self._has_turn = False
            self._asker.turns.give_back()


async def _ended(task: "asyncio.Task[Said]") -> None:
    """End it, and wait for that also when cancelled meanwhile: it has the content in use."""
    task.cancel()
    cancelled = False
    while not task.done():
        try:
            await asyncio.wait([task])
        except asyncio.CancelledError:
            cancelled = True
    if cancelled:
        raise asyncio.CancelledError


def _failed(word: str, detail: str) -> Said:
    return Said(failure=word, detail=detail[:DETAIL])
