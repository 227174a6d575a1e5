"""Which place is which, as a Postfix comes to it and as we do."""

from pathlib import Path

import pytest

from pratique.milter.doctor.places import is_here, ours, same, theirs

QUEUE = Path("/var/spool/postfix")


@pytest.mark.parametrize(
    ("written", "chrooted", "place"),
    [
        ("unix:a/b.sock", False, QUEUE / "a/b.sock"),
        ("unix:a/b.sock", True, QUEUE / "a/b.sock"),
        ("unix:/a/b.sock", False, Path("/a/b.sock")),
        ("unix:/a/b.sock", True, QUEUE / "a/b.sock"),
        ("local:a", False, QUEUE / "a"),
        ("inet:127.0.0.1:1", False, ("127.0.0.1", 1)),
        ("[127.0.0.1]:10025", False, ("127.0.0.1", 10025)),
        ("[::1]:10025", False, ("::1", 10025)),
        ("localhost:10025", False, ("localhost", 10025)),
        ("10025", False, None),
        ("host:smtp", False, None),
        ("", False, None),
    ],
)
def test_where_a_postfix_goes(written, chrooted, place):
    assert theirs(written, QUEUE, is_chrooted=chrooted) == place


@pytest.mark.parametrize(
    ("one", "other", "are"),
    [
        (("127.0.0.1", 1), ("localhost", 1), True),
        (("127.0.0.1", 1), ("::1", 1), True),
        (("127.0.0.1", 1), ("127.0.0.1", 2), False),
        (("0.0.0.0", 1), ("127.0.0.1", 1), True),
        (("", 1), ("192.0.2.1", 1), True),
        (("192.0.2.1", 1), ("192.0.2.2", 1), False),
        (("mx.Example", 1), ("mx.example", 1), True),
        (Path("/a"), Path("/a"), True),
        (Path("/a"), ("127.0.0.1", 1), False),
        (None, ("127.0.0.1", 1), False),
        (None, None, False),
    ],
)
def test_whether_two_are_one(one, other, are):
    assert same(one, other) is are
    assert same(other, one) is are


def test_ours_are_as_they_are_written(tmp_path):
    (tmp_path / "link").symlink_to(tmp_path / "real")
    assert ours(f"unix:{tmp_path}/link/a") == tmp_path / "real/a"
    assert ours("inet:127.0.0.1:25") == ours("127.0.0.1:25") == ("127.0.0.1", 25)


def test_which_host_is_this_one():
    assert [is_here(one) for one in ("localhost", "127.1.2.3", "::1")] == [True] * 3
    assert [is_here(one) for one in ("mx.example", "192.0.2.1", "")] == [False] * 3
