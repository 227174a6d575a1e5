"""Measure our milter beside one that does nothing, in turns, and print the medians.

Three ways: `empty`, a stock pymilter that accepts; `door`, our door before something that
accepts unseen; `pratique`, the whole service with its default policy, as `pratique serve`
with a [[milter]] section runs it.  (No file here may be called milter.py: Python would
take it for the module of pymilter.)
"""

import argparse
import asyncio
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import messages
from load import Run
from milter_load import bring_all

HERE = Path(__file__).parent
START = 30.0  # seconds that a server may take until it listens
# Messages at one and at sixteen connections; the whole service gets a tenth.
COUNTS = {1: 2_000, 16: 4_000}
CONFIG = """
state = "{state}"

[[milter]]
reply = "sender"
socket = "unix:{path}"
"""


def _listens(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        return path.exists() and probe.connect_ex(str(path)) == 0


@contextmanager
def _server(path: Path, command: list[str]) -> Iterator[bool]:
    """Run a server until the block ends; False: it does not listen, and said why."""
    log = path.with_suffix(".log")
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output)
    try:
        deadline = time.monotonic() + START
        while not _listens(path) and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.05)
        there = _listens(path)
        if not there:
            print(f"{path.stem} does not listen: {log.read_text()[-300:]}")
        yield there
    finally:
        process.terminate()
        process.wait(START)


def in_turns(paths: dict[str, Path], connections: int, rounds: int) -> dict[str, list[Run]]:
    """Bring the same messages to each, in turns, several times."""
    runs: dict[str, list[Run]] = {name: [] for name in paths}
    for turn in range(-1, rounds):
        for name in sorted(paths, reverse=bool(turn % 2)):
            count = COUNTS[connections] // (10 if name == "pratique" else 1)
            content = [messages.text(number) for number in range(count)]
            run = asyncio.run(bring_all(str(paths[name]), content, connections))
            if turn >= 0:  # the first one warms up
                runs[name].append(run)
    return runs


def show(connections: int, runs: dict[str, list[Run]]) -> None:
    """Print rate, percentiles and the part of the empty milter's rate that is reached."""
    most = statistics.median(run.rate for run in runs["empty"])
    for name, each in runs.items():
        rate = statistics.median(run.rate for run in each)
        half, high = (
            statistics.median(run.percentile(share) for run in each) for share in (0.5, 0.99)
        )
        print(f"{connections:11}  {name:10}{rate:12.0f}{half:9.2f}{high:9.2f}{rate / most:8.2f}")


def main() -> None:
    """Start the three, measure, print."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=5, help="turns of each (default 5)")
    rounds = options.parse_args().rounds
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="pratique-bench-")))
        paths = {name: folder / f"{name}.sock" for name in ("empty", "door", "pratique")}
        config = folder / "pratique.toml"
        config.write_text(CONFIG.format(state=folder / "state", path=paths["pratique"]))
        peer = [sys.executable, str(HERE / "milter_peer.py")]
        service = str(Path(sys.executable).with_name("pratique"))
        commands = {name: [*peer, name, str(path)] for name, path in paths.items()}
        commands["pratique"] = [service, "--config", str(config), "serve"]
        there = {
            name: path
            for name, path in paths.items()
            if stack.enter_context(_server(path, commands[name]))
        }
        head = f"{'through':10}{'messages/s':>12}{'p50 ms':>9}{'p99 ms':>9}{'ratio':>8}"
        print(f"connections  {head}")
        for connections in COUNTS:
            show(connections, in_turns(there, connections, rounds))


if __name__ == "__main__":
    main()
