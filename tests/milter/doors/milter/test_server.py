"""Our milter door in the event loop: what is kept, what is late, what is left."""

import asyncio
import contextlib
import socket

import pytest

from pratique.milter.content import content_of
from pratique.milter.doors.milter.ending import Ending
from pratique.milter.doors.milter.packets import MAX_OCTETS, packet
from pratique.milter.doors.milter.server import SPARE_CONNECTIONS, MilterServer
from pratique.milter.doors.milter.settings import MilterSettings
from pratique.milter.doors.replies import OK
from pratique.milter.mail import Outgoing
from pratique.milter.supervisor.sockets import Place, listening

OFFER = packet(b"O", bytes((0, 0, 0, 6, 0, 0, 1, 0xFF, 0, 0x1F, 0xFF, 0xFF)))
MESSAGE = b"".join(
    (packet(b"M", b"<a@b>\0"), packet(b"R", b"<c@d>\0"), packet(b"N"), packet(b"E", b"hi"))
)
ACCEPT = packet(b"a")
LATE = b"y451 4.3.0 Message could not be inspected in time, try again later\0"
PATIENCE = 20.0


class Taker:
    """Takes messages when it may, and says what it is told to."""

    def __init__(self):
        self.may, self.begun, self.body = asyncio.Event(), asyncio.Event(), None
        self.may.set()
        self.taken = 0

    async def take(self, content, _envelope, _left_out):
        self.begun.set()
        await self.may.wait()
        self.taken += 1
        return Ending(OK, Outgoing(content), body=self.body)


@pytest.fixture
def taker():
    return Taker()


@contextlib.asynccontextmanager
async def served(place, taker, **settings):
    """A door, and a function that connects and negotiates; at the end nothing is left."""
    given = MilterSettings(socket=place, **settings)
    door = MilterServer(given, taker.take)
    await door.open(listening(Place(place)))
    clients = []

    async def connected():
        if place.startswith("unix:"):
            reader, writer = await asyncio.open_unix_connection(place.removeprefix("unix:"))
        else:
            port = int(place.rpartition(":")[2])
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
        clients.append(writer)
        writer.write(OFFER)
        length = int.from_bytes(await reader.readexactly(4), "big")
        await reader.readexactly(length)
        return reader, writer

    try:
        async with asyncio.timeout(PATIENCE):
            yield door, connected
            for writer in clients:
                writer.close()
            assert await door.drain(PATIENCE, PATIENCE)
            assert door.connections == 0
            assert door.room_left == max(given.max_in_flight, given.max_size)
    finally:
        for writer in clients:
            writer.close()


async def until(condition):
    """Let the loop turn until it is so."""
    while not condition():  # noqa: ASYNC110 - turns of the loop are all that it takes
        await asyncio.sleep(0)


async def heard(reader):
    """The next packet."""
    length = int.from_bytes(await reader.readexactly(4), "big")
    return await reader.readexactly(length)


@pytest.fixture
def place(tmp_path):
    return f"unix:{tmp_path}/m.sock"


async def test_two_messages_that_come_together_are_two(place, taker):
    async with served(place, taker) as (_, connected):
        reader, writer = await connected()
        writer.write(MESSAGE + MESSAGE)
        assert [await heard(reader), await heard(reader)] == [b"a", b"a"]
        assert taker.taken == 2


async def test_what_comes_while_a_message_waits_is_kept_to_a_bound(place, taker):
    async with served(place, taker) as (door, connected):
        taker.may.clear()
        reader, writer = await connected()
        writer.write(MESSAGE)
        await taker.begun.wait()
        flood = packet(b"B", bytes(MAX_OCTETS)) * 100
        writer.write(flood + MESSAGE)
        (connection,) = door._open
        await until(lambda: connection._is_paused)
        # A packet of the largest size, and what is read in one go (256 KiB).
        assert connection._talk.unread <= MAX_OCTETS + 256 * 1024
        assert taker.taken == 0
        taker.may.set()
        # What came without a message is thrown away, and the message after it is one.
        assert [await heard(reader), await heard(reader)] == [b"a", b"a"]
        assert (taker.taken, connection._is_paused) == (2, False)


async def test_who_waits_too_long_hears_so_and_what_is_decided_then_is_put_away(place, taker):
    async with served(place, taker, seconds=0.05) as (_, connected):
        taker.may.clear()
        taker.body = content_of([b"new"])
        reader, writer = await connected()
        writer.write(MESSAGE)
        assert await heard(reader) == LATE
        taker.may.set()
        await until(lambda: not is_open(taker.body))
        taker.body = None
        writer.write(MESSAGE)
        assert await heard(reader) == b"a"


@pytest.mark.slow
async def test_the_time_of_a_message_that_was_answered_is_not_that_of_the_next(place, taker):
    async with served(place, taker, seconds=1.0) as (_, connected):
        reader, writer = await connected()
        for _ in range(50):
            writer.write(MESSAGE)
            assert await heard(reader) == b"a"
        taker.may.clear()
        begun = asyncio.get_running_loop().time()
        writer.write(MESSAGE)
        assert await heard(reader) == LATE
        assert asyncio.get_running_loop().time() - begun >= 1.0
        taker.may.set()
        await until(lambda: taker.taken == 51)


def is_open(content):
    try:
        content.peek(0, 1)
    except (OSError, ValueError):
        return False
    return True


async def test_who_is_gone_has_his_message_decided_nevertheless(place, taker):
    async with served(place, taker) as (door, connected):
        taker.may.clear()
        _, writer = await connected()
        writer.write(MESSAGE)
        await taker.begun.wait()
        writer.close()
        await until(lambda: not door.connections)
        taker.may.set()
        await until(lambda: taker.taken)


async def test_who_is_silent_is_hung_up_on(place, taker):
    async with served(place, taker, idle_seconds=0) as (_, connected):
        reader, _ = await connected()
        assert await reader.read() == b""


async def test_so_many_that_say_nothing_are_kept_and_one_more_is_hung_up_on(place, taker):
    async with served(place, taker, max_connections=2) as (door, connected):
        _, spoken = await connected()
        path = place.removeprefix("unix:")
        silent = [await asyncio.open_unix_connection(path) for _ in range(SPARE_CONNECTIONS + 1)]
        await until(lambda: len(door._open) == SPARE_CONNECTIONS + 2)
        reader, too_many = await asyncio.open_unix_connection(path)
        assert await reader.read() == b""
        too_many.close()
        await until(lambda: len(door._open) == SPARE_CONNECTIONS + 2)

        # None of the others was hung up on, and there is room for who comes after one.
        assert not spoken.is_closing()
        _, first = silent.pop()
        first.close()
        await until(lambda: len(door._open) == SPARE_CONNECTIONS + 1)
        reader, writer = await connected()
        writer.write(MESSAGE)
        assert await heard(reader) == ACCEPT[4:]
        for _, each in silent:
            each.close()
        await until(lambda: len(door._open) == 2)


async def test_over_tcp_no_packet_waits_for_another(taker, free_port):
    place = f"inet:127.0.0.1:{free_port()}"
    async with served(place, taker) as (door, connected):
        reader, writer = await connected()
        (connection,) = door._open
        accepted = connection._transport.get_extra_info("socket")
        assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        writer.write(MESSAGE)
        assert await heard(reader) == b"a"


async def test_who_does_not_read_is_not_listened_to(place, taker):
    async with served(place, taker) as (door, connected):
        _, writer = await connected()
        (connection,) = door._open
        connection.pause_writing()
        assert connection._is_paused
        writer.write(MESSAGE)
        await asyncio.sleep(0.05)
        assert taker.taken == 0
        connection.resume_writing()
        await until(lambda: taker.taken)


async def test_who_does_not_read_the_last_answer_is_not_waited_for(place, taker):
    async with served(place, taker, idle_seconds=1) as (door, connected):
        _, writer = await connected()
        writer.transport.pause_reading()
        (connection,) = door._open
        connection._send(bytes(10**7))
        connection.hang_up()
        await until(lambda: not door._open)


async def test_silence_is_counted_from_the_answer(place, taker):
    async with served(place, taker) as (door, connected):
        taker.may.clear()
        reader, writer = await connected()
        writer.write(MESSAGE)
        await taker.begun.wait()
        (connection,) = door._open
        connection._heard_at = 0.0
        taker.may.set()
        assert await heard(reader) == b"a"
        assert connection._heard_at > 0


async def test_who_is_in_a_hurry_hangs_up_on_connections_that_may_go_on(place, taker):
    async with served(place, taker) as (door, connected):
        reader, _ = await connected()
        draining = asyncio.create_task(door.drain(PATIENCE, 600))
        await asyncio.sleep(0)
        assert not reader.at_eof()
        door.hurry()
        assert await asyncio.wait_for(draining, PATIENCE)
        assert await reader.read() == b""


async def test_a_server_that_closes_leaves_its_socket_to_others(place, taker):
    async with served(place, taker) as (door, _):
        door._server.close()
        await asyncio.sleep(0.01)
        with socket.socket(socket.AF_UNIX) as other, pytest.raises(OSError, match="in use"):
            other.bind(place.removeprefix("unix:"))
