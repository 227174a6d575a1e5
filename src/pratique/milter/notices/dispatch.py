"""Send what waits in the outbox: one process of all, each notice again and again for a day.

What the next hop refuses for good is tried again too: it is ours, and what is wrong there can
be mended.  What could not be sent within a day is dropped, and that is an alert in the log.
Killed between the next hop's 250 and the removal of the file, a notice comes twice (RFC 1047).
"""

import asyncio
import logging
import os
import time
from collections.abc import Callable
from datetime import UTC, datetime

from pratique.milter import counters, logs
from pratique.milter.content import content_of
from pratique.milter.mail import Envelope, Forward, Outgoing
from pratique.milter.next_hop import NextHop, Reply
from pratique.milter.notices.outbox import Outbox, Unfit, Waiting

log = logging.getLogger("pratique.notices")

# How often the folder is looked at: other processes write there too.
LOOK_SECONDS = 5.0
# The pause after a first failure, in seconds; twice as long after each, up to the longest.
FIRST_PAUSE, LONGEST_PAUSE = 30.0, 3600.0
# Seconds after which a notice is of no more use: somebody has read the log by then.
LIFETIME = 86_400


class Dispatch:
    """Sends for a service, while it is its turn."""

    def __init__(
        self,
        outbox: Outbox,
        hop: NextHop,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._outbox = outbox
        self._hop = hop
        self._clock = clock
        self._monotonic = monotonic
        self._turn: int | None = None
        # Of those that failed: how often, and when they are tried again.
        self._later: dict[str, tuple[int, float]] = {}
        # Done with, but the file could not be removed.
        self._gone: set[str] = set()
        self._is_well = True

    async def run(self) -> None:
        """Send until cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(LOOK_SECONDS)

    async def look(self) -> None:
        """Send what waits and is due, if it is our turn; a disk that fails is told."""
        try:
            if self._turn is None:
                self._turn = self._outbox.turn()
            if self._turn is not None:
                await self._round()
        except OSError as error:
            if self._is_well:
                log.error("%s: notices wait: %s", self._outbox.folder, error)
            self._is_well = False
        else:
            self._is_well = True

    def close(self) -> None:
        """Let another have the turn; a second call does nothing."""
        if self._turn is not None:
            os.close(self._turn)
            self._turn = None

    async def _round(self) -> None:
        names = await asyncio.to_thread(self._outbox.names)
        self._gone &= set(names)
        self._later = {name: later for name, later in self._later.items() if name in names}
        for name in names:
            _, due = self._later.get(name, (0, 0.0))
            if name in self._gone:
                await self._remove(name)
            elif name not in self._later or due <= self._monotonic():
                await self._try(name)

    async def _try(self, name: str) -> None:
        try:
            notice = await asyncio.to_thread(self._outbox.read, name)
        except Unfit as why:
            await asyncio.to_thread(self._outbox.set_aside, name, str(why))
            counters.NOTICES.labels("set_aside").inc()
            return
        except FileNotFoundError:
            return
        reply = await self._sent(notice)
        if reply.accepted:
            log.info("%s: <%s> is told by %s", notice.about, notice.address, notice.rule)
            counters.NOTICES.labels("sent").inc()
            await self._remove(name)
        elif self._clock().timestamp() - notice.made_at > LIFETIME:
            self._drop(notice, reply)
            await self._remove(name)
        else:
            self._put_off(name, notice, reply)

    async def _sent(self, notice: Waiting) -> Reply:
        forward = Forward(notice.address, ("NOTIFY=NEVER",))
        envelope = Envelope(notice.about or "notice", self._clock(), "", recipients=(forward,))
        content = content_of([notice.mail])
        try:
            reply, transaction = await self._hop.resume(envelope, [forward])
            return reply if transaction is None else await transaction.send(Outgoing(content))
        finally:
            content.close()

    async def _remove(self, name: str) -> None:
        # Never sent again, whatever the disk says.
        self._gone.add(name)
        await asyncio.to_thread(self._outbox.remove, name)

    def _put_off(self, name: str, notice: Waiting, reply: Reply) -> None:
        tries = self._later.get(name, (0, 0.0))[0] + 1
        pause = min(FIRST_PAUSE * 2 ** min(tries - 1, 10), LONGEST_PAUSE)
        self._later[name] = tries, self._monotonic() + pause
        told = notice.about, notice.address, pause, reply
        log.warning("%s: <%s> is not told yet, again in %g s: %s", *told)

    def _drop(self, notice: Waiting, reply: Reply) -> None:
        counters.NOTICES.labels("dropped").inc()
        told = notice.address, notice.rule, notice.about, reply
        log.log(logs.ALERT, "<%s> was never told by %s of %s: %s", *told)
