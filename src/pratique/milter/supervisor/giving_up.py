"""Give up work as soon as something else happens."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

Result = TypeVar("Result")


class GivenUp(Exception):
    """The work was given up; the text says why."""


async def unless(happened: asyncio.Event, why: str, work: Coroutine[Any, Any, Result]) -> Result:
    """Return the result of the work.  Raises GivenUp if the event comes first.

    The work has ended by then.
    """
    doing = asyncio.create_task(work)
    waiting = asyncio.create_task(happened.wait())
    try:
        await asyncio.wait({doing, waiting}, return_when=asyncio.FIRST_COMPLETED)
        if not doing.done():
            raise GivenUp(why)
        return doing.result()
    finally:
        waiting.cancel()
        doing.cancel()
        await asyncio.gather(doing, waiting, return_exceptions=True)
