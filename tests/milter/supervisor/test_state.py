"""The state folder is had by one service at a time."""

import fcntl
import os
import threading

import pytest

from pratique.milter.supervisor.state import StateInUse, own_state


def test_the_folder_is_made_and_is_the_owners_alone(tmp_path):
    folder = tmp_path / "a" / "b"
    with own_state(folder, lambda: False):
        assert folder.stat().st_mode & 0o777 == 0o700
        assert (folder / "lock").stat().st_mode & 0o777 == 0o600


def test_a_second_service_is_told_at_once_while_the_first_one_serves(tmp_path):
    with own_state(tmp_path, lambda: False), pytest.raises(StateInUse, match=str(tmp_path)):  # noqa: SIM117
        with own_state(tmp_path, lambda: True):
            pass


def test_a_second_service_does_not_wait_for_ever(tmp_path):
    with own_state(tmp_path, lambda: False), pytest.raises(StateInUse):  # noqa: SIM117
        with own_state(tmp_path, lambda: False, patience=0.0):
            pass


def test_a_new_service_waits_for_the_doors_of_one_that_was_killed(tmp_path, until):
    # A door has inherited the open file, and the lock is on that.
    descriptor = os.open(tmp_path / "lock", os.O_RDWR | os.O_CREAT)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    asked, had = threading.Event(), threading.Event()

    def somebody_serves():
        asked.set()
        return False

    def start():
        with own_state(tmp_path, somebody_serves, patience=20.0):
            had.set()

    new = threading.Thread(target=start)
    new.start()
    until(asked.is_set, "second service")
    assert not had.is_set()
    os.close(descriptor)
    until(had.is_set, "lock")
    new.join()
