"""Stand on the near side of the wall: one nursery, and one worker at a time.

This file starts the nursery's process, asks it for workers, and follows what a worker
says of one message.  What a worker says is not trusted: it was written by a process
that reads what strangers wrote.  So there is a limit on how much it may say, every
frame must be one of ours, and a worker that breaks the rules is killed.

    nursery ended        NurseryLost: the message gets 4yz, a new nursery is started
    worker ended         Sighting.end == "died", with the scanner that it was in
    worker too slow      Sighting.end == "late", likewise
    worker talks nonsense  Sighting.end == "lied"

Killing is by pidfd (pidfd_open(2)): a process id may belong to somebody else by then.
"""

import asyncio
import contextlib
import logging
import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Sequence

from pratique.milter.line import Line
from pratique.milter.mail import Content
from pratique.milter.programs.gathering import Gathering
from pratique.milter.recipe import Making
from pratique.milter.said import Said
from pratique.milter.sighting import Lie, Names, Sighting
from pratique.scanners import frames
from pratique.scanners.page import Page
from pratique.scanners.wall_pb2 import (
    Adopt,
    Answer,
    Inspect,
    Request,
    Rewrite,
    Setup,
    Spawn,
)

log = logging.getLogger("pratique.wall")

# -I: nothing of the environment or the working directory is imported over there.
COMMAND = (sys.executable, "-I", "-X", "utf8", "-m", "pratique.scanners.nursery")

# Thousands of YARA rules that are new take twenty seconds; those that take more than eighty the
# nursery refuses by itself, in words (scanners/yara_rules/asked.py).
LOAD_SECONDS = 120.0

# A fork takes a millisecond; a nursery that needs ten seconds for it is stuck.
SPAWN_SECONDS = 10.0


class NurseryLost(Exception):  # noqa: N818 - the world's fault, like OSError
    """The nursery ended or does not answer; whatever was in its workers is not seen."""


class NurseryUnfit(Exception):  # noqa: N818 - the admin's fault: a rule file, a setting
    """The nursery could not load what the settings name."""


class Nursery:
    """The nursery's process, as seen from here."""

    def __init__(
        self, control: socket.socket, process: subprocess.Popen[bytes] | None = None
    ) -> None:
        self._control = control
        # None: another process of ours started it, and will end it.
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
                # Ctrl-C in a terminal is for the service; it ends its nursery itself.
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
        """Ask a nursery that another process of ours started, on a control it adopted."""
        nursery = cls(control)
        try:
            control.settimeout(SPAWN_SECONDS)
            nursery._greeted(*await asyncio.to_thread(_answer, control))
        except BaseException:
            nursery.close()
            raise
        return nursery

    def _greeted(self, answer: Answer, _descriptors: list[int]) -> None:
        if answer.HasField("unfit"):
            raise NurseryUnfit(answer.unfit)
        _check_format(answer)
        self.pid = answer.hello.pid
        self.scanners = tuple(answer.hello.scanners)
        self.names = Names(frozenset(self.scanners), frozenset(answer.hello.sources))
        self._control.settimeout(SPAWN_SECONDS)

    def adopted(self) -> socket.socket:
        """A control for another process of ours, which does `join` with it."""
        ours, theirs = socket.socketpair()
        with theirs:
            try:
                frames.send(self._control, Request(adopt=Adopt()), theirs.fileno())
            except OSError as error:
                ours.close()
                raise NurseryLost(f"the nursery does not answer: {error}") from error
        return ours

    async def spawn(self) -> "Worker":
        """A new worker, once it has given up its rights."""
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
        """One request and its answer; after a fault this nursery is not asked again."""
        try:
            return await asyncio.to_thread(_exchange, self._control, request)
        except NurseryLost:
            self._broken = True
            raise

    @property
    def lost(self) -> bool:
        """True once the nursery has ended: its control socket is at its end."""
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
        """Wait until it has ended.  For who asks it nothing at the same time."""
        loop = asyncio.get_running_loop()
        end = asyncio.Event()
        loop.add_reader(self._control, end.set)
        try:
            await end.wait()
        finally:
            loop.remove_reader(self._control)

    def close(self) -> None:
        """End the nursery, if it is ours alone; its workers end with it."""
        self._control.close()
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def kill(self) -> None:
        """End it now; whoever waits for its end hears of it."""
        if self._process is not None:
            self._process.kill()

    async def leave(self) -> None:
        """Ask no more, and wait until nobody does: it ends with its last asker."""
        self._control.close()
        if self._process is not None:
            # It may take as long as its doors drain, and a thread that waits is a thread less.
            await _end_of(self._process.pid)
            self._process.wait()


async def _end_of(pid: int) -> None:
    """Wait until a child of ours has ended; it is still to be waited for."""
    loop, end, descriptor = asyncio.get_running_loop(), asyncio.Event(), os.pidfd_open(pid)
    loop.add_reader(descriptor, end.set)
    try:
        await end.wait()
    finally:
        loop.remove_reader(descriptor)
        os.close(descriptor)


def _exchange(control: socket.socket, request: Request) -> tuple[Answer, list[int]]:
    """One request to the nursery and its answer; blocks, so it runs in a thread."""
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


def _check_format(answer: Answer) -> None:
    if answer.hello.format != frames.FORMAT:
        raise NurseryLost(f"format {answer.hello.format} across the wall, not {frames.FORMAT}")


class Worker:
    """One worker, as seen from here: it sees one message at a time."""

    def __init__(self, pid: int, line: Line, pidfd: int, page: Page) -> None:
        self.pid = pid
        self.seen = 0
        self.confinement = ""
        self.names = Names()
        self._line = line
        self._pidfd = pidfd
        self._page = page

    @classmethod
    async def connect(cls, pid: int, descriptor: int, pidfd: int, page: int) -> "Worker":
        """Take over the descriptors that the nursery gave."""
        mapped = Page(page)
        return cls(pid, await Line.on(socket.socket(fileno=descriptor)), pidfd, mapped)

    async def greet(self) -> None:
        """Wait for the worker's hello: it has given up its rights."""
        try:
            with self._line.within(SPAWN_SECONDS):
                answer = frames.decode_answer(await self._line.frame())
        except (TimeoutError, frames.FrameError, OSError) as error:
            raise NurseryLost(f"worker {self.pid} said no hello: {error!r}") from error
        if answer.HasField("unfit"):
            raise NurseryUnfit(answer.unfit)
        _check_format(answer)
        self.confinement = answer.hello.confinement

    @property
    def gone(self) -> bool:
        """True if this worker has ended while it was idle, or spoke without being asked."""
        return self._line.ended or self._line.unread > 0

    async def inspect(
        self,
        content: Content,
        request: Inspect,
        seconds: float,
        most_parts: int,
        extras: Sequence[Content] = (),
    ) -> Sighting:
        """Have one message seen; never raises for what the worker does.

        `extras` are the archives of `request.extras`.  What the worker hands out is the
        caller's to close.
        """
        self.seen += 1
        sighting, said = Sighting(most_parts, self.names), Said()
        gathering = Gathering(request.hand_out, request.show)
        try:
            with self._line.within(seconds):
                beside = [each.descriptor for each in (content, *extras)]
                self._say(frames.encode_inspect(request), beside)
                await self._follow(sighting, said, gathering)
            said.rest(self._page, sighting)
            sighting.finish(content)
            sighting.handed = gathering.whole()
        except TimeoutError:
            sighting.end, sighting.detail = "late", f"no answer within {seconds:g} s"
        except (frames.FrameError, Lie) as error:
            sighting.end, sighting.detail = "lied", str(error)
        except OSError:
            sighting.end, sighting.detail = "died", "the worker died"
        finally:
            gathering.close()
        if sighting.end != "done":
            # First, or it would go on writing.
            self.kill()
            said.left(self._page, sighting)
        return sighting

    def _say(self, frame: bytes, descriptors: list[int]) -> None:
        self._page.clear()
        self._line.say(frame, descriptors)

    async def _follow(self, sighting: Sighting, said: Said, gathering: Gathering) -> None:
        while True:
            body = await self._line.frame()
            answer = frames.decode_answer(body)
            match answer.WhichOneof("body"):
                case "found":
                    said.found(answer.found, len(body), sighting)
                case "handed_out":
                    # This has a limit of its own.
                    gathering.take(answer.handed_out)
                case "done":
                    sighting.seconds = answer.done.seconds
                    return
                case other:
                    raise frames.FrameError(f"{other} is no answer to a message")

    async def rewrite(self, content: Content, request: Rewrite, seconds: float) -> Making:
        """Have one message rewritten; never raises for what the worker does."""
        self.seen += 1
        making = Making(content)
        try:
            with self._line.within(seconds):
                self._say(frames.encode(Request(rewrite=request)), [content.descriptor])
                await self._follow_making(making)
            making.finish()
        except TimeoutError:
            making.end, making.detail = "late", f"no new content within {seconds:g} s"
        except (frames.FrameError, Lie) as error:
            making.end, making.detail = "lied", str(error)
        except OSError:
            making.end, making.detail = "died", "the worker died"
        except BaseException:
            making.discard()
            raise
        return making

    async def _follow_making(self, making: Making) -> None:
        while True:
            answer = frames.decode_answer(await self._line.frame())
            match answer.WhichOneof("body"):
                case "rewritten":
                    making.take(answer.rewritten)
                case "done":
                    return
                case other:
                    raise frames.FrameError(f"{other} is no answer to a rewrite")

    def kill(self) -> None:
        """End this worker now; a second call does nothing."""
        if self._pidfd < 0:
            return
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)
        os.close(self._pidfd)
        self._pidfd = -1
        self._line.close()
