"""Keep a nursery alive, and tell who asks it when there is another one.

Nothing in a nursery is worth saving: when it ends its workers end, what they looked at
gets 4yz, and a new nursery is started.  The first one must start, or the service does
not: one that is unfit is unfit, one that was killed meanwhile is tried a few times.  A
reload gives up at once, as there is one that works.  Later ones are tried again and again,
after longer and longer pauses.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable

from pratique.milter.keeping import kept, pauses
from pratique.milter.wall.faults import NurseryLost, NurseryUnfit
from pratique.milter.wall.nursery import Nursery
from pratique.milter.wall.workers import Nurseries

log = logging.getLogger("pratique.service")

# A door that starts waits so long for a nursery that is being started: its rules load in a
# second or two.  A stop, or a reload, must not wait for one that cannot start.
PATIENCE = 10.0
# Of a service that starts, of a door as well.  A kernel that is out of memory kills one now
# and then; what kills each is for a person to see.
FIRST_TRIES = 3
# One that stood still for longer than this was not killed, and is not waited for again.
KILLED_WITHIN = 30.0


class KeptNursery:
    """A nursery that is there whenever one can be."""

    def __init__(
        self, nurseries: Nurseries, handed_over: Callable[[Nursery], Awaitable[None]]
    ) -> None:
        self._nurseries = nurseries
        self._handed_over = handed_over
        self._keeping: asyncio.Task[None] | None = None
        self._there = asyncio.Event()
        self.now: Nursery

    async def start(self, tries: int = 1, within: float = KILLED_WITHIN) -> None:
        """The first one.  Raises NurseryUnfit, and NurseryLost if it is lost at each try.

        What is lost later than `within` seconds is not tried again.
        """
        end = time.monotonic() + within
        for left in reversed(range(tries)):
            try:
                self.now = await self._nurseries()
                break
            except NurseryLost as error:
                if not left or time.monotonic() > end:
                    raise
                log.error("%s; it is started again", error)
        self._there.set()
        self._keeping = asyncio.create_task(kept("the nursery", self._keep))

    @property
    def lost(self) -> bool:
        """Whether there is none at the moment."""
        return self.now.lost

    async def living(self, patience: float = PATIENCE) -> Nursery:
        """The one that there is, or the next one.  Raises NurseryLost if that takes long."""
        if self.now.lost:
            # Which its keeper may not have seen yet.
            self._there.clear()
        try:
            async with asyncio.timeout(patience):
                await self._there.wait()
        except TimeoutError:
            raise NurseryLost(f"no nursery within {patience:g} s") from None
        return self.now

    def replace(self, pid: int) -> bool:
        """End the nursery of this process id, which lives and answers no more, if it is mine."""
        mine = pid == self.now.pid and not self.now.lost
        if mine:
            log.error("the nursery %d answers no more, and is ended", pid)
            self.now.kill()
        return mine

    async def leave(self) -> None:
        """Keep it no longer; it ends with the last door that asks it."""
        await self._stop()
        await self.now.leave()

    async def close(self) -> None:
        """End it now."""
        await self._stop()
        self.now.close()

    async def _stop(self) -> None:
        # Waited for: it watches the control that is closed next, and numbers of closed
        # descriptors come again at once.
        if self._keeping is not None:
            self._keeping.cancel()
            await asyncio.gather(self._keeping, return_exceptions=True)

    async def _keep(self) -> None:
        while True:
            await self.now.ended()
            log.error("the nursery ended; starting a new one")
            self.now.close()
            await self._again()
            self._there.set()
            await self._handed_over(self.now)

    async def _again(self) -> None:
        for pause in pauses():
            try:
                self.now = await self._nurseries()
                return
            except (NurseryLost, NurseryUnfit, OSError) as error:
                log.error("no new nursery: %s; next try in %g s", error, pause)
            await asyncio.sleep(pause)
