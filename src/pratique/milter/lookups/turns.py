"""Give turns to questions: a number at a time, and a share of these to the names of one domain.

Strangers choose names that are asked for, and their servers may answer late or never.
Without shares a few messages with ten signatures each would take all turns for seconds, and
every other message would have to wait.  A large provider whose servers are down would do the
same without meaning to.  Names below one registered domain cost nothing; a further domain
costs its owner money.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

# One domain gets a quarter of all turns, but at least as many as one message needs from it at
# the same time: SPF, two signatures, DMARC.
SHARES, LEAST = 4, 4


def last_two(name: str) -> str:
    """The last two labels of a name."""
    return ".".join(name.split(".")[-2:])


class Turns:
    """Decides which question may go now."""

    def __init__(self, most: int, domain_of: Callable[[str], str] = last_two) -> None:
        self._all = asyncio.Semaphore(most)
        self._domain_of = domain_of
        self._share = max(LEAST, most // SHARES)
        self._shares: dict[str, asyncio.Semaphore] = {}
        # How many questions wait or have a turn, per domain.
        self._asking: Counter[str] = Counter()

    @asynccontextmanager
    async def of(self, name: str) -> AsyncIterator[None]:
        """Wait for a turn for a name, and hold it."""
        domain = self._domain_of(name)
        self._asking[domain] += 1
        share = self._shares.setdefault(domain, asyncio.Semaphore(self._share))
        try:
            async with share, self._all:
                yield
        finally:
            self._asking[domain] -= 1
            if not self._asking[domain]:
                del self._asking[domain], self._shares[domain]
