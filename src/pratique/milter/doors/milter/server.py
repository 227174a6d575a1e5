"""Serve the milter protocol in the event loop: one object per connection, one task per message.

    open()     accepts from a socket that its caller opened, and shares it
    use()      gives messages to another pipeline from now on
    drain()    nothing new, finish, hang up

What a mail server says is followed as it comes (talk.py), without a task; the end of a
message starts one, which decides.  All that is then said goes out in one write.

A connection that is lost while its message waits does not stop what was begun: half a decision
is none.  A message that waits too long is deferred, and what is decided later is discarded; the
retry finds the copy, if one was held.

What comes on a connection whose message waits is kept, up to a packet of the largest size;
then nothing more is read there.  Postfix says nothing before it has its answer.
"""

import asyncio
import logging
import resource
import socket
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, cast

from pratique.milter.doors.milter.ending import MilterTake
from pratique.milter.doors.milter.packets import MAX_OCTETS, MilterError
from pratique.milter.doors.milter.session import Finished, Macros, MilterDesk, MilterSession
from pratique.milter.doors.milter.settings import MilterSettings
from pratique.milter.doors.milter.talk import Talk
from pratique.milter.doors.milter.traffic import Traffic
from pratique.milter.doors.places import BACKLOG, DoorError
from pratique.milter.doors.queue_id import QueueIds
from pratique.milter.doors.room import Room

log = logging.getLogger("pratique.door")

# A written answer has gone out within this time, or the mail server is not reading.
ANSWER_SECONDS = 0.5
# Connections beyond `max_connections` that are accepted only to be told that there are too many.
# One that has said nothing yet counts too, and a Postfix that starts connects with all at once.
SPARE_CONNECTIONS = 256


def _utc_now() -> datetime:
    return datetime.now(UTC)


class MilterServer:
    """One milter."""

    def __init__(
        self,
        settings: MilterSettings,
        take: MilterTake,
        *,
        clock: Callable[[], datetime] = _utc_now,
    ) -> None:
        self._settings = settings
        self._traffic = Traffic(settings.max_connections)
        # One message of the largest size must fit, or it would be deferred forever.
        room = Room(max(settings.max_in_flight, settings.max_size))
        self._desk = MilterDesk(
            settings,
            take,
            asyncio.get_running_loop(),
            clock,
            QueueIds(time.time_ns),
            room,
            self._traffic,
        )
        self._open: set[_Connection] = set()
        self._server: asyncio.Server | None = None

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

    async def open(self, listening: socket.socket) -> None:
        """Serve on this socket, which already listens.  Raises DoorError."""
        allow_descriptors(2 * self._settings.max_connections + SPARE_CONNECTIONS + 256)
        loop = self._desk.loop
        if listening.family == socket.AF_UNIX:
            # Others share the socket; since Python 3.13 a server that closes unlinks its file.
            kept: dict[str, Any] = {"cleanup_socket": False} if sys.version_info >= (3, 13) else {}
            serving = loop.create_unix_server(
                self._connection, sock=listening, backlog=BACKLOG, **kept
            )
        else:
            serving = loop.create_server(self._connection, sock=listening, backlog=BACKLOG)
        self._server = await serving

    def _connection(self) -> "_Connection":
        return _Connection(self._desk, self._open)

    async def drain(self, seconds: float, patience: float = 0.0) -> bool:
        """Take nothing new, let messages under way finish, hang up; False if some did not finish.

        Those that wait for their answer still get it before we hang up.

        Connections that exist may begin messages for `patience` seconds more, or until
        `hurry`: another process of this milter gets the new ones.
        """
        if self._server is not None:
            self._server.close()
        loop, traffic = self._desk.loop, self._traffic
        await loop.run_in_executor(None, traffic.let_part, patience)
        traffic.close()
        idle = await loop.run_in_executor(None, traffic.wait_until_idle, seconds)
        for each in tuple(self._open):
            each.part()
        await loop.run_in_executor(None, traffic.wait_until_alone, ANSWER_SECONDS)
        return idle

    def hurry(self) -> None:
        """End all patience with connections."""
        self._traffic.hurry()


class _Connection(asyncio.Protocol):
    """One connection of a mail server."""

    def __init__(self, desk: MilterDesk, others: "set[_Connection]") -> None:
        self._desk = desk
        self._others = others
        self._talk = Talk(desk, self._send, self._finish)
        self._transport: asyncio.Transport | None = None
        self._heard_at = 0.0
        self._look: asyncio.TimerHandle | None = None
        self._too_late: asyncio.TimerHandle | None = None
        # Identifies the message that waits; an answer to any other comes too late.
        self._awaited: object = None
        self._is_paused = False
        # The mail server does not read what we say.
        self._is_full = False

    # Called by asyncio.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A mail server has connected."""
        # uvloop's transport is not one of asyncio's classes.
        self._transport = cast(asyncio.Transport, transport)
        self._others.add(self)
        settings = self._desk.settings
        if len(self._others) > settings.max_connections + SPARE_CONNECTIONS:
            log.warning("%s: hung up: %d connections", settings.name, len(self._others))
            self._transport.abort()
        self._heard_at = self._desk.loop.time()
        self._look_later(settings.idle_seconds)

    def data_received(self, octets: bytes) -> None:
        """The mail server has said something."""
        self._heard_at = self._desk.loop.time()
        self._follow(lambda: self._talk.take(octets))

    def connection_lost(self, _error: Exception | None) -> None:
        """The connection is gone."""
        self._transport = None
        self._others.discard(self)
        if self._look is not None:
            self._look.cancel()
        self._talk.close()

    def pause_writing(self) -> None:
        """The mail server does not read; stop reading from it too, or answers would pile up."""
        self._is_full = True
        self._listen()

    def resume_writing(self) -> None:
        """The mail server reads again."""
        self._is_full = False
        self._listen()

    # Our own side.

    def part(self) -> None:
        """Hang up, after the answer to a message that waits for one."""
        self._talk.over = True
        if not self._talk.waits:
            self.hang_up()

    def hang_up(self) -> None:
        """Close; what was written still goes out."""
        if self._transport is not None:
            self._transport.close()

    def _send(self, octets: bytes) -> None:
        if self._transport is not None:
            self._transport.write(octets)

    def _follow(self, what: Callable[[], object]) -> None:
        try:
            what()
        except MilterError as error:
            log.warning("%s: hung up on a mail server: %s", self._desk.settings.name, error)
            self.hang_up()
            return
        if self._talk.over:
            self.hang_up()
        else:
            self._listen()

    def _listen(self) -> None:
        """Resume or pause reading."""
        transport, talk = self._transport, self._talk
        if transport is None or transport.is_closing():
            return
        if self._is_paused != (self._is_full or (talk.waits and talk.unread > MAX_OCTETS)):
            self._is_paused = not self._is_paused
            (transport.pause_reading if self._is_paused else transport.resume_reading)()

    def _finish(self, session: MilterSession, known: Macros) -> None:
        self._awaited = awaited = object()
        desk = self._desk
        self._too_late = desk.loop.call_later(desk.settings.seconds, self._late, session)
        desk.keep(desk.loop.create_task(self._finished(session, known, awaited)))

    async def _finished(self, session: MilterSession, known: Macros, awaited: object) -> None:
        if awaited is not self._awaited:
            # The loop stood still for so long that the mail server was already told to retry.
            return
        finished = await session.finished(known)
        if awaited is self._awaited:
            self._tell(session, finished)
        elif finished.ending.body is not None:
            finished.ending.body.close()

    def _late(self, session: MilterSession) -> None:
        seconds = self._desk.settings.seconds
        log.error("%s: not decided after %g s", self._desk.settings.name, seconds)
        self._tell(session, session.late())

    def _tell(self, session: MilterSession, finished: Finished) -> None:
        self._awaited = None
        # Its silence counts from now on, not from when we began to decide.
        self._heard_at = self._desk.loop.time()
        if self._too_late is not None:
            self._too_late.cancel()
        try:
            self._follow(lambda: self._talk.told(finished))
        finally:
            if finished.ending.body is not None:
                finished.ending.body.close()
            session.over()

    def _look_later(self, seconds: float) -> None:
        self._look = self._desk.loop.call_later(seconds, self._look_now)

    def _look_now(self) -> None:
        """Check for silence: one timer per connection, set again if something came meanwhile."""
        transport, seconds = self._transport, self._desk.settings.idle_seconds
        if transport is None:
            return
        left = seconds - (self._desk.loop.time() - self._heard_at)
        if left <= 0 and transport.is_closing():
            # The mail server never read the last answer, so a plain close would wait forever.
            transport.abort()
            return
        if left <= 0 and not self._talk.waits:
            self.hang_up()
            left = seconds
        self._look_later(max(left, 1.0))


def allow_descriptors(needed: int) -> None:
    """Raise the limit so that this many files can be open.  Raises DoorError."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < needed:
        raise DoorError(f"max_connections: {needed} open files are needed, {hard} are allowed")
    if soft != resource.RLIM_INFINITY and soft < needed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))
