"""Give turns to questions: so many at a time, and of these a share to the names of one domain.

Strangers choose names that are asked for, and servers of theirs may answer late or never.
Without shares a few messages with ten signatures each would take all turns for seconds, and
every other message would find nobody to ask.  A great provider whose servers are away would do
the same without meaning it.  Names below one registered domain cost nothing; a further domain
costs its owner money.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

# One domain gets a quarter of all turns; but as many at least as one message asks it for at
# the same time: SPF, two signatures, DMARC.
SHARES, LEAST = 4, 4


def last_two(name: str) -> str:
    """The last two labels of a name."""
    return ".".join(name.split(".")[-2:])


class Turns:
    """Who may ask now."""

    def __init__(self, most: int, domain_of: Callable[[str], str] = last_two) -> None:
        self._all = asyncio.Semaphore(most)
        self._domain_of = domain_of
        self._share = max(LEAST, most // SHARES)
        self._shares: dict[str, asyncio.Semaphore] = {}
        # How many wait or have a turn, of each domain.
        self._asking: Counter[str] = Counter()

    @asynccontextmanager
    async def of(self, name: str) -> AsyncIterator[None]:
        """Wait for a turn for a name, and have it."""
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
