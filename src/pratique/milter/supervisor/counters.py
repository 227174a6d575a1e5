"""Add up what all doors have counted, those that have ended too, for Prometheus.

Each process writes its counters into files of its own in a folder that the supervisor
empties at its start (prometheus_client calls this its multiprocess mode), so nothing is
asked of a door and no counter goes back when one is started again.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector


class _Restarts(Collector):
    def __init__(self, restarts: Mapping[str, int]) -> None:
        self._restarts = restarts

    def collect(self) -> Iterator[CounterMetricFamily]:
        counted = CounterMetricFamily(
            "pratique_door_restarts",
            "Times that a door ended and was started again.",
            labels=["door"],
        )
        for door, times in self._restarts.items():
            counted.add_metric([door], times)
        yield counted


def of_all(folder: Path, restarts: Mapping[str, int]) -> bytes:
    """All counters in Prometheus' text format."""
    registry = CollectorRegistry()
    MultiProcessCollector(registry, path=str(folder))  # type: ignore[no-untyped-call]
    registry.register(_Restarts(restarts))
    return generate_latest(registry)
