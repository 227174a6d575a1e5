"""Show what each scanner of ours takes of a message: microseconds of CPU, by kind of mail.

    python bench/scanner_costs.py [--quick] [--write]

What runs in a confined worker runs here in this process, loaded as the nursery loads it, with
a stopwatch around each scanner; what the stopwatch itself takes is taken off again.  A
scanner that is not asked about a kind of mail has no figure there.  Times are CPU time, since
a wall clock counts what else the machine does, and medians.  `--write` puts the table into
docs/costs.md.
"""

import argparse
import gc
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import costs_page
import scanner_mails
from costs import Tell

from pratique.scanners import wall_pb2 as wall
from pratique.scanners.budget import Budget, Limits
from pratique.scanners.builtin import FOLLOWERS, MADE_FOLLOWERS, SCANNERS
from pratique.scanners.hash_list import Head, Record, packed
from pratique.scanners.inspector import load, ours
from pratique.scanners.keys import Keys
from pratique.scanners.report import Report
from pratique.scanners.unpack import Tools, Walk

BUILTIN = tuple(one.name for one in (*SCANNERS, *FOLLOWERS, *MADE_FOLLOWERS))
ALL, REST = "all of it", "readers, walk, hashes"
LISTED = 100_000
# As many mails as there are, for who only wants to see that it works.
QUICK = 3
# Median microseconds by scanner, and those of the whole.
Costs = dict[str, float]


@dataclass(slots=True)
class Meter:
    """Nanoseconds and calls by scanner."""

    spent: dict[str, int] = field(default_factory=dict)
    calls: dict[str, int] = field(default_factory=dict)

    def time(self, name: str, call: Callable[..., Any], *given: Any) -> Any:
        """Call it, and count what it takes; what it yields is made at once."""
        begun = time.process_time_ns()
        made = call(*given)
        if isinstance(made, Iterator):
            made = iter(list(made))
        self.spent[name] = self.spent.get(name, 0) + time.process_time_ns() - begun
        self.calls[name] = self.calls.get(name, 0) + 1
        return made


class Watched:
    """A scanner, or what makes one, with a stopwatch around it."""

    def __init__(self, one: Any, meter: Meter) -> None:
        self._one, self._meter = one, meter

    def __getattr__(self, name: str) -> Any:
        return getattr(self._one, name)

    def scan(self, part: Any) -> Any:
        """Look at a part."""
        return self._meter.time(self._one.name, self._one.scan, part)

    def conclude(self) -> Any:
        """Conclude from all of them."""
        return self._meter.time(self._one.name, self._one.conclude)

    def __call__(self, message: Any) -> "Watched":
        """The follower of a message."""
        return Watched(self._meter.time(self._one.name, self._one, message), self._meter)


def _stopwatch() -> float:
    """Nanoseconds that the stopwatch takes for one call."""
    meter, each = Meter(), []
    for _ in range(2000):
        before = meter.spent.get("", 0)
        meter.time("", iter, ())
        each.append(meter.spent[""] - before)
    return statistics.median(each)


class Bench:
    """All scanners that we ship, each with something to look for."""

    def __init__(self, setup: wall.Setup) -> None:
        load(setup)
        plain, self.meter = ours(setup), Meter()
        self.plain = plain
        self.watched = replace(
            plain,
            scanners=[Watched(one, self.meter) for one in plain.scanners],
            followers=[Watched(one, self.meter) for one in plain.followers],
        )
        # As the nursery does it: what is loaded is no work for the collector any more.
        gc.collect()
        gc.freeze()

    def costs(self, messages: Sequence[bytes]) -> Costs:
        """Medians of mails of one kind: each second one is seen without a stopwatch."""
        overhead = _stopwatch()
        whole: list[float] = []
        each: list[Costs] = []
        # None is seen twice; in turns, since the machine is not as fast at any time.
        for plain, watched in zip(messages[::2], messages[1::2], strict=True):
            whole.append(self._walk(self.plain, plain))
            self.meter.spent, self.meter.calls = {}, {}
            total = self._walk(self.watched, watched)
            spent = {
                name: max(0.0, nanoseconds - overhead * self.meter.calls[name]) / 1000
                for name, nanoseconds in self.meter.spent.items()
            }
            each.append(spent | {REST: total - sum(self.meter.spent.values()) / 1000})
        # The first of each warm up.
        whole, each = whole[1:], each[1:]
        names = {name for one in each for name in one}
        found = {name: statistics.median(one.get(name, 0.0) for one in each) for name in names}
        return found | {ALL: statistics.median(whole)}

    @staticmethod
    def _walk(tools: Tools, octets: bytes) -> float:
        begun = time.process_time_ns()
        walk = Walk(tools, Budget(Limits()), Keys(), wall.Inspect(), Report(Tell()))
        walk.run(memoryview(octets))
        taken = (time.process_time_ns() - begun) / 1000
        gc.collect()
        return taken


def setup_in(folder: Path) -> wall.Setup:
    """What gives each scanner work: domains of our own, and a list of hashes."""
    chance, listed = random.Random("listed"), folder / "bench.hashes"
    hashes = {chance.randbytes(32): 0 for _ in range(LISTED)}
    pieces = packed(Head("bench", "malicious", 0), hashes, [Record("bench", "a figure")])
    listed.write_bytes(b"".join(pieces))
    return wall.Setup(own_domains=["sink.example"], lists=[str(listed)])


def told(measured: Mapping[str, Costs]) -> str:
    """The tables for the page: one of microseconds, one of what of it is what."""
    kinds = list(measured)

    def row(title: str, figure: Callable[[Costs], str]) -> list[str]:
        return [title, *(figure(measured[kind]) for kind in kinds)]

    def of(name: str) -> Callable[[Costs], str]:
        return lambda costs: costs_page.number(costs[name]) if name in costs else "-"

    least = min(costs[ALL] for costs in measured.values())
    rows = [row(f"`{name}`", of(name)) for name in BUILTIN]
    rows.append(row(REST, of(REST)))
    rows.append(row(ALL, of(ALL)))
    rows.append(row("times the cheapest", lambda costs: costs_page.number(costs[ALL] / least)))
    return f"{costs_page.machine()}\n\n{costs_page.table(['microseconds', *kinds], rows)}"


def main() -> None:
    """Measure, and print or write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="few mails: to see that it works")
    parser.add_argument("--write", action="store_true", help="into docs/costs.md")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="pratique-bench-") as folder:
        bench = Bench(setup_in(Path(folder)))
        measured = {
            kind: bench.costs(scanner_mails.made(kind, 2 * (QUICK if given.quick else count)))
            for kind, (_, count) in scanner_mails.KINDS.items()
        }
    text = told(measured)
    print(text)
    if given.write:
        costs_page.write("scanners", text)


if __name__ == "__main__":
    main()
