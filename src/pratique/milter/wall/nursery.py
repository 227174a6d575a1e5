"""Start the nursery's process, join one that is running, and ask it for workers.

It loads all that workers need (readers, scanners, rules) and forks them.  If it ends or does
not answer: `NurseryLost`, the messages that its workers had in hand get 4yz, and a new one is
started.  If it cannot load what the settings name: `NurseryUnfit`, in words for the admin.
"""

import asyncio
import os
import select
import socket
import subprocess
import sys
from collections.abc import Sequence

from pratique.milter.wall.faults import NurseryLost, NurseryUnfit
from pratique.milter.wall.sighting import Names
from pratique.milter.wall.worker import SPAWN_SECONDS, Worker, check_format
from pratique.scanners import frames
from pratique.scanners.wall_pb2 import Adopt, Answer, Request, Setup, Spawn

# -I: nothing of the environment or the working directory is imported over there.
COMMAND = (sys.executable, "-I", "-X", "utf8", "-m", "pratique.scanners.nursery")

# Thousands of new YARA rules take twenty seconds to compile; the nursery itself refuses, in
# words, those that take more than eighty (scanners/yara_rules/asked.py).
LOAD_SECONDS = 120.0


class Nursery:
    """The nursery's process, as seen from here."""

    def __init__(
        self, control: socket.socket, process: subprocess.Popen[bytes] | None = None
    ) -> None:
        self._control = control
        # None: another of our processes started it, and will end it.
        self._process = process
        self._asking = asyncio.Lock()
        self._broken = False
        self.pid = 0
        self.scanners: tuple[str, ...] = ()
        self.names = Names()

    @classmethod
    async def start(cls, setup: Setup, command: Sequence[str] = COMMAND) -> "Nursery":
        """Start a nursery and wait until it has loaded everything."""
        control, theirs = socket.socketpair()
        with theirs:
            # Popen returns once the child has called exec: a millisecond, and only at start.
            process = subprocess.Popen(  # noqa: ASYNC220
                [*command, str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                # Ctrl-C in a terminal is for the service, which ends its nursery itself.
                start_new_session=True,
            )
        nursery = cls(control, process)
        try:
            control.settimeout(LOAD_SECONDS)
            nursery._greeted(*await nursery._ask(Request(setup=setup)))
        except BaseException:
            nursery.close()
            raise
        return nursery

    @classmethod
    async def join(cls, control: socket.socket) -> "Nursery":
        """Join a nursery that another of our processes started, on a control that it adopted."""
        nursery = cls(control)
        try:
            control.settimeout(SPAWN_SECONDS)
            nursery._greeted(*await asyncio.to_thread(_answer, control))
        except BaseException:
            nursery.close()
            raise
        return nursery

    def _greeted(self, answer: Answer, descriptors: list[int]) -> None:
        _close(descriptors)
        if answer.HasField("unfit"):
            raise NurseryUnfit(answer.unfit)
        check_format(answer)
        self.pid = answer.hello.pid
        self.scanners = tuple(answer.hello.scanners)
        self.names = Names(frozenset(self.scanners), frozenset(answer.hello.sources))
        self._control.settimeout(SPAWN_SECONDS)

    def adopted(self) -> socket.socket:
        """Return a control for another of our processes, which passes it to `join`."""
        ours, theirs = socket.socketpair()
        with theirs:
            try:
                frames.send(self._control, Request(adopt=Adopt()), theirs.fileno())
            except OSError as error:
                ours.close()
                raise NurseryLost(f"the nursery does not answer: {error}") from error
        return ours

    async def spawn(self) -> "Worker":
        """Return a new worker, once it has given up its rights."""
        async with self._asking:
            answer, descriptors = await self._ask(Request(spawn=Spawn()))
        if answer.HasField("unfit"):
            raise NurseryUnfit(answer.unfit)
        if len(descriptors) != frames.MAX_DESCRIPTORS:
            _close(descriptors)
            self._broken = True
            raise NurseryLost("the nursery sent a worker without its descriptors")
        worker = await Worker.connect(answer.hello.pid, *descriptors)
        try:
            await worker.greet()
        except BaseException:
            worker.kill()
            raise
        return worker

    async def _ask(self, request: Request) -> tuple[Answer, list[int]]:
        """Send one request and return its answer; after a fault this nursery is not asked again."""
        try:
            return await asyncio.to_thread(_exchange, self._control, request)
        except NurseryLost:
            self._broken = True
            raise

    @property
    def lost(self) -> bool:
        """True once the nursery has ended: its control socket has reached its end."""
        if self._broken:
            return True
        # poll, not select: a busy service has descriptors above 1,023.
        watch = select.poll()
        try:
            watch.register(self._control, select.POLLIN)
            return bool(watch.poll(0)) and not self._control.recv(1, socket.MSG_PEEK)
        except (OSError, ValueError):
            # Reset by a nursery that died with a request unread, or closed by us.
            return True

    async def ended(self) -> None:
        """Wait until it has ended.  Nothing may be asked of it at the same time."""
        loop = asyncio.get_running_loop()
        end = asyncio.Event()
        loop.add_reader(self._control, end.set)
        try:
            await end.wait()
        finally:
            loop.remove_reader(self._control)

    def close(self) -> None:
        """End the nursery if this process started it; its workers end with it."""
        self._control.close()
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def kill(self) -> None:
        """End it now; whatever waits for its end is told."""
        if self._process is not None:
            self._process.kill()

    async def leave(self) -> None:
        """Ask no more, and wait until nobody does: it ends when its last control is closed."""
        self._control.close()
        if self._process is not None:
            # This may take as long as its doors drain, so it does not occupy a thread.
            await _end_of(self._process.pid)
            self._process.wait()


async def _end_of(pid: int) -> None:
    """Wait until one of our children has ended; it must still be reaped."""
    loop, end, descriptor = asyncio.get_running_loop(), asyncio.Event(), os.pidfd_open(pid)
    loop.add_reader(descriptor, end.set)
    try:
        await end.wait()
    finally:
        loop.remove_reader(descriptor)
        os.close(descriptor)


def _exchange(control: socket.socket, request: Request) -> tuple[Answer, list[int]]:
    """Send one request to the nursery and return its answer; blocks, so it runs in a thread."""
    try:
        frames.send(control, request)
    except OSError as error:
        raise NurseryLost(f"the nursery does not answer: {error}") from error
    except frames.FrameError as error:
        many = "are there many thousands of domains, people or passwords?"
        raise NurseryUnfit(f"the settings are too much for workers: {error}; {many}") from error
    return _answer(control)


def _answer(control: socket.socket) -> tuple[Answer, list[int]]:
    try:
        received = frames.receive(control)
    except (OSError, frames.FrameError) as error:
        raise NurseryLost(f"the nursery does not answer: {error}") from error
    if received is None:
        raise NurseryLost("the nursery has ended")
    body, descriptors = received
    try:
        return frames.decode_answer(body), descriptors
    except frames.FrameError as error:
        _close(descriptors)
        raise NurseryLost(f"the nursery does not answer: {error}") from error


def _close(descriptors: list[int]) -> None:
    for descriptor in descriptors:
        os.close(descriptor)
