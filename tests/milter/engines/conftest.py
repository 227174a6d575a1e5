"""A clamd that says what a test wants: on a unix socket, by its real protocol."""

import asyncio

import pytest

from pratique.milter.content import content_of
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
