"""Keep a nursery alive, and tell the doors when there is a new one.

Nothing in a nursery is worth saving: when it ends its workers end, what they were inspecting
gets 4yz, and a new nursery is started.  The first one must start, or the service does
not: an unfit one is final, one that was killed meanwhile is tried a few times.  A
reload gives up at once, as there is a working one.  Later ones are tried again and again,
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

# How long a starting door waits for a nursery that is being started: its rules load in a
# second or two.  A stop, or a reload, must not wait for one that cannot start.
PATIENCE = 10.0
# When a service starts; also for a door.  A kernel that is out of memory kills one now
# and then; if every one is killed, an admin must look.
FIRST_TRIES = 3
# A start that fails after longer than this hung rather than being killed: it is not repeated.
KILLED_WITHIN = 30.0


class KeptNursery:
    """A nursery that runs whenever one can."""

    def __init__(
        self, nurseries: Nurseries, handed_over: Callable[[Nursery], Awaitable[None]]
    ) -> None:
        self._nurseries = nurseries
        self._handed_over = handed_over
        self._keeping: asyncio.Task[None] | None = None
        self._there = asyncio.Event()
        self.now: Nursery

    async def start(self, tries: int = 1, within: float = KILLED_WITHIN) -> None:
        """Start the first one.  Raises NurseryUnfit, and NurseryLost if it is lost at each try.

        A start that is lost after more than `within` seconds is not tried again.
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
        """True if there is none at the moment."""
        return self.now.lost

    async def living(self, patience: float = PATIENCE) -> Nursery:
        """Return the current nursery, or the next one.  Raises NurseryLost if that takes long."""
        if self.now.lost:
            # Its keeper may not have noticed yet.
            self._there.clear()
        try:
            async with asyncio.timeout(patience):
                await self._there.wait()
        except TimeoutError:
            raise NurseryLost(f"no nursery within {patience:g} s") from None
        return self.now

    def replace(self, pid: int) -> bool:
        """End the nursery of this process id, which no longer answers, if it is the current one."""
        mine = pid == self.now.pid and not self.now.lost
        if mine:
            log.error("the nursery %d answers no more, and is ended", pid)
            self.now.kill()
        return mine

    async def leave(self) -> None:
        """Stop keeping it; it ends with the last door that uses it."""
        await self._stop()
        await self.now.leave()

    async def close(self) -> None:
        """End it now."""
        await self._stop()
        self.now.close()

    async def _stop(self) -> None:
        # Wait for it: it watches the control that is closed next, and the numbers of closed
        # descriptors are reused at once.
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
