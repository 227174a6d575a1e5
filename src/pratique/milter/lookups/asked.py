"""Run all lookups about a message, at the same time, within the message's time."""

import asyncio
import time
from collections.abc import Sequence
from typing import Protocol

from pratique.milter.config import Settings
from pratique.milter.lookups.auth.domains import organizational
from pratique.milter.lookups.auth.lookup import authentication_of
from pratique.milter.lookups.block_lists import block_lists_of
from pratique.milter.lookups.bounces.lookup import Bounces, Ours
from pratique.milter.lookups.bounces.own_signature import Signatures
from pratique.milter.lookups.resolver import Resolver, ResolverSettings
from pratique.milter.mail import Envelope
from pratique.milter.sections.lookups import split_server
from pratique.milter.sent.domains import Domains
from pratique.milter.sent.our_mail import OurMail
from pratique.scanners import facts_pb2 as facts


class Lookup(Protocol):
    """A source of what a message's octets do not say."""

    async def add(self, seen: facts.Facts, until: float) -> None:
        """Add facts, no later than `until` of the loop's clock; raise nothing."""


# Each makes its lookup from the settings; None where these name none.
LOOKUPS = (block_lists_of, authentication_of)


class Lookups:
    """All lookups of a door."""

    def __init__(
        self,
        lookups: Sequence[Lookup],
        seconds: float,
        resolver: Resolver | None = None,
        bounces: Bounces | None = None,
    ) -> None:
        self._lookups = tuple(lookups)
        self._bounces = bounces
        self._seconds = seconds
        # The resolver that these lookups share; nothing else uses it.
        self._resolver = resolver

    async def add(self, seen: facts.Facts, envelope: Envelope, until: float) -> None:
        """Add what each lookup knows."""
        # A question may wait for its turn for as long as the answer may take.
        until = min(until, asyncio.get_running_loop().time() + 2 * self._seconds)
        asked = [each.add(seen, until) for each in self._lookups]
        if self._bounces is not None:
            asked.append(self._bounces.prove(seen, envelope, until))
        await asyncio.gather(*asked)

    async def close(self) -> None:
        """Stop asking: no question is under way any more, and none of their sockets is open."""
        if self._resolver is not None:
            await self._resolver.close()


def lookups_of(settings: Settings, our_mail: OurMail | None = None) -> Lookups | None:
    """Build the lookups that the settings name; None where they name none.

    Bounces are proved where it is known what we sent.
    """
    section = settings.dns
    resolver = Resolver(
        ResolverSettings(
            [split_server(one) for one in section.servers], section.seconds, section.questions
        ),
        time.monotonic,
        organizational,
    )
    found = [lookup for made in LOOKUPS if (lookup := made(settings, resolver)) is not None]
    bounces = bounces_of(our_mail, resolver) if our_mail is not None else None
    if not found and bounces is None:
        return None
    return Lookups(found, section.seconds, resolver, bounces)


def bounces_of(our_mail: OurMail, resolver: Resolver) -> Bounces:
    """Build what proves bounces of our mail."""
    ours = Ours(
        Domains(our_mail.domains),
        our_mail.keys,
        our_mail.since.marks,
        our_mail.tagged,
        lambda domain: our_mail.section.batv_of(domain) is not None,
        complete=our_mail.knows_all,
    )
    return Bounces(our_mail.ledger, ours, Signatures(resolver))
