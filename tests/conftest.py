"""What all tests share: real parts that may be missing, a sink for mail, patience.

A *real part* is a piece of the world that a test needs and a machine may lack: a
kernel that confines, a Postfix.  `@pytest.mark.real("postfix")` says so.  Where the
part is missing the test skips and the closing table says why; with CI set nothing is
skipped, since a suite that is green because it did not look proves nothing.
"""

import contextlib
import ctypes
import json
import os
import runpy
import shutil
import socket
import socketserver
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

import pytest

from pratique.milter.quarantine.store import Quarantine
from pratique.milter.supervisor import control

ROOT = Path(__file__).resolve().parent.parent
EXIM = Path(sys.prefix, "exim/usr/sbin/exim4")
LANDLOCK_CREATE_RULESET, ASK_VERSION = 444, 1
UNMARKED = "took over 0.25 s, not marked slow"


def no_root() -> str:
    return "" if os.geteuid() == 0 else "only root may start it"


def no_confinement() -> str:
    if not Path("/proc/sys/kernel/seccomp/actions_avail").exists():
        return "the kernel has no seccomp"
    abi = ctypes.CDLL(None).syscall(LANDLOCK_CREATE_RULESET, None, 0, ASK_VERSION)
    return "" if abi >= 1 else "the kernel has no landlock"


def no_postfix() -> str:
    if not Path("/usr/lib/postfix/sbin/master").exists():
        return "Debian's package postfix is not installed"
    return no_root()


def no_strace() -> str:
    if not shutil.which("strace"):
        return "Debian's package strace is not installed"
    tried = subprocess.run(["strace", "-o", "/dev/null", "true"], check=False, capture_output=True)
    return "" if tried.returncode == 0 else "the kernel lets nobody be traced here"


def not_installed(command: str, package: str) -> Callable[[], str]:
    """A probe: the program that a package brings."""
    return lambda: "" if shutil.which(command) else f"Debian's package {package} is not installed"


def no_bubblewrap() -> str:
    tried = ["sh", "-c", "bwrap --unshare-user --unshare-all --ro-bind / / true"]
    return subprocess.run(tried, check=False, capture_output=True, text=True).stderr.strip()


# Part, what it is called on the command line, the package; what is the same stands once.
PACKAGED = """
    miltertest, docker-compose, systemd-analyze systemd, unar, tnef, openssl, chromium, 7z 7zz
    7zip, arj, binutils ar binutils, cpio, gcab, genisoimage, jlha jlha-utils, mtools mcopy
    mtools, qemu-img qemu-utils, zip, unzip, haproxy, clamd clamav-daemon, c-icap, dovecot
    dovecot-lmtpd, swaks, qpdf, ghostscript gs ghostscript, mutool mupdf-tools, groff,
    rsvg-convert librsvg2-bin, lnkinfo liblnk-utils, soffice libreoffice-calc-nogui, ssconvert
    gnumeric, rspamd, spamd, abiword, tiff2pdf libtiff-tools, podofo podofotxt2pdf libpodofo-utils
"""
# Each probe answers why its part is missing, or nothing.
PARTS: dict[str, Callable[[], str]] = {
    "kernel confinement": no_confinement,
    "postfix": no_postfix,
    "strace": no_strace,
    **{one[0]: not_installed(*(one * 2)[-2:]) for one in map(str.split, PACKAGED.split(","))},
    "bubblewrap": no_bubblewrap,
    "exim": lambda: "" if EXIM.exists() else "`tools/setup.sh test` has not unpacked it",
    "py-tlsh": lambda: "" if find_spec("tlsh") else "pratique[tlsh] is not installed",
    "root": no_root,
    "shared mail": lambda: "" if (ROOT.parent / "shared/worms").is_dir() else "no ../shared here",
}
FOUND: dict[str, str] = {}


def why_missing(part: str) -> str:
    if part not in PARTS:
        raise pytest.UsageError(f"no real part {part!r}; tests/conftest.py knows {sorted(PARTS)}")
    if part not in FOUND:
        FOUND[part] = PARTS[part]()
    return FOUND[part]


def pytest_runtest_setup(item: pytest.Item) -> None:
    parts = [part for marker in item.iter_markers("real") for part in marker.args]
    item.user_properties += [("real", part) for part in parts]
    for part in parts:
        if reason := why_missing(part):
            pytest.skip(f"{part}: {reason}")


def refuse_to_skip(report: pytest.TestReport | pytest.CollectReport) -> None:
    """With CI set, make a skip a failure."""
    if os.environ.get("CI") and report.skipped and not hasattr(report, "wasxfail"):
        why = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"{why}\nWith CI set a skipped test is a failure."


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    report = yield
    refuse_to_skip(report)
    if report.when == "call" and report.duration > 0.25 and not item.get_closest_marker("slow"):
        report.user_properties.append((UNMARKED, f"{report.duration:.2f} s {item.nodeid}"))
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Iterator[None]:
    report = yield
    refuse_to_skip(report)
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reports = [
        report
        for outcome in ("passed", "failed", "skipped")
        for report in terminalreporter.stats.get(outcome, [])
    ]
    said = {
        (report.nodeid, *told)
        for report in reports
        for told in getattr(report, "user_properties", ())
    }
    tests = Counter(value for _, key, value in said if key == "real")
    terminalreporter.section("real parts")
    for part, probe in PARTS.items():
        reason = FOUND.get(part) or ("" if part in FOUND else probe())
        state = f"missing: {reason}" if reason else "tried" if tests[part] else "there"
        terminalreporter.line(f"{part:20} {tests[part]:4} tests  {state}")
    for line in sorted((value for _, key, value in said if key == UNMARKED), reverse=True):
        terminalreporter.line(f"{UNMARKED}: {line}")


@pytest.fixture(scope="session")
def until() -> Callable[..., None]:
    """Wait until a condition holds; fail, and say what was awaited, if it never does."""

    def wait(condition: Callable[[], object], awaited: str, seconds: float = 20.0) -> None:
        deadline, tick = time.monotonic() + seconds, threading.Event()
        while not condition():
            if time.monotonic() > deadline:
                pytest.fail(f"after {seconds:g} s still no {awaited}")
            tick.wait(0.01)

    return wait


@pytest.fixture(scope="session")
def free_port() -> Callable[[], int]:
    """Find a port of 127.0.0.1 that nobody listens on."""
    found: Callable[[], int] = runpy.run_path(str(ROOT / "tests/ports.py"))["free_port"]
    return found


@dataclass(frozen=True, slots=True)
class Received:
    """A message that the sink took, dots unstuffed, and its envelope as it was said."""

    mail: str
    rcpt: tuple[str, ...]
    content: bytes


@dataclass(slots=True)
class Sink:
    """What a sink was told, and what it shall answer: `answers["RCPT"] = "550 5.1.1 no"`."""

    port: int = 0
    messages: list[Received] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)
    answers: dict[str, str] = field(default_factory=dict)


class SinkSession(socketserver.StreamRequestHandler):
    """One SMTP session.  Content ends at CRLF.CRLF and nowhere else (RFC 5321 4.1.1.4)."""

    def handle(self) -> None:
        sink: Sink = self.server.sink
        mail, rcpt = "", []
        self.say("220 sink.example ESMTP")
        while line := self.rfile.readline():
            command = line.decode("utf-8", "replace").strip()
            sink.commands.append(command)
            verb = command[:4].upper()
            answer = sink.answers.get(verb) or self.answer(verb)
            if verb == "MAIL":
                mail, rcpt = command, []
            elif verb == "RCPT" and answer.startswith("2"):
                rcpt.append(command)
            self.say(answer)
            if verb == "DATA" and answer.startswith("3"):
                self.take(mail, tuple(rcpt))
            if verb == "QUIT":
                return

    def answer(self, verb: str) -> str:
        offers = "PIPELINING", "SIZE 104857600", "8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES"
        greeting = "".join(f"250-{offer}\r\n" for offer in ("sink.example", *offers[:-1]))
        fixed = {
            "EHLO": greeting + f"250 {offers[-1]}",
            "DATA": "354 go on",
            "QUIT": "221 2.0.0 bye",
        }
        return fixed.get(verb, "250 2.0.0 ok")

    def take(self, mail: str, rcpt: tuple[str, ...]) -> None:
        sink, lines, previous = self.server.sink, [], b"\r\n"
        while (line := self.rfile.readline()) != b".\r\n" or not previous.endswith(b"\r\n"):
            if not line:
                return
            starts = previous.endswith(b"\r\n")
            lines.append(line[1:] if starts and line.startswith(b".") else line)
            previous = line
        answer = sink.answers.get(".", "250 2.0.0 taken")
        if answer.startswith("2"):
            sink.messages.append(Received(mail, rcpt, b"".join(lines)))
        self.say(answer)

    def say(self, answer: str) -> None:
        self.wfile.write(answer.encode() + b"\r\n")


class SinkServer(socketserver.ThreadingTCPServer):
    """Listens on a free port of 127.0.0.1, one thread a session."""

    daemon_threads, allow_reuse_address = True, True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), SinkSession)
        self.sink = Sink(self.server_address[1])

    def handle_error(self, *_: object) -> None:
        """Stay silent when a peer is gone: tests kill peers on purpose."""


def open_sink() -> Iterator[Sink]:
    """Take all mail on a port of 127.0.0.1 and keep it for the test to look at."""
    with SinkServer() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server.sink
        server.shutdown()
        thread.join()


sink = pytest.fixture(open_sink)
# The same for all tests of a file.
lasting_sink = pytest.fixture(open_sink, scope="module")


def accepts(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture(scope="session")
def listens() -> Callable[[int], bool]:
    """Tell whether something listens on a port of 127.0.0.1."""
    return accepts


class Service:
    """A `pratique serve` of its own: configuration, state and log in a folder."""

    def __init__(self, folder: Path, port: int, until: Callable[..., None]) -> None:
        self.folder, self.port, self.until = folder, port, until
        self.state = folder / "state"
        self.config = folder / "pratique.toml"
        self.running: subprocess.Popen[bytes] | None = None
        self.configure()

    def configure(self, listener: str = "", rest: str = "") -> None:
        """Write the configuration: lines for the listener, and whole sections."""
        self.config.write_text(
            f'state = "{self.state}"\n[[listener]]\nreply = "sender"\n'
            f'address = "127.0.0.1:{self.port}"\nhostname = "filter.example"\n{listener}\n{rest}\n'
        )

    def start(self) -> None:
        """Start, and wait until it serves: its socket is open before, so that none is refused."""
        with (self.folder / "log").open("ab") as log:
            self.running = subprocess.Popen(
                [PRATIQUE, "--config", self.config, "serve"], stderr=log, start_new_session=True
            )
        self.until(lambda: self.ended() or control.answers(self.state), "service", 60)
        assert not self.ended(), self.log()

    def ended(self) -> bool:
        """Tell whether it ended by itself."""
        return self.running is not None and self.running.poll() is not None

    def stop(self) -> int:
        """Tell it to stop; gives its exit status."""
        assert self.running is not None
        self.running.terminate()
        return self.running.wait(60)

    def pids(self) -> dict[str, list[int]]:
        """The processes that live now: supervisor, doors, milters, nurseries, workers."""
        assert self.running is not None
        found: dict[str, list[int]] = {"supervisor": [self.running.pid], "worker": []}
        for pid in children(self.running.pid):
            kind = kind_of(pid)
            found.setdefault(kind, []).append(pid)
            if kind == "nursery":
                found["worker"] += children(pid)
        return {"door": [], "milter": [], "nursery": [], **found}

    def log(self) -> str:
        """All that it has logged."""
        return (self.folder / "log").read_text()

    def messages(self) -> list[dict[str, object]]:
        """The lines that messages ended in."""
        lines = (json.loads(line) for line in self.log().splitlines() if line.startswith("{"))
        return [line for line in lines if line["event"] == "message"]

    def delivered(self) -> list[bytes]:
        """What lies in the Maildir."""
        return [file.read_bytes() for file in sorted((self.state / "maildir/new").glob("*"))]

    def run(self, *arguments: str, status: int = 0) -> str:
        """Run another command with the same configuration."""
        done = subprocess.run(
            [PRATIQUE, "--config", self.config, *arguments],
            check=False,
            capture_output=True,
            text=True,
        )
        assert done.returncode == status, done.stdout + done.stderr
        return done.stdout

    def held(self) -> list[dict[str, object]]:
        """What the quarantine lists (the library's answer: the command takes a second)."""
        with contextlib.closing(Quarantine(self.state / "quarantine")) as quarantine:
            return [message.to_json() for message in quarantine.messages()]


PRATIQUE = str(Path(sys.executable).with_name("pratique"))


def children(pid: int) -> list[int]:
    """The processes that a process has started."""
    try:
        return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except FileNotFoundError:
        return []


def kind_of(pid: int) -> str:
    """What a process of ours is, by its command line."""
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0")
    except FileNotFoundError:
        return "gone"
    if "pratique.scanners.nursery" in words:
        return "nursery"
    return "milter" if "milter" in words else "door"


def make_service(
    tmp_path_factory: pytest.TempPathFactory,
    free_port: Callable[[], int],
    until: Callable[..., None],
) -> Iterator[Service]:
    """Give a Pratique that is configured but not started; stop it at the end."""
    made = Service(tmp_path_factory.mktemp("service"), free_port(), until)
    yield made
    if made.running is not None and not made.ended():
        made.stop()


service = pytest.fixture(make_service)
lasting_service = pytest.fixture(make_service, scope="module")
