"""A milter finds out whether it may listen where its admin says."""

import os
import socket

import pytest

from pratique.milter.doors import milter_socket
from pratique.milter.doors.milter_socket import DoorError, clear, spelling


@pytest.mark.parametrize(
    ("name", "spelled"),
    [
        ("unix:/run/pratique/milter.sock", "unix:/run/pratique/milter.sock"),
        ("inet:127.0.0.1:8891", "inet:8891@[127.0.0.1]"),
        ("inet:[::1]:8891", "inet6:8891@[::1]"),
        ("inet:0.0.0.0:8891", "inet:8891@[0.0.0.0]"),
    ],
)
def test_a_place_is_spelled_as_libmilter_does(name, spelled):
    assert spelling(name) == spelled


@pytest.fixture
def path(tmp_path):
    return tmp_path / "milter.sock"


@pytest.fixture
def listening(path):
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(path))
        made.listen(1)
        yield made


def test_a_free_place_stays_free(path):
    clear(f"unix:{path}")
    assert list(path.parent.iterdir()) == []


def test_what_a_killed_process_left_behind_is_removed(path, listening):
    listening.close()
    assert path.exists()
    clear(f"unix:{path}")
    assert not path.exists()


def test_a_socket_that_somebody_answers_at_is_left_alone(path, listening):
    with pytest.raises(DoorError, match="another program listens there"):
        clear(f"unix:{path}")
    assert milter_socket.answers(f"unix:{path}")


def test_a_socket_whose_listener_is_busy_is_left_alone(path, listening):
    waiting = [socket.socket(socket.AF_UNIX) for _ in range(2)]
    try:
        for each in waiting:
            each.connect(str(path))
        with pytest.raises(DoorError, match="another program listens there"):
            clear(f"unix:{path}")
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
    with pytest.raises(DoorError, match="a file is there that is no socket"):
        clear(f"unix:{path}")
    assert path.lstat()


def test_a_folder_that_is_missing_is_told(path):
    with pytest.raises(DoorError, match=f"the folder {path.parent}/gone is not there"):
        clear(f"unix:{path.parent}/gone/milter.sock")


def test_a_port_that_is_taken_is_told():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        name = f"inet:127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(DoorError, match=f"cannot listen on {name}: Address already in use"):
            clear(name)
        assert milter_socket.answers(name)
    clear(name)


def test_an_address_that_is_not_ours_is_told():
    with pytest.raises(DoorError, match="cannot listen on inet:192"):
        clear("inet:192.0.2.1:8891")


def test_a_group_that_is_none_is_told(path, listening):
    with pytest.raises(DoorError, match="there is no group 'nobody-of-that-name'"):
        milter_socket.give(str(path), 0o660, "nobody-of-that-name")


def test_only_the_socket_that_was_made_is_removed_at_the_end(path, listening):
    name = f"unix:{path}"
    known = milter_socket.identity(name)
    path.rename(path.with_name("other"))
    with socket.socket(socket.AF_UNIX) as another:
        another.bind(str(path))
        milter_socket.remove_if(name, known)
        assert path.exists()
    milter_socket.remove_if(name, milter_socket.identity(name))
    assert not path.exists()
    milter_socket.remove_if(name, known)


def test_a_port_has_no_file():
    assert milter_socket.identity("inet:127.0.0.1:8891") is None
    milter_socket.remove_if("inet:127.0.0.1:8891", None)
