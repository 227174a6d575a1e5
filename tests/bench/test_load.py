"""The load generator knows of each mail whether it arrived, was lost, or came twice."""

import json
import shutil
import socket
import socketserver
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[2] / "bench/peers/load.c"
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not shutil.which("gcc"), reason="no gcc here"),
]
MAIL = b"Subject: a\r\n\r\n.a line that begins with a dot\r\nno line end at the end"
CONTENT = b"Subject: a\r\n\r\n..a line that begins with a dot\r\nno line end at the end\r\n.\r\n"


@pytest.fixture(scope="module")
def load(tmp_path_factory: pytest.TempPathFactory) -> Path:
    built = tmp_path_factory.mktemp("load") / "load"
    subprocess.run(["gcc", "-O1", "-pthread", "-o", str(built), str(SOURCE)], check=True)
    return built


@pytest.fixture
def mails(tmp_path: Path) -> Path:
    (tmp_path / "one.eml").write_bytes(MAIL)
    return tmp_path


class Session(socketserver.StreamRequestHandler):
    """A filter that takes mail, and does with it what its server says."""

    def handle(self) -> None:
        self.wfile.write(b"220 here\r\n")
        while line := self.rfile.readline():
            if line.startswith(b"DATA"):
                self.wfile.write(b"354 go on\r\n")
                self.wfile.write(self.server.becomes(self.content()))
            else:
                self.wfile.write(b"221 bye\r\n" if line.startswith(b"QUIT") else b"250 ok\r\n")

    def content(self) -> bytes:
        lines = list(iter(self.rfile.readline, b".\r\n"))
        return b"".join([*lines, b".\r\n"])


@contextmanager
def filter_that(becomes: Callable[[bytes], bytes]) -> Iterator[int]:
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Session) as server:
        server.daemon_threads = True
        server.becomes = becomes
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


def deliver(sink: int, content: bytes) -> None:
    with socket.create_connection(("127.0.0.1", sink), 5) as link:
        said = b"EHLO a\r\nMAIL FROM:<a@b>\r\nRCPT TO:<a@b>\r\nDATA\r\n" + content + b"QUIT\r\n"
        link.sendall(said)
        while link.recv(4096):
            pass


def counts(load: Path, port: int, sink: int, mails: Path) -> dict[str, object]:
    words = f"-p {port} -s {sink} -d {mails} -x a -c 3 -m 2 -n 10 -t 5 -w 0.2".split()
    done = subprocess.run([str(load), *words], check=True, capture_output=True, timeout=30)
    return json.loads(done.stdout)


def said(result: dict[str, object]) -> dict[str, object]:
    """What came of the mails, without the times."""
    words = "accepted", "refused", "deferred", "broken", "arrived", "lost", "twice", "stray"
    return {word: result[word] for word in words if result[word]}


def test_mail_that_arrives_is_counted_once(load, mails, free_port):
    sink = free_port()
    assert said(counts(load, sink, sink, mails)) == {"accepted": 10, "arrived": 10}


def test_content_is_sent_with_dots_and_line_ends_as_smtp_wants_them(load, mails, free_port):
    sink, seen = free_port(), []

    def take(content: bytes) -> bytes:
        seen.append(content.partition(b"\r\n"))
        return b"250 ok\r\n"

    with filter_that(take) as port:
        counts(load, port, sink, mails)
    assert {content for _, _, content in seen} == {CONTENT}
    assert {mark for mark, _, _ in seen} == {b"X-Bench: a.%09d" % number for number in range(10)}


def test_mail_that_is_accepted_and_never_arrives_is_lost(load, mails, free_port):
    with filter_that(lambda content: b"250 ok\r\n") as port:
        result = counts(load, port, free_port(), mails)
    assert said(result) == {"accepted": 10, "lost": 10}


def test_mail_that_comes_again_is_counted_as_such(load, mails, free_port):
    sink = free_port()

    def twice(content: bytes) -> bytes:
        deliver(sink, content)
        deliver(sink, content)
        return b"250 ok\r\n"

    with filter_that(twice) as port:
        result = counts(load, port, sink, mails)
    assert said(result) == {"accepted": 10, "arrived": 10, "twice": 10}


def test_mail_of_an_earlier_run_is_a_stranger(load, mails, free_port):
    sink = free_port()

    def another(content: bytes) -> bytes:
        deliver(sink, content.replace(b"X-Bench: a.", b"X-Bench: b."))
        return b"250 ok\r\n"

    with filter_that(another) as port:
        result = counts(load, port, sink, mails)
    assert said(result) == {"accepted": 10, "lost": 10, "stray": 10}


@pytest.mark.parametrize(
    ("reply", "word"), [(b"550 no\r\n", "refused"), (b"451 later\r\n", "deferred")]
)
def test_a_refusal_is_told_from_a_deferral(load, mails, free_port, reply, word):
    with filter_that(lambda content: reply) as port:
        result = counts(load, port, free_port(), mails)
    assert said(result) == {word: 10}
    assert result["first_refusal"] == reply.decode().strip()
