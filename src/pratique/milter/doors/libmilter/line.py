"""Have libmilter accept from a socket that somebody else opened, and keep a line to it.

libmilter opens its socket itself, so that one process has it and nobody can hand it over.
Several processes of one milter want the same socket, and clients shall wait while one is
started again.  So libmilter opens a socket at a place of its own that nobody knows, and
once it accepts there its descriptor is given the other open socket (dup2(2)).  It waits in
poll(2) then, which is woken by the socket that it began with only, and has an event to tell
only if the new one has one; for up to five seconds nobody would be served, and a stop would
take as long.  A signal to its thread ends that wait.

Before that we connect there, and stay: the line.  libmilter has a pool of threads, made
for callbacks that never sleep (milter.py): a word on the line makes it wake a thread, or
start one, which then looks for all that waits (`Relief`).  To connect to the shared socket
would not do: another process may be quicker.

On the line we are a mail server that lets a milter change the reverse-path and nothing
else, as none does, and by that we know ourselves (`is_line`).  What is said on it
afterwards, that a message is broken off when there is none, has no answer in the milter
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

# SMFIF_CHGFROM of libmilter's mfapi.h: no action at all would be taken for those of old.
_ONLY_ACTION = 0x40
# Version 6; no step is left out.
_OFFER = struct.pack(">IcIII", 13, b"O", 6, _ONLY_ACTION, 0)
_BROKEN_OFF = struct.pack(">Ic", 1, b"A")

Where = str | bytes | tuple[str, int]

# libmilter answers within a millisecond; one that needs ten seconds for it is stuck.
PATIENCE = 10.0

# A thread that was answered looks by itself for all that waits, and where messages come all
# the time that is sooner than this.  Where none ends, this is what another one waits longer.
RELIEF_SECONDS = 0.01

_DESCRIPTORS = Path("/proc/self/fd")

# Nobody sends it to us, and where it is not expected it does nothing (signal(7)).
_LOOK = signal.SIGURG


def is_line(options: list[int]) -> bool:
    """Whether who negotiates is ourselves."""
    return options[0] == _ONLY_ACTION


def expect_to_look() -> None:
    """Let the signal end a wait, and do nothing else.  In the main thread, which is libmilter's."""
    signal.signal(_LOOK, lambda *_: None)


class Line:
    """One libmilter, as it is called from its own process."""

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
        """Right after libmilter has opened its socket.  Raises DoorError."""
        try:
            (self._descriptor,) = _listening_descriptors() - self._before
            self._line.connect(self._where())
            self._line.sendall(_OFFER)
        except (OSError, ValueError) as error:
            raise DoorError(f"libmilter cannot be called: {error}") from error

    def take_over(self) -> None:
        """Once libmilter serves; it accepts from our socket then.  Raises DoorError."""
        try:
            self._wait_until_greeted()
            os.dup2(self._listening.fileno(), self._descriptor, inheritable=False)
            self._listening.close()
            self.look()
        except OSError as error:
            raise DoorError(f"libmilter does not answer: {error}") from error

    def let_go(self) -> None:
        """Have it accept nothing more; connections that there are go on."""
        if not _listens(self._descriptor):
            # libmilter has ended, and the number may be somebody else's.
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
        """Have libmilter look what socket it has, and whether to go on."""
        ident = threading.main_thread().ident
        assert ident is not None
        signal.pthread_kill(ident, _LOOK)

    def wake(self) -> None:
        """Have libmilter wake a thread.  Does not block."""
        # Full: what was said before wakes enough of them.  Closed: libmilter has ended.
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
        """Until the line stands; the place of libmilter's own socket has served then."""
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
        """A thread goes to sleep.  To be called in the loop."""
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
    """The descriptors that accept connections."""
    # One of them was the listing's own.
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
