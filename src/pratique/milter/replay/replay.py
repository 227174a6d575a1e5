"""Count the stretches of a journal in several processes, one per processor.

Each process is started anew (spawn): none inherits a thread, a lock or a connection.  Each
compiles the policies for itself, and answers with a tally; tallies add up to the same
total, whichever process counted what.  A journal of a few thousand messages is counted in this
process.
"""

import os
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from functools import lru_cache
from multiprocessing import get_context

from pratique.milter.journal.pages import Stretch
from pratique.milter.replay.deciding import Side, as_decided, by_policy
from pratique.milter.replay.shadows import Shadows, shadows_of
from pratique.milter.replay.sides import Chosen
from pratique.milter.replay.stretches import Plan, Sought, counted
from pratique.milter.replay.tally import Tally

# Stretches that are handed out at once per process: progress is reported early, and answers do
# not pile up.
_AHEAD = 3

# Called with the number of records just counted.
Progress = Callable[[int], None]


class LostProcess(Exception):
    """A process ended before it was done, by a signal or for want of memory."""


@dataclass(frozen=True, slots=True)
class Task:
    """What to count: which messages, and which sides."""

    sought: Sought
    # None: what decided then.
    before: Chosen | None = None
    # None: what was in the shadow.
    after: Chosen | None = None

    def count(self, stretch: Stretch) -> "Tally | Shadows":
        """Count one stretch."""
        if self.after is None:
            return shadows_of(stretch, self.sought)
        return counted(stretch, self.sought, _side(self.before), _side(self.after))

    def nothing(self) -> "Tally | Shadows":
        """Return an empty count."""
        most = self.sought.examples
        return Shadows(most) if self.after is None else Tally(most)


# Two sides are compared, and a policy takes a while to compile.
@lru_cache(maxsize=2)
def _side(chosen: Chosen | None) -> Side:
    return as_decided if chosen is None else by_policy(chosen.load())


def processors() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0))


def replay(plan: Plan, task: Task, processes: int, progress: Progress) -> "Tally | Shadows":
    """Count a whole journal.  Raises LostProcess, or PolicyError."""
    total = task.nothing()
    total.name(plan.unread)
    for stretch, part in _parts(plan.stretches, task, min(processes, len(plan.stretches))):
        total.add(part)  # type: ignore[arg-type]
        progress(stretch.last - stretch.after)
    return total


def _parts(
    stretches: Sequence[Stretch], task: Task, processes: int
) -> Iterator[tuple[Stretch, "Tally | Shadows"]]:
    if processes <= 1:
        yield from ((one, task.count(one)) for one in stretches)
        return
    context = get_context("spawn")
    pool = ProcessPoolExecutor(processes, context, initializer=_begin, initargs=(task,))
    try:
        yield from _in(pool, stretches, processes * _AHEAD)
    except BrokenProcessPool as error:
        text = "a process of the replay ended before it was done: killed, or out of memory?"
        raise LostProcess(text) from error
    finally:
        pool.shutdown(cancel_futures=True)


def _in(
    pool: ProcessPoolExecutor, stretches: Sequence[Stretch], ahead: int
) -> Iterator[tuple[Stretch, "Tally | Shadows"]]:
    waiting: dict[Future[Tally | Shadows], Stretch] = {}
    left = iter(stretches)
    while True:
        for stretch in left:
            waiting[pool.submit(_count, stretch)] = stretch
            if len(waiting) >= ahead:
                break
        if not waiting:
            return
        done, _ = wait(waiting, return_when=FIRST_COMPLETED)
        for one in done:
            yield waiting.pop(one), one.result()


# Set in each process of the pool: what it counts.
_task: Task


def _begin(task: Task) -> None:
    global _task
    # An interrupt is for the parent process, which then ends this one.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _task = task


def _count(stretch: Stretch) -> "Tally | Shadows":
    return _task.count(stretch)
