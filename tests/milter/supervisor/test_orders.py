"""Orders between the supervisor and a door, however the stream is cut."""

import asyncio
import os
import socket

import pytest

from pratique.milter.supervisor.orders import (
    MAX_FRAME,
    Channel,
    Order,
    OrderError,
    OrderReader,
    close_all,
)

SERVE = Order("serve", {"policy_text": "ü" * 1000})


@pytest.mark.parametrize("step", [1, 2, 3, 5, 1000, 100_000])
def test_orders_do_not_depend_on_how_the_stream_is_cut(step):
    reader, wire = OrderReader(), SERVE.encode() + Order("drain").encode()
    heard = []
    for start in range(0, len(wire), step):
        reader.feed(wire[start : start + step], [])
        while (order := reader.next()) is not None:
            heard.append(order)
    assert heard == [SERVE, Order("drain")]


def test_each_order_gets_the_descriptors_that_it_names():
    reader = OrderReader()
    first, second = Order("serve", {}, (10, 11)), Order("nursery", {}, (12,))
    reader.feed(first.encode() + second.encode(), [20, 21, 22])
    assert reader.next() == Order("serve", {}, (20, 21))
    assert reader.next() == Order("nursery", {}, (22,))
    assert reader.next() is None


@pytest.mark.parametrize(
    "octets",
    [
        b"\xff\xff\xff\xff",
        b"\0\0\0\x02[]",
        b"\0\0\0\x02{}",
        b"\0\0\0\x01x",
        b"\0\0\0\x02\xff\xff",
    ],
)
def test_what_is_no_order_is_an_error(octets):
    reader = OrderReader()
    reader.feed(octets, [])
    with pytest.raises(OrderError):
        reader.next()


def test_an_order_with_more_descriptors_than_a_socket_carries_is_not_said():
    with pytest.raises(OrderError):
        Order("serve", {}, tuple(range(254))).encode()


def test_an_order_may_be_as_long_as_who_reads_it_takes_and_no_longer():
    words = len(Order("serve", {"text": ""}).encode())
    longest = Order("serve", {"text": "x" * (MAX_FRAME - words)})
    reader = OrderReader()
    reader.feed(longest.encode(), [])
    assert reader.next() == longest
    with pytest.raises(OrderError, match=f"{MAX_FRAME + 1} octets"):
        Order("serve", {"text": "x" * (MAX_FRAME - words + 1)}).encode()


async def test_an_order_and_its_descriptors_arrive():
    ours, theirs = socket.socketpair()
    one, other = Channel(ours), Channel(theirs)
    reading, writing = os.pipe()
    saying = asyncio.create_task(one.say(Order("serve", {"text": "x" * 3_000_000}, (writing,))))
    heard = await other.hear()
    await saying
    os.close(writing)
    assert heard is not None
    assert len(heard.body["text"]) == 3_000_000
    os.write(heard.descriptors[0], b"through")
    close_all(heard.descriptors)
    assert os.read(reading, 100) == b"through"
    os.close(reading)
    one.close()
    one.close()
    assert await other.hear() is None
    other.close()


async def test_a_stream_that_ends_in_an_order_is_at_its_end():
    ours, theirs = socket.socketpair()
    channel = Channel(theirs)
    ours.sendall(Order("drain").encode()[:-1])
    ours.close()
    assert await channel.hear() is None
    channel.close()
