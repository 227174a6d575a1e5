"""See one message after the other, confined, and answer facts as they are found.

A worker is forked by the nursery with everything loaded.  It gives up its rights, and
only *then* takes its first message.  It is handed the message (a sealed memfd), what
outside programs made of its parts (likewise) and the envelope, and nothing else: never a
connection, never a path.  It announces each reader and each scanner before it starts on a
part, so that the other side knows which of them to blame if nothing follows.  That, and the
facts as they are found, it writes on a page that the other side can read whatever becomes of
it (page.py).

It ends when its socket does.  Whatever kills it (a bug in a library, the memory limit,
the deadline) costs this one process; facts that were found are not lost.
"""

import gc
import mmap
import os
import signal
import socket
import time

from pratique.scanners import facts_pb2 as facts
from pratique.scanners import frames
from pratique.scanners.confine import Confinement, confine
from pratique.scanners.inspector import Inspector
from pratique.scanners.page import Page
from pratique.scanners.wall_pb2 import (
    Answer,
    Done,
    HandedOut,
    Hello,
    Inspect,
    Request,
    Rewrite,
)

# Garbage that a message leaves is collected after so many, or so large ones: to look for
# it takes as long as a small message, and it is a few kilobytes a message.
_MESSAGES, _OCTETS = 100, 8 * 1024 * 1024
# And within one message once so many objects are there more than before: with Python's 700 it
# is looked for several times a message, and found nearly never.
_NEW_OBJECTS = 10_000
# What a program made is read up to so many octets: that takes less than a map, which the kernel
# fills page by page and takes down again.
READ = 64 * 1024


class Worker:
    """The far end of one socket: takes requests, answers facts."""

    def __init__(self, connection: socket.socket, inspector: Inspector, page: Page) -> None:
        self._connection = connection
        self._inspector = inspector
        self._page = page
        # Messages and octets since garbage was last collected.
        self._messages = self._octets = 0

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
        self._page.clear()
        message, *made = descriptors
        octets, extras = read(message), [mapped(descriptor) for descriptor in made]
        self._inspector.inspect(octets, request, self, extras)
        self._send(done=Done(seconds=time.monotonic() - begun))
        size = len(octets)
        # The map goes with its last view, and shall not stay until the next message.
        del octets, extras
        self._tidy(size)

    def _rewrite(self, request: Rewrite, descriptors: list[int]) -> None:
        begun = time.monotonic()
        (descriptor,) = descriptors
        octets = read(descriptor)
        for rewritten in self._inspector.rewrite(octets, request):
            frames.send(self._connection, Answer(rewritten=rewritten))
        del octets
        self._send(done=Done(seconds=time.monotonic() - begun))
        self._tidy(_OCTETS)

    def _tidy(self, size: int) -> None:
        """Collect garbage once there may be much; what the nursery loaded is frozen."""
        self._messages += 1
        self._octets += size
        if self._messages >= _MESSAGES or self._octets >= _OCTETS:
            self._messages = self._octets = 0
            gc.collect()

    def started(self, name: str, part: int) -> None:
        """Announce that a reader or a scanner starts on a part."""
        self._page.started(name, part)

    def found(self, found: facts.Facts) -> None:
        """Keep facts where they can be read, as they are found."""
        octets = found.SerializeToString()
        if self._page.add(octets):
            return
        for more in (self._page.facts, octets):
            if more:
                self._connection.sendall(frames.encode_found(more))
                self._page.went_out()

    def handed_out(self, handed: HandedOut) -> None:
        """Send a piece of a part that only an outside program opens."""
        frames.send(self._connection, Answer(handed_out=handed))

    def _send(
        self,
        *,
        hello: Hello | None = None,
        done: Done | None = None,
    ) -> None:
        frames.send(self._connection, Answer(hello=hello, done=done))


def read(descriptor: int) -> memoryview:
    """The octets of a message, whose descriptor is closed.

    The MIME reader needs them as `bytes`: a map would be there beside its copy.
    """
    try:
        size, at, pieces = os.lseek(descriptor, 0, os.SEEK_END), 0, []
        # One piece but near 2 GB (read(2)); what is sealed becomes no shorter meanwhile.
        while at < size:
            pieces.append(os.pread(descriptor, size - at, at))
            at += len(pieces[-1])
        return memoryview(b"".join(pieces))
    finally:
        os.close(descriptor)


def mapped(descriptor: int) -> memoryview:
    """The octets of what a program made, whose descriptor is closed: large ones are mapped."""
    try:
        size = os.lseek(descriptor, 0, os.SEEK_END)
        if size <= READ:
            # mmap(2) refuses an empty mapping.
            return memoryview(os.pread(descriptor, size, 0))
        # A reader that still holds a view keeps the map alive.
        return memoryview(mmap.mmap(descriptor, size, mmap.MAP_PRIVATE, mmap.PROT_READ))
    finally:
        os.close(descriptor)


def run(
    connection: socket.socket, inspector: Inspector, confinement: Confinement, page: Page
) -> int:
    """Be a worker in this process until the socket ends; gives the exit status."""
    # The nursery's wakeup descriptor is closed next, and its number may come again.
    signal.set_wakeup_fd(-1)
    _keep_only(connection.fileno())
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGCHLD):
        signal.signal(number, signal.SIG_DFL)
    gc.set_threshold(_NEW_OBJECTS)
    try:
        Worker(connection, inspector, page).serve(confinement)
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
