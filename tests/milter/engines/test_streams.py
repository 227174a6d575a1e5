"""Connections are kept while they are of use, and looked at before they are used again."""

import asyncio
import importlib
import re
import socket
import ssl

import pytest

from pratique.milter.engines.streams import Connections, Place, verifying
from pratique.milter.engines.troubles import Away


@pytest.fixture
async def server(tmp_path):
    """A unix socket; gives the other ends of its connections."""
    ends = asyncio.Queue()

    async def serve(reader, writer):
        await ends.put((reader, writer))

    path = tmp_path / "engine.sock"
    made = await asyncio.start_unix_server(serve, path)
    made.path, made.ends = str(path), ends
    yield made
    made.close()


async def test_one_that_is_given_back_is_taken_again(server):
    connections = Connections(Place(path=server.path))
    first = await connections.take()
    connections.give_back(first)
    assert await connections.take() is first
    second = await connections.take()
    assert second is not first
    for each in (first, second):
        each.close()
    for _ in range(2):
        (await server.ends.get())[1].close()


@pytest.mark.parametrize("how", ["ended", "talks"])
async def test_one_that_ended_or_talks_unasked_is_not_taken_again(server, how):
    connections = Connections(Place(path=server.path))
    first = await connections.take()
    _, other = await server.ends.get()
    connections.give_back(first)
    if how == "ended":
        other.close()
    else:
        other.write(b"unasked")
    # The loop reads what has come, and then no poll shows it any more.
    for _ in range(10):
        await asyncio.sleep(0)
    assert not first.is_idle
    second = await connections.take()
    assert second is not first
    second.close()
    other.close()
    (await server.ends.get())[1].close()


async def test_closed_they_are_gone(server):
    connections = Connections(Place(path=server.path))
    first = await connections.take()
    reader, other = await server.ends.get()
    connections.give_back(first)
    connections.close()
    assert await reader.read() == b""
    other.close()


@pytest.mark.parametrize(
    "place", [Place(path="/nowhere/at/all"), Place("127.0.0.1", 1), Place("::1", 1)]
)
async def test_nobody_there_is_away_and_says_where(place):
    with pytest.raises(Away, match=re.escape(f"nobody at {place}")):
        await Connections(place).take()


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
def test_one_whose_queue_is_full_is_away(loop, tmp_path):
    if loop == "uvloop":
        pytest.importorskip("uvloop", reason="uvloop is not installed")
    path = str(tmp_path / "full.sock")

    async def scenario():
        with pytest.raises(Away, match="nobody at unix:"):
            await Connections(Place(path=path)).take()

    with socket.socket(socket.AF_UNIX) as server, socket.socket(socket.AF_UNIX) as first:
        server.bind(path)
        server.listen(0)
        first.connect(path)
        with asyncio.Runner(loop_factory=importlib.import_module(loop).new_event_loop) as runner:
            runner.run(scenario())


async def test_one_that_takes_no_connection_in_time_is_away():
    # TLS is begun, and nobody answers: the kernel alone has taken the connection.
    with socket.create_server(("127.0.0.1", 0)) as server:
        tls = ssl.create_default_context()
        place = Place("127.0.0.1", server.getsockname()[1], tls=tls)
        with pytest.raises(Away, match="no answer"):
            await Connections(place, 0.05).take()


async def test_what_is_not_taken_is_waited_for_and_its_end_is_no_error(server):
    connection = await Connections(Place(path=server.path)).take()
    _, other = await server.ends.get()
    sent = []

    def pieces():
        for number in range(1000):
            sent.append(number)
            yield bytes(65536)

    sending = asyncio.create_task(connection.send(pieces()))
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await asyncio.shield(sending)
    # No more than a socket and a stream hold is taken from the content.
    assert len(sent) < 50
    other.transport.abort()
    await sending
    connection.close()


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
def test_they_are_kept_on_each_loop_that_a_door_may_have(loop, tmp_path):
    if loop == "uvloop":
        pytest.importorskip("uvloop", reason="uvloop is not installed")
    path = str(tmp_path / "engine.sock")

    async def scenario():
        ends = asyncio.Queue()
        server = await asyncio.start_unix_server(lambda *streams: ends.put(streams), path)
        connections = Connections(Place(path=path))
        first = await connections.take()
        reader, other = await ends.get()
        await first.send([b"question", bytes(200_000)])
        assert await reader.readexactly(8) == b"question"
        other.write(b"answer")
        assert await first.receive() == b"answer"
        connections.give_back(first)
        assert await connections.take() is first
        connections.give_back(first)
        other.close()
        await other.wait_closed()
        second = await connections.take()
        assert second is not first
        second.close()
        (await ends.get())[1].close()
        server.close()

    with asyncio.Runner(loop_factory=importlib.import_module(loop).new_event_loop) as runner:
        runner.run(scenario())


def test_nothing_older_than_tls_1_2_is_spoken():
    context = verifying()
    assert context.minimum_version >= ssl.TLSVersion.TLSv1_2
    assert (context.check_hostname, context.verify_mode) == (True, ssl.CERT_REQUIRED)
