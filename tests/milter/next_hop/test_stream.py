"""What comes on a connection, and the time that it takes."""

import asyncio

import pytest

from pratique.milter.next_hop import Reply
from pratique.milter.next_hop.stream import MAX_UNREAD, Stream

PATIENCE = 20.0


class Wire:
    """A transport that keeps what is written."""

    def __init__(self):
        self.written, self.aborted = [], False

    def write(self, octets):
        self.written.append(octets)

    def abort(self):
        self.aborted = True

    def is_closing(self):
        return self.aborted


@pytest.fixture
async def stream():
    made = Stream()
    made._transport = Wire()
    yield made
    made.connection_lost(None)


async def test_a_reply_is_waited_for(stream):
    asyncio.get_running_loop().call_soon(stream.data_received, b"250 ok\r\n")
    assert await stream.reply(PATIENCE) == Reply(250, ("ok",))


async def test_a_reply_that_is_there_already_needs_no_time(stream):
    stream.data_received(b"250 a\r\n250 b\r\n")
    assert [(await stream.reply(0)).lines for _ in range(2)] == [("a",), ("b",)]


@pytest.mark.parametrize("wait", ["reply", "drained"])
async def test_no_wait_is_longer_than_agreed(stream, wait):
    stream.pause_writing()
    with pytest.raises(TimeoutError):
        await getattr(stream, wait)(0.01)


async def test_a_reply_in_pieces_has_no_more_time_than_a_whole_one(stream):
    loop, pieces = asyncio.get_running_loop(), 0

    def dribble():
        nonlocal pieces
        pieces += 1
        stream.data_received(b"250-x\r\n")
        loop.call_later(0.01, dribble)

    dribble()
    with pytest.raises(TimeoutError):
        await stream.reply(0.1)
    assert 1 < pieces < 50
    stream.fault = ConnectionResetError()


async def test_a_short_wait_after_a_long_one_is_short(stream):
    loop = asyncio.get_running_loop()
    loop.call_soon(stream.data_received, b"250 ok\r\n")
    await stream.reply(1000)
    with pytest.raises(TimeoutError):
        await stream.reply(0.01)


async def test_a_long_wait_after_a_short_one_is_long(stream):
    loop = asyncio.get_running_loop()
    loop.call_soon(stream.data_received, b"250 ok\r\n")
    await stream.reply(0.02)
    loop.call_later(0.1, stream.data_received, b"250 late\r\n")
    assert await stream.reply(PATIENCE) == Reply(250, ("late",))


async def test_one_timer_serves_many_waits(stream):
    loop = asyncio.get_running_loop()
    watches = set()
    for _ in range(5):
        loop.call_soon(stream.data_received, b"250 ok\r\n")
        await stream.reply(PATIENCE)
        watches.add(stream._watch)
    assert len(watches) == 1


@pytest.mark.parametrize("said", [b"250 ok\r\n", b"250-ok\r\n", b"2"])
async def test_it_has_spoken_who_said_half_a_reply(stream, said):
    assert not stream.spoke
    stream.data_received(said)
    assert stream.spoke
    assert stream.stale


@pytest.mark.slow
@pytest.mark.parametrize("past", [0, 1])
async def test_replies_that_nobody_reads_have_a_limit(stream, past):
    stream.data_received(b"250 x\r\n" * (MAX_UNREAD + past))
    assert bool(stream.fault) is bool(past)
    assert stream._transport.aborted is bool(past)


async def test_after_the_end_nothing_is_written(stream):
    stream.connection_lost(None)
    with pytest.raises(ConnectionResetError, match="closed by the next hop"):
        stream.write(b"x")
    with pytest.raises(ConnectionResetError):
        await stream.drained(PATIENCE)
    with pytest.raises(ConnectionResetError):
        await stream.reply(PATIENCE)
    assert stream._transport.written == []


async def test_without_tls_there_is_no_certificate(connect, script):
    assert (await connect(script.port)).stream.certificate == b""
