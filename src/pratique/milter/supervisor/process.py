"""Start one process of a door, give it orders, and see it end.

The process is a fresh Python: it gets nothing of this one but its end of the socket pair, the
lock on the state folder, and what the order brings.  What keeps a door from serving
comes back in words (`Unfit`); a process that ends or stays silent instead is `Lost`.
"""

import asyncio
import contextlib
import logging
import os
import signal
import socket
import sys
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from pratique.milter.supervisor.charge import Charge
from pratique.milter.supervisor.orders import Channel, Order, OrderError
from pratique.milter.wall.nursery import Nursery

log = logging.getLogger("pratique.service")

# -I: nothing of the environment or the working directory is imported over there.
COMMAND = (sys.executable, "-I", "-X", "utf8", "-m", "pratique.milter.serving.door_process")

# Python and its libraries start in a second, workers in another; after thirty times that the
# process is stuck.
READY_SECONDS = 60.0

# What is said in answer to `serve`; all else a door says unasked.
ANSWERS = frozenset({"ready", "unfit", "alone"})

# A door breaks off after 30 s (doors/smtp/server.py), then sends its last counts.
DRAIN_SECONDS = 40.0


class Unfit(Exception):
    """A door cannot serve as it was told."""


class Lost(Exception):
    """A door's process ended, or does not answer, or its nursery ended before it served."""


@dataclass(frozen=True, slots=True)
class Inherited:
    """What every process of every door inherits."""

    lock: int
    # Called with what a process says unasked.
    hears: "Hears"


Hears = Callable[["DoorProcess", Order], Awaitable[None]]


class DoorProcess:
    """One process of a door."""

    def __init__(
        self, name: str, process: asyncio.subprocess.Process, channel: Channel, hears: Hears
    ) -> None:
        self._name = name
        self._process = process
        self._channel = channel
        self._hears = hears
        self._answer: asyncio.Future[Order] | None = None
        self._listening = asyncio.create_task(self._listen())

    @classmethod
    async def start(
        cls, words: tuple[str, str], inherited: Inherited, command: Sequence[str] = COMMAND
    ) -> "DoorProcess":
        """Start the door of this kind and section; it waits for its first order."""
        ours, theirs = socket.socketpair()
        with theirs:
            process = await asyncio.create_subprocess_exec(
                *command,
                *words,
                str(theirs.fileno()),
                pass_fds=[theirs.fileno(), inherited.lock],
                stdin=asyncio.subprocess.DEVNULL,
                # Ctrl-C in a terminal is for the supervisor, which tells its doors itself.
                start_new_session=True,
            )
        return cls(" ".join(filter(None, words)), process, Channel(ours), inherited.hears)

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    @property
    def ended(self) -> bool:
        """True once it has ended."""
        return self._process.returncode is not None

    async def serve(self, charge: Charge, nursery: Nursery, sockets: Sequence[int] = ()) -> None:
        """Have it serve.  Raises Unfit or Lost."""
        if self._listening.done():
            raise Lost(f"{self._name}: it ended before it was told to serve")
        answered = self._answer = asyncio.get_running_loop().create_future()
        try:
            with nursery.adopted() as control, charge.order(control.fileno(), sockets) as order:
                await self._say(order)
            async with asyncio.timeout(READY_SECONDS):
                answer = await answered
        except TimeoutError:
            # Whatever it says from now on would be taken for the answer to the next order.
            self._kill_now()
            raise Lost(f"{self._name}: not ready within {READY_SECONDS:g} s") from None
        finally:
            self._answer = None
            # If the process ended meanwhile, that was raised: keep asyncio from reporting it too.
            if answered.done() and not answered.cancelled():
                answered.exception()
        if answer.word == "alone":
            raise Lost(f"{self._name}: {answer.body.get('why', answer.word)}")
        if answer.word != "ready":
            raise Unfit(answer.body.get("why", answer.word))

    async def hand_over(self, nursery: Nursery) -> None:
        """Have it use another nursery from now on.  Raises Lost."""
        with nursery.adopted() as control:
            await self._say(Order("nursery", descriptors=(control.fileno(),)))

    async def drain(self, patience: float = 0.0) -> None:
        """Have it finish what is in flight, and wait for its end.

        Connections that stay may begin messages for `patience` seconds.
        """
        with contextlib.suppress(Lost):
            await self._say(Order("drain", {"patience": str(patience)}))
        try:
            async with asyncio.timeout(patience + DRAIN_SECONDS):
                await self.wait()
        except TimeoutError:
            log.error("%s: still busy after %g s; it is killed", self._name, DRAIN_SECONDS)
            await self.kill()

    async def kill(self) -> None:
        """End it now."""
        self._kill_now()
        await self.wait()

    def _kill_now(self) -> None:
        # Not through asyncio: its `kill` polls for the end first, and then no waiter is told.
        if not self.ended:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)

    async def wait(self) -> int:
        """Return its exit status, once it has ended."""
        status = await self._process.wait()
        try:
            await asyncio.shield(self._listening)
        finally:
            if self._listening.done():
                self._channel.close()
        return status

    async def _say(self, order: Order) -> None:
        try:
            await self._channel.say(order)
        except OSError as error:
            raise Lost(f"{self._name}: it has ended ({error.strerror})") from error
        except OrderError as error:
            many = "are there many thousands in one of the settings?"
            raise Unfit(f"{self._name}: cannot be told to serve: {error}; {many}") from error

    async def _listen(self) -> None:
        """Take its answers until it hangs up; kill it if that fails."""
        try:
            while (answer := await self._channel.hear()) is not None:
                if answer.word not in ANSWERS:
                    await self._hears(self, answer)
                elif self._answer is not None and not self._answer.done():
                    self._answer.set_result(answer)
        except OrderError as error:
            log.error("%s: talks nonsense, and is killed: %s", self._name, error)
            self._kill_now()
        except Exception:
            # If raised, it would end the task that waits for this process to end and restarts it.
            log.exception("%s: an error of ours; it is killed", self._name)
            self._kill_now()
        except BaseException:
            self._kill_now()
            raise
        finally:
            if self._answer is not None and not self._answer.done():
                self._answer.set_exception(Lost(f"{self._name}: it ended before it was ready"))
