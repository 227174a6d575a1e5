"""Places to listen at, as they are written, and the files that some of them are."""

import socket

import pytest

from pratique.milter.doors import places
from pratique.milter.doors.places import DoorError, spelling


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


def test_a_group_that_is_none_is_told(path, listening):
    with pytest.raises(DoorError, match="there is no group 'nobody-of-that-name'"):
        places.give(str(path), 0o660, "nobody-of-that-name")


def test_only_the_socket_that_was_made_is_removed_at_the_end(path, listening):
    name = f"unix:{path}"
    known = places.identity(name)
    path.rename(path.with_name("other"))
    with socket.socket(socket.AF_UNIX) as another:
        another.bind(str(path))
        places.remove_if(name, known)
        assert path.exists()
    places.remove_if(name, places.identity(name))
    assert not path.exists()
    places.remove_if(name, known)


def test_a_port_has_no_file():
    assert places.identity("inet:127.0.0.1:8891") is None
    places.remove_if("inet:127.0.0.1:8891", None)


@pytest.mark.parametrize(
    ("name", "family", "address"),
    [
        ("127.0.0.1:25", socket.AF_INET, ("127.0.0.1", 25)),
        ("[::1]:25", socket.AF_INET6, ("::1", 25)),
        ("inet:127.0.0.1:25", socket.AF_INET, ("127.0.0.1", 25)),
        ("unix:/run/inet:1:2", socket.AF_UNIX, "/run/inet:1:2"),
    ],
)
def test_a_place_is_understood_in_each_spelling(name, family, address):
    assert places.family_and_address(name) == (family, address)


def test_somebody_answers_or_nobody_does(path, listening):
    assert places.answers(f"unix:{path}")
    listening.close()
    assert not places.answers(f"unix:{path}")
