"""Load everything once, single-threaded, and fork workers that are born knowing it.

Readers, scanners, rules and libmagic's database take a second to load and tens of
megabytes; a fork shares them and takes a millisecond.  The nursery itself never sees a
message.  It has no threads, because a thread that holds a lock while another forks
leaves that lock locked in the child.  And it is no part of the process that speaks to
the network, because a worker forked there would be born with its connections, and
would die with the thread that forked it (prctl(2), PR_SET_PDEATHSIG).

    pratique.scanners.nursery CONTROL [CONTROL ...]

Each CONTROL is the number of an inherited unix socket, one for each door.  The first
frame on the first of them is `Setup`; the nursery answers `Hello` on all of them, or
`unfit` and ends.  Every later frame is `Spawn`: the answer is the `Hello` of a new
worker with two descriptors beside it, the worker's socket and a pidfd.  The nursery
ends when all its controls have ended, or when the process that started it has; its
workers end with it.

New rules mean a new nursery.  Rules never change in a living worker.
"""

import gc
import locale
import os
import select
import signal
import socket
import sys
import time
from collections.abc import Callable

from pratique.scanners import frames, unpack
from pratique.scanners.confine import Confinement, Unconfined, die_with_parent
from pratique.scanners.unpack import Inspector
from pratique.scanners.wall_pb2 import Answer, Hello, Request, Setup
from pratique.scanners.worker import run

# Address space a worker may take beyond what it is born with: a message of 64 MB
# decoded twice, a YARA scan of it, and as much again for a reader's tables.
MEMORY = 512 * 1024 * 1024


def main(arguments: list[str], load: Callable[[Setup], Inspector] = unpack.load) -> int:
    """Be the nursery; gives the exit status."""
    die_with_parent()
    _know_the_place()
    controls = [socket.socket(fileno=int(number)) for number in arguments]
    received = frames.receive(controls[0])
    if received is None:
        return 0
    setup = Request.FromString(received[0]).setup
    try:
        inspector = load(setup)
    except unpack.Unfit as unfit:
        frames.send(controls[0], Answer(unfit=str(unfit)))
        return 1
    gc.collect()
    gc.freeze()
    Nursery(controls, inspector, confinement_of(setup)).serve()
    return 0


def _know_the_place() -> None:
    """Settle here what a library would ask the disk for later, from a worker, in vain."""
    # Or libarchive loses names that are not ASCII, and decoding asks for files.
    locale.setlocale(locale.LC_CTYPE, "C.UTF-8")
    # Or libarchive looks at /etc/localtime for the times in a zip.
    os.environ["TZ"] = "UTC0"
    time.tzset()


def confinement_of(setup: Setup) -> Confinement:
    """What the setup demands of each worker; anything but "seccomp" is the full wall."""
    return Confinement(
        memory=setup.memory or MEMORY,
        landlock=setup.confinement != "seccomp",
    )


class Nursery:
    """Answers each `Spawn` with a worker, and buries the dead."""

    def __init__(
        self,
        controls: list[socket.socket],
        inspector: Inspector,
        confinement: Confinement,
    ) -> None:
        self._controls = controls
        self._inspector = inspector
        self._confinement = confinement

    def serve(self) -> None:
        """Say hello, then fork a worker for each request until nobody is left to ask."""
        hello = Hello(
            format=frames.FORMAT, pid=os.getpid(), scanners=list(self._inspector.scanners)
        )
        for control in self._controls:
            frames.send(control, Answer(hello=hello))
        wakeup = _wake_for_children()
        # poll, not select: a control that was inherited may have a number above 1,023.
        watch = select.poll()
        for watched in (wakeup, *self._controls):
            watch.register(watched, select.POLLIN)
        while self._controls:
            ready = {descriptor for descriptor, _ in watch.poll()}
            if wakeup.fileno() in ready:
                wakeup.recv(4096)
                _bury()
            for control in [one for one in self._controls if one.fileno() in ready]:
                self._answer(control, watch)

    def _answer(self, control: socket.socket, watch: select.poll) -> None:
        if frames.receive(control) is None:
            watch.unregister(control)
            control.close()
            self._controls.remove(control)
            return
        ours, theirs = socket.socketpair()
        with ours, theirs:
            worker = os.fork()
            if worker == 0:
                self._be_worker(theirs)
            descriptor = os.pidfd_open(worker)
            try:
                hello = Hello(format=frames.FORMAT, pid=worker)
                frames.send(control, Answer(hello=hello), ours.fileno(), descriptor)
            finally:
                os.close(descriptor)

    def _be_worker(self, connection: socket.socket) -> None:
        """Never returns: os._exit skips what only the nursery may do at its end."""
        status = 70  # sysexits.h, EX_SOFTWARE
        try:
            status = run(connection, self._inspector, self._confinement)
        except Unconfined as unconfined:
            # The only word that a worker can still say: the parent logs it.
            frames.send(connection, Answer(unfit=f"worker not confined: {unconfined}"))
            status = 1
        finally:
            os._exit(status)


def _wake_for_children() -> socket.socket:
    """A socket that becomes readable whenever a worker has ended."""
    wakeup, trigger = socket.socketpair()
    wakeup.setblocking(False)
    trigger.setblocking(False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(trigger.detach(), warn_on_full_buffer=False)
    return wakeup


def _bury() -> None:
    """Collect ended workers and say on standard error how each one died."""
    while True:
        try:
            worker, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if worker == 0:
            return
        if os.WIFSIGNALED(status) and os.WTERMSIG(status) != signal.SIGKILL:
            name = signal.Signals(os.WTERMSIG(status)).name
            print(f"worker {worker} died of {name}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
