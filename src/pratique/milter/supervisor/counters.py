"""Add up what all doors have counted, those that have ended included, for Prometheus.

Each process reports what it has counted since its start; what is new since its last report
is added to the total.  So no counter goes back when a door is restarted; at most, what a
killed door counted in its last second is missing.

A gauge describes the present, so gauges are not added up: of what the living processes report,
the least is shown.  An engine that one of them found down is down; signatures are as old as
the oldest.
"""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Protocol
from weakref import WeakKeyDictionary

from prometheus_client import CollectorRegistry, Metric, generate_latest
from prometheus_client.core import CounterMetricFamily
from prometheus_client.registry import Collector

from pratique.milter.counters import REGISTRY

# A family, the name of a sample in it, and its labels.
Key = tuple[str, str, tuple[tuple[str, str], ...]]


class Counts(Protocol):
    """A process that counts."""

    @property
    def ended(self) -> bool:
        """True once it has ended: what it had counted stays, its gauges do not."""


class Totals(Collector):
    """What all processes have counted."""

    def __init__(self) -> None:
        self._totals: dict[Key, float] = defaultdict(float)
        self._last: WeakKeyDictionary[Counts, dict[Key, float]] = WeakKeyDictionary()
        self._restarts: Mapping[str, int] = {}

    def take(self, process: Counts, counted: str) -> None:
        """Add what a process has counted since its last report."""
        now = {
            (family, name, tuple((label, value) for label, value in labels)): value
            for family, name, labels, value in json.loads(counted)
        }
        last, gauges = self._last.get(process, {}), _gauges()
        for key, value in now.items():
            if key[0] not in gauges:
                self._totals[key] += value - last.get(key, 0.0)
        self._last[process] = now

    def messages(self, process: Counts) -> int:
        """Return how many messages a process has handled."""
        counted = self._last.get(process, {}).items()
        return int(sum(n for (_, name, _), n in counted if name == "pratique_messages_total"))

    def text(self, restarts: Mapping[str, int]) -> bytes:
        """Return all totals in Prometheus' text format, and how often each door was restarted."""
        self._restarts = restarts
        registry = CollectorRegistry()
        registry.register(self)
        return generate_latest(registry)

    def collect(self) -> Iterator[Metric]:
        """Yield what prometheus_client writes out."""
        values = self._totals | self._least()
        for known in REGISTRY.collect():
            family = Metric(known.name, known.documentation, known.type)
            for (name, sample, labels), value in values.items():
                if name == known.name:
                    family.add_sample(sample, dict(labels), value)
            yield family
        restarts = CounterMetricFamily(
            "pratique_door_restarts",
            "Times that a door ended and was started again.",
            labels=["door"],
        )
        for door, times in self._restarts.items():
            restarts.add_metric([door], times)
        yield restarts

    def _least(self) -> dict[Key, float]:
        """Return the least value of each gauge that a living process reports."""
        gauges, least = _gauges(), dict[Key, float]()
        for process, said in list(self._last.items()):
            for key, value in said.items() if not process.ended else ():
                if key[0] in gauges:
                    least[key] = min(value, least.get(key, value))
        return least


def _gauges() -> frozenset[str]:
    return frozenset(known.name for known in REGISTRY.collect() if known.type == "gauge")
