"""The protocol: what cannot be had at once is waited for, and nothing is left open."""

import asyncio
import importlib
import os
import socket

import pytest

from pratique.milter.content import content_of
from pratique.milter.engines.clamd import Clamd
from pratique.milter.engines.troubles import Away, Closed

SILENCE = None


@pytest.fixture
def content():
    made = content_of([b"mail"])
    yield made
    made.close()


@pytest.fixture
def full(tmp_path):
    """A listener whose queue is full."""
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(tmp_path / "full.ctl"))
    listener.listen(0)
    waiting = socket.socket(socket.AF_UNIX)
    waiting.connect(str(tmp_path / "full.ctl"))
    yield listener
    waiting.close()
    listener.close()


async def test_a_full_queue_is_tried_again(full, content):
    clamd = Clamd(f"unix:{full.getsockname()}")
    assert clamd.begin(content) is None
    scan = asyncio.create_task(clamd.scan(content))
    full.setblocking(False)
    loop = asyncio.get_running_loop()
    first, _ = await loop.sock_accept(full)
    second, _ = await loop.sock_accept(full)
    await loop.sock_sendall(second, b"fd[1]: OK\0")
    assert (await scan).name == ""
    first.close()
    second.close()


async def test_who_does_not_wait_for_a_full_queue_leaves_nothing_open(full, content):
    before = os.listdir("/proc/self/fd")
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await Clamd(f"unix:{full.getsockname()}").scan(content)
    assert len(os.listdir("/proc/self/fd")) == len(before)


async def test_a_queue_that_stays_full_is_away(full, content):
    clamd = Clamd(f"unix:{full.getsockname()}", patience=0.05)
    before = os.listdir("/proc/self/fd")
    for question in (clamd.version(), clamd.scan(content)):
        with pytest.raises(Away, match=r"takes no connection within 0\.05 s"):
            await question
    assert len(os.listdir("/proc/self/fd")) == len(before)


@pytest.fixture
def dropped():
    """A port whose queue is full: what knocks there is dropped (listen(2))."""
    waiting = []
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener:
        # One is taken over the backlog; how many in all is the kernel's.
        while len(waiting) < 10:
            waiting.append(socket.socket())
            waiting[-1].settimeout(0.2)
            try:
                waiting[-1].connect(listener.getsockname())
            except TimeoutError:
                break
        yield listener.getsockname()[1]
    for each in waiting:
        each.close()


@pytest.mark.slow
async def test_a_port_that_takes_nobody_is_away(dropped, content):
    clamd = Clamd(f"inet:127.0.0.1:{dropped}", patience=0.1)
    before = os.listdir("/proc/self/fd")
    for question in (clamd.version(), clamd.scan(content)):
        with pytest.raises(Away, match=r"takes no connection within 0\.1 s"):
            await question
    assert len(os.listdir("/proc/self/fd")) == len(before)


async def test_a_socket_that_nobody_listens_on_is_away(tmp_path, content):
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(str(tmp_path / "dead.ctl"))
    clamd = Clamd(f"unix:{tmp_path / 'dead.ctl'}")
    with pytest.raises(Away, match="Connection refused"):
        clamd.begin(content)
    with pytest.raises(Away, match="Connection refused"):
        await clamd.version()


async def test_a_port_that_nobody_listens_on_is_away(free_port, content):
    with pytest.raises(Away, match="no clamd at inet"):
        await Clamd(f"inet:127.0.0.1:{free_port()}").scan(content)


async def test_an_answer_lies_there_until_it_is_wanted(fake_clamd, content, soon):
    clamd = Clamd(f"unix:{fake_clamd.path}")
    fake_clamd.answer = b"fd[9]: Eicar FOUND\0"
    with clamd.begin(content) as connection:
        await soon(lambda: fake_clamd.scans and not fake_clamd.open)
        # However late it is.
        assert (await clamd.finish(connection, 0.0)).name == "Eicar"


async def test_half_an_answer_is_waited_for_and_no_longer_than_is_said(fake_clamd, content, soon):
    clamd = Clamd(f"unix:{fake_clamd.path}")
    fake_clamd.answer = SILENCE
    connection = clamd.begin(content)
    await soon(lambda: fake_clamd.scans)
    with pytest.raises(TimeoutError):
        await clamd.finish(connection, asyncio.get_running_loop().time() + 0.05)
    # Nobody waits for it any more.
    assert connection.fileno() == -1


async def test_one_that_closes_has_not_answered(fake_clamd, content):
    clamd = Clamd(f"unix:{fake_clamd.path}")
    fake_clamd.answer = b""
    with pytest.raises(Closed):
        await clamd.finish(clamd.begin(content))


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
def test_it_is_waited_for_on_each_loop_that_a_door_may_have(loop, fake_clamd_of, content, tmp_path):
    """Readers and timers are set on the loop itself."""
    if loop == "uvloop":
        pytest.importorskip("uvloop", reason="uvloop is not installed")
    loops = importlib.import_module(loop).new_event_loop

    async def scenario():
        fake, clock = fake_clamd_of(tmp_path / "clamd.ctl"), asyncio.get_running_loop().time
        await fake.start()
        clamd = Clamd(f"unix:{fake.path}")
        fake.answers = [SILENCE, b"", [b"fd[9]: Ei", b"car FOUND\0"]]
        with pytest.raises(TimeoutError):
            await clamd.finish(clamd.begin(content), clock() + 0.02)
        with pytest.raises(Closed):
            await clamd.finish(clamd.begin(content), clock() + 10)
        said = [await clamd.finish(clamd.begin(content), clock() + 10) for _ in range(100)]
        await fake.stop()
        return [one.name for one in said]

    with asyncio.Runner(loop_factory=loops) as runner:
        assert runner.run(scenario()) == ["Eicar"] + [""] * 99
