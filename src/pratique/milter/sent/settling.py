"""Tell those who wait in a loop what a thread has done, once for all of a batch.

Each call into a loop from another thread wakes it by a write to a pipe, which costs more than
all the rest of a row.
"""

import asyncio
import contextlib
from collections.abc import Sequence

from pratique.milter.sent.backlog import Waiter


def settle(waiters: Sequence[Waiter], *, well: bool) -> None:
    """Give them their answer, in the loops in which they wait."""
    loops: dict[asyncio.AbstractEventLoop, list[Waiter]] = {}
    for one in waiters:
        loops.setdefault(one.get_loop(), []).append(one)
    for loop, its in loops.items():
        # A loop that was closed has nobody waiting any more.
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(_answer, its, well)


def _answer(waiters: Sequence[Waiter], well: bool) -> None:
    for one in waiters:
        # A caller that no longer waits has cancelled it.
        if not one.done():
            one.set_result(well)
