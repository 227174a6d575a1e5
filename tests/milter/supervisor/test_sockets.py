"""Listening sockets: opened once, kept over a reload, closed when nobody wants them."""

import os
import socket
import stat

import pytest

from pratique.milter.doors import places
from pratique.milter.supervisor.sockets import CannotListen, Place, Sockets, listening


@pytest.fixture
def sockets():
    made = Sockets()
    yield made
    made.keep(())


def test_a_socket_is_opened_once(sockets, free_port):
    address = Place(f"127.0.0.1:{free_port()}")
    sockets.want([address])
    before = sockets.descriptors([address])
    sockets.want([address])
    assert sockets.descriptors([address]) == before


def test_descriptors_come_in_the_order_that_is_asked_for(sockets, free_port):
    one, other = (Place(f"127.0.0.1:{free_port()}") for _ in range(2))
    sockets.want([one, other])
    assert sockets.descriptors([other, one]) == sockets.descriptors([one, other])[::-1]


def test_what_is_wanted_no_more_is_closed(sockets, free_port, listens):
    ports = [free_port(), free_port()]
    addresses = [Place(f"127.0.0.1:{port}") for port in ports]
    sockets.want(addresses)
    sockets.keep(addresses[:1])
    assert [listens(port) for port in ports] == [True, False]


def test_a_port_that_is_taken_is_told_and_nothing_is_left_open(sockets, free_port, listens):
    free = free_port()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(CannotListen, match=f"cannot listen on {address}: Address already"):
            sockets.want([Place(f"127.0.0.1:{free}"), Place(address)])
    assert not listens(free)


def test_replies_of_two_packets_do_not_wait_for_each_other(free_port):
    # asyncio sets TCP_NODELAY on what it accepts only where the protocol says TCP.
    with (
        listening(Place(f"127.0.0.1:{free_port()}")) as opened,
        socket.socket(fileno=socket.dup(opened.fileno())) as handed_over,
    ):
        assert handed_over.proto == socket.IPPROTO_TCP


def test_a_v6_socket_takes_no_v4(sockets):
    try:
        sockets.want([Place("[::1]:0")])
    except CannotListen as error:
        pytest.skip(f"no IPv6 here: {error}")
    (descriptor,) = sockets.descriptors([Place("[::1]:0")])
    with socket.socket(fileno=socket.dup(descriptor)) as opened:
        assert opened.getsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY) == 1


# Socket files


@pytest.fixture
def path(tmp_path):
    return tmp_path / "milter.sock"


@pytest.fixture
def taken(path):
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(path))
        made.listen(1)
        yield made


def take(name):
    """Listen there, and leave it as it was."""
    sockets = Sockets()
    sockets.want([Place(name)])
    sockets.keep(())


def test_a_free_place_stays_free(path):
    take(f"unix:{path}")
    assert list(path.parent.iterdir()) == []


def test_what_a_killed_process_left_behind_is_removed(path, taken):
    taken.close()
    assert path.exists()
    take(f"unix:{path}")
    assert not path.exists()


def test_a_socket_that_somebody_answers_at_is_left_alone(path, taken):
    with pytest.raises(CannotListen, match="another program listens there"):
        take(f"unix:{path}")
    assert places.answers(f"unix:{path}")


def test_a_socket_whose_listener_is_busy_is_left_alone(path, taken):
    waiting = [socket.socket(socket.AF_UNIX) for _ in range(2)]
    try:
        for each in waiting:
            each.connect(str(path))
        with pytest.raises(CannotListen, match="another program listens there"):
            take(f"unix:{path}")
    finally:
        for each in waiting:
            each.close()


@pytest.mark.parametrize("make", ["file", "folder", "link", "pipe"])
def test_a_file_of_another_kind_is_never_removed(path, make):
    {
        "file": lambda: path.write_text("precious"),
        "folder": path.mkdir,
        "link": lambda: path.symlink_to("elsewhere"),
        "pipe": lambda: os.mkfifo(path),
    }[make]()
    with pytest.raises(CannotListen, match="a file is there that is no socket"):
        take(f"unix:{path}")
    assert path.lstat()


def test_a_folder_that_is_missing_is_told(path):
    with pytest.raises(CannotListen, match=f"the folder {path.parent}/gone is not there"):
        take(f"unix:{path.parent}/gone/milter.sock")


def test_a_port_that_is_taken_is_told():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        name = f"inet:127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(CannotListen, match=f"cannot listen on {name}: Address already in use"):
            take(name)
        assert places.answers(name)
    take(name)


def test_an_address_that_is_not_ours_is_told():
    with pytest.raises(CannotListen, match="cannot listen on inet:192"):
        take("inet:192.0.2.1:8891")


def test_who_may_connect_holds_from_the_first_moment_and_again_after_a_reload(sockets, path):
    sockets.want([Place(f"unix:{path}", 0o640, "mail")])
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    sockets.want([Place(f"unix:{path}", 0o600, "mail")])
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with pytest.raises(CannotListen, match="there is no group 'nobody-of-that-name'"):
        sockets.want([Place(f"unix:{path}", 0o600, "nobody-of-that-name")])


def test_a_file_is_removed_with_its_socket(sockets, path):
    sockets.want([Place(f"unix:{path}")])
    sockets.keep(())
    assert not path.exists()


def test_of_two_that_see_a_client_the_slower_does_not_wait(sockets, path):
    sockets.want([Place(f"unix:{path}")])
    (descriptor,) = sockets.descriptors([Place(f"unix:{path}")])
    with socket.socket(fileno=socket.dup(descriptor)) as other, pytest.raises(BlockingIOError):
        other.accept()
