"""Tell how old the signatures are that mail is looked at with, and say aloud what is too old.

A gauge has the date of each source: `time() - pratique_signatures_timestamp_seconds` is its
age.  The log is told once a day of one that is older than an admin wants it to be.  Mail goes
on: whether it shall is for the policy, which has the same dates (`sources`).
"""

import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Protocol

from pratique.milter.counters import SIGNATURES
from pratique.milter.sources import Kept
from pratique.scanners import facts_pb2 as facts

log = logging.getLogger("pratique.signatures")

DAY = 86_400.0


class HasSources(Protocol):
    """An engine, as far as that is wanted here."""

    @property
    def sources(self) -> tuple[facts.Source, ...]:
        """The signatures that it looks with."""


class Ages:
    """The ages of all signatures of a door."""

    def __init__(
        self,
        kept: Sequence[Kept],
        engines: Sequence[HasSources],
        old_after_days: Mapping[str, float],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._kept = tuple(kept)
        self._engines = engines
        # By the name of the source; 0, or nothing, is never.
        self._old_after_days = old_after_days
        self._clock = clock
        # When it was said that they are old, by name and place.
        self._said: dict[tuple[str, str], float] = {}

    def tell(self) -> None:
        """Set the gauges, and warn of what is old, once a day."""
        oldest: dict[str, int] = {}
        for kept in self._dated():
            name, date = kept.source.name, kept.source.date.seconds
            oldest[name] = min(date, oldest.get(name, date))
            self._warn(kept)
        for name, date in oldest.items():
            SIGNATURES.labels(name).set(date)

    def _dated(self) -> Iterator[Kept]:
        """All of which the date is known."""
        for kept in self._kept:
            if kept.source.HasField("date"):
                yield kept
        for engine in self._engines:
            for source in engine.sources:
                if source.HasField("date"):
                    yield Kept(source, "", self._old_after_days.get(source.name, 0.0))

    def _warn(self, kept: Kept) -> None:
        now, most = self._clock(), kept.old_after_days
        age, key = now - kept.source.date.seconds, (kept.source.name, kept.where)
        if not most or age <= most * DAY or now < self._said.get(key, 0.0) + DAY:
            return
        self._said[key] = now
        log.warning(
            "%s%s: the signatures are of %s, %.1f days old, and shall not be older than %g: is "
            "what fetches them stopped, or blocked?",
            kept.source.name,
            f" ({kept.where})" if kept.where else "",
            f"{kept.source.date.ToDatetime():%Y-%m-%d}",
            age / DAY,
            most,
        )
