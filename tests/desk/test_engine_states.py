"""Every engine slow, dead, lying, restarting: a fact in time, and no message is lost.

All engines that speak over a socket are real, and asked by one service; between it and each
of them stands who can hold answers back, refuse, lie, or end a connection.  What a command
may do wrong is in tests/milter/engines/test_command.py: it is started for each question.
"""

import contextlib
import http.server
import runpy
import smtplib
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

TESTS = Path(__file__).parent.parent
CLAMD = SimpleNamespace(**runpy.run_path(str(TESTS / "clamd_process.py")))
ICAP = SimpleNamespace(**runpy.run_path(str(TESTS / "icap_process.py")))
SPAM = SimpleNamespace(**runpy.run_path(str(TESTS / "spam_filter_processes.py")))

pytestmark = [
    pytest.mark.slow,
    pytest.mark.real("clamd", "c-icap", "rspamd", "spamd", "kernel confinement"),
]

# What an engine is given, and what a message may take with one that is slow.
SECONDS, DEADLINE = 4, 20.0
NAMES = ["clamav", "icap", "own", "rspamd", "spamassassin"]
# What is said of the message: it is held for what goes wrong over it, and comes again where
# nobody was to be asked.
REPLIES = {"slow": 250, "dead": 451, "lying": 250, "restarting": 250}
RULES = {
    "slow": "our own failure",
    "dead": "an engine is away",
    "lying": "our own failure",
    # It is asked once more.
    "restarting": "all other mail",
}
NONSENSE = b"\0\xff9999 what nobody says\r\n\r\n" + bytes(64)


class Between:
    """Stands before an engine, on a port of its own; `state` says how the engine is."""

    def __init__(self, port: int, engine: tuple[str, int] | str) -> None:
        self.port, self.engine, self.state = port, engine, "well"
        self._open: list[socket.socket] = []
        self._listener: socket.socket | None = None
        self.begin("well")

    def begin(self, state: str) -> None:
        """Be in that state; whoever was connected is no more."""
        self.state = state
        self.close()
        if state != "dead":
            self._listener = socket.create_server(("127.0.0.1", self.port))
            threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def close(self) -> None:
        """Close all: nobody listens."""
        closing, self._open = [*self._open, self._listener], []
        for each in filter(None, closing):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()
        self._listener = None

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            self._open.append(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError):
            if self.state == "well":
                self._pipe(connection)
            elif self.state == "slow":
                while connection.recv(65536):
                    pass
            elif self.state == "lying":
                connection.recv(65536)
                connection.sendall(NONSENSE)
                connection.shutdown(socket.SHUT_WR)
            elif self.state == "restarting":
                # It ends with the question; whoever comes next finds it as it was.
                self.state = "well"
                connection.recv(65536)
                connection.shutdown(socket.SHUT_RDWR)

    def _pipe(self, connection: socket.socket) -> None:
        family = socket.AF_INET if isinstance(self.engine, tuple) else socket.AF_UNIX
        server = socket.socket(family)
        server.connect(self.engine)
        self._open.append(server)
        threading.Thread(target=self._forth, args=(server, connection), daemon=True).start()
        self._forth(connection, server)

    @staticmethod
    def _forth(source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while octets := source.recv(65536):
                target.sendall(octets)
        with contextlib.suppress(OSError):
            target.shutdown(socket.SHUT_WR)


class Answer(http.server.BaseHTTPRequestHandler):
    """Finds nothing, in JSON."""

    protocol_version, wbufsize = "HTTP/1.1", -1

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", "16")
        self.end_headers()
        self.wfile.write(b'{"findings": []}')

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextlib.contextmanager
def own_service() -> Iterator[int]:
    """A service of somebody's own, by its port."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


@pytest.fixture(scope="module")
def engines(until, free_port, listens) -> Iterator[dict[str, Between]]:
    with contextlib.ExitStack() as ends:
        clamd = CLAMD.ClamdProcess(until)
        ends.callback(clamd.close)
        clamd.folder.chmod(0o755)
        clamd.start()
        icap = ICAP.IcapProcess(until, free_port(), clamd.socket)
        rspamd, spamd = (one(until, free_port()) for one in (SPAM.RspamdProcess, SPAM.SpamdProcess))
        for server in (icap, rspamd, spamd):
            ends.callback(server.close)
            server.start(listens)
        ports = {"icap": icap.port, "rspamd": rspamd.port, "spamassassin": spamd.port}
        ports["own"] = ends.enter_context(own_service())
        there = {name: ("127.0.0.1", port) for name, port in ports.items()}
        made = {name: Between(free_port(), there.get(name, str(clamd.socket))) for name in NAMES}
        for each in made.values():
            ends.callback(each.close)
        yield made


@pytest.fixture(scope="module")
def running(engines, lasting_service):
    at = {name: f"127.0.0.1:{each.port}" for name, each in engines.items()}
    lasting_service.configure(
        rest=f"""
[clamav]
socket = "inet:{at["clamav"]}"
send = "stream"
seconds = {SECONDS}
[[icap]]
name = "icap"
url = "icap://{at["icap"]}/avscan"
seconds = {SECONDS}
[[http]]
name = "own"
url = "http://{at["own"]}/scan"
seconds = {SECONDS}
self_test = false
[rspamd]
address = "{at["rspamd"]}"
seconds = {SECONDS}
[spamassassin]
address = "{at["spamassassin"]}"
seconds = {SECONDS}
"""
    )
    lasting_service.start()
    return lasting_service


class Sender:
    """Sends mail to a service, each one another, and knows of each what was said."""

    def __init__(self, service) -> None:
        self.service = service
        self.client = smtplib.SMTP("127.0.0.1", service.port, timeout=60)
        self.client.ehlo("client.example")
        self.replies: dict[str, int] = {}

    def send(self) -> tuple[int, str, float]:
        """The reply to a mail, the rule that decided, and the seconds until then."""
        name, begun = f"mail-{len(self.replies):03}", time.monotonic()
        self.client.mail("ann@sender.example")
        self.client.rcpt("bob@corp.example")
        text = f"From: ann@sender.example\r\nSubject: {name}\r\n\r\nLunch at {name}?\r\n"
        code = self.replies[name] = self.client.data(text.encode())[0]
        return code, str(self.service.messages()[-1]["rule"]), time.monotonic() - begun

    def delivers(self) -> bool:
        """Tell whether the next one is delivered."""
        return self.send()[:2] == (250, "all other mail")


@pytest.fixture(scope="module")
def sender(running) -> Iterator[Sender]:
    made = Sender(running)
    yield made
    made.client.quit()


def subjects(service) -> tuple[list[str], list[str]]:
    """Of what was delivered, and of what is held."""
    delivered = [
        octets.partition(b"Subject: ")[2].partition(b"\r\n")[0].decode()
        for octets in service.delivered()
    ]
    return delivered, [one["subject"] for one in service.held()]


@pytest.mark.parametrize("state", REPLIES)
@pytest.mark.parametrize("name", NAMES)
def test_each_state_of_each_engine_is_a_fact_in_time(name, state, engines, sender, until):
    until(sender.delivers, f"mail that is delivered before {name} is {state}", 60)
    try:
        engines[name].begin(state)
        code, rule, seconds = sender.send()
    finally:
        engines[name].begin("well")
    assert (code, rule) == (REPLIES[state], RULES[state])
    assert seconds < DEADLINE
    until(sender.delivers, f"mail that is delivered after {name} was {state}", 60)


def test_no_message_is_lost_and_none_comes_twice(running, sender):
    delivered, held = subjects(running)
    taken = sorted(name for name, code in sender.replies.items() if code == 250)
    assert sorted([*delivered, *held]) == taken
    assert len(held) >= 2 * len(NAMES)
    assert set(sender.replies.values()) == {250, 451}
