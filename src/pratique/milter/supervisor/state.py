"""Have the state folder alone: no second service writes where this one does.

The lock is on an open file, and each door inherits that file.  So it is held until the
last door has ended, also where the supervisor was killed and its doors still finish what
is in flight.  A new service waits for them; if instead a supervisor answers on the
folder's control socket, somebody else serves, and the new one ends at once.
"""

import asyncio
import fcntl
import logging
import os
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

log = logging.getLogger("pratique.service")

# Nobody else has business with other people's mail.
PRIVATE = 0o700

# The doors of a killed service finish what is in flight: as long as a drain may take.
PATIENCE = 45.0
_TICK = 0.1


class StateInUse(Exception):  # noqa: N818 - the admin's: two services on one folder
    """Another service has this state folder."""


@asynccontextmanager
async def own_state(
    folder: Path, somebody_serves: Callable[[], bool], patience: float = PATIENCE
) -> AsyncIterator[int]:
    """Make the state folder and have it alone until the end; gives the lock's descriptor."""
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
            if somebody_serves() or time.monotonic() > end:
                raise StateInUse(
                    f"another pratique serves with the state folder {folder}"
                ) from None
        else:
            return
        if not told:
            log.warning("waiting for the doors of a service that has ended")
            told = True
        await asyncio.sleep(_TICK)
