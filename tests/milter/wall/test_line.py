"""Frames that come on a worker's socket: in pieces, too many, too late, or none any more."""

import asyncio
import os
import socket

import pytest

from pratique.milter.wall.line import Line
from pratique.scanners import frames
from pratique.scanners.wall_pb2 import Answer, Done, Hello

HELLO = frames.encode(Answer(hello=Hello(pid=7)))


@pytest.fixture
async def line():
    """A line, and the socket at its other end."""
    ours, theirs = socket.socketpair()
    made = await Line.on(ours)
    with theirs:
        yield made, theirs
    made.close()


async def test_a_frame_that_comes_in_pieces_is_heard_when_it_is_whole(line):
    made, theirs = line
    hearing = asyncio.ensure_future(made.frame())
    for octet in HELLO:
        assert not hearing.done()
        theirs.send(bytes([octet]))
        await asyncio.sleep(0)
    assert frames.decode_answer(await hearing).hello.pid == 7


async def test_frames_that_come_at_once_are_heard_one_by_one(line):
    made, theirs = line
    theirs.sendall(HELLO + frames.encode(Answer(done=Done())) + HELLO[:5])
    words = [frames.decode_answer(await made.frame()).WhichOneof("body") for _ in range(2)]
    assert words == ["hello", "done"]
    assert made.unread == 5


async def test_what_came_before_the_end_is_heard(line):
    made, theirs = line
    theirs.sendall(HELLO)
    theirs.shutdown(socket.SHUT_WR)
    await made.frame()
    with pytest.raises(ConnectionResetError):
        await made.frame()
    assert made.ended


async def test_who_says_nothing_is_late(line):
    made, _ = line
    with made.within(0.01), pytest.raises(TimeoutError):
        await made.frame()


async def test_who_speaks_without_a_pause_is_late_too(line):
    made, theirs = line
    theirs.sendall(HELLO * 2)
    await made.frame()
    with made.within(0.0):
        for _ in range(3):
            await asyncio.sleep(0)
        with pytest.raises(TimeoutError):
            await made.frame()


async def test_the_next_message_has_its_own_time(line):
    made, theirs = line
    with made.within(0.0), pytest.raises(TimeoutError):
        await made.frame()
    theirs.sendall(HELLO)
    with made.within(5.0):
        await made.frame()


async def test_a_time_that_ends_sooner_than_the_one_before_is_kept(line):
    made, _ = line
    with made.within(60.0):
        pass
    with made.within(0.01), pytest.raises(TimeoutError):
        await made.frame()


async def test_who_has_more_time_than_the_one_before_gets_it(line):
    made, theirs = line
    loop = asyncio.get_running_loop()
    with made.within(0.02):
        pass
    begun = loop.time()
    with made.within(0.2), pytest.raises(TimeoutError):
        await made.frame()
    assert loop.time() - begun > 0.15
    theirs.sendall(HELLO)
    with made.within(60.0):
        await made.frame()


async def test_a_length_that_cannot_be_true_is_told_before_anything_is_kept(line):
    made, theirs = line
    theirs.sendall((frames.MAX_FRAME + 1).to_bytes(4, "big"))
    with pytest.raises(frames.FrameError):
        await made.frame()


async def test_more_than_two_frames_of_the_largest_are_not_read_ahead(line):
    made, theirs = line
    theirs.setblocking(False)
    largest = frames.MAX_FRAME.to_bytes(4, "big") + bytes(frames.MAX_FRAME)
    loop = asyncio.get_running_loop()
    saying = asyncio.ensure_future(loop.sock_sendall(theirs, largest * 4))
    async with asyncio.timeout(10):
        while made.unread <= 2 * frames.MAX_FRAME:  # noqa: ASYNC110 - what comes is the kernel's
            await asyncio.sleep(0)
    for _ in range(10):
        await asyncio.sleep(0)
    assert made.unread <= 2 * frames.MAX_FRAME + 64 * 1024
    assert not saying.done()
    for _ in range(4):
        assert len(await made.frame()) == frames.MAX_FRAME
    await saying


async def test_who_waits_for_the_end_of_a_frame_goes_on_reading(line):
    made, theirs = line
    largest = frames.MAX_FRAME.to_bytes(4, "big") + bytes(frames.MAX_FRAME)
    said = memoryview(largest + largest[:-2])
    while said:
        room = made.get_buffer(-1)
        piece = said[: len(room)]
        room[: len(piece)] = piece
        made.buffer_updated(len(piece))
        said = said[len(piece) :]
    assert len(await made.frame()) == frames.MAX_FRAME
    theirs.sendall(largest[-2:])
    async with asyncio.timeout(10):
        assert len(await made.frame()) == frames.MAX_FRAME


async def test_a_descriptor_goes_along(line):
    made, theirs = line
    read, write = os.pipe()
    made.say(HELLO, [read])
    octets, (received,), _, _ = socket.recv_fds(theirs, len(HELLO), 1)
    os.write(write, b"x")
    assert (octets, os.read(received, 1)) == (HELLO, b"x")
    for descriptor in (read, write, received):
        os.close(descriptor)
