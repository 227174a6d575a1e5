"""See one message after the other, confined, and answer facts as they are found.

A worker is forked by the nursery with everything loaded.  It gives up its rights, and
only *then* takes its first message.  It is handed the message (a sealed memfd), what
outside programs made of its parts (likewise) and the envelope, and nothing else: never a
connection, never a path.  It announces each reader
and each scanner before it starts on a part, so that whoever watches from the other side
knows whom to blame if nothing follows.

It ends when its socket does.  Whatever kills it (a bug in a library, the memory limit,
the deadline) costs this one process; facts that were sent are not lost.
"""

import contextlib
import gc
import mmap
import os
import signal
import socket
import time
from collections.abc import Iterator

from pratique.scanners import facts_pb2 as facts
from pratique.scanners import frames
from pratique.scanners.confine import Confinement, confine
from pratique.scanners.inspector import Inspector
from pratique.scanners.wall_pb2 import (
    Answer,
    Done,
    HandedOut,
    Hello,
    Inspect,
    Request,
    Rewrite,
    Started,
)


class Worker:
    """The far end of one socket: takes requests, answers facts."""

    def __init__(self, connection: socket.socket, inspector: Inspector) -> None:
        self._connection = connection
        self._inspector = inspector

    def serve(self, confinement: Confinement) -> None:
        """Give up all rights, say hello, and see messages until the socket ends."""
        held_by = confine(confinement)
        self._send(
            hello=Hello(
                format=frames.FORMAT,
                pid=os.getpid(),
                confinement=held_by,
                scanners=self._inspector.scanners,
            )
        )
        most = 1 + frames.MAX_EXTRAS
        while (received := frames.receive(self._connection, most)) is not None:
            body, descriptors = received
            request = Request.FromString(body)
            if request.HasField("rewrite"):
                self._rewrite(request.rewrite, descriptors)
            else:
                self._inspect(request.inspect, descriptors)

    def _inspect(self, request: Inspect, descriptors: list[int]) -> None:
        begun = time.monotonic()
        with contextlib.ExitStack() as mapped:
            octets, *extras = [
                mapped.enter_context(_mapped(descriptor)) for descriptor in descriptors
            ]
            self._inspector.inspect(octets, request, self, extras)
        self._send(done=Done(seconds=time.monotonic() - begun))
        # Cycles would keep the mapped message alive; what the nursery loaded is frozen.
        gc.collect()

    def _rewrite(self, request: Rewrite, descriptors: list[int]) -> None:
        begun = time.monotonic()
        (descriptor,) = descriptors
        with _mapped(descriptor) as octets:
            for rewritten in self._inspector.rewrite(octets, request):
                frames.send(self._connection, Answer(rewritten=rewritten))
        self._send(done=Done(seconds=time.monotonic() - begun))
        gc.collect()

    def started(self, name: str, part: int) -> None:
        """Announce that a reader or a scanner starts on a part."""
        self._send(started=Started(name=name, part=part))

    def found(self, found: facts.Facts) -> None:
        """Send facts as they are found."""
        frames.send(self._connection, Answer(found=found))

    def handed_out(self, handed: HandedOut) -> None:
        """Send a piece of a part that only an outside program opens."""
        frames.send(self._connection, Answer(handed_out=handed))

    def _send(
        self,
        *,
        hello: Hello | None = None,
        started: Started | None = None,
        done: Done | None = None,
    ) -> None:
        frames.send(self._connection, Answer(hello=hello, started=started, done=done))


@contextlib.contextmanager
def _mapped(descriptor: int) -> Iterator[memoryview]:
    """The octets of a descriptor, mapped and read-only; nothing is copied."""
    try:
        size = os.lseek(descriptor, 0, os.SEEK_END)
        if size == 0:
            # mmap(2) refuses an empty mapping; an empty message is a message all the same.
            yield memoryview(b"")
            return
        mapping = mmap.mmap(descriptor, size, mmap.MAP_PRIVATE, mmap.PROT_READ)
        # The map goes with its last view: a reader that still holds one keeps it alive.
        yield memoryview(mapping)
    finally:
        os.close(descriptor)


def run(connection: socket.socket, inspector: Inspector, confinement: Confinement) -> int:
    """Be a worker in this process until the socket ends; gives the exit status."""
    # The nursery's wakeup descriptor is closed next, and its number may come again.
    signal.set_wakeup_fd(-1)
    _keep_only(connection.fileno())
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGCHLD):
        signal.signal(number, signal.SIG_DFL)
    try:
        Worker(connection, inspector).serve(confinement)
    except (BrokenPipeError, ConnectionResetError):
        # The other side is gone: nobody wants the rest.
        return 0
    return 0


def _keep_only(descriptor: int) -> None:
    """Close every descriptor but one; standard input and outputs lead nowhere."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nowhere, standard)
    os.closerange(3, descriptor)
    os.closerange(descriptor + 1, os.sysconf("SC_OPEN_MAX"))
