"""Let so many questions be asked at one time; the others wait for their turn, in order."""

import asyncio


class Turns:
    """The turns of one engine and door."""

    def __init__(self, most: int) -> None:
        self._all = self._now = most
        # Turns to come are taken out, as they are given back.
        self._surplus = 0
        self._free: asyncio.Queue[None] = asyncio.Queue()
        for _ in range(most):
            self._free.put_nowait(None)

    def at_once(self) -> bool:
        """Take one, if one is free."""
        if self._free.empty():
            return False
        self._free.get_nowait()
        return True

    async def turn(self) -> None:
        """Wait for one; it is given back."""
        await self._free.get()

    def give_back(self) -> None:
        """Let the next have it."""
        if self._surplus:
            self._surplus -= 1
        else:
            self._free.put_nowait(None)

    def limit(self, most: int) -> None:
        """Have at most so many from now on, and never more than at first."""
        wanted = max(1, min(most, self._all))
        change, self._now = wanted - self._now, wanted
        for _ in range(change):
            self.give_back()
        for _ in range(-change):
            if not self.at_once():
                self._surplus += 1
