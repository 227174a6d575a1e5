"""Show where the CPU of a message goes: milliseconds for each step, at each kind of mail.

    python bench/costs.py FOLDER [--rules FOLDER] [--most COUNT]

FOLDER holds a folder of *.eml for each kind.  What runs in a confined worker runs here in
this process: first as it is, which gives the sum, then with a stopwatch around each reader,
each scanner and the rest, which gives the shares (and costs a little itself).  Times are
medians of CPU time, since a wall clock counts what else the machine does.

`MEASURED` lists what is measured: a function takes the messages of one kind and gives
milliseconds by the name of the step, and has its rows in the table.
"""

import argparse
import gc
import hashlib
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from costs_near import Near

from pratique.scanners import facts_pb2 as facts
from pratique.scanners import wall_pb2 as wall
from pratique.scanners.budget import Budget, Limits
from pratique.scanners.inspector import Inspector, load, ours
from pratique.scanners.keys import Keys
from pratique.scanners.part import Part
from pratique.scanners.report import Report
from pratique.scanners.unpack import Tools, Walk

# At most so many messages of a kind, and so many octets of them.
MOST, OCTETS = 200, 60_000_000
# What is slower than this share of the sum has a row of its own.
ROW = 0.01
Costs = dict[str, float]


class Steps:
    """CPU seconds by step; what a step calls is counted there, and not twice."""

    def __init__(self) -> None:
        self.seconds: Costs = {}
        self._open: list[str] = []
        self._since = time.process_time()

    def _charge(self) -> None:
        now = time.process_time()
        if self._open:
            name = self._open[-1]
            self.seconds[name] = self.seconds.get(name, 0.0) + now - self._since
        self._since = now

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Count what happens inside under that name."""
        self._charge()
        self._open.append(name)
        try:
            yield
        finally:
            self._charge()
            self._open.pop()

    def moved(self, from_: str, to: str, work: Callable[[], object]) -> None:
        """Do again what was done in one step, and count it as another."""
        self._charge()
        work()
        now = time.process_time()
        self.seconds[to] = self.seconds.get(to, 0.0) + now - self._since
        self.seconds[from_] = self.seconds.get(from_, 0.0) - (now - self._since)
        self._since = now

    def call(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function with a stopwatch around it, also around each thing that it yields."""

        def timed(*given: Any, **named: Any) -> Any:
            with self.step(name):
                result = function(*given, **named)
            return self._each(name, result) if isinstance(result, Iterator) else result

        return timed

    def _each(self, name: str, found: Iterator[Any]) -> Iterator[Any]:
        end = object()
        while True:
            with self.step(name):
                one = next(found, end)
            if one is end:
                return
            yield one


class Tell:
    """Takes all that is told, and counts the frames."""

    def __init__(self) -> None:
        self.frames = 0

    def started(self, name: str, part: int) -> None:
        """Count it."""

    def found(self, found: facts.Facts) -> None:  # noqa: ARG002 - it is only counted
        """Count it."""
        self.frames += 1

    def handed_out(self, handed: wall.HandedOut) -> None:  # noqa: ARG002 - likewise
        """Count it."""
        self.frames += 1


def _reader(reader: Any, steps: Steps) -> Any:
    timed = SimpleNamespace(name=reader.name)
    for name in ("told_by", "types", "mark", "signs"):
        if hasattr(reader, name):
            setattr(timed, name, getattr(reader, name))
    timed.recognize = steps.call("recognizing", reader.recognize)
    for name in ("members", "locked", "unlock"):
        if hasattr(reader, name):
            setattr(timed, name, steps.call(f"reader {reader.name}", getattr(reader, name)))
    return timed


class _Timed:
    """A scanner, or what makes one for each message; what it says of itself it says still."""

    def __init__(self, one: Any, steps: Steps) -> None:
        self._one, self._steps = one, steps

    def __getattr__(self, name: str) -> Any:
        found, step = getattr(self._one, name), f"scanner {self._one.name}"
        steps = {"scan": step, "conclude": f"{step}, end"}
        return self._steps.call(steps[name], found) if name in steps else found

    def __call__(self, message: Any) -> "_Timed":
        """The follower of a message."""
        return _Timed(self._one(message), self._steps)


class _Hashing:
    """Stands before the scanners, and tells the cost of the hash that each part has."""

    name = "hashing"

    def __init__(self, steps: Steps) -> None:
        self._steps = steps

    def scan(self, part: Part) -> Iterator[facts.Facts]:
        """Hash the part once more."""
        self._steps.moved("walk", "hashing", lambda: hashlib.sha256(part.octets))
        return iter(())


def _tools(setup: wall.Setup, steps: Steps) -> Tools:
    plain = ours(setup)
    return replace(
        plain,
        scanners=[_Hashing(steps), *(_Timed(one, steps) for one in plain.scanners)],
        readers=[_reader(reader, steps) for reader in plain.readers],
        mail=steps.call("mail facts", plain.mail),
        followers=[_Timed(one, steps) for one in plain.followers],
    )


def _watched(tools: Tools, octets: bytes, steps: Steps) -> Costs:
    """The steps of one message."""
    steps.seconds = {}
    report, keys = Report(Tell()), Keys()
    for name in ("part", "mail", "findings", "conclusion", "send"):
        setattr(report, name, steps.call("report", getattr(report, name)))
    keys.look = steps.call("keys", keys.look)  # type: ignore[method-assign]
    with steps.step("walk"):
        Walk(tools, Budget(Limits()), keys, wall.Inspect(), report).run(memoryview(octets))
    return steps.seconds


def _sum(inspector: Inspector, messages: Sequence[bytes]) -> float:
    taken = []
    for octets in messages:
        begun = time.process_time()
        inspector.inspect(memoryview(octets), wall.Inspect(), Tell())
        taken.append(time.process_time() - begun)
        gc.collect()
    return statistics.median(taken) * 1000


class Worker:
    """What runs inside of a worker."""

    def __init__(self, setup: wall.Setup) -> None:
        self._inspector = load(setup)
        self._steps = Steps()
        self._tools = _tools(setup, self._steps)
        # As the nursery does it: what is loaded is no work for the collector any more.
        gc.collect()
        gc.freeze()

    def __call__(self, messages: Sequence[bytes]) -> Costs:
        """Median milliseconds of each step, and of a message without a stopwatch."""
        # The first one warms both up.  None is seen twice, since a worker keeps what it found.
        first, *messages = messages
        self._inspector.inspect(memoryview(first), wall.Inspect(), Tell())
        _watched(self._tools, first, self._steps)
        each = [_watched(self._tools, octets, self._steps) for octets in messages]
        names = {name for steps in each for name in steps}
        rows = {
            f"  {name}": statistics.median(steps.get(name, 0.0) for steps in each) * 1000
            for name in names
        }
        whole = _sum(self._inspector, messages)
        rows = {name: cost for name, cost in rows.items() if cost > ROW * whole}
        ordered = dict(sorted(rows.items(), key=lambda row: -row[1]))
        return {"worker": whole, **ordered}


MEASURED: tuple[Callable[[wall.Setup], Callable[[Sequence[bytes]], Costs]], ...] = (Worker, Near)


def _messages(folder: Path, most: int) -> list[bytes]:
    found: list[bytes] = []
    for path in sorted(folder.glob("*.eml"))[:most]:
        found.append(path.read_bytes())
        if sum(map(len, found)) > OCTETS:
            break
    return found


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rules", default="")
    parser.add_argument("--most", type=int, default=MOST)
    given = parser.parse_args()
    setup = wall.Setup(rule_folders=[given.rules] if given.rules else [])
    measured = [each(setup) for each in MEASURED]
    for kind in sorted(path for path in given.folder.iterdir() if path.is_dir()):
        messages = _messages(kind, given.most)
        if messages:
            octets = statistics.median(map(len, messages))
            print(f"\n{kind.name}: {len(messages)} messages, {octets / 1000:.0f} KB, CPU ms each")
            for name, cost in (row for each in measured for row in each(messages).items()):
                print(f"{name:28}{cost:10.3f}")


if __name__ == "__main__":
    main()
