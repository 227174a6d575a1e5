"""The octets of a connection: what is kept, what is waited for, and for how long."""

import asyncio

import pytest

from pratique.milter.doors.smtp.line import MOST_CHUNKS, MOST_UNREAD, SmtpLine
from pratique.milter.next_hop import Reply


class FakeTransport:
    """Remembers what it is told."""

    def __init__(self):
        self.written, self.reading, self.closing, self.aborted = b"", True, False, False

    def write(self, octets):
        self.written += bytes(octets)

    def pause_reading(self):
        self.reading = False

    def resume_reading(self):
        self.reading = True

    def is_closing(self):
        return self.closing

    def close(self):
        self.closing = True

    def abort(self):
        self.closing = self.aborted = True


class Line(SmtpLine):
    """A line on which nobody converses."""

    async def _handle_client(self):
        await self.lost.wait()


@pytest.fixture
async def make():
    lines = []

    def new(idle_seconds=60.0):
        line = Line(idle_seconds, 0.02)
        line.connection_made(FakeTransport())
        lines.append((line, line.transport))
        return lines[-1]

    yield new
    for line, _ in lines:
        line.connection_lost(None)


async def test_octets_are_handed_on_as_they_came(make):
    line, _ = make()
    chunk = b"x" * 100
    line.data_received(chunk)
    assert await line.read() is chunk
    line.data_received(b"a")
    line.data_received(b"b")
    assert await line.read() == b"ab"
    line.eof_received()
    assert await line.read() == b""


async def test_a_client_that_is_not_read_must_wait_after_so_many_octets(make):
    line, transport = make()
    line.data_received(b"x" * MOST_UNREAD)
    assert transport.reading
    line.data_received(b"x")
    assert not transport.reading
    assert len(await line.read()) == MOST_UNREAD + 1
    assert transport.reading


async def test_and_after_so_many_pieces_of_one_octet(make):
    line, transport = make()
    for _ in range(MOST_CHUNKS - 1):
        line.data_received(b"x")
    assert transport.reading
    line.data_received(b"x")
    assert not transport.reading
    assert len(await line.read()) == MOST_CHUNKS


async def test_replies_go_out_in_one_write_before_octets_are_waited_for(make):
    line, transport = make()
    line.said += b"250 a\r\n"
    line.said += b"250 b\r\n"
    assert transport.written == b""
    reading = asyncio.ensure_future(line.read())
    await asyncio.sleep(0)
    assert transport.written == b"250 a\r\n250 b\r\n"
    line.data_received(b"x")
    assert await reading == b"x"


async def test_a_client_that_does_not_read_is_not_read_from(make):
    line, _ = make()
    line.said += b"250 a\r\n"
    line.pause_writing()
    line.data_received(b"x")
    reading = asyncio.ensure_future(line.read())
    for _ in range(5):
        await asyncio.sleep(0)
    assert not reading.done()
    assert line.is_waited_for
    line.resume_writing()
    assert await reading == b"x"


async def test_pieces_of_a_command_have_no_more_time_than_a_whole_one(make):
    line, transport = make(0.1)
    pieces = 0
    while not transport.closing:
        line.data_received(b"x")
        await line.read_command()
        reading = asyncio.ensure_future(line.read_command())
        await asyncio.wait([reading], timeout=0.02)
        line.data_received(b"x")
        await reading
        pieces += 2
    assert transport.written == b"421 4.4.2 waited too long\r\n"
    assert 1 < pieces < 30


async def test_a_whole_command_gives_the_next_one_its_time(make):
    line, transport = make(0.1)
    for _ in range(8):
        reading = asyncio.ensure_future(line.read_command())
        await asyncio.wait([reading], timeout=0.03)
        line.data_received(b"x")
        await reading
        line.be_patient()
    assert transport.written == b""


async def read_on(line, octets):
    while True:
        if octets:
            line.data_received(octets)
        await line.read()
        await asyncio.sleep(0)


@pytest.mark.parametrize("octets", [b"", b"x"])
async def test_who_is_hurried_is_read_from_until_then(make, octets):
    line, transport = make()
    line.hurry(0.03)
    async with asyncio.timeout(5):
        with pytest.raises(TimeoutError):
            await read_on(line, octets)
    line.hurry(None)
    line.data_received(b"y")
    assert (await line.read())[-1:] == b"y"
    assert not transport.closing


async def test_who_is_told_to_go_and_stays_is_put_out(make):
    line, transport = make()
    line.hang_up(Reply(421, ("4.3.2 go",)))
    assert (transport.written, transport.closing) == (b"421 4.3.2 go\r\n", True)
    async with asyncio.timeout(5):
        while not transport.aborted:  # noqa: ASYNC110 - no event tells of it
            await asyncio.sleep(0)


async def test_a_client_that_has_gone_hears_nothing_which_is_no_error(make):
    line, transport = make()
    line.connection_lost(None)
    line.said += b"250 a\r\n"
    await line.flush()
    line.hang_up(Reply(421, ("4.3.2 go",)))
    assert (await line.read(), transport.written) == (b"", b"")
