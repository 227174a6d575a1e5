"""Load everything once, single-threaded, and fork workers that are born knowing it.

Readers, scanners, rules and libmagic's database take a second to load and tens of
megabytes; a fork shares them and takes a millisecond.  The nursery itself never sees a
message.  It has no threads, because a thread that holds a lock while another forks
leaves that lock locked in the child.  And it is no part of the process that speaks to
the network, because a worker forked there would be born with its connections, and
would die with the thread that forked it (prctl(2), PR_SET_PDEATHSIG).

    pratique.scanners.nursery CONTROL

CONTROL is the number of an inherited unix socket.  The first frame on it is `Setup`; the
nursery answers `Hello`, or `unfit` and ends.  Every later frame is `Spawn` or `Adopt`.
The answer to `Spawn` is the `Hello` of a new worker with three descriptors beside it, the
worker's socket, a pidfd and the page that it writes on (page.py).  `Adopt` brings the
control socket of a further asker, a door, which is greeted and may ask from then on.  The
nursery ends when all its controls have ended, or when the process that started it has; its
workers end with it.

New rules mean a new nursery.  Rules never change in a living worker.
"""

import contextlib
import gc
import locale
import os
import select
import signal
import socket
import sys
import time
from collections.abc import Callable

from google.protobuf.message import DecodeError

from pratique.scanners import frames
from pratique.scanners.confine import Confinement, Unconfined, die_with_parent
from pratique.scanners.inspector import Inspector, Unfit
from pratique.scanners.inspector import load as load_all
from pratique.scanners.page import Page, new_page
from pratique.scanners.wall_pb2 import Answer, Hello, Request, Setup
from pratique.scanners.worker import run

# Address space a worker may take beyond what it is born with: a message of 64 MB
# decoded twice, a YARA scan of it, and as much again for a reader's tables.
MEMORY = 512 * 1024 * 1024


def main(arguments: list[str], load: Callable[[Setup], Inspector] = load_all) -> int:
    """Be the nursery; gives the exit status."""
    die_with_parent()
    _know_the_place()
    control = socket.socket(fileno=int(arguments[0]))
    received = frames.receive(control)
    if received is None:
        return 0
    setup = Request.FromString(received[0]).setup
    try:
        inspector = load(setup)
    except Unfit as unfit:
        frames.send(control, Answer(unfit=str(unfit)))
        return 1
    gc.collect()
    gc.freeze()
    Nursery(inspector, confinement_of(setup)).serve(control)
    return 0


def _know_the_place() -> None:
    """Settle here what a library would ask the disk for later, from a worker, in vain."""
    # What a scanner that is not ours prints must not get among what a command prints.
    os.dup2(2, 1)
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

    def __init__(self, inspector: Inspector, confinement: Confinement) -> None:
        self._inspector = inspector
        self._confinement = confinement
        self._controls: list[socket.socket] = []
        # poll, not select: a control that was inherited may have a number above 1,023.
        self._watch = select.poll()

    def serve(self, control: socket.socket) -> None:
        """Say hello, then fork a worker for each request until nobody is left to ask."""
        wakeup = _wake_for_children()
        self._watch.register(wakeup, select.POLLIN)
        try:
            self._greet(control)
        except OSError as error:
            # Whoever started us is gone already, and nobody else has asked.
            print(f"nursery: nobody is there: {error}", file=sys.stderr, flush=True)
            return
        while self._controls:
            ready = {descriptor for descriptor, _ in self._watch.poll()}
            if wakeup.fileno() in ready:
                wakeup.recv(4096)
                _bury()
            for each in [one for one in self._controls if one.fileno() in ready]:
                # An asker that is gone or talks nonsense ends alone: others have work here.
                try:
                    self._obey(each)
                except (OSError, frames.FrameError, DecodeError) as error:
                    print(f"nursery: an asker is dropped: {error}", file=sys.stderr, flush=True)
                    self._part(each)
        # Workers may end later than the socket that their end is told on.
        signal.set_wakeup_fd(-1)

    def _greet(self, control: socket.socket) -> None:
        self._controls.append(control)
        self._watch.register(control, select.POLLIN)
        seeing = self._inspector
        hello = Hello(
            format=frames.FORMAT, pid=os.getpid(), scanners=seeing.scanners, sources=seeing.sources
        )
        frames.send(control, Answer(hello=hello))

    def _part(self, control: socket.socket) -> None:
        self._watch.unregister(control)
        self._controls.remove(control)
        control.close()

    def _obey(self, control: socket.socket) -> None:
        received = frames.receive(control)
        if received is None:
            self._part(control)
            return
        body, descriptors = received
        askers = [socket.socket(fileno=descriptor) for descriptor in descriptors]
        request = Request.FromString(body)
        if request.HasField("adopt") and len(askers) == 1:
            self._adopt(askers[0])
        elif request.HasField("spawn") and not askers:
            self._spawn(control)
        else:
            raise frames.FrameError(f"{request.WhichOneof('body')} is no request to a nursery")

    def _adopt(self, asker: socket.socket) -> None:
        try:
            self._greet(asker)
        except OSError:
            # It is gone already; whoever brought it is not.
            self._part(asker)

    def _spawn(self, control: socket.socket) -> None:
        try:
            ours, theirs, worker, pidfd, page = self._forked()
        except OSError as error:
            # No descriptor, process or memory is left: that passes, and the asker asks again.
            frames.send(control, Answer(unfit=f"no new worker: {error.strerror}"))
            return
        with ours, theirs:
            try:
                hello = Hello(format=frames.FORMAT, pid=worker)
                frames.send(control, Answer(hello=hello), ours.fileno(), pidfd, page)
            finally:
                os.close(pidfd)
                os.close(page)

    def _forked(self) -> tuple[socket.socket, socket.socket, int, int, int]:
        """Both ends of a new worker's socket, its process id, its pidfd and its page."""
        with contextlib.ExitStack() as undone:
            page = new_page()
            undone.callback(os.close, page)
            ours, theirs = socket.socketpair()
            # Where it fails after that, the worker sees the end of its socket, and ends.
            undone.enter_context(ours)
            undone.enter_context(theirs)
            worker = os.fork()
            if worker == 0:
                self._be_worker(theirs, page)
            pidfd = os.pidfd_open(worker)
            undone.pop_all()
        return ours, theirs, worker, pidfd, page

    def _be_worker(self, connection: socket.socket, page: int) -> None:
        """Never returns: os._exit skips what only the nursery may do at its end."""
        status = 70  # sysexits.h, EX_SOFTWARE
        try:
            status = run(connection, self._inspector, self._confinement, Page(page))
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
