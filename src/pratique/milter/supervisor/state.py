"""Reserve the state folder: no second service writes where this one does.

The lock is on an open file, and each door inherits that file.  So it is held until the
last door has ended, even if the supervisor was killed and its doors still finish what
is in flight.  A new service waits for them; if instead a supervisor answers on the
folder's control socket, another service is running, and the new one ends at once.

A door that does not end in the time that a drain may take will never end.  It is killed:
mail must not stand still for it, and whatever it has is kept or is sent again.
"""

import asyncio
import contextlib
import fcntl
import logging
import os
import signal
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

log = logging.getLogger("pratique.service")

# Other people's mail is for our own user alone.
PRIVATE = 0o700

# The doors of a killed service finish what is in flight: as long as a drain may take.
PATIENCE = 45.0
# ... and within this time a killed one has ended.
_KILLED_SECONDS = 5.0
_TICK = 0.1
# The name of a door's process (process.py).
_DOOR = b"pratique.milter.serving.door_process"


class StateInUse(Exception):
    """Another service uses this state folder."""


@asynccontextmanager
async def own_state(
    folder: Path, somebody_serves: Callable[[], bool], patience: float = PATIENCE
) -> AsyncIterator[int]:
    """Make the state folder and lock it until the end; yield the lock's descriptor."""
    descriptor = _opened(folder)
    try:
        await _lock(descriptor, folder, somebody_serves, patience)
        yield descriptor
    finally:
        os.close(descriptor)


def _opened(folder: Path) -> int:
    folder.mkdir(mode=PRIVATE, parents=True, exist_ok=True)
    return os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


async def _lock(
    descriptor: int, folder: Path, somebody_serves: Callable[[], bool], patience: float
) -> None:
    end = time.monotonic() + patience
    told = False
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            late = time.monotonic() > end
            left = _left_behind(descriptor) if late else []
            if somebody_serves() or (late and not left):
                raise StateInUse(
                    f"another pratique serves with the state folder {folder}"
                ) from None
        else:
            return
        for pid in left:
            log.error("the door %d of a service that has ended does not end: it is killed", pid)
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
            end = time.monotonic() + _KILLED_SECONDS
        if not told:
            log.warning("waiting for the doors of a service that has ended")
            told = True
        await asyncio.sleep(_TICK)


def _left_behind(descriptor: int) -> list[int]:
    """Return the doors that have the lock's file open, and whose supervisor is gone."""
    own, lock = os.getpid(), os.fstat(descriptor)
    having = {
        int(each.name)
        for each in Path("/proc").iterdir()
        if each.name.isdecimal() and int(each.name) != own and _has_open(each, lock)
    }
    return [pid for pid in having if _is_door(pid) and _parent(pid) not in having]


def _has_open(process: Path, file: os.stat_result) -> bool:
    """Tell whether a process has a file open; False if it ends meanwhile, or is not ours."""
    with contextlib.suppress(OSError):
        for each in (process / "fd").iterdir():
            with contextlib.suppress(OSError):
                if os.path.samestat(each.stat(), file):
                    return True
    return False


def _is_door(pid: int) -> bool:
    with contextlib.suppress(OSError):
        return _DOOR in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    return False


def _parent(pid: int) -> int:
    """Return the parent's process id; zero if the process has ended."""
    with contextlib.suppress(OSError):
        # A program's name may contain brackets: fields count from the last one (proc(5)).
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    return 0
