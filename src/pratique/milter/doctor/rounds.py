"""Make all checks at the same time, each within a time limit; a failed one gives a line too.

A thread cannot be interrupted: a name whose servers do not answer, or a disk that is gone, holds
it for minutes.  So the threads here are not waited for, neither at the end of the loop nor at
that of the program.
"""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

import dns.exception

from pratique.milter.config_problems import ConfigError
from pratique.milter.doctor.line import Case, Check, Line, unseen
from pratique.milter.next_hop.wire import WireError

# Each question to the net has its own limit of 5 to 8 seconds; some checks have two in a row.
# The rest of 20 seconds is for Python to start.
SECONDS = 17.0

# What a check does not foresee.  A bug of ours must not hide what the other checks found.
_UNFORESEEN = (
    *(OSError, EOFError, WireError, ConfigError, dns.exception.DNSException),
    *(ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RuntimeError),
)

_Made = TypeVar("_Made")


class _Threads(ThreadPoolExecutor):
    """A thread per call, which is never waited for."""

    def submit(self, fn: Callable[..., _Made], /, *args: Any, **named: Any) -> Future[_Made]:
        """Begin a call."""
        future: Future[_Made] = Future()

        def call() -> None:
            if not future.set_running_or_notify_cancel():
                return
            try:
                made = fn(*args, **named)
            except BaseException as error:  # noqa: BLE001 - it is raised where the call is awaited
                future.set_exception(error)
            else:
                future.set_result(made)

        threading.Thread(target=call, daemon=True).start()
        return future


def examine(checks: Sequence[Check], case: Case, seconds: float = SECONDS) -> list[list[Line]]:
    """Return what each check says, in their order."""

    async def all_of_them() -> list[list[Line]]:
        asyncio.get_running_loop().set_default_executor(_Threads())
        return await asyncio.gather(*(looked(each, case, seconds) for each in checks))

    return asyncio.run(all_of_them())


async def looked(check: Check, case: Case, seconds: float = SECONDS) -> list[Line]:
    """Return what one check says; whatever goes wrong with it gives a line."""
    found: list[Line] = []
    try:
        async with asyncio.timeout(seconds):
            await _gather(check, case, found)
    except TimeoutError:
        found.append(unseen("the rest of this", f"it took longer than {seconds:g} s"))
    except _UNFORESEEN as error:
        why = str(error) or type(error).__name__
        found.append(unseen("the rest of this", f"{check.look.__name__}: {why}"))
    return found


async def _gather(check: Check, case: Case, found: list[Line]) -> None:
    looks = check.look(case)
    if isinstance(looks, AsyncIterator):
        async for line in looks:
            # One by one: what was found before an error stays.
            found.append(line)
    else:
        await asyncio.to_thread(_gather_now, looks, found)


def _gather_now(looks: Iterator[Line], found: list[Line]) -> None:
    for line in looks:
        found.append(line)
