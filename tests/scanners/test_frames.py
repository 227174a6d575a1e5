"""Frames across the wall: what is written is read, and what cannot be true is refused."""

import os
import socket

import pytest

from pratique.scanners import frames
from pratique.scanners.facts_pb2 import Facts, Finding
from pratique.scanners.wall_pb2 import Answer, Hello, Inspect, Request, Spawn


@pytest.fixture
def pair():
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


def test_what_is_sent_is_received(pair):
    ours, theirs = pair
    frames.send(ours, Answer(hello=Hello(pid=3)))
    body, descriptors = frames.receive(theirs)
    assert frames.decode_answer(body).hello == Hello(pid=3)
    assert descriptors == []


def test_a_descriptor_arrives_with_its_own_frame(pair):
    ours, theirs = pair
    frames.send(ours, Request(spawn=Spawn()))
    read_end, write_end = os.pipe()
    frames.send(ours, Request(spawn=Spawn()), read_end)
    assert frames.receive(theirs)[1] == []
    (received,) = frames.receive(theirs)[1]
    os.write(write_end, b"x")
    assert os.read(received, 1) == b"x"
    # A program that is started later shall not have it.
    assert not os.get_inheritable(received)
    for descriptor in (read_end, write_end, received):
        os.close(descriptor)


def test_the_end_of_the_stream_is_none(pair):
    ours, theirs = pair
    ours.close()
    assert frames.receive(theirs) is None


@pytest.mark.parametrize("cut", [1, 3, 4, 5, 7])
def test_a_stream_that_ends_within_a_frame_is_an_error(pair, cut):
    ours, theirs = pair
    frame = frames.encode(Answer(hello=Hello(pid=3)))
    ours.sendall(frame[:cut])
    ours.close()
    with pytest.raises(frames.FrameError, match="stream ends"):
        frames.receive(theirs)


def test_a_length_at_the_limit_is_believed():
    assert frames.length_of(frames.MAX_FRAME.to_bytes(4, "big")) == frames.MAX_FRAME


@pytest.mark.parametrize("length", [0, frames.MAX_FRAME + 1, 2**32 - 1])
def test_a_length_that_cannot_be_true_is_refused(length):
    with pytest.raises(frames.FrameError, match="limit is 1 to"):
        frames.length_of(length.to_bytes(4, "big"))


def test_a_frame_over_the_limit_is_not_sent():
    facts = Facts(findings=[Finding(note="x" * frames.MAX_FRAME)])
    with pytest.raises(frames.FrameError, match="limit is"):
        frames.encode(Answer(found=facts))


def test_octets_that_are_no_answer_are_refused():
    with pytest.raises(frames.FrameError, match="not an answer"):
        frames.decode_answer(b"\xff\xff\xff")


@pytest.mark.parametrize("size", [1, 120, 130, 20_000, frames.MAX_FRAME - 10])
def test_facts_that_are_serialized_already_make_the_same_frame(size):
    found = Facts(findings=[Finding(note="x" * max(0, size - 12))])
    assert frames.encode_found(found.SerializeToString()) == frames.encode(Answer(found=found))


@pytest.mark.parametrize("size", [0, 120, 130, 20_000])
def test_a_request_to_see_a_message_makes_the_same_frame(size):
    inspect = Inspect(direction="x" * size, without=["zip"])
    assert frames.encode_inspect(inspect) == frames.encode(Request(inspect=inspect))


def test_facts_past_the_largest_frame_are_refused():
    with pytest.raises(frames.FrameError):
        frames.encode_found(bytes(frames.MAX_FRAME - 3))
    assert len(frames.encode_found(bytes(frames.MAX_FRAME - 4))) == frames.MAX_FRAME + 4
