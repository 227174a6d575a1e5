"""Keep one door alive: a process that serves, and another in its place when it ends.

A process that ends on its own is replaced: at once if it had served before, after longer
and longer pauses while none does.  On a reload a new process serves first, and then the
old one drains; a milter's process is told to serve by the new settings instead, as its
mail servers keep their connections.  Whatever fails on the way leaves the old process serving.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Coroutine

from pratique.milter.keeping import kept, pauses
from pratique.milter.supervisor.nurseries import KILLED_WITHIN
from pratique.milter.supervisor.process import DoorProcess, Lost, Unfit
from pratique.milter.wall.faults import NurseryLost
from pratique.milter.wall.nursery import Nursery

log = logging.getLogger("pratique.service")

# How long connections to a replaced process may begin messages: a mail server keeps
# one for as long as its client talks to it, and must not get 4yz in between.
PATIENCE = 600.0

# Start a process, and have a process serve: by the settings that are in force then.
Start = Callable[[], Awaitable[DoorProcess]]
Serve = Callable[[DoorProcess], Awaitable[None]]


class Door:
    """One door, whichever process currently serves it."""

    def __init__(self, name: str, start: Start, serve: Serve) -> None:
        self.name = name
        self.restarts = 0
        self._start = start
        self._serve = serve
        self._process: DoorProcess | None = None
        # Started ahead of its first order.
        self._spare: DoorProcess | None = None
        self._ready = False
        self._closing = False
        self._changing = asyncio.Lock()
        self._watching: set[asyncio.Task[None]] = set()
        self._draining: set[asyncio.Task[None]] = set()

    @property
    def ready(self) -> bool:
        """True if it serves now."""
        return self._ready and self._process is not None and not self._process.ended

    async def warm_up(self) -> None:
        """Start the first process; it loads its libraries until there is an order."""
        self._spare = await self._start()

    async def open(self, tries: int = 1, within: float = KILLED_WITHIN) -> None:
        """Serve for the first time.  Raises Unfit, or what was lost at the last try.

        If so, nothing is left.  What is lost after more than `within` seconds is not tried again.
        """
        async with self._changing:
            end = time.monotonic() + within
            for left in reversed(range(tries)):
                try:
                    self._put(await self._new())
                    return
                except (Lost, NurseryLost) as error:
                    if not left or time.monotonic() > end:
                        raise
                    log.error("%s: %s; it is started again", self.name, error)

    async def replace(self) -> None:
        """Serve by a new process, and drain the old one.  Raises Unfit or Lost."""
        async with self._changing:
            old, new = self._process, await self._new()
            self._put(new)
        if old is not None and not old.ended:
            _begin(old.drain(), self._draining)

    async def retire(self, process: DoorProcess) -> None:
        """Replace a process that has handled many messages by a new one, and let it drain."""
        async with self._changing:
            if process is not self._process or self._closing or process.ended:
                return
            try:
                self._put(await self._new())
            except (Unfit, Lost, NurseryLost, OSError) as error:
                log.error("%s: not replaced: %s", self.name, error)
                return
        log.info("%s: replaced by a new process", self.name)
        _begin(process.drain(PATIENCE), self._draining)

    async def serve_anew(self) -> None:
        """Have the same process serve by what is in force now.  Raises Unfit or Lost."""
        async with self._changing:
            if self._process is not None and not self._process.ended:
                await self._serve(self._process)

    async def hand_over(self, nursery: Nursery) -> None:
        """Have it use another nursery from now on."""
        process = self._process
        if process is None or process.ended:
            return
        try:
            await process.hand_over(nursery)
        except (Lost, NurseryLost, OSError) as error:
            # Whichever ended, its keeper restarts it and comes back here.
            log.warning("%s: no nursery handed over: %s", self.name, error)

    async def drain(self) -> None:
        """Finish what is in flight, and end."""
        self._closing = True
        for task in self._watching:
            task.cancel()
        async with self._changing:
            if self._spare is not None:
                await self._spare.kill()
            if self._process is not None:
                await self._process.drain()
        await asyncio.gather(*self._watching, *self._draining, return_exceptions=True)

    async def _new(self) -> DoorProcess:
        process, self._spare = self._spare or await self._start(), None
        try:
            await self._serve(process)
        except BaseException:
            await process.kill()
            raise
        return process

    def _put(self, process: DoorProcess) -> None:
        self._process, self._ready = process, True
        _begin(kept(self.name, lambda: self._watch(process)), self._watching)

    async def _watch(self, process: DoorProcess) -> None:
        status = await process.wait()
        if process is not self._process or self._closing:
            return
        log.error("%s: ended (%s); starting it again", self.name, _in_words(status))
        self.restarts += 1
        for pause in pauses():
            await asyncio.sleep(pause)
            async with self._changing:
                # A reload may have come first.
                if process is not self._process or self._closing:
                    return
                try:
                    self._put(await self._new())
                    return
                except (Unfit, Lost, NurseryLost, OSError) as error:
                    log.error("%s: not started: %s", self.name, error)


def _begin(coroutine: Coroutine[None, None, None], tasks: set[asyncio.Task[None]]) -> None:
    task = asyncio.get_running_loop().create_task(coroutine)
    # Kept, or the task might be garbage-collected before it ends.
    tasks.add(task)
    task.add_done_callback(tasks.discard)


def _in_words(status: int) -> str:
    return f"killed by signal {-status}" if status < 0 else f"exit status {status}"
