"""Put notices into the outbox in a thread, so that no message waits for a disk.

What does not fit, or cannot be written, is counted and told in the log, and mail goes on.
"""

import contextlib
import logging
import queue
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from pratique.milter import counters
from pratique.milter.notices.letter import Head, Letter, written
from pratique.milter.notices.outbox import Full, Outbox, Waiting
from pratique.milter.notices.own_ids import OwnIds
from pratique.milter.notices.rate import Due, Kind, Rates

log = logging.getLogger("pratique.notices")

# What waits for a disk that does not answer, some 5 KB each.  Most of a flood is only counted.
QUEUED = 1000
# What is taken at a time, with the outbox to ourselves.
_BATCH = 100


@dataclass(frozen=True, slots=True)
class Telling:
    """Somebody is to be told."""

    address: str
    rule: str
    # What we call the message.
    about: str
    at: datetime
    letter: Letter

    @property
    def kind(self) -> Kind:
        """What is counted together."""
        return self.rule, self.address.lower()

    @property
    def moment(self) -> int:
        """Seconds since 1970."""
        return int(self.at.timestamp())


class Writer:
    """The thread."""

    def __init__(self, outbox: Outbox, ids: OwnIds, author: str, per_hour: int) -> None:
        self._outbox = outbox
        self._ids = ids
        self._author = author
        self._per_hour = per_hour
        self._tellings: queue.Queue[Telling | None] = queue.Queue(QUEUED)
        # Set while nothing was lost since the last that was said about it.
        self._is_well = True
        # How many the thread has in its hands.
        self._writing = 0
        self._thread = threading.Thread(target=self._run, name="notices", daemon=True)
        self._thread.start()

    def put(self, telling: Telling) -> None:
        """Have it written soon; never waits."""
        try:
            self._tellings.put_nowait(telling)
        except queue.Full:
            self._lost(1, f"{QUEUED} wait for the disk")

    def close(self, seconds: float) -> None:
        """Write what waits, for so long; what is not written by then is told as lost."""
        until = time.monotonic() + seconds
        with contextlib.suppress(queue.Full):
            self._tellings.put(None, timeout=seconds)
            self._thread.join(max(0.0, until - time.monotonic()))
        if self._thread.is_alive() and (left := self._left()):
            counters.NOTICES.labels("not_written").inc(left)
            log.error("%d notices were not written in time, nobody is told", left)

    def _left(self) -> int:
        """How many wait, and are being written."""
        return self._writing + sum(one is not None for one in tuple(self._tellings.queue))

    def _run(self) -> None:
        while (first := self._tellings.get()) is not None:
            batch, is_last = [first], False
            while len(batch) < _BATCH and not self._tellings.empty():
                if (one := self._tellings.get()) is None:
                    is_last = True
                    break
                batch.append(one)
            self._write(batch)
            if is_last:
                return

    def _write(self, batch: Sequence[Telling]) -> None:
        self._writing = len(batch)
        lost: list[str] = []
        try:
            with self._outbox.writing():
                rates = self._outbox.rates()
                told = [(one, self._due(one, rates)) for one in batch]
                # Before anything is put: where counts cannot be kept there would be no limit.
                self._outbox.keep_rates(rates)
                for telling, due in told:
                    if why := self._not_told(telling, due, rates):
                        lost.append(why)
                    self._writing -= 1
                if lost:
                    self._outbox.keep_rates(rates)
        except (OSError, ValueError) as error:
            lost.extend([str(error)] * self._writing)
        if lost:
            self._lost(len(lost), lost[0])
        else:
            self._is_well = True
        self._writing = 0

    def _due(self, telling: Telling, rates: Rates) -> Due | None:
        return rates.due(telling.kind, self._per_hour, telling.moment)

    def _not_told(self, telling: Telling, due: Due | None, rates: Rates) -> str:
        """Tell what is due; says why that could not be, and counts it as left out then."""
        if due is None:
            counters.NOTICES.labels("left_out").inc()
            return ""
        try:
            self._tell(telling, due)
        # ValueError: a host's name that is not ASCII, say; the others must outlive it.
        except (OSError, Full, ValueError) as error:
            rates.take_back(telling.kind, due, telling.moment)
            return str(error) or "for no reason that it says"
        return ""

    def _tell(self, telling: Telling, due: Due) -> None:
        head = Head(self._author, telling.address, self._ids.new(), telling.at)
        mail = written(telling.letter.also(*_more(due)), head)
        waits = Waiting(telling.address, telling.rule, telling.about, telling.moment, mail)
        self._outbox.put(waits)

    def _lost(self, count: int, why: str) -> None:
        counters.NOTICES.labels("not_written").inc(count)
        # Once for as long as it lasts: a flood would fill the log.
        if self._is_well:
            log.error("notices cannot be written, nobody is told: %s", why)
        self._is_well = False


def _more(due: Due) -> tuple[str, ...]:
    """How many were left out before this one."""
    if not due.left_out:
        return ()
    since = datetime.fromtimestamp(due.since, UTC)
    return ("", f"and {due.left_out} more since {since:%Y-%m-%d %H:%M} UTC, of this rule")
