"""A clamd and an ICAP server that say what a test wants, by their real protocols."""

import asyncio
import subprocess

import pytest

from pratique.milter.config import parse
from pratique.milter.content import content_of
from pratique.milter.engines import ENGINES
from pratique.milter.engines.clamav import Clamav, ClamavSettings

VERSION = b"ClamAV 1.4.6/27500/Thu Nov 20 08:35:01 2025\0"
LIMIT = b"fd[9]: Heuristics.Limits.Exceeded.MaxRecursion FOUND\0"
CLEAN = b"fd[10]: OK\0"
# Say nothing, and keep the connection.
SILENCE = None


class FakeClamd:
    """Answers in turn from `answers`, then `answer`; after a VERSION, one trial with `trial`."""

    def __init__(self, path):
        self.path = path
        self.version, self.trial, self.answer = VERSION, LIMIT, CLEAN
        self.answers, self.asked, self.open, self.most = [], [], 0, 0
        # Set it, and no scan is answered before.
        self.gate = None
        self._trials, self._hold, self._server, self._tasks = 0, asyncio.Event(), None, set()

    async def start(self):
        self._hold = asyncio.Event()
        self._server = await asyncio.start_unix_server(self._serve, self.path)

    async def stop(self):
        """End like a server that is killed: nobody listens, and all connections close."""
        self._hold.set()
        self._server.close()
        self.path.unlink(missing_ok=True)
        for task in list(self._tasks):
            await task

    async def _serve(self, reader, writer):
        task = asyncio.current_task()
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        command = (await reader.readuntil(b"\0"))[1:-1].decode()
        if command == "INSTREAM":
            command = await self._stream(reader)
        self.asked.append(command)
        self.open += 1
        self.most = max(self.most, self.open)
        await self._say(writer, await self._chosen(command))
        self.open -= 1
        writer.close()

    async def _stream(self, reader):
        octets = b""
        while length := int.from_bytes(await reader.readexactly(4), "big"):
            octets += await reader.readexactly(length)
        return octets

    async def _chosen(self, command):
        if command == "VERSION":
            self._trials += 1
            return self.version
        if self._trials:
            self._trials -= 1
            return self.trial
        if self.gate is not None:
            await self.gate.wait()
        return self.answers.pop(0) if self.answers else self.answer

    async def _say(self, writer, answer):
        if answer is SILENCE:
            await self._hold.wait()
            return
        pieces = answer if isinstance(answer, list) else [answer]
        try:
            for piece in pieces:
                writer.write(piece)
                await writer.drain()
        except ConnectionError:
            pass

    @property
    def scans(self):
        """Questions about contents, the trials among them."""
        return [one for one in self.asked if one != "VERSION"]


@pytest.fixture
def fake_clamd_of():
    """Make one that is not started."""
    return FakeClamd


@pytest.fixture
async def fake_clamd(tmp_path):
    clamd = FakeClamd(tmp_path / "clamd.ctl")
    await clamd.start()
    yield clamd
    await clamd.stop()


@pytest.fixture
def soon():
    """Yield to the loop until a condition holds; the bound is a failure, not a wait."""

    async def soon(condition):
        async with asyncio.timeout(10):
            while not condition():  # noqa: ASYNC110 - what is awaited is the other end
                await asyncio.sleep(0)

    return soon


@pytest.fixture
def clamav(fake_clamd):
    """Make an engine that asks it."""

    def make(**settings):
        return Clamav(ClamavSettings(**{"socket": f"unix:{fake_clamd.path}", **settings}))

    return make


@pytest.fixture
def look():
    """Have an engine look at octets."""

    async def look(engine, octets=b"mail", sha256="", seconds=10.0):
        content = content_of([octets])
        until = asyncio.get_running_loop().time() + seconds
        question = engine.ask(content, sha256, until)
        try:
            return await question.said()
        finally:
            await question.drop()
            content.close()

    return look


class FakeIcap:
    """An ICAP server that does what a test wants, step by step.

    A request is taken up to its body's last chunk; then the steps: octets are sent, REST takes
    a body up to its last chunk, HOLD waits until it is stopped, CLOSE closes.
    """

    REST, HOLD, CLOSE = "rest", "hold", "close"
    CONTINUE = b"ICAP/1.0 100 Continue\r\n\r\n"
    CLEAN = b'ICAP/1.0 204 No Content\r\nISTag: "db-1"\r\n\r\n'

    def __init__(self):
        self.options = {
            "Methods": "RESPMOD", "Service": "Fake 1.0", "ISTag": '"db-1"', "Allow": "204",
        }  # fmt: skip
        self.status = "200 OK"
        self.steps, self.default = [], [self.CLEAN]
        self.heads, self.bodies, self.connections = [], [], 0
        self.open = self.most = 0
        # Set it, and nothing is answered before.
        self.gate = None
        self.host, self.port, self.tls = "127.0.0.1", 0, None
        self._hold, self._server, self._tasks = asyncio.Event(), None, set()

    @property
    def url(self):
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"icap://{host}:{self.port}/scan"

    @property
    def asked(self):
        """Requests about contents."""
        return [head for head in self.heads if head.startswith("RESPMOD")]

    async def start(self):
        self._hold = asyncio.Event()
        self._server = await asyncio.start_server(self._serve, self.host, self.port, ssl=self.tls)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self):
        """End like a server that is killed."""
        self._hold.set()
        self._server.close()
        for task in list(self._tasks):
            task.cancel()
            await asyncio.wait([task])

    async def _serve(self, reader, writer):
        task = asyncio.current_task()
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        self.connections += 1
        try:
            while await self._request(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.transport.abort()

    async def _request(self, reader, writer):
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        self.heads.append(head)
        if head.startswith("OPTIONS"):
            fields = "".join(f"{name}: {value}\r\n" for name, value in self.options.items())
            writer.write(f"ICAP/1.0 {self.status}\r\n{fields}\r\n".encode())
            return True
        places = head.partition("Encapsulated: ")[2].splitlines()[0]
        await reader.readexactly(int(places.rpartition("=")[2]))
        self.bodies.append(await self._body(reader))
        self.open += 1
        self.most = max(self.most, self.open)
        if self.gate is not None:
            await self.gate.wait()
        try:
            return await self._do(reader, writer)
        finally:
            self.open -= 1

    async def _do(self, reader, writer):
        for step in self.steps.pop(0) if self.steps else self.default:
            if step == self.REST:
                self.bodies[-1] += await self._body(reader)
            elif step == self.HOLD:
                await self._hold.wait()
                return False
            elif step == self.CLOSE:
                return False
            else:
                writer.write(step)
                await writer.drain()
        return True

    async def _body(self, reader):
        octets = b""
        while size := int((await reader.readline()).split(b";")[0], 16):
            octets += (await reader.readexactly(size + 2))[:-2]
        await reader.readline()
        return octets


@pytest.fixture
async def fake_icap():
    server = FakeIcap()
    await server.start()
    yield server
    await server.stop()


class Scripted:
    """A server that answers a question by octets, whatever the protocol.

    A question is a head, and the octets that its Content-length says.  An answer is octets,
    empty for none; a tuple of them; None in it, or instead of it, is silence.  Then it closes,
    where the answer does not say "keep-alive".
    """

    def __init__(self):
        self.answers, self.default, self.asked = [], b"", []
        self.opened, self.port, self.reads = 0, 0, True
        self._server, self._tasks = None, set()

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    async def start(self):
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self):
        """End like a server that is killed."""
        self._server.close()
        for task in list(self._tasks):
            task.cancel()
            await asyncio.wait([task])

    async def _serve(self, reader, writer):
        task = asyncio.current_task()
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        self.opened += 1
        try:
            while await self._answer(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            # What was not read would make a reset of it, which overtakes the answer.
            writer.close()

    async def _answer(self, reader, writer):
        head = await reader.readuntil(b"\r\n\r\n")
        size = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
        body = await reader.readexactly(size) if self.reads else b""
        self.asked.append(head + body)
        said = self.answers.pop(0) if self.answers else self.default
        for piece in said if isinstance(said, tuple) else (said,):
            if piece is None:
                await asyncio.Event().wait()
            writer.write(piece)
            await writer.drain()
        if not self.reads:
            await asyncio.Event().wait()
        return b"keep-alive" in said


@pytest.fixture
async def scripted():
    server = Scripted()
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
async def engines():
    """Engines of a configuration's text, closed at the end."""
    made = []

    def make(text):
        settings = parse(text, "x")
        found = [engine for kind in ENGINES for engine in kind(settings)]
        made.extend(found)
        return found[0] if len(found) == 1 else found

    yield make
    for engine in made:
        engine.close()


@pytest.fixture
def icap(fake_icap, engines):
    """Make an engine that asks the fake: `icap(show="message")`."""

    def make(**settings):
        said = {"name": "av", "url": fake_icap.url, **settings}
        lines = "".join(f"{key} = {value!r}\n" for key, value in said.items())
        return engines(f"[[icap]]\n{lines}")

    return make


@pytest.fixture
def content():
    made = content_of([b"mail"])
    yield made
    made.close()


@pytest.fixture
def certificate(tmp_path):
    """A certificate for localhost, and its key."""
    key, made = tmp_path / "key.pem", tmp_path / "cert.pem"
    words = "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext".split()
    names = "subjectAltName=DNS:localhost"
    command = ["openssl", *words, names, "-keyout", key, "-out", made]
    subprocess.run(command, check=True, capture_output=True)
    return made, key
