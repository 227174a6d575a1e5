"""Have libmilter accept from a socket opened elsewhere, and keep a line to it.

libmilter opens its socket itself, so one process has it and it cannot be handed over.
But several processes of one milter share one socket, and clients shall wait while one of them
restarts.  So libmilter opens a socket at a private place that nobody else knows, and
once it accepts there, the shared socket is put in place of its descriptor (dup2(2)).  By then
it waits in poll(2), which is woken only by the socket that it began with, and then finds an
event only if the new one has one; for up to five seconds nobody would be served, and a stop
would take as long.  A signal to its thread ends that wait.

Before that we connect there, and stay connected: this is the line.  libmilter has a pool of
threads, made for callbacks that never sleep (door.py): a word on the line makes it wake or
start a thread, which then looks for all that waits (`Relief`).  Connecting to the shared
socket would not do: another process may accept first.

On the line we act as a mail server that lets a milter change the reverse-path and nothing
else, which no real one does; that is how we recognize ourselves (`is_line`).  What is said on
it afterwards, that a message is broken off when there is none, has no answer in the milter
protocol.
"""

import asyncio
import contextlib
import os
import signal
import socket
import struct
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path

from pratique.milter.doors.milter.traffic import Traffic
from pratique.milter.doors.places import DoorError, family_and_address, spelling

# SMFIF_CHGFROM of libmilter's mfapi.h: with no action at all, libmilter would assume the
# original ones.
_ONLY_ACTION = 0x40
# Version 6; no step is left out.
_OFFER = struct.pack(">IcIII", 13, b"O", 6, _ONLY_ACTION, 0)
_BROKEN_OFF = struct.pack(">Ic", 1, b"A")

Where = str | bytes | tuple[str, int]

# libmilter answers within a millisecond; if it needs ten seconds, it is stuck.
PATIENCE = 10.0

# A thread whose message was answered looks for all that waits, and under steady traffic that
# happens sooner than this.  Where no message ends, this is how much longer another one waits.
RELIEF_SECONDS = 0.01

_DESCRIPTORS = Path("/proc/self/fd")

# Nobody else sends it to us, and by default it is ignored (signal(7)).
_LOOK = signal.SIGURG


def is_line(options: list[int]) -> bool:
    """Tell whether the negotiating peer is our own line."""
    return options[0] == _ONLY_ACTION


def expect_to_look() -> None:
    """Let the signal end a wait, and do nothing else.

    Call it in libmilter's thread, the main one.
    """
    signal.signal(_LOOK, lambda *_: None)


class Line:
    """The line to libmilter in this process."""

    def __init__(self, listening: socket.socket) -> None:
        self._listening = listening
        self._folder = Path(tempfile.mkdtemp(prefix="pratique-"))
        self._before = _listening_descriptors()
        self._descriptor = -1
        self._line = socket.socket(listening.family)
        self._line.settimeout(PATIENCE)

    @property
    def place(self) -> str:
        """Where libmilter shall open a socket, as it spells a place."""
        if self._line.family == socket.AF_UNIX:
            return f"unix:{self._folder}/s"
        return spelling(f"inet:[{self._loopback}]:0")

    @property
    def _loopback(self) -> str:
        return "::1" if self._line.family == socket.AF_INET6 else "127.0.0.1"

    def connect(self) -> None:
        """Connect, right after libmilter has opened its socket.  Raises DoorError."""
        try:
            (self._descriptor,) = _listening_descriptors() - self._before
            self._line.connect(self._where())
            self._line.sendall(_OFFER)
        except (OSError, ValueError) as error:
            raise DoorError(f"libmilter cannot be called: {error}") from error

    def take_over(self) -> None:
        """Have a serving libmilter accept from our socket from now on.  Raises DoorError."""
        try:
            self._wait_until_greeted()
            os.dup2(self._listening.fileno(), self._descriptor, inheritable=False)
            self._listening.close()
            self.look()
        except OSError as error:
            raise DoorError(f"libmilter does not answer: {error}") from error

    def let_go(self) -> None:
        """Have libmilter accept nothing more; existing connections go on."""
        if not _listens(self._descriptor):
            # libmilter has ended, and the descriptor may have been reused.
            return
        with socket.socket(self._line.family) as unknown:
            # An abstract name, or a port, that nobody is told.
            unknown.bind("" if self._line.family == socket.AF_UNIX else (self._loopback, 0))
            unknown.listen(1)
            unknown.setblocking(False)
            os.dup2(unknown.fileno(), self._descriptor, inheritable=False)
        self.look()

    @staticmethod
    def look() -> None:
        """Have libmilter check which socket it has, and whether to go on."""
        ident = threading.main_thread().ident
        assert ident is not None
        signal.pthread_kill(ident, _LOOK)

    def wake(self) -> None:
        """Have libmilter wake a thread.  Does not block."""
        # Full: what was sent before wakes enough threads.  Closed: libmilter has ended.
        with contextlib.suppress(OSError):
            self._line.send(_BROKEN_OFF)

    def close(self) -> None:
        """Hang up."""
        self._line.close()
        self._listening.close()
        self._remove_place()

    def _where(self) -> Where:
        if self._line.family == socket.AF_UNIX:
            return f"{self._folder}/s"
        with socket.socket(fileno=os.dup(self._descriptor)) as theirs:
            host, port = theirs.getsockname()[:2]
        return family_and_address(f"inet:[{host}]:{port}")[1]

    def _wait_until_greeted(self) -> None:
        """Wait until the line is negotiated; after that libmilter's own place is not needed."""
        try:
            if not self._line.recv(1):
                raise ConnectionResetError("it hung up")
            self._line.setblocking(False)
        finally:
            self._remove_place()

    def _remove_place(self) -> None:
        with contextlib.suppress(FileNotFoundError):
            (self._folder / "s").unlink()
        with contextlib.suppress(FileNotFoundError):
            self._folder.rmdir()


class Relief:
    """Has libmilter look for what waits, while threads sleep and none of them is woken."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, traffic: Traffic, wake: Callable[[], object]
    ) -> None:
        self._loop = loop
        self._traffic = traffic
        self._wake = wake
        self._is_due = False

    def begin(self) -> None:
        """Note that a thread goes to sleep.  Call it in the loop."""
        if not self._is_due:
            self._is_due = True
            self._later()

    def _later(self) -> None:
        self._loop.call_later(RELIEF_SECONDS, self._look, self._traffic.answered)

    def _look(self, answered: int) -> None:
        self._is_due = self._traffic.waiting > 0
        if self._is_due:
            if answered == self._traffic.answered and self._traffic.others:
                self._wake()
            self._later()


def _listening_descriptors() -> set[int]:
    """Return the descriptors that accept connections."""
    # One of them was used for the listing itself, and is closed.
    return {number for number in _open_descriptors() if _listens(number)}


def _open_descriptors() -> list[int]:
    return [int(each.name) for each in _DESCRIPTORS.iterdir()]


def _listens(descriptor: int) -> bool:
    try:
        if not str((_DESCRIPTORS / str(descriptor)).readlink()).startswith("socket:"):
            return False
    except FileNotFoundError:
        return False
    with socket.socket(fileno=os.dup(descriptor)) as opened:
        return bool(opened.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN))
