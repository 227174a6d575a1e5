"""Run the processes of one server, and count what they use of processors and memory."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import memory
from peers.peer import Command

START, END = 180.0, 10.0  # seconds to listen (rspamd compiles its patterns first), and to end
TICKS = os.sysconf("SC_CLK_TCK")
USER_TIME, LAST_TIME = 11, 15  # of /proc/PID/stat, counted behind the name (proc(5))


class NotStartedError(Exception):
    """A server does not listen; says why, with the end of its log."""


def listens(port: int) -> bool:
    """Whether somebody listens on a port of 127.0.0.1."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def listens_at(path: Path) -> bool:
    """Whether somebody listens on a unix socket."""
    with socket.socket(socket.AF_UNIX) as probe:
        return path.exists() and probe.connect_ex(str(path)) == 0


def spent_by(pid: int) -> float:
    """Seconds of processor of a process, and of those of its children that have ended."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return sum(map(int, fields[USER_TIME:LAST_TIME])) / TICKS


def _pss(pid: int) -> int:
    """Octets of memory that a process accounts for, its part of shared pages included."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))


class Running:
    """The processes of one server, from the first command on."""

    def __init__(self, name: str, folder: Path) -> None:
        self.name, self.log = name, folder / f"{name}.log"
        self.started: list[subprocess.Popen[bytes]] = []

    def start(self, commands: Iterable[Command], ready: Callable[[], bool]) -> None:
        """Start all commands, and wait until the server is ready."""
        for command in commands:
            with self.log.open("ab") as output:
                self.started.append(
                    subprocess.Popen(
                        command,
                        stdin=subprocess.DEVNULL,
                        stdout=output,
                        stderr=output,
                        start_new_session=True,
                    )
                )
        deadline = time.monotonic() + START
        while not ready():
            if not self.alive() or time.monotonic() > deadline:
                self.stop()
                raise NotStartedError(f"{self.name} does not start: {self.said()}")
            time.sleep(0.05)

    def alive(self) -> bool:
        """Whether all that was started still runs."""
        return all(each.poll() is None for each in self.started)

    def said(self) -> str:
        """The end of its log."""
        log = self.log.read_text(errors="replace") if self.log.exists() else ""
        return log[-600:].strip()

    def pids(self) -> set[int]:
        """All its processes."""
        return {pid for each in self.started for pid in memory.tree(each.pid)}

    def spent(self) -> float:
        """Seconds of processor so far, of all its processes, ended ones too."""
        return sum(map(spent_by, self.pids()))

    def pss(self, pids: Iterable[int] | None = None) -> int:
        """Octets of memory now, each shared page once; of these processes, if they are known."""
        return sum(map(_pss, self.pids() if pids is None else pids))

    def stop(self) -> None:
        """End what was started here, gently first; the last one first."""
        left = self.pids()
        for each in reversed(self.started):
            each.terminate()
        deadline = time.monotonic() + END
        for each in self.started:
            try:
                each.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                _kill_group(each.pid)
                each.wait()
        for pid in left - {each.pid for each in self.started}:
            _wait_or_kill(pid, deadline)
        self.started.clear()


def _kill_group(pid: int) -> None:
    try:
        os.killpg(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def _wait_or_kill(pid: int, deadline: float) -> None:
    """See a process of ours end that its parent should have ended."""
    while Path(f"/proc/{pid}").exists():
        if time.monotonic() > deadline:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                return
        time.sleep(0.02)
