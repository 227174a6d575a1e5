"""Start the three servers of the benchmark on ports of 127.0.0.1, and stop them."""

import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
START = 30.0  # seconds that a server may take until it listens
CONFIG = """
state = "{state}"

[[listener]]
address = "127.0.0.1:{port}"
reply = "sender"
relay_from = ["127.0.0.0/8"]

[next_hop]
kind = "smtp"
address = "127.0.0.1:{sink}"
"""


@dataclass(frozen=True, slots=True)
class Servers:
    """Where they listen, and the process of Pratique."""

    pratique: int
    relay: int
    sink: int
    pid: int


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def server(port: int, log: Path, *command: str) -> Iterator[int]:
    """Run a server until the block ends; its process id, once it listens."""
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output)
    try:
        deadline = time.monotonic() + START
        while not _listens(port):
            if process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(f"{command[0]} does not listen:\n{log.read_text()}")
            time.sleep(0.05)
        yield process.pid
    finally:
        process.terminate()
        process.wait(START)


@contextmanager
def servers() -> Iterator[Servers]:
    """All three, with state in a temporary folder."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="pratique-bench-")))
        pratique, relay, sink = (free_port() for _ in range(3))
        config = folder / "pratique.toml"
        config.write_text(CONFIG.format(state=folder / "state", port=pratique, sink=sink))
        run = sys.executable
        program = str(Path(run).with_name("pratique"))
        for port, *command in (
            (sink, run, str(HERE / "sink.py"), str(sink)),
            (relay, run, str(HERE / "relay.py"), str(relay), str(sink)),
            (pratique, program, "--config", str(config), "serve"),
        ):
            pid = stack.enter_context(server(port, folder / f"{port}.log", *command))
        yield Servers(pratique, relay, sink, pid)
