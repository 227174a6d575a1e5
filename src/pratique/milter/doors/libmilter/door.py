"""Speak the milter protocol with a mail server, through libmilter (`server = "libmilter"`).

    open()    takes a socket that its caller opened, and shares it (line.py)
    run()     serves until it is stopped; in the main thread
    drain()   in the event loop, which runs in another thread: nothing new, finish, stop

libmilter calls from threads of its own.  They only collect, and wait for nothing but the
answer at the end of a message, where the thread sleeps until the event loop has decided.

Steps that need no answer get none: an answer costs three times as much as the step.  Two
are answered:

- connect, if there are too many connections: 4yz before anything else is said;
- each chunk of the body.  A mail server may send the last one along with the end of the
  message, and libmilter leaves that end out unless the chunk was answered with "go on".

Debian's libmilter has a pool of threads, made for callbacks that never sleep: it wakes one
thread for several connections, and once that one sleeps the others wait until it is done.
So while threads sleep and none is woken, we say a word on a private connection, the line:
libmilter then wakes or starts a thread, which looks for all that waits.

libmilter is all we have against a peer that lies: it throws away what is out of order
and closes a connection whose packets make no sense or are larger than 65,536 octets.  An
exception in a step without an answer would leave the mail server waiting, so none
escapes; the message is deferred at its end.

SIGHUP, SIGTERM and SIGINT end `run` (libmilter waits for them in a thread): messages
that wait for an answer get it, others are broken off and retried.  That holds only if no
other thread can get these signals: call `block_signals` before the first one is started.
"""

import asyncio
import logging
import signal
import socket
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from datetime import UTC, datetime
from typing import Any

from pratique.milter.doors import replies
from pratique.milter.doors.libmilter.line import Line, Relief, expect_to_look, is_line
from pratique.milter.doors.libmilter.pymilter import ACTIONS, AGREED, MACROS, libmilter
from pratique.milter.doors.milter import macros
from pratique.milter.doors.milter.edits import edit, wanted
from pratique.milter.doors.milter.ending import MilterTake, refusal
from pratique.milter.doors.milter.packets import Actions
from pratique.milter.doors.milter.server import allow_descriptors
from pratique.milter.doors.milter.session import NOT_NOW, Finished, MilterDesk, MilterSession
from pratique.milter.doors.milter.settings import MilterSettings
from pratique.milter.doors.milter.traffic import Traffic
from pratique.milter.doors.places import DoorError
from pratique.milter.doors.queue_id import QueueIds
from pratique.milter.doors.room import Room
from pratique.milter.next_hop import Reply

log = logging.getLogger("pratique.door")


# libmilter writes an answer after our callback has returned, and does not say when.  An
# answer that is not out by the end of the process is lost: the mail is retried.
ANSWER_SECONDS = 0.5
BACKLOG = 512  # connections that wait to be accepted

_SIGNALS = (signal.SIGHUP, signal.SIGTERM, signal.SIGINT)

# pymilter's context: getpriv, getsymval, addheader and so on.
Context = Any


def block_signals() -> None:
    """Leave the signals that stop libmilter to its own thread; threads inherit the mask."""
    signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)


def _utc_now() -> datetime:
    return datetime.now(UTC)


class _Connection:
    """A session, and what was agreed on with its mail server."""

    def __init__(self, desk: MilterDesk, actions: int, offered: int) -> None:
        self.session = MilterSession(desk)
        # Actions that the mail server may be asked for.
        self.actions = Actions(ACTIONS & actions)
        # Only a mail server that is turned away gets an answer to its connect.
        self.protocol = AGREED & offered | (libmilter.P_NR_CONN if self.session.welcome else 0)
        # A mail server that does not keep blanks puts one after the colon itself.
        self.keeps_blanks = bool(self.protocol & libmilter.P_HDR_LEADSPC)


class MilterDoor:
    """One milter; libmilter allows one per process."""

    def __init__(
        self,
        settings: MilterSettings,
        take: MilterTake,
        loop: asyncio.AbstractEventLoop,
        *,
        clock: Callable[[], datetime] = _utc_now,
    ) -> None:
        self._settings = settings
        self._traffic = Traffic(settings.max_connections)
        # One message of the largest size must fit, or it would be deferred forever.
        room = Room(max(settings.max_in_flight, settings.max_size))
        queue_ids = QueueIds(time.time_ns)
        relief = Relief(loop, self._traffic, self._relieve)
        self._desk = MilterDesk(
            settings, take, loop, clock, queue_ids, room, self._traffic, relief.begin
        )
        self._line: Line | None = None
        # Done once libmilter accepts from the socket that was handed over.
        self._accepting: Future[None] = Future()
        self._ended = threading.Event()

    @property
    def room_left(self) -> int:
        """Octets of content that may still be taken."""
        return self._desk.room.left

    @property
    def connections(self) -> int:
        """The number of connections now."""
        return self._traffic.connections

    def use(self, take: MilterTake, settings: MilterSettings) -> None:
        """Give messages to this pipeline from now on; the socket stays as it is."""
        self._desk.take = take
        self._desk.settings = settings
        self._traffic.max_connections = settings.max_connections

    def open(self, listening: socket.socket) -> None:
        """Take over this socket, and be ready to serve.  Raises DoorError."""
        # A socket and a memfd each; where no descriptor is left, libmilter busy-loops.
        allow_descriptors(2 * self._settings.max_connections + 256)
        self._line = Line(listening)
        try:
            self._register(self._line.place)
            libmilter.opensocket(False)
            self._line.connect()
        except libmilter.error as error:
            self._line.close()
            raise DoorError(f"libmilter cannot listen on {self._line.place}: {error}") from error
        except DoorError:
            self._line.close()
            raise

    def run(self) -> None:
        """Serve until `stop` or a signal; then let the waiting messages get their answers."""
        block_signals()
        expect_to_look()
        threading.Thread(target=self._take_over, name="milter line", daemon=True).start()
        try:
            libmilter.main()
        except libmilter.error as error:
            raise DoorError(f"cannot serve on {self._settings.socket}: {error}") from error
        finally:
            self._ended.set()
            self._traffic.close()
            if not self._accepting.done():
                self._accepting.set_exception(DoorError("libmilter ended before it served"))
        if not self._traffic.wait_until_answered(self._settings.seconds):
            log.error("%s: messages are left without an answer", self._settings.name)
        time.sleep(ANSWER_SECONDS)

    async def accepting(self) -> None:
        """Wait until connections are accepted.  Raises DoorError."""
        await asyncio.wrap_future(self._accepting)
        self._keep_line()

    async def drain(self, seconds: float, patience: float = 0.0) -> bool:
        """Take nothing new, let messages under way finish, stop; False if some did not finish.

        Connections that exist may begin messages for `patience` seconds more, or until
        `hurry`: another process of this milter gets the new ones.
        """
        loop = asyncio.get_running_loop()
        if self._line is not None and not self._ended.is_set():
            self._line.let_go()
            await loop.run_in_executor(None, self._traffic.let_part, patience)
        self._traffic.close()
        idle = await loop.run_in_executor(None, self._traffic.wait_until_idle, seconds)
        self.stop()
        return idle

    def hurry(self) -> None:
        """End all patience with connections."""
        self._traffic.hurry()

    def stop(self) -> None:
        """End `run` soon.  Does not block."""
        self._traffic.close()
        if self._line is not None:
            self._line.let_go()
        threading.Thread(target=libmilter.stop, name="milter stop", daemon=True).start()
        threading.Thread(target=self._wake, name="milter wake", daemon=True).start()

    def _take_over(self) -> None:
        assert self._line is not None
        try:
            self._line.take_over()
        except DoorError as error:
            self._accepting.set_exception(error)
        else:
            self._accepting.set_result(None)

    def _keep_line(self) -> None:
        """Say a word now and then: libmilter disconnects a silent peer."""
        self._relieve()
        if not self._ended.is_set():
            pause = self._settings.idle_seconds / 4
            self._desk.loop.call_later(pause, self._keep_line)

    def _relieve(self) -> None:
        if self._line is not None:
            self._line.wake()

    def _wake(self) -> None:
        """End libmilter's wait until it stops: alone it checks only every five seconds."""
        while self._line is not None and not self._ended.wait(0.02):
            self._line.look()

    def _register(self, place: str) -> None:
        libmilter.set_exception_policy(libmilter.TEMPFAIL)
        libmilter.set_flags(ACTIONS)
        libmilter.set_connect_callback(_on_connect)
        libmilter.set_helo_callback(_on_helo)
        libmilter.set_envfrom_callback(_on_mail)
        libmilter.set_envrcpt_callback(_on_recipient)
        libmilter.set_header_callback(_on_field)
        libmilter.set_eoh_callback(_on_end_of_header)
        libmilter.set_body_callback(_on_body)
        libmilter.set_eom_callback(_on_end)
        libmilter.set_abort_callback(_on_abort)
        libmilter.set_close_callback(_on_close)
        libmilter.setconn(place)
        libmilter.settimeout(self._settings.idle_seconds)
        libmilter.setbacklog(BACKLOG)
        libmilter.register(self._settings.name, negotiate=self._on_negotiate)

    def _on_negotiate(self, context: Context, options: list[int]) -> int:
        if is_line(options):
            options[:] = 0, 0, 0, 0
            return int(libmilter.CONTINUE)
        connection = _Connection(self._desk, options[0], options[1])
        context.setpriv(connection)
        for stage, names in MACROS:
            context.setsymlist(stage, names)
        options[:] = int(connection.actions), connection.protocol, 0, 0
        return int(libmilter.CONTINUE)


# The callbacks.  A context without a connection belongs to a peer that did not negotiate.


_LATER, _NOREPLY = int(libmilter.TEMPFAIL), int(libmilter.NOREPLY)


def _collected(context: Context, collect: Callable[[MilterSession], object]) -> int:
    """Do a step that gets no answer, whatever fails in it."""
    connection: _Connection | None = context.getpriv()
    if connection is None:
        return _LATER
    try:
        collect(connection.session)
    except Exception:
        log.exception("a step of a message could not be taken")
        connection.session.spoil()
    return _NOREPLY


def _on_connect(context: Context, name: str, _family: int, address: Any) -> int:
    ip, port = address[:2] if isinstance(address, tuple) else ("", 0)
    done = _collected(context, lambda session: session.connect(name, ip, port))
    connection: _Connection | None = context.getpriv()
    if connection is not None and not connection.session.welcome:
        return _refuse(context, NOT_NOW)
    return done


def _on_helo(context: Context, name: str) -> int:
    return _collected(context, lambda session: session.helo(name))


def _on_mail(context: Context, *words: bytes) -> int:
    return _collected(context, lambda session: session.mail(words))


def _on_recipient(context: Context, *words: bytes) -> int:
    return _collected(context, lambda session: session.recipient(words))


def _on_field(context: Context, name: str, value: bytes) -> int:
    # As `_collected` does, with as little as possible: there are many fields.
    connection: _Connection | None = context.getpriv()
    if connection is None:
        return _LATER
    try:
        connection.session.field(name, value if connection.keeps_blanks else b" " + value)
    except Exception:
        log.exception("a field of a message could not be taken")
        connection.session.spoil()
    return _NOREPLY


def _on_end_of_header(context: Context) -> int:
    return _collected(context, lambda session: session.end_of_header())


def _on_body(context: Context, octets: bytes) -> int:
    _collected(context, lambda session: session.body(octets))
    return int(libmilter.CONTINUE)


def _on_abort(context: Context) -> int:
    return _collected(context, lambda session: session.reset())


def _on_close(context: Context) -> int:
    _collected(context, lambda session: session.close())
    return int(libmilter.CONTINUE)


def _on_end(context: Context) -> int:
    connection: _Connection | None = context.getpriv()
    if connection is None:
        return _refuse(context, replies.OUR_FAULT)
    session = connection.session
    finished = session.finish(macros.macros(context.getsymval))
    try:
        return _told(context, connection, finished)
    except Exception:
        log.exception("%s: cannot be carried out", finished.queue_id)
        return _refuse(context, replies.OUR_FAULT)
    finally:
        if finished.ending.body is not None:
            finished.ending.body.close()
        session.over()


def _told(context: Context, connection: _Connection, finished: Finished) -> int:
    ending = finished.ending
    if not ending.reply.accepted:
        return _refuse(context, ending.reply)
    if finished.dropped or finished.mail is None:
        return int(libmilter.DISCARD)
    asked, actions = wanted(finished, connection.actions), connection.actions
    edit(context, asked, actions, keeps_blanks=connection.keeps_blanks)
    return int(libmilter.ACCEPT)


def _refuse(context: Context, reply: Reply) -> int:
    """Have libmilter send a 4yz or 5yz reply; return what the callback must return."""
    said = refusal(reply)
    context.setreply(said.code, said.enhanced, *said.lines)
    return int(libmilter.TEMPFAIL if said.passing else libmilter.REJECT)
