"""Let so many questions be asked at one time; the others wait for their turn, in order.

A turn that is given back goes to whoever has waited longest, at once: one that lay free until
its new owner wakes up would go to a newcomer, and in a storm those that wait would starve.
"""

import asyncio
import contextlib
from collections import deque


class Turns:
    """The turns of one engine and door."""

    def __init__(self, most: int) -> None:
        self._all = self._now = self._free = most
        # Turns to come are taken out, as they are given back.
        self._surplus = 0
        # While somebody waits none is free.
        self._waiting: deque[asyncio.Future[None]] = deque()

    def at_once(self) -> bool:
        """Take one, if one is free."""
        if not self._free:
            return False
        self._free -= 1
        return True

    async def turn(self) -> None:
        """Wait for one; it is given back."""
        if self.at_once():
            return
        mine: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(mine)
        try:
            await mine
        except asyncio.CancelledError:
            with contextlib.suppress(ValueError):
                self._waiting.remove(mine)
            if not mine.cancelled():
                # It came just then.
                self.give_back()
            raise

    def give_back(self) -> None:
        """Let the next have it."""
        if self._surplus:
            self._surplus -= 1
            return
        while self._waiting:
            if not (first := self._waiting.popleft()).done():
                first.set_result(None)
                return
        self._free += 1

    def limit(self, most: int) -> None:
        """Have at most so many from now on, and never more than at first."""
        wanted = max(1, min(most, self._all))
        change, self._now = wanted - self._now, wanted
        for _ in range(change):
            self.give_back()
        for _ in range(-change):
            if not self.at_once():
                self._surplus += 1
