"""Look after engines and signatures while mail goes by.

Beside the messages of a door one task has engines tried again (proofs.py), and tells how old
signatures are (../ages.py).  No message waits for it.
"""

import asyncio
from collections.abc import Awaitable, Callable

from pratique.milter.ages import Ages
from pratique.milter.engines.proofs import TICK_SECONDS, Proofs
from pratique.milter.keeping import kept


class Watch:
    """What a door knows of its engines and signatures."""

    def __init__(
        self,
        proofs: Proofs,
        ages: Ages,
        pause: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self.proofs = proofs
        self._ages = ages
        self._pause = pause
        self._watching: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Try all engines, and look after them from now on."""
        await self.proofs.start()
        self._watching = asyncio.create_task(kept("engines", self._watch, self._pause))

    async def close(self) -> None:
        """Look no more."""
        if self._watching is not None:
            self._watching.cancel()
            await asyncio.wait([self._watching])
        await self.proofs.close()

    async def _watch(self) -> None:
        while True:
            self._ages.tell()
            await self._pause(TICK_SECONDS)
            self.proofs.tick()
