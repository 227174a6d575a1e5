"""Have messages seen by confined workers, and distrust them.

A message goes to the next worker that is free.  Three things can go wrong over there,
and none of them loses a message or lets it through unseen:

* A worker dies or hangs over a message.  What it said last tells which reader or scanner
  it was in, on which part.  The facts so far are kept, a failure names the guilty one,
  and the message is seen once more, without it.  A second death is a second failure; the
  policy decides about failures, and never by silence.
* The nursery ends.  That is no fault of the message: `NurseryLost`, the door answers 4yz,
  and the next nursery is waited for: one of our own that is started, each time after a
  longer pause, or one that the supervisor hands over.
* All workers are busy.  The message waits, within its own deadline.

Workers retire after a number of messages, so that nothing that one message left behind
lives long; one that failed is not used again.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from pratique.milter.mail import Content, Envelope
from pratique.milter.sighting import Sighting
from pratique.milter.wall import COMMAND, Nursery, NurseryLost, NurseryUnfit, Worker
from pratique.scanners import facts_pb2 as facts
from pratique.scanners.wall_pb2 import Inspect, Setup

log = logging.getLogger("pratique.workers")

# The pause before a nursery is started again doubles from the first to the last.
FIRST_PAUSE = 0.1
LAST_PAUSE = 30.0

_FAILURE = {"late": "deadline", "died": "worker", "lied": "worker"}


@dataclass(frozen=True, slots=True)
class WorkerSettings:
    """How many workers, how long one may look at a message, when one retires."""

    count: int = 2
    # For one look; a message may get two.
    seconds: float = 25.0
    retire_after: int = 1000
    # What budget.py allows where the settings do not say.
    most_parts: int = 10_000


# Gives a living nursery: called at the start, and each time the last one was lost.
# Raises NurseryLost, NurseryUnfit; NoMoreNurseries if it need not be called again.
Nurseries = Callable[[], Awaitable[Nursery]]


class NoMoreNurseries(NurseryLost):
    """There will be no other: who gave them has gone, or wants this door to end."""


def own_nursery(setup: Setup, command: Sequence[str] = COMMAND) -> Nurseries:
    """Nurseries that are started here, one after the other."""

    async def start() -> Nursery:
        return await Nursery.start(setup, command)

    return start


class Workers:
    """The pool of workers of one door, and the nursery they come from."""

    def __init__(self, nurseries: Nurseries, settings: WorkerSettings = WorkerSettings()) -> None:
        self._nurseries = nurseries
        self._settings = settings
        self._nursery: Nursery | None = None
        # None: there will be no more.
        self._idle: asyncio.Queue[Worker | None] = asyncio.Queue()
        self._alive: set[Worker] = set()
        self._chores: set[asyncio.Task[None]] = set()
        self._restarting = asyncio.Lock()
        self._closed = False
        self.scanners: tuple[str, ...] = ()

    async def start(self) -> str:
        """Start the nursery and all workers; say what confines them, for the log."""
        self._nursery = await self._nurseries()
        self.scanners = self._nursery.scanners
        for _ in range(self._settings.count):
            await self._hire(self._nursery)
        return next(iter(self._alive)).confinement

    async def close(self) -> None:
        """End all workers and the nursery."""
        self._closed = True
        for chore in self._chores:
            chore.cancel()
        await asyncio.gather(*self._chores, return_exceptions=True)
        for worker in self._alive:
            worker.kill()
        self._alive.clear()
        if self._nursery is not None:
            self._nursery.close()

    async def inspect(self, content: Content, envelope: Envelope) -> facts.Facts:
        """All facts about a message, its envelope's included.

        Raises NurseryLost, or TimeoutError if no worker is free in time.
        """
        request = Inspect(envelope=envelope.to_facts(), direction=envelope.direction)
        # Two looks and all waiting: below the 100 s that a Postfix waits for a proxy.  The
        # first look has its whole time: who waits longer for a worker is sent away in
        # time, and not held for being late.
        begun = asyncio.get_running_loop().time()
        end = begun + 2 * self._settings.seconds
        worker = await self._free_worker(begun + self._settings.seconds)
        first = await self._look(worker, content, request, end)
        if first.end == "done":
            return _stated(first.whole(), request)
        if first.last is not None:
            request.without.append(first.last.name)
        try:
            worker = await self._free_worker(end)
        except TimeoutError:
            second = Sighting(0, end="late", detail="no time was left for a second look")
        else:
            second = await self._look(worker, content, request, end)
        return _stated(_joined(first, second), request)

    async def _look(
        self, worker: Worker, content: Content, request: Inspect, end: float
    ) -> Sighting:
        """One look by a worker, ended at `end` of the loop's clock at the latest."""
        seconds = min(self._settings.seconds, end - asyncio.get_running_loop().time())
        try:
            sighting = await worker.inspect(content, request, seconds, self._settings.most_parts)
        except BaseException:
            # Cancelled in mid-message: what this worker says next belongs to nobody.
            self._dismiss(worker)
            raise
        if sighting.end != "done":
            log.warning("worker %d %s", worker.pid, _in_words(sighting))
            self._dismiss(worker)
            if self._nursery is None or self._nursery.lost:
                raise NurseryLost("the nursery ended while a message was seen")
        elif worker.seen >= self._settings.retire_after:
            self._dismiss(worker)
        else:
            self._idle.put_nowait(worker)
        return sighting

    async def _free_worker(self, end: float) -> Worker:
        """The next worker that is free.

        Raises TimeoutError if none was until `end`, NurseryLost if none will be.
        """
        async with asyncio.timeout_at(end):
            while (worker := await self._idle.get()) is not None:
                if not worker.gone:
                    return worker
                self._dismiss(worker)
        # Left there for all others who wait.
        self._idle.put_nowait(None)
        raise NurseryLost("the nursery ended, and there will be no other")

    def _dismiss(self, worker: Worker) -> None:
        """End a worker and have another one take its place."""
        worker.kill()
        self._alive.discard(worker)
        if not self._closed:
            chore = asyncio.get_running_loop().create_task(self._replace())
            self._chores.add(chore)
            chore.add_done_callback(self._chores.discard)

    async def _replace(self) -> None:
        pause = FIRST_PAUSE
        while True:
            try:
                await self._hire(await self._living_nursery())
                return
            except NoMoreNurseries:
                self._idle.put_nowait(None)
                return
            except (NurseryLost, NurseryUnfit, OSError) as error:
                log.error("no new worker: %s; next try in %g s", error, pause)
            await asyncio.sleep(pause)
            pause = min(pause * 2, LAST_PAUSE)

    async def _living_nursery(self) -> Nursery:
        """The nursery, or a new one in its place."""
        async with self._restarting:
            if self._nursery is None or self._nursery.lost:
                if self._nursery is not None:
                    log.error("the nursery ended; waiting for a new one")
                    self._nursery.close()
                    self._nursery = None
                self._nursery = await self._nurseries()
            return self._nursery

    async def _hire(self, nursery: Nursery) -> None:
        worker = await nursery.spawn()
        self._alive.add(worker)
        self._idle.put_nowait(worker)


def _stated(seen: facts.Facts, request: Inspect) -> facts.Facts:
    seen.envelope.CopyFrom(request.envelope)
    return seen


def _joined(first: Sighting, second: Sighting) -> facts.Facts:
    """The facts of both looks: the second one's, and what only the first one found."""
    seen = second.whole()
    known = {finding.SerializeToString(deterministic=True) for finding in seen.findings}
    seen.findings.extend(
        finding
        for finding in first.known.findings
        if finding.SerializeToString(deterministic=True) not in known
    )
    for sighting in (first, second):
        if sighting.end != "done":
            seen.failures.add(
                class_=_FAILURE[sighting.end],
                part=sighting.last.part if sighting.last else -1,
                detail=_in_words(sighting),
            )
    return seen


def _in_words(sighting: Sighting) -> str:
    if sighting.last is None:
        return f"{sighting.detail}, before any scanner"
    return f"{sighting.detail}, in {sighting.last.name} on part {sighting.last.part}"
