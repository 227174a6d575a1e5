"""See messages with workers, and with engines and lookups beside them.

The way of one message: engines are asked, or wait for the worker (asking.py); the worker looks;
lookups and engines say what they know; and an engine that cannot be relied on is named
(proofs.py).  What no engine, no list and no source of signatures is set for is seen by workers
alone.
"""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any

from pratique.milter.ages import Ages
from pratique.milter.config import Settings
from pratique.milter.deadline import for_looking
from pratique.milter.engines import ENGINES
from pratique.milter.engines.asking import Asking
from pratique.milter.engines.clamav import Clamav
from pratique.milter.engines.engine import Engine
from pratique.milter.engines.proofs import Proofs
from pratique.milter.engines.watch import Watch
from pratique.milter.families import families_of
from pratique.milter.lookups.asked import Lookups, lookups_of
from pratique.milter.mail import Content, Envelope, Rewritten
from pratique.milter.sent.our_mail import OurMail
from pratique.milter.sources import lists_of, rules_of
from pratique.milter.wall.workers import Workers
from pratique.scanners import facts_pb2 as facts
from pratique.scanners.families.known import SHIPPED, Families
from pratique.scanners.wall_pb2 import Rewrite

# Whether a message is refused anyway, by the facts so far; they are not changed.
Refused = Callable[[facts.Facts, Envelope], bool]


@dataclass(frozen=True, slots=True)
class Beside:
    """What is asked and known besides workers and engines."""

    # Asked while engines look.
    lookups: Lookups | None = None
    # What the names mean that engines give.
    families: Families = SHIPPED
    # Whether engines can be relied on; without it they are.
    watch: Watch | None = None
    # Signatures that are not an engine's, and which no worker states.
    sources: tuple[facts.Source, ...] = ()


_ALONE = Beside()


class Asked:
    """Sees messages with workers and with engines."""

    def __init__(
        self,
        workers: Workers,
        engines: Sequence[Engine],
        seconds: float,
        refused: Refused | None = None,
        beside: Beside = _ALONE,
    ) -> None:
        self._workers = workers
        self._engines = engines
        self._beside = beside
        # For looking at one message.
        self._seconds = seconds
        waits = {engine.waits for engine in engines}
        # None: engines are asked about each message.
        self._refused = refused if "never" not in waits else None
        # Whether one of them is not asked in vain, unless a worker takes long.
        self._patient = "always" in waits

    # Both give what is to be awaited and await nothing: each layer of that costs each message.

    def inspect(self, content: Content, envelope: Envelope) -> Coroutine[Any, Any, facts.Facts]:
        """All facts about a message.  Raises NurseryLost, or TimeoutError without a worker."""
        return self._inspect(content, envelope)

    def again(
        self, content: Content, envelope: Envelope, first: facts.Facts
    ) -> Coroutine[Any, Any, facts.Facts]:
        """All facts about what became of a message; `first` are those of the message as it came.

        Whom that was from is not asked again: no signature is of what we changed.
        """
        return self._inspect(content, envelope, first)

    async def _inspect(
        self, content: Content, envelope: Envelope, first: facts.Facts | None = None
    ) -> facts.Facts:
        families, lookups = self._beside.families, self._beside.lookups
        if not self._engines and lookups is None:
            seen = await self._workers.inspect(content, envelope)
            self._state_sources(seen)
            return seen
        until = asyncio.get_running_loop().time() + self._seconds
        waits = self._refused is not None and (self._patient or not self._workers.at_rest)
        proofs = self._beside.watch.proofs if self._beside.watch is not None else None
        # What they say now is worth nothing, though they be mended before all is said.
        down = proofs.down if proofs is not None else frozenset[str]()
        asking = Asking(self._engines, content, until, families=families, envelope=envelope)
        try:
            asking.start(waits=waits)
            seen = await self._workers.inspect(content, envelope, asking)
            self._state_sources(seen)
            known = False
            if asking.is_small and self._is_refused(seen, envelope):
                known = await self._known(seen, envelope, until)
                # One that is proved may not be refused any more: engines are asked, as of any mail.
                if not known or self._is_refused(seen, envelope):
                    return seen
            asking.begin()
            if lookups is not None and not known:
                # Engines look meanwhile.
                if first is not None:
                    seen.auth.MergeFrom(first.auth)
                await lookups.add(seen, envelope, until)
            await asking.answer(seen)
        finally:
            await asking.close()
        if proofs is not None:
            proofs.doubt(asking.again - asking.away)
            if down or asking.away or not proofs.hold:
                await proofs.add(seen, asking.names, asking.away, until, down)
        return seen

    async def _known(self, seen: facts.Facts, envelope: Envelope, until: float) -> bool:
        """Whether there was anything to look up of what is refused: who sent a bounce."""
        lookups = self._beside.lookups
        if lookups is None or not seen.bounce.claimed:
            return False
        # What comes back from our own machines must be known as that.
        await lookups.add(seen, envelope, until)
        return True

    def _is_refused(self, seen: facts.Facts, envelope: Envelope) -> bool:
        """Whether it is refused anyway.  Most mail has no finding, and the policy is asked once."""
        refused = self._refused
        return refused is not None and bool(seen.findings) and refused(seen, envelope)

    async def start(self) -> None:
        """Try engines, and look after them from now on; then messages may come."""
        if self._beside.watch is not None:
            await self._beside.watch.start()

    def _state_sources(self, seen: facts.Facts) -> None:
        seen.sources.extend(self._beside.sources)
        for engine in self._engines:
            seen.sources.extend(engine.sources)

    async def close(self) -> None:
        """No message comes any more: what engines and lookups keep open is closed."""
        try:
            if self._beside.watch is not None:
                await self._beside.watch.close()
        finally:
            for engine in self._engines:
                engine.close()
            if self._beside.lookups is not None:
                await self._beside.lookups.close()

    async def rewrite(self, content: Content, edits: Rewrite) -> Rewritten:
        """The message with these edits made.  Raises NotRewritten, NurseryLost, TimeoutError."""
        return await self._workers.rewrite(content, edits)


async def asked(
    workers: Workers,
    settings: Settings,
    refused: Refused | None = None,
    our_mail: OurMail | None = None,
) -> Workers | Asked:
    """Workers, and beside them the engines that the settings name, each tried.

    `refused` says what engines need not be asked about; without it they always are.
    """
    engines = [engine for made in ENGINES for engine in made(settings)]
    lookups = lookups_of(settings, our_mail)
    # Of lists the workers state what they have mapped.
    rules = await asyncio.to_thread(rules_of, settings)
    lists = await asyncio.to_thread(lists_of, settings)
    if not engines and lookups is None and not rules and not lists:
        return workers
    ages = Ages((*rules, *lists), engines, {Clamav.name: settings.clamav.old_after_days})
    beside = Beside(
        lookups,
        families_of(settings.families),
        Watch(Proofs(engines), ages),
        tuple(kept.source for kept in rules),
    )
    sees = Asked(workers, engines, for_looking(settings.deadline.seconds), refused, beside)
    try:
        await sees.start()
    except BaseException:
        await sees.close()
        raise
    return sees
