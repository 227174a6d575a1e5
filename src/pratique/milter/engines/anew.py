"""Know of an engine what it says of itself: asked anew from time to time, once for all who wait.

Nothing that a stranger sent is in such a question, so one that fails says that the engine is
away.  Questions that waited while it was asked share that failure.  To ask once more for each,
one after the other, would take the time of all their messages, none of which was shown to it.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from pratique.milter.engines.troubles import Away

Known = TypeVar("Known")


class Anew(Generic[Known]):
    """What is known of one engine, and until when that is believed."""

    def __init__(self, first: Known) -> None:
        # What it said last.
        self.last = first
        self._until = 0.0
        self._asking = asyncio.Lock()
        # How often asking failed, and why it did last.
        self._failures, self._why = 0, ""

    @property
    def is_fresh(self) -> bool:
        """Whether what it said last is still believed."""
        return time.monotonic() < self._until

    def doubt(self) -> None:
        """Ask before anything else: it may be another one now."""
        self._until = 0.0

    async def get(self, ask: Callable[[], Awaitable[tuple[Known, float]]]) -> Known:
        """Return what it says; `ask` gives that, and for how many seconds it is believed.

        Raises Away, and whatever else `ask` raises.
        """
        if self.is_fresh:
            return self.last
        failures = self._failures
        async with self._asking:
            if not self.is_fresh:
                if self._failures != failures:
                    raise Away(self._why)
                await self._renew(ask)
            return self.last

    async def _renew(self, ask: Callable[[], Awaitable[tuple[Known, float]]]) -> None:
        try:
            self.last, seconds = await ask()
        except Away as error:
            self._failures, self._why = self._failures + 1, str(error)
            raise
        self._until = time.monotonic() + seconds
