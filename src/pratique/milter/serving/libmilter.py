"""Serve a milter through libmilter: it has the main thread, the event loop runs in another.

All else is as in serving/milter.py.  For reasons to use it: docs/postfix.md.
"""

import asyncio
import contextlib
import queue
import socket
import threading
from collections.abc import Callable

from pratique.milter.doors.libmilter.door import MilterDoor, block_signals
from pratique.milter.doors.milter.ending import MilterTake
from pratique.milter.doors.milter.settings import MilterSettings
from pratique.milter.serving.milter import Door, MilterServing


class LibmilterServing(MilterServing):
    """One milter of a service."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        # The door that the main thread shall run; None: there will be none.
        self.to_run: queue.SimpleQueue[MilterDoor | None] = queue.SimpleQueue()
        # Ends the process as the supervisor would; called from any thread.
        self.end: Callable[[], object] = lambda: None

    def begun(self, end: Callable[[], object]) -> None:
        """End the process too when libmilter ends on its own (a signal)."""
        loop = asyncio.get_running_loop()

        def from_elsewhere() -> None:
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(end)

        self.end = from_elsewhere

    async def open(
        self, settings: MilterSettings, take: MilterTake, listening: socket.socket
    ) -> Door:
        """Return the door, once it serves.  Raises DoorError."""
        door = MilterDoor(settings, take, asyncio.get_running_loop())
        door.open(listening)
        # So that `drain` ends it too, whatever happens from here on.
        self._door = door
        self.to_run.put(door)
        await door.accepting()
        return door


def in_main_thread(serving: LibmilterServing, obey: Callable[[], None]) -> None:
    """Run libmilter here, and the event loop (`obey`) in another thread, until both end."""
    block_signals()

    def obeyed() -> None:
        try:
            obey()
        finally:
            serving.to_run.put(None)

    loop = threading.Thread(target=obeyed, name="loop")
    loop.start()
    try:
        if (door := serving.to_run.get()) is not None:
            door.run()
    finally:
        serving.end()
        loop.join()
