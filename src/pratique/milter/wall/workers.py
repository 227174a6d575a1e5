"""Have messages inspected by confined workers, and distrust them.

A message goes to the next free worker.  Four things can go wrong over there,
and none of them loses a message or lets it through uninspected:

* A worker dies or hangs over a message.  What it said last tells which reader or scanner
  it was in, on which part.  The facts so far are kept, a failure names the guilty one,
  and the message is inspected once more, without it.  A second death is a second failure; the
  policy decides about failures, and never by silence.  (looks.py)
* A part needs an outside program.  It is unpacked meanwhile (programs/), and the message
  is inspected again with what came out.
* The nursery ends.  The message is not to blame: `NurseryLost`, the door answers 4yz,
  and the next nursery is waited for: one that we start ourselves, each time after a
  longer pause, or one that the supervisor hands over.
* All workers are busy.  The message waits, within its own deadline.

Workers retire after a number of messages, so that nothing left behind by one message
lives long; a worker that failed is not used again.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from pratique.milter.keeping import kept, pauses
from pratique.milter.mail import Content, Envelope, Rewritten
from pratique.milter.programs.programs import Programs, ProgramSettings
from pratique.milter.wall.faults import NurseryLost, NurseryUnfit
from pratique.milter.wall.idle import Idle
from pratique.milter.wall.looks import Looks, Shows, in_words
from pratique.milter.wall.nursery import COMMAND, Nursery
from pratique.milter.wall.worker import Worker
from pratique.scanners import facts_pb2 as facts
from pratique.scanners.wall_pb2 import Rewrite, Setup

log = logging.getLogger("pratique.workers")


@dataclass(frozen=True, slots=True)
class WorkerSettings:
    """How many workers there are, how long one may look at a message, when one retires."""

    count: int = 2
    # For one look; a message may get two.
    seconds: float = 25.0
    retire_after: int = 1000
    # What budget.py allows where the settings say nothing.
    most_parts: int = 10_000


# Returns a running nursery: called at the start, and each time the last one was lost.
# Raises NurseryLost, NurseryUnfit; NoMoreNurseries if it need not be called again.
Nurseries = Callable[[], Awaitable[Nursery]]


class NotRewritten(Exception):
    """An edit was not made, and will not be made on a retry; says why."""


class NoMoreNurseries(NurseryLost):
    """There will be no other nursery: its source is gone, or wants this door to end."""


def own_nursery(setup: Setup, command: Sequence[str] = COMMAND) -> Nurseries:
    """Return a source of nurseries that are started here, one after the other."""

    async def start() -> Nursery:
        return await Nursery.start(setup, command)

    return start


class Workers:
    """The pool of workers of one door, and the nursery that they come from."""

    def __init__(
        self,
        nurseries: Nurseries,
        settings: WorkerSettings = WorkerSettings(),
        programs: Programs | None = None,
    ) -> None:
        self._nurseries = nurseries
        self._settings = settings
        self._programs = programs or Programs(ProgramSettings(programs=()))
        self._nursery: Nursery | None = None
        # None: there will be no more workers.
        self._idle: Idle[Worker | None] = Idle()
        self._alive: set[Worker] = set()
        self._chores: set[asyncio.Task[None]] = set()
        self._restarting = asyncio.Lock()
        self._closed = False
        # The loop's clock, set at the start: asking for the loop is a system call each time.
        self._clock: Callable[[], float]
        self.scanners: tuple[str, ...] = ()

    async def start(self) -> str:
        """Start the nursery and all workers; return what confines them, for the log."""
        # Runs in parallel: the nursery takes a second or two.
        self._clock = asyncio.get_running_loop().time
        rehearsal = asyncio.create_task(self._programs.start())
        try:
            self._nursery = await self._nurseries()
            self.scanners = self._nursery.scanners
            for _ in range(self._settings.count):
                await self._hire(self._nursery)
            log.info("%s", await rehearsal)
        finally:
            rehearsal.cancel()
        return next(iter(self._alive)).confinement

    @property
    def at_rest(self) -> bool:
        """True if no message is being inspected, or waits for a worker."""
        return 0 < len(self._alive) <= len(self._idle)

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

    async def inspect(
        self, content: Content, envelope: Envelope, shows: Shows | None = None
    ) -> facts.Facts:
        """Return all facts about a message, its envelope's included.

        `shows` is given the parts that engines want.
        Raises NurseryLost, or TimeoutError if no worker is free in time.
        """
        # Two looks and all waiting, which is no more than a message is given for its inspection
        # (deadline.py).  The first look always has its whole time: a message that waits too long
        # for a worker is sent away in time, and not held for being late.
        begun = self._clock()
        end = begun + 2 * self._settings.seconds
        looks = Looks(envelope, self._programs.types, shows)
        try:
            worker = await self._free_worker(begun + self._settings.seconds)
            await self._look(worker, content, looks, end)
            while looks.wanted:
                try:
                    worker = await self._free_worker(end)
                except TimeoutError:
                    looks.miss()
                else:
                    await self._look(worker, content, looks, end)
            seen = looks.facts()
        finally:
            looks.close()
        self._programs.explain(seen)
        return seen

    async def _look(self, worker: Worker, content: Content, looks: Looks, end: float) -> None:
        """Have a worker look once, until `end` of the loop's clock at the latest.

        What it hands out is unpacked for the next look, in half of the time that is left.
        """
        request, extras = looks.request, looks.extras
        seconds = min(self._settings.seconds, end - self._clock())
        most = self._settings.most_parts
        try:
            sighting = await worker.inspect(content, request, seconds, most, extras)
        except BaseException:
            # Cancelled in mid-message: what this worker says next belongs to no message.
            self._dismiss(worker)
            raise
        self._let_go(worker, sighting.end, "" if sighting.end == "done" else in_words(sighting))
        if handed := looks.take(sighting):
            room = (end - self._clock()) / 2
            looks.give(await self._programs.unpack(handed, looks.unpacked, room))

    async def again(self, content: Content, envelope: Envelope, _first: facts.Facts) -> facts.Facts:
        """Return all facts about a message as changed.  Raises as `inspect` does."""
        return await self.inspect(content, envelope)

    async def rewrite(self, content: Content, edits: Rewrite) -> Rewritten:
        """Return the message with these edits made; the caller closes its content.

        Raises NotRewritten, NurseryLost, or TimeoutError if no worker is free in time.
        """
        # Writing is cheaper than looking: half the time is plenty, and the message has already
        # been waiting for a look, and will for another.
        seconds = self._settings.seconds / 2
        worker = await self._free_worker(self._clock() + seconds)
        try:
            making = await worker.rewrite(content, edits, seconds)
        except BaseException:
            self._dismiss(worker)
            raise
        try:
            self._let_go(worker, making.end, making.detail)
            if making.end != "done" or making.refused:
                raise NotRewritten(making.refused or making.detail)
            return making.made()
        finally:
            making.discard()

    def _let_go(self, worker: Worker, end: str, told: str) -> None:
        """Return a worker to the pool, or end it.  Raises NurseryLost."""
        if end != "done":
            log.warning("worker %d %s", worker.pid, told)
            self._dismiss(worker)
            if self._nursery is None or self._nursery.lost:
                raise NurseryLost("the nursery ended while a message was seen")
        elif worker.seen >= self._settings.retire_after:
            self._dismiss(worker)
        else:
            self._idle.put(worker)

    async def _free_worker(self, end: float) -> Worker:
        """Return the next free worker.

        Raises TimeoutError if none was free until `end`, NurseryLost if none will be.
        """
        while (worker := await self._idle.take(end)) is not None:
            if not worker.gone:
                return worker
            self._dismiss(worker)
        # Put back for all others that wait.
        self._idle.put_behind(None)
        raise NurseryLost("the nursery ended, and there will be no other")

    def _dismiss(self, worker: Worker) -> None:
        """End a worker and have another one take its place."""
        worker.kill()
        self._alive.discard(worker)
        if not self._closed:
            chore = asyncio.get_running_loop().create_task(kept("a worker", self._replace))
            self._chores.add(chore)
            chore.add_done_callback(self._chores.discard)

    async def _replace(self) -> None:
        for pause in pauses():
            try:
                await self._hire(await self._living_nursery())
                return
            except NoMoreNurseries:
                self._idle.put_behind(None)
                return
            except (NurseryLost, NurseryUnfit, OSError) as error:
                log.error("no new worker: %s; next try in %g s", error, pause)
            await asyncio.sleep(pause)

    async def _living_nursery(self) -> Nursery:
        """Return the nursery, or a new one in its place."""
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
        # As stated by the nursery, which never reads a stranger's octets.  (A trial's worker has
        # other names.)
        worker.names = nursery.names
        self._alive.add(worker)
        self._idle.put(worker)
