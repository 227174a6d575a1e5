"""Measure the SMTP door as a bare relay: messages and MB a second, and CPU a message.

One door process (relay_door.py) between a load generator and its sink, in turns with
`direct`, the generator to its own sink with nothing between.  The generator is
`../shared/bench/smtpload.c`: no program in Python is fast enough to ask this question.
It waits for the reply to each command; `--pipelining` has it send MAIL, RCPT and DATA in
one go.  Rates depend on the machine and on who else uses it; the CPU of the door's
process, from /proc, hardly does.
"""

import argparse
import importlib.util
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import messages
from servers import free_port, server

HERE = Path(__file__).parent
GENERATOR = HERE.parent.parent / "shared/bench/smtpload.c"
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Size:
    """Messages of one size: how many differ, how many are sent over how many connections."""

    name: str
    octets: int
    differ: int
    count: int
    connections: int


SIZES = (
    Size("4 KB", 4_000, 100, 5_000, 16),
    Size("100 KB", 107_000, 20, 1_000, 8),
    Size("5 MB", 5_200_000, 4, 60, 4),
)


@dataclass(frozen=True, slots=True)
class Run:
    """What one turn of the generator showed."""

    rate: float
    megabytes: float
    half: float
    cpu: float


@dataclass(frozen=True, slots=True)
class Bench:
    """The generator, compiled, and where it keeps its messages."""

    program: Path
    folder: Path
    options: tuple[str, ...]

    def turn(self, size: Size, port: int, sink: int, pid: int = 0) -> Run:
        """Send all messages of one size to a port; raise if one is not taken."""
        counts = ("-c", str(size.connections), "-n", str(size.count), "-m", "100")
        where = ("-t", f"127.0.0.1:{port}", "-s", str(sink), "-d", str(self.folder / size.name))
        before = seconds_of(pid)
        said = subprocess.run(
            [self.program, *where, *counts, *self.options], check=True, capture_output=True
        )
        told = json.loads(said.stdout)
        if told["ok"] != size.count or told["sink_n"] != size.count:
            raise SystemExit(f"not all arrived: {said.stdout.decode()}")
        cpu = (seconds_of(pid) - before) * 1000 / size.count
        return Run(told["msgs_s"], told["mb_s"], told["eod_ms"]["p50"], cpu)


def seconds_of(pid: int) -> float:
    """The CPU seconds that a process has used; 0 for none."""
    if not pid:
        return 0.0
    fields = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def write_messages(folder: Path) -> None:
    """A folder of messages for each size."""
    for size in SIZES:
        (folder / size.name).mkdir()
        for number in range(size.differ):
            content = messages.text(number, size.octets - 300)
            (folder / size.name / f"{number}.eml").write_bytes(content)


def show(name: str, size: Size, runs: list[Run], direct: float) -> None:
    """Print the medians, and the share of the direct rate."""
    rate, megabytes, half, cpu = (
        statistics.median(getattr(run, field) for run in runs)
        for field in ("rate", "megabytes", "half", "cpu")
    )
    row = f"{rate:12.0f}{megabytes:8.0f}{half:9.2f}{cpu:9.3f}{rate / direct:8.2f}"
    print(f"{size.name:8}{name:10}{row}", flush=True)


def measure(bench: Bench, doors: dict[str, tuple[int, int]], sink: int, rounds: int) -> None:
    """All sizes through all doors, in turns; the first turn warms up."""
    figures = f"{'messages/s':>12}{'MB/s':>8}{'p50 ms':>9}{'CPU ms':>9}{'share':>8}"
    print(f"{'size':8}{'through':10}{figures}")
    for size in SIZES:
        runs: dict[str, list[Run]] = {name: [] for name in doors}
        for turn in range(rounds + 1):
            for name, (port, pid) in doors.items():
                run = bench.turn(size, port, sink, pid)
                if turn:
                    runs[name].append(run)
        direct = statistics.median(run.rate for run in runs["direct"])
        for name, each in runs.items():
            show(name, size, each, direct)


def main() -> None:
    """Compile, start, measure, print."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=3, help="turns of each (default 3)")
    options.add_argument("--pipelining", action="store_true", help="MAIL, RCPT, DATA in one go")
    asked = options.parse_args()
    compiler = shutil.which("cc")
    if compiler is None or not GENERATOR.exists():
        raise SystemExit("needs a C compiler and ../shared/bench/smtpload.c: nothing is measured")
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="pratique-bench-")))
        program = folder / "smtpload"
        subprocess.run([compiler, "-O2", "-pthread", "-o", program, GENERATOR], check=True)
        write_messages(folder)
        sink = free_port()
        doors = {"direct": (sink, 0)}
        for name in ("asyncio", "uvloop"):
            if name == "uvloop" and importlib.util.find_spec("uvloop") is None:
                print("uvloop is not installed: left out")
                continue
            port, log = free_port(), folder / f"{name}.log"
            command = [sys.executable, str(HERE / "relay_door.py"), str(port), str(sink), str(log)]
            command += ["uvloop"] if name == "uvloop" else []
            pid = stack.enter_context(server(port, folder / f"{name}.out", *command))
            doors[name] = (port, pid)
        pipelining = ("-P",) if asked.pipelining else ()
        measure(Bench(program, folder, pipelining), doors, sink, asked.rounds)


if __name__ == "__main__":
    main()
