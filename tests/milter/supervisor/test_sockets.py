"""Listening sockets: opened once, kept over a reload, closed when nobody wants them."""

import socket

import pytest

from pratique.milter.supervisor.sockets import CannotListen, Sockets, listening


@pytest.fixture
def sockets():
    made = Sockets()
    yield made
    made.keep(())


def test_a_socket_is_opened_once(sockets, free_port):
    address = f"127.0.0.1:{free_port()}"
    sockets.want([address])
    before = sockets.descriptors([address])
    sockets.want([address])
    assert sockets.descriptors([address]) == before


def test_descriptors_come_in_the_order_that_is_asked_for(sockets, free_port):
    one, other = (f"127.0.0.1:{free_port()}" for _ in range(2))
    sockets.want([one, other])
    assert sockets.descriptors([other, one]) == sockets.descriptors([one, other])[::-1]


def test_what_is_wanted_no_more_is_closed(sockets, free_port, listens):
    ports = [free_port(), free_port()]
    addresses = [f"127.0.0.1:{port}" for port in ports]
    sockets.want(addresses)
    sockets.keep(addresses[:1])
    assert [listens(port) for port in ports] == [True, False]


def test_a_port_that_is_taken_is_told_and_nothing_is_left_open(sockets, free_port, listens):
    free = free_port()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(CannotListen, match=f"cannot listen on {address}: Address already"):
            sockets.want([f"127.0.0.1:{free}", address])
    assert not listens(free)


def test_replies_of_two_packets_do_not_wait_for_each_other(free_port):
    # asyncio sets TCP_NODELAY on what it accepts only where the protocol says TCP.
    with (
        listening(f"127.0.0.1:{free_port()}") as opened,
        socket.socket(fileno=socket.dup(opened.fileno())) as handed_over,
    ):
        assert handed_over.proto == socket.IPPROTO_TCP


def test_a_v6_socket_takes_no_v4(sockets):
    try:
        sockets.want(["[::1]:0"])
    except CannotListen as error:
        pytest.skip(f"no IPv6 here: {error}")
    (descriptor,) = sockets.descriptors(["[::1]:0"])
    with socket.socket(fileno=socket.dup(descriptor)) as opened:
        assert opened.getsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY) == 1
