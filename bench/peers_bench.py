"""Have all peers, one Postfix and one clamd running, and bring mail through one of them.

Everything lies in one folder in memory (/dev/shm) and listens on 127.0.0.1 or on a unix
socket in that folder.  A peer that does not start, or ends, is left out and named; the
others go on.
"""

import json
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from peers import clamd, mails, postfix
from peers.mails import Kind
from peers.peer import Peer, Place
from peers.running import NotStartedError, Running, listens, listens_at
from servers import free_port

HERE = Path(__file__).parent
STEP, LOOKS = 0.25, 4  # seconds between two looks at memory, looks at the same processes
DRAIN = 6.0  # seconds without an arrival after which a mail is lost
SETTLED, QUIET = 90.0, 2.0  # seconds to wait at most, and without work in a row
LONGEST = 60.0  # seconds after the last mail was begun until a run is given up


@dataclass(frozen=True, slots=True)
class Load:
    """One run: what is sent, and how."""

    mail: Path
    kind: Kind
    seconds: float
    most: int
    connections: int = 0  # 0: as the kind says
    rate: float = 0.0  # mails a second; 0: as many as are taken


class Peak:
    """Watch the memory of a server while a block runs."""

    def __init__(self, server: Running) -> None:
        self.server, self.octets = server, 0
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def _watch(self) -> None:
        looks, pids = 0, set[int]()
        while not self._end.wait(STEP):
            # Whose child is whose is asked of all processes of the machine: not each time.
            pids = self.server.pids() if looks % LOOKS == 0 else pids
            self.octets = max(self.octets, self.server.pss(pids))
            looks += 1

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join()


class Bench:
    """All servers.  `peers` are those that run."""

    def __init__(self, peers: list[Peer]) -> None:
        self.wanted = peers
        self.ends = ExitStack()
        self.peers: dict[str, Peer] = {}
        self.left_out: dict[str, str] = {}
        self.servers: dict[str, Running] = {}
        self.ports: dict[str, int] = {}
        self._milters: dict[int, str] = {}
        self.sink, self.runs = free_port(), 0

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            made = tempfile.mkdtemp(prefix="pratique-bench-", dir="/dev/shm")
            self.folder = Path(made)
            stack.callback(shutil.rmtree, made, ignore_errors=True)
            self.folder.chmod(0o755)
            (self.folder / "logs").mkdir()
            stack.callback(self._stop)
            self._start()
            self.ends = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self.ends.close()

    def _stop(self) -> None:
        for server in reversed(self.servers.values()):
            server.stop()

    def _start(self) -> None:
        self.load = self.folder / "load"
        compiler = ("gcc", "-O2", "-pthread", "-o", str(self.load), str(HERE / "peers/load.c"))
        subprocess.run(compiler, check=True)
        self.nameserver = free_port()
        answers = (sys.executable, str(HERE / "peers/nameserver.py"), str(self.nameserver))
        self.servers["nameserver"] = Running("nameserver", self.folder / "logs")
        self.servers["nameserver"].start([answers], lambda: True)
        self.clamd(cache=True)
        for peer in self.wanted:
            self._start_peer(peer)
        self._start_postfix()

    def clamd(self, *, cache: bool) -> None:
        """Start clamd, or start it anew: it has seen nothing then."""
        if "clamd" in self.servers:
            self.servers["clamd"].stop()
        else:
            self.servers["clamd"] = Running("clamd", self.folder / "logs")
        command = clamd.prepare(self.folder / "clamd", self.clamd_socket, cache=cache)
        self.servers["clamd"].start([command], lambda: listens_at(self.clamd_socket))

    @property
    def clamd_socket(self) -> Path:
        """Where clamd listens."""
        return self.folder / "clamd.sock"

    def _start_peer(self, peer: Peer) -> None:
        if why := peer.missing():
            self.left_out[peer.name] = why
            return
        folder = self.folder / peer.name
        folder.mkdir(mode=0o755)
        place = Place(folder, free_port(), self.sink, self.clamd_socket, self.nameserver)
        print(f"starting {peer.name}", file=sys.stderr, flush=True)
        server = Running(peer.name, self.folder / "logs")
        ready = {
            "unix": lambda: listens_at(place.socket),
            "none": lambda: True,
        }.get(peer.entry, lambda: listens(place.port))
        try:
            server.start(peer.prepare(place), ready)
        except (NotStartedError, OSError, LookupError, StopIteration) as why_not:
            self.left_out[peer.name] = str(why_not) or type(why_not).__name__
            return
        if peer.entry == "unix":
            place.socket.chmod(0o777)
        self.servers[peer.name], self.peers[peer.name] = server, peer
        self.ports[peer.name] = place.port if peer.entry == "smtp" else free_port()
        self._milters[self.ports[peer.name]] = peer.milter(place)

    def _start_postfix(self) -> None:
        before = {
            self.ports[name]: self._milters[self.ports[name]]
            for name, peer in self.peers.items()
            if peer.entry != "smtp"
        }
        command = postfix.prepare(self.folder / "postfix", self.sink, before)
        self.servers["postfix"] = Running("postfix", self.folder / "logs")
        self.servers["postfix"].start([command], lambda: all(map(listens, before)))

    def settle(self) -> None:
        """Wait until nobody works any more: rspamd compiles its patterns after its start."""
        print("waiting until nobody works any more", file=sys.stderr, flush=True)
        deadline = time.monotonic() + SETTLED
        spent = quiet = 0.0
        while quiet < QUIET and time.monotonic() < deadline:
            time.sleep(0.5)
            now = sum(server.spent() for server in self.servers.values())
            quiet = quiet + 0.5 if now - spent < 0.05 else 0.0
            spent = now

    def charged(self, name: str) -> dict[str, Running]:
        """Whose time of processor a mail through this peer costs."""
        charged = {"filter": self.servers[name], "clamd": self.servers["clamd"]}
        if self.peers[name].entry != "smtp":
            charged["postfix"] = self.servers["postfix"]
        return charged

    def run(self, name: str, load: Load) -> dict[str, object]:
        """Bring mail through one peer; what came of it, and what it cost."""
        self.runs += 1
        charged = self.charged(name)
        idle = self.servers[name].pss()
        before = {who: server.spent() for who, server in charged.items()}
        command = self._command(name, load)
        limit = load.seconds + LONGEST
        try:
            with Peak(self.servers[name]) as peak:
                done = subprocess.run(
                    command, check=True, capture_output=True, text=True, timeout=limit
                )
            result: dict[str, object] = json.loads(done.stdout)
        except (subprocess.SubprocessError, ValueError) as why:
            # One that hangs would take the time of all others.
            self._leave_out(name, f"a run failed ({type(why).__name__})")
            return {"error": f"{type(why).__name__}: {self.servers[name].said()[-200:]}"}
        spent = {who: server.spent() - before[who] for who, server in charged.items()}
        result["cpu_seconds"] = {who: round(seconds, 4) for who, seconds in spent.items()}
        result["pss_idle"], result["pss_peak"] = idle, max(idle, peak.octets)
        if not self.servers[name].alive():
            self._leave_out(name, "it has ended")
            result["error"] = self.left_out[name]
        return result

    def _leave_out(self, name: str, why: str) -> None:
        self.left_out[name] = f"{why}: {self.servers[name].said()}"
        self.peers.pop(name, None)

    def _command(self, name: str, load: Load) -> list[str]:
        words = {
            "-p": self.ports[name],
            "-s": self.sink,
            "-d": load.mail,
            "-x": f"run{self.runs}",
            "-c": load.connections or load.kind.connections,
            "-m": load.kind.per_connection,
            "-n": load.most,
            "-t": load.seconds,
            "-r": load.rate,
            "-w": DRAIN,
        }
        return [str(self.load), *(str(each) for pair in words.items() for each in pair)]

    def write(self, names: list[str], part: str) -> dict[str, Path]:
        """Write mail of some kinds, in place of what lay there before; where each lies."""
        shutil.rmtree(self.folder / "mail", ignore_errors=True)
        mails.write(self.folder / "mail", names, part)
        return {name: self.folder / "mail" / f"{name}-{part}" for name in names}
