"""Who has the lock writes alone, and a transaction that fails leaves nothing."""

import fcntl
import os
import sqlite3

import pytest

from pratique.milter.stores.turns import lock, transaction


@pytest.fixture
def opened(tmp_path):
    descriptors = []

    def make():
        descriptors.append(os.open(tmp_path / "lock", os.O_RDWR | os.O_CREAT, 0o600))
        return descriptors[-1]

    yield make
    for one in descriptors:
        os.close(one)


def test_a_lock_that_somebody_has_is_waited_for_and_then_told(opened):
    first, second = opened(), opened()
    lock(first, 0.0)
    with pytest.raises(BlockingIOError):
        lock(second, 0.02)
    fcntl.flock(first, fcntl.LOCK_UN)
    lock(second, 0.02)
    with pytest.raises(BlockingIOError):
        lock(first, 0.0)


@pytest.fixture
def connection():
    made = sqlite3.connect(":memory:", isolation_level=None)
    made.execute("CREATE TABLE kept (number INTEGER)")
    yield made
    made.close()


def rows(connection):
    return connection.execute("SELECT count(*) FROM kept").fetchone()[0]


def test_what_comes_to_its_end_is_kept(connection):
    with transaction(connection):
        connection.execute("INSERT INTO kept VALUES (1)")
    assert (rows(connection), connection.in_transaction) == (1, False)


def test_of_what_fails_nothing_is_kept(connection):
    def fail():
        with transaction(connection):
            connection.execute("INSERT INTO kept VALUES (1)")
            raise ValueError("x")

    with pytest.raises(ValueError, match="x"):
        fail()
    assert (rows(connection), connection.in_transaction) == (0, False)


def test_one_that_has_ended_already_is_not_ended_again(connection):
    def ended():
        with transaction(connection):
            connection.execute("ROLLBACK")
            raise ValueError("full")

    with pytest.raises(ValueError, match="full"):
        ended()
