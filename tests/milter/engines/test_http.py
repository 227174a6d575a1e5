"""A service over HTTP is asked, on a real server: what it says in JSON, and what it does not."""

import asyncio
import http.server
import json
import socketserver
import ssl
import threading

import pytest

CLEAN = json.dumps({"findings": []})
WORM = {
    "name": "Worm.Plugh", "severity": "suspicious", "family": "Plugh", "note": "in a macro",
    "reference": "https://example.org/plugh",
}  # fmt: skip


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers as `server.answer` says: a status, a body, fields; or does nothing at all."""

    protocol_version = "HTTP/1.1"

    def do_POST(self):
        server = self.server
        octets = self.rfile.read(int(self.headers["Content-Length"]))
        server.asked.append((self.path, octets, dict(self.headers)))
        if server.raw is not None:
            raw = server.raw.pop(0) if isinstance(server.raw, list) else server.raw
            if raw is None:
                server.hold.wait(10)
                self.close_connection = True
                return
            self.wfile.write(raw)
            self.close_connection = True
            return
        self.send_response(server.status)
        body = server.body.encode()
        for name, value in {"Content-Length": str(len(body)), **server.fields}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass

    def address_string(self):
        return "test"


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def get_request(self):
        self.connections += 1
        return super().get_request()

    def handle_error(self, *_):
        pass


class UnixServer(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True
    connections = 0

    def get_request(self):
        connection, _ = super().get_request()
        return connection, ("test", 0)


def run(server):
    server.status, server.body, server.fields, server.raw = 200, CLEAN, {}, None
    server.asked, server.hold = [], threading.Event()
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()

    def stop():
        server.hold.set()
        server.shutdown()
        thread.join()
        server.server_close()

    return stop


@pytest.fixture
def server():
    Server.connections = 0
    made = Server(("127.0.0.1", 0), Handler)
    stop = run(made)
    made.url = f"http://127.0.0.1:{made.server_address[1]}/scan"
    yield made
    stop()


@pytest.fixture
def service(server, engines):
    def make(**settings):
        said = {"name": "own", "url": server.url, **settings}
        return engines(
            "[[http]]\n" + "".join(f"{key} = {value!r}\n" for key, value in said.items())
        )

    return make


async def test_octets_go_and_nothing_found_comes_back(server, service, look):
    octets = bytes(range(256)) * 5000
    said = await look(service(), octets)
    assert (said.findings, said.limits, said.failure) == ((), (), "")
    ((path, sent, fields),) = server.asked
    assert (path, sent, fields["Content-Type"]) == ("/scan", octets, "application/octet-stream")


async def test_what_it_says_is_a_finding(server, service, look):
    server.body = json.dumps(
        {"findings": [WORM, {"name": "Other"}], "limits": ["too deep"], "engine_version": "2.1",
         "database_version": "7"}
    )  # fmt: skip
    said = await look(service(), b"x")
    first, second = said.findings
    assert (first.name, first.severity, first.family) == ("Worm.Plugh", "suspicious", "Plugh")
    assert (first.note, first.reference) == ("in a macro", "https://example.org/plugh")
    assert (first.engine_version, first.database_version) == ("2.1", "7")
    assert (second.name, second.severity) == ("Other", "malicious")
    assert said.limits == ("too deep",)


async def test_its_severity_is_the_admins_where_it_says_none(server, service, look):
    server.body = json.dumps({"findings": [{"name": "Other"}]})
    (finding,) = (await look(service(severity="information"), b"x")).findings
    assert finding.severity == "information"


@pytest.mark.parametrize(
    "body",
    [
        "", "OK", "null", "[]", "{}", '{"finding": []}', '{"findings": {}}', '{"findings": [{}]}',
        '{"findings": [], "clean": true}', '{"findings": [{"name": 7}]}',
        '{"findings": [{"name": ""}]}',
        '{"findings": [{"name": "x", "severity": "bad"}]}', '{"findings": [], "limits": "x"}',
        '{"findings": [{"name": "x", "sevrity": "malicious"}]}', "[" * 100_000,
        '{"findings": [{"name": "\\ud800"}]}', json.dumps({"findings": [WORM] * 1001}),
        '{"findings": []} {"findings": [1]}',
    ],
)  # fmt: skip
async def test_what_is_no_answer_is_a_failure(server, service, look, body):
    server.body = body
    said = await look(service(), b"x")
    assert (said.failure, said.findings, said.limits) == ("engine", (), ())
    assert len(said.detail) <= 300


async def test_words_are_cut_and_so_are_many(server, service, look):
    long = {"name": "n" * 1000, "note": "o" * 1000, "family": "f" * 1000}
    server.body = json.dumps(
        {"findings": [{**long, "name": f"{n}{long['name']}"} for n in range(30)]}
    )
    said = await look(service(), b"x")
    assert len(said.findings) == 20
    assert [len(said.findings[0].name), len(said.findings[0].note)] == [200, 300]


@pytest.mark.parametrize(
    ("status", "word"),
    [(500, "engine"), (404, "engine"), (301, "engine"), (401, "engine"), (201, "engine"),
     (503, "engine_away"), (429, "engine_away"), (502, "engine_away")],
)  # fmt: skip
async def test_another_status_is_a_failure_or_no_room(server, service, look, status, word):
    server.status = status
    said = await look(service(), b"x")
    assert (said.failure, str(status) in said.detail) == (word, True)


@pytest.mark.parametrize(
    "raw",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{",
        b"HTTP/1.1 200 OK\r\nContent-Le",
        b"SSH-2.0-OpenSSH\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"a" * 70_000,
        b"HTTP/1.1 200 OK\r\n\r\n" + b" " * 300_000,
        b"HTTP/1.1 200 OK\r\nContent-Length: 16\r\nContent-Length: 17\r\n\r\n" + CLEAN.encode(),
    ],
)
async def test_a_lie_is_a_failure(server, service, look, raw):
    server.raw = raw
    said = await look(service(), b"x")
    assert (said.failure, said.findings) == ("engine", ())


async def test_who_closes_unanswered_is_asked_once_more(server, service, look):
    server.raw = [b"", b"HTTP/1.1 200 OK\r\n\r\n" + CLEAN.encode()]
    assert (await look(service(), b"x")).failure == ""
    server.raw = [b"", b""]
    assert (await look(service(), b"x")).failure == "engine"


async def test_one_that_is_slow_over_a_message_failed_on_it(server, service, look):
    server.raw = [None, None]
    assert (await look(service(seconds=0.05), b"x")).detail == "no answer within 0.05 s"
    assert (await look(service(), b"x", seconds=0.05)).failure == "engine_late"


async def test_nobody_there_is_away(engines, look, free_port):
    engine = engines(f'[[http]]\nname = "own"\nurl = "http://127.0.0.1:{free_port()}/"\n')
    assert (await look(engine, b"x")).failure == "engine_away"
    assert "own: not there yet" in await engine.start()


async def test_a_connection_is_kept_and_a_part_remembered(server, service, look):
    engine = service()
    for number in range(3):
        await look(engine, b"x", sha256=str(number))
        await look(engine, b"x", sha256=str(number))
    assert (server.connections, len(server.asked)) == (1, 3)


async def test_the_start_says_what_answers(server, service):
    engine = service()
    assert await engine.start() == f"own: a service at {server.url}"
    server.body = json.dumps({"findings": [], "engine_version": "2.1"})
    assert await engine.start() == f"own: 2.1 at {server.url}"


async def test_fields_of_the_admins_go_with_it(server, engines, look):
    text = (
        f'[[http]]\nname = "own"\nurl = "{server.url}"\nheaders = {{ Authorization = "Bearer 7" }}'
    )
    await look(engines(text), b"x")
    assert server.asked[0][2]["Authorization"] == "Bearer 7"


async def test_over_a_unix_socket(tmp_path, engines, look):
    path = str(tmp_path / "own.sock")
    made = UnixServer(path, Handler)
    stop = run(made)
    engine = engines(f'[[http]]\nname = "own"\nurl = "http://own/scan"\nsocket = "{path}"\n')
    said = await look(engine, b"x")
    stop()
    assert (said.failure, made.asked[0][0], made.asked[0][2]["Host"]) == ("", "/scan", "own")


@pytest.mark.real("openssl")
@pytest.mark.slow
async def test_over_tls_only_where_the_certificate_is_trusted(
    certificate, engines, look, monkeypatch
):
    made = Server(("127.0.0.1", 0), Handler)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(*certificate)
    made.socket = tls.wrap_socket(made.socket, server_side=True)
    stop = run(made)
    text = f'[[http]]\nname = "own"\nurl = "https://localhost:{made.server_address[1]}/scan"\n'
    assert (await look(engines(text), b"x")).failure == "engine_away"
    # Trust is of the host: OpenSSL's own variable names its certificates.
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))
    engine = engines(text)
    assert [(await look(engine, bytes(200_000))).failure for _ in range(2)] == ["", ""]
    engine.close()
    stop()


def test_the_settings_name_it(engines):
    engine = engines(
        '[[http]]\nname = "own"\nurl = "http://h/"\nshow = "message"\nask = "always"\n'
    )
    assert (engine.name, engine.show, engine.waits) == ("own", "message", "never")


class Raw:
    """A service by octets: what it says right away, behind so many octets, or never reads."""

    def __init__(self):
        self.connections, self.port, self.remark = 0, 0, b""
        # Of each question in turn: how many octets of its body are read before the answer.
        self.reads, self.answers = [], []
        self._server, self._tasks = None, set()

    async def start(self):
        # It waits for a head's end however far off that is: who closes of itself tries nothing.
        self._server = await asyncio.start_server(
            self._serve, "127.0.0.1", self.port, limit=1 << 26
        )
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self):
        self._server.close()
        await self.cut()

    async def cut(self):
        """End who answers, like a server whose workers are started anew."""
        for task in list(self._tasks):
            task.cancel()
            await asyncio.wait([task])

    async def _serve(self, reader, writer):
        task = asyncio.current_task()
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        self.connections += 1
        try:
            # What was not read of a body is read as the next question: all its faults at once.
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                writer.write(self.remark)
                size = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
                wanted = self.reads.pop(0) if self.reads else None
                await reader.readexactly(size if wanted is None else wanted)
                writer.write(self.answers.pop(0) if self.answers else answer_of(CLEAN))
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass
        finally:
            writer.transport.abort()


def answer_of(body, status="200 OK"):
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()


# Read as a question, it would be answered; as octets of a mail it is a stranger's.
SMUGGLED = b"POST /scan HTTP/1.1\r\nContent-Length: 0\r\n\r\n"
FOUND = json.dumps({"findings": [WORM]})


@pytest.fixture
async def raw(engines):
    made = Raw()
    await made.start()
    made.engine = engines(f'[[http]]\nname = "own"\nurl = "http://127.0.0.1:{made.port}/"\n')
    yield made
    await made.stop()


async def test_one_that_restarts_between_two_messages_is_asked_anew(raw, look):
    for number in range(3):
        assert (await look(raw.engine, b"x")).failure == ""
        await raw.stop()
        if number:
            assert (await look(raw.engine, b"x")).failure == "engine_away"
        await raw.start()
    assert raw.connections == 3


async def test_one_that_restarts_over_a_message_is_asked_once_more(raw, look, soon):
    raw.reads, raw.answers = [10_000], [answer_of(FOUND)]
    looking = asyncio.create_task(look(raw.engine, b"a worm"))
    # It waits for more than was sent.
    await soon(lambda: not raw.reads)
    await raw.cut()
    assert [one.name for one in (await looking).findings] == ["Worm.Plugh"]


@pytest.mark.parametrize("status", ["401 No", "404 No", "413 Too large", "500 No", "503 No"])
async def test_a_refusal_may_come_without_reading_and_ends_the_connection(raw, look, status):
    """What was left unread would be the next question, and its answer the answer to that."""
    raw.reads, raw.answers = [0], [answer_of("no", status), answer_of(FOUND)]
    assert (await look(raw.engine, SMUGGLED)).failure.startswith("engine")
    raw.answers = []
    said = await look(raw.engine, b"harmless")
    assert (said.failure, said.findings, raw.connections) == ("", (), 2)


async def test_nothing_found_before_all_was_sent_is_not_believed(raw, look):
    raw.reads = [0]
    said = await look(raw.engine, SMUGGLED + bytes(20_000_000))
    assert (said.failure, "before it had all" in said.detail) == ("engine", True)
    assert (await look(raw.engine, b"harmless")).failure == ""
    assert raw.connections == 2


async def test_nor_behind_a_remark(raw, look):
    raw.remark = b"HTTP/1.1 100 Continue\r\n\r\n" + answer_of(CLEAN)
    assert "before it had all" in (await look(raw.engine, bytes(20_000_000))).detail


async def test_what_is_found_before_all_was_sent_counts_and_ends_the_connection(raw, look):
    raw.reads, raw.answers = [100], [answer_of(FOUND)]
    said = await look(raw.engine, bytes(20_000_000))
    assert ([one.name for one in said.findings], said.failure) == (["Worm.Plugh"], "")
    assert (await look(raw.engine, b"harmless")).findings == ()
    assert raw.connections == 2


async def test_a_remark_before_all_was_sent_is_no_answer(raw, look):
    """100 Continue, though nobody waits for it."""
    raw.remark = b"HTTP/1.1 100 Continue\r\n\r\n"
    for _ in range(2):
        assert (await look(raw.engine, bytes(2_000_000))).failure == ""
    assert raw.connections == 1
