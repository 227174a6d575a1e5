"""The state folder is had by one service at a time."""

import asyncio
import fcntl
import os
import signal
import subprocess
import sys

import pytest

from pratique.milter.supervisor.state import StateInUse, own_state


async def test_the_folder_is_made_and_is_the_owners_alone(tmp_path):
    folder = tmp_path / "a" / "b"
    async with own_state(folder, lambda: False):
        assert folder.stat().st_mode & 0o777 == 0o700
        assert (folder / "lock").stat().st_mode & 0o777 == 0o600


async def test_a_second_service_is_told_at_once_while_the_first_one_serves(tmp_path):
    async with own_state(tmp_path, lambda: False):
        with pytest.raises(StateInUse, match=str(tmp_path)):
            await own_state(tmp_path, lambda: True).__aenter__()


async def test_a_second_service_does_not_wait_for_ever(tmp_path):
    async with own_state(tmp_path, lambda: False):
        with pytest.raises(StateInUse):
            await own_state(tmp_path, lambda: False, patience=0.0).__aenter__()


async def test_a_new_service_waits_for_the_doors_of_one_that_was_killed(tmp_path):
    # A door has inherited the open file, and the lock is on that.
    descriptor = os.open(tmp_path / "lock", os.O_RDWR | os.O_CREAT)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    asked = asyncio.Event()

    def somebody_serves():
        asked.set()
        return False

    new = own_state(tmp_path, somebody_serves, 20.0)
    waiting = asyncio.create_task(new.__aenter__())
    await asyncio.wait_for(asked.wait(), 5)
    assert not waiting.done()
    os.close(descriptor)
    await asyncio.wait_for(waiting, 5)
    other = os.open(tmp_path / "lock", os.O_RDWR)
    with pytest.raises(BlockingIOError):
        fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
    await new.__aexit__(None, None, None)
    fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
    os.close(other)


@pytest.fixture
def has_lock(tmp_path):
    """Start a process of this name and code that has the lock, and does not end by itself."""
    started = []

    def start(name, code="print(flush=True); input()"):
        descriptor = os.open(tmp_path / "lock", os.O_RDWR | os.O_CREAT)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        made = subprocess.Popen([sys.executable, "-c", code, name], pass_fds=[descriptor], **pipes)
        os.close(descriptor)
        started.append(made)
        made.stdout.readline()
        return made

    yield start
    for made in started:
        made.kill()
        made.communicate()


DOOR = "pratique.milter.serving.door_process"
# The door below it ends with it.
WITH_A_DOOR = f"""
import subprocess, sys
command = [sys.executable, "-c", "print(flush=True); input()", "{DOOR}"]
subprocess.run(command, close_fds=False)
"""


async def test_a_door_without_a_supervisor_that_does_not_end_is_killed(tmp_path, has_lock):
    door = has_lock(DOOR)
    async with own_state(tmp_path, lambda: False, patience=0.0):
        assert door.wait(5) == -signal.SIGKILL


@pytest.mark.parametrize(
    ("process", "serves"),
    [(("a backup",), False), ((DOOR,), True), (("serve", WITH_A_DOOR), False)],
    ids=["no door", "answers", "lives and does not answer"],
)
async def test_nobody_else_is_killed(tmp_path, has_lock, process, serves):
    other = has_lock(*process)
    with pytest.raises(StateInUse):
        await own_state(tmp_path, lambda: serves, patience=0.0).__aenter__()
    with pytest.raises(subprocess.TimeoutExpired):
        other.wait(0.1)
