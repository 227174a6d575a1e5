"""Tell those who wait in a loop what a thread has done, once per loop for a whole batch.

Each call into a loop from another thread wakes it by a write to a pipe, which costs more than
all the rest of a row.
"""

import asyncio
import contextlib
from collections.abc import Sequence

from pratique.milter.sent.backlog import Waiter


def settle(waiters: Sequence[Waiter], *, well: bool) -> None:
    """Give the waiters their answer, each in the loop in which it waits."""
    loops: dict[asyncio.AbstractEventLoop, list[Waiter]] = {}
    for one in waiters:
        loops.setdefault(one.get_loop(), []).append(one)
    for loop, its in loops.items():
        # In a closed loop nothing waits any more.
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(_answer, its, well)


def _answer(waiters: Sequence[Waiter], well: bool) -> None:
    for one in waiters:
        # A caller that no longer waits has cancelled it.
        if not one.done():
            one.set_result(well)
