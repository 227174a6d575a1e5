"""Ask all lookups about a message, at the same time, within its time."""

import asyncio
import time
from collections.abc import Sequence
from typing import Protocol

from pratique.milter.config import Settings
from pratique.milter.lookups.block_lists import block_lists_of
from pratique.milter.lookups.resolver import Resolver, ResolverSettings
from pratique.milter.sections.lookups import split_server
from pratique.scanners import facts_pb2 as facts


class Lookup(Protocol):
    """Knows something about a message that its octets do not say."""

    async def add(self, seen: facts.Facts, until: float) -> None:
        """Add facts, at `until` of the loop's clock at the latest; raises nothing."""


# Each makes its lookup of the settings; None where these name none.
LOOKUPS = (block_lists_of,)


class Lookups:
    """All lookups of a door."""

    def __init__(
        self, lookups: Sequence[Lookup], seconds: float, resolver: Resolver | None = None
    ) -> None:
        self._lookups = tuple(lookups)
        self._seconds = seconds
        # Whom they ask, which nobody else does.
        self._resolver = resolver

    async def add(self, seen: facts.Facts, until: float) -> None:
        """Add what each knows."""
        # A question may wait for its turn as long as it may take.
        until = min(until, asyncio.get_running_loop().time() + 2 * self._seconds)
        await asyncio.gather(*(each.add(seen, until) for each in self._lookups))

    async def close(self) -> None:
        """Ask no more: no question is under way, and no socket of one is open."""
        if self._resolver is not None:
            await self._resolver.close()


def lookups_of(settings: Settings) -> Lookups | None:
    """The lookups that the settings name; None where they name none."""
    section = settings.dns
    resolver = Resolver(
        ResolverSettings(
            [split_server(one) for one in section.servers], section.seconds, section.questions
        ),
        time.monotonic,
    )
    found = [lookup for made in LOOKUPS if (lookup := made(settings, resolver)) is not None]
    return Lookups(found, section.seconds, resolver) if found else None
