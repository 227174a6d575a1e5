"""Show what asking each engine takes: our own CPU, and the time until its answer.

    python bench/engine_costs.py [--quick] [--write]

Each engine that is installed here is started with a configuration of its own, on a socket of
its own, and asked one question after the other; nothing is remembered between them.  The CPU
is that of this process, so of the engine itself only the time that it took is told.  `true`
stands for any command, and a few lines of Python for any service: what they cost is
Pratique's own share.  `--write` puts the table into docs/costs.md.
"""

import argparse
import asyncio
import contextlib
import importlib.util
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import costs_page
import scanner_mails
from peers import clamd, rspamd
from peers.peer import Place
from peers.running import NotStartedError, Running, listens, listens_at
from servers import free_port

from pratique.milter.config import parse
from pratique.milter.content import content_of
from pratique.milter.engines import ENGINES
from pratique.milter.engines.engine import Engine
from pratique.milter.mail import Client, Envelope, Forward

TESTS = Path(__file__).resolve().parents[1] / "tests"
COUNT, QUICK = 40, 3
SECONDS = 30.0
SIZES = {"4 KB": "4 KB of text", "130 KB": "PDF of 100 KB"}
# Answers every POST, as docs/engines.md tells.
SERVICE = """
import http.server, sys
class Answer(http.server.BaseHTTPRequestHandler):
    protocol_version, wbufsize = "HTTP/1.1", -1
    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        said = b'{"findings": []}'
        self.send_response(200)
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)
    def log_message(self, *_):
        pass
http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Answer).serve_forever()
"""


class AwayError(Exception):
    """An engine that cannot be measured here, and why."""


@dataclass(frozen=True, slots=True)
class Rooms:
    """Where an engine is set up, and what ends it."""

    folder: Path
    ends: ExitStack

    def run(self, name: str, command: Sequence[str], ready: Callable[[], bool]) -> None:
        """Start it, and wait until it is ready.  Raises AwayError."""
        if not shutil.which(command[0]):
            raise AwayError(f"{command[0]} is not installed")
        running = Running(name, self.folder)
        self.ends.callback(running.stop)
        try:
            running.start([tuple(command)], ready)
        except NotStartedError as error:
            raise AwayError(str(error)) from error

    def own(self, name: str) -> Path:
        """A folder that engines with users of their own reach."""
        made = self.folder / name
        made.mkdir(exist_ok=True)
        made.chmod(0o755)
        return made


def _clamd(rooms: Rooms) -> Path:
    """A clamd, started once: c-icap asks the same."""
    path = rooms.folder / "clamd.sock"
    if not path.exists():
        command = clamd.prepare(rooms.own("clamd"), path, cache=False)
        rooms.run("clamd", command, lambda: listens_at(path))
    return path


def _clamav(rooms: Rooms) -> str:
    return f'[clamav]\nsocket = "unix:{_clamd(rooms)}"\n'


def _tests_module(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, TESTS / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


def _icap(rooms: Rooms) -> str:
    made = _tests_module("icap_process")
    if not shutil.which("c-icap") or not (made.MODULES / "virus_scan.so").exists():
        raise AwayError("c-icap and its module virus_scan are not installed")
    server = made.IcapProcess(None, free_port(), _clamd(rooms))
    rooms.ends.callback(shutil.rmtree, server.folder, ignore_errors=True)
    command = ["c-icap", "-N", "-f", str(server.configuration)]
    rooms.run("c-icap", command, lambda: listens(server.port))
    return f'[[icap]]\nname = "icap"\nurl = "{server.url("avscan")}"\npassed = "clean"\n'


def _command(_rooms: Rooms) -> str:
    if not shutil.which("bwrap"):
        raise AwayError("bubblewrap is not installed")
    return '[[command]]\nname = "true"\nargv = ["/usr/bin/true"]\n'


def _http(rooms: Rooms) -> str:
    port = free_port()
    command = [sys.executable, "-c", SERVICE, str(port)]
    rooms.run("service", command, lambda: listens(port))
    return f'[[http]]\nname = "own"\nurl = "http://127.0.0.1:{port}/scan"\n'


def _rspamd(rooms: Rooms) -> str:
    if not shutil.which("rspamd"):
        raise AwayError("rspamd is not installed")
    port, nameserver = free_port(), free_port()
    place = Place(rooms.own("rspamd"), 0, 0, rooms.folder / "nobody", nameserver)
    (command,) = rspamd.prepare(place)
    local = place.folder / "local.d"
    worker = f'enabled = true;\nbind_socket = "127.0.0.1:{port}";\ncount = 1;\n'
    (local / "worker-normal.inc").write_text(worker)
    (local / "worker-proxy.inc").write_text("enabled = false;\n")
    (local / "antivirus.conf").write_text("enabled = false;\n")
    rooms.run("rspamd", command, lambda: listens(port))
    return f'[rspamd]\naddress = "127.0.0.1:{port}"\n'


def _spamassassin(rooms: Rooms) -> str:
    port = free_port()
    # -L: it asks nobody else; -x: no preferences of users.
    words = f"spamd -L -x -i 127.0.0.1 -p {port} --max-children 2 -H {rooms.own('spamd')}"
    rooms.run("spamd", words.split(), lambda: listens(port))
    return f'[spamassassin]\naddress = "127.0.0.1:{port}"\n'


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of engine: how it is called in the table, and what starts one and configures it."""

    title: str
    start: Callable[[Rooms], str]


# By what makes engines of the kind of the settings.
KINDS: dict[str, Kind] = {
    "clamav_of": Kind("clamd, three signatures, its cache off", _clamav),
    "icap_of": Kind("c-icap before that clamd", _icap),
    "commands_of": Kind("command: `true` in bubblewrap", _command),
    "http_of": Kind("HTTP: a service of a few lines", _http),
    "rspamd_of": Kind("rspamd, without network", _rspamd),
    "spamassassin_of": Kind("spamd, without network", _spamassassin),
}


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one question: microseconds of our CPU, milliseconds until it was answered."""

    own: float
    elapsed: float


async def _asked(engine: Engine, octets: bytes) -> float:
    """Milliseconds until it has answered.  Raises AwayError."""
    loop = asyncio.get_running_loop()
    with contextlib.closing(content_of([octets])) as content:
        begun = loop.time()
        question = engine.ask(content, "", begun + SECONDS, envelope())
        said = await question.said()
        taken = (loop.time() - begun) * 1000
        await question.drop()
    if said.failure:
        raise AwayError(f"{said.failure}: {said.detail}")
    return taken


def envelope() -> Envelope:
    """Of any mail."""
    return Envelope(
        queue_id="1K0VFZX00000001",
        received_at=scanner_mails.DAY,
        reverse_path="ann@bench.example",
        recipients=(Forward("bob@sink.example"),),
        client=Client("192.0.2.1", "mx.bench.example", "mx.bench.example"),
        door="bench",
    )


async def _cost(engine: Engine, mails: Sequence[bytes]) -> Cost:
    """What a question costs; the first ones only warm up."""
    for octets in mails[:QUICK]:
        await _asked(engine, octets)
    own, elapsed = [], []
    for octets in mails[QUICK:]:
        begun = time.process_time_ns()
        elapsed.append(await _asked(engine, octets))
        own.append((time.process_time_ns() - begun) / 1000)
    return Cost(statistics.median(own), statistics.median(elapsed))


async def measured(text: str, count: int) -> list[Cost]:
    """What an engine of these settings costs, at each size."""
    settings = parse(text, "bench.toml")
    (engine,) = [one for made in ENGINES for one in made(settings)]
    said = await engine.start()
    try:
        return [
            await _cost(engine, scanner_mails.made(kind, QUICK + count)) for kind in SIZES.values()
        ]
    except AwayError as error:
        raise AwayError(f"{error} ({said})") from error
    finally:
        engine.close()


@contextmanager
def rooms() -> Iterator[Rooms]:
    """Room for engines, and the end of all that was started there."""
    with ExitStack() as ends:
        folder = ends.enter_context(tempfile.TemporaryDirectory(prefix="pratique-bench-"))
        Path(folder).chmod(0o755)
        yield Rooms(Path(folder), ends)


def measure(count: int) -> dict[str, list[Cost] | str]:
    """The costs of each kind of engine, or why there are none."""
    found: dict[str, list[Cost] | str] = {}
    with rooms() as made:
        for name, kind in KINDS.items():
            try:
                found[name] = asyncio.run(measured(kind.start(made), count))
            except AwayError as error:
                found[name] = str(error)
    return found


def told(figures: dict[str, list[Cost] | str]) -> str:
    """The table for the page."""
    titles = [f"our CPU, {size}, µs" for size in SIZES]
    titles += [f"answered after, {size}, ms" for size in SIZES]
    rows = []
    for name, kind in KINDS.items():
        costs = figures[name]
        if isinstance(costs, str):
            print(f"{kind.title}: {costs}", file=sys.stderr)
            cells = ["not tried"] * len(titles)
        else:
            cells = [costs_page.number(one.own) for one in costs]
            cells += [costs_page.number(one.elapsed) for one in costs]
        rows.append([kind.title, *cells])
    return f"{costs_page.machine()}\n\n{costs_page.table(['engine', *titles], rows)}"


def main() -> None:
    """Measure, and print or write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="few questions: to see that it works")
    parser.add_argument("--write", action="store_true", help="into docs/costs.md")
    given = parser.parse_args()
    text = told(measure(QUICK if given.quick else COUNT))
    print(text)
    if given.write:
        costs_page.write("engines", text)


if __name__ == "__main__":
    main()
