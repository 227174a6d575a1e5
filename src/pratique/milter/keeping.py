"""Begin again what must not end: what goes on beside mail for as long as a process lives.

Keepers see that there is a nursery, that a worker is replaced, that an engine is tried again.
One that an error of ours has ended nobody misses until it is needed, and a task that failed is
mentioned by asyncio when it is thrown away, if at all.  So the error is told at once, and the
keeper begins again: each begins with a look at what is there, and takes it up from that.

Each next try waits longer, so that trouble costs little.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator

log = logging.getLogger("pratique.service")

# A door that is back at once is hardly missed; one that cannot start need not be tried
# more often than an admin can read.
FIRST_PAUSE = 0.1
LAST_PAUSE = 30.0


def pauses() -> Iterator[float]:
    """Seconds to wait before each next try."""
    pause = FIRST_PAUSE
    while True:
        yield pause
        pause = min(pause * 2, LAST_PAUSE)


async def kept(
    name: str,
    keeper: Callable[[], Awaitable[None]],
    pause: Callable[[float], Awaitable[object]] = asyncio.sleep,
) -> None:
    """Have a keeper keep on until it ends by itself, or is cancelled."""
    for seconds in pauses():
        try:
            await keeper()
            return
        except Exception:
            # Whichever: it is told, and nothing of what is kept may stay away for it.
            log.exception("%s: an error of ours; it begins again in %g s", name, seconds)
        await pause(seconds)
