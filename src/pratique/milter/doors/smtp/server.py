"""Listen for SMTP: one listener, all its connections, and their orderly end.

A listening socket passed in must have been created with IPPROTO_TCP: with protocol 0
asyncio does not set TCP_NODELAY on accepted connections, and each reply of two writes then
costs 40 ms.
"""

import asyncio
import logging
import socket
import time

from pratique.milter.doors.places import BACKLOG
from pratique.milter.doors.queue_id import QueueIds
from pratique.milter.doors.room import Room
from pratique.milter.doors.smtp.alarms import Alarms
from pratique.milter.doors.smtp.connection import SmtpDoor
from pratique.milter.doors.smtp.crowd import Crowd
from pratique.milter.doors.smtp.desk import Desk, Means, Take
from pratique.milter.doors.smtp.relay import Relay
from pratique.milter.doors.smtp.settings import DoorSettings
from pratique.milter.doors.smtp.tls import Certificate
from pratique.milter.next_hop import NextHop

log = logging.getLogger("pratique.door")

# RFC 5321 sets no time for shutting down; systemd kills after 90 s.
GRACE_SECONDS = 30.0

_OWN = Means()
# Probed after 30 s of silence and every 10 s, gone after three probes: a minute, which is
# as long as the inspection of a message may take.
_KEEPALIVE = ((socket.TCP_KEEPIDLE, 30), (socket.TCP_KEEPINTVL, 10), (socket.TCP_KEEPCNT, 3))


class SmtpListener:
    """One listener that takes mail."""

    def __init__(self, server: asyncio.Server, open_doors: Crowd, parting_seconds: float) -> None:
        self._server = server
        self._open_doors = open_doors
        self._parting_seconds = parting_seconds

    @property
    def port(self) -> int:
        """The TCP port, even where the settings said 0."""
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    @property
    def connections(self) -> int:
        """The number of connections now."""
        return len(self._open_doors.doors)

    async def close(self, grace_seconds: float = GRACE_SECONDS) -> None:
        """Take nothing new, let what is under way or about to begin finish, then break off."""
        doors = self._open_doors
        doors.closing = True
        self._server.close()
        self._shut_down()
        impatience = asyncio.get_running_loop().call_later(self._parting_seconds, self._insist)
        try:
            async with asyncio.timeout(grace_seconds):
                while doors.doors:
                    await doors.empty.wait()
        except TimeoutError:
            await self._break_off()
        finally:
            impatience.cancel()

    def _insist(self) -> None:
        self._open_doors.patient = False
        self._shut_down()

    def _shut_down(self) -> None:
        for door in tuple(self._open_doors.doors):
            door.shut_down()

    async def _break_off(self) -> None:
        log.warning("breaking off %d connections", self.connections)
        tasks = [task for door in tuple(self._open_doors.doors) if (task := door.abort())]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _certificate(settings: DoorSettings) -> Certificate | None:
    """Return what TLS is spoken with; None if it is not.  Raises DoorError."""
    if settings.tls == "none" or settings.tls_certificate is None:
        return None
    return Certificate(settings.tls_certificate, settings.tls_key or settings.tls_certificate)


def _notice_the_dead(listening: socket.socket) -> None:
    """Have the kernel probe silent clients; accepted connections inherit this.

    A client whose machine is gone sends no FIN.  One that we wait for is dropped when its time is
    over; but a message under inspection would be delivered with nobody left to hear the reply.
    """
    if listening.family == socket.AF_UNIX:
        return
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option, value in _KEEPALIVE:
        listening.setsockopt(socket.IPPROTO_TCP, option, value)


async def serve_smtp(
    settings: DoorSettings,
    next_hop: NextHop,
    take: Take,
    *,
    means: Means = _OWN,
    listening: socket.socket | None = None,
) -> SmtpListener:
    """Take mail on a socket that already listens, or on a new one as the settings say.

    `take` gets each message at its final dot.
    """
    # aiosmtpd logs several lines per connection of its own; ours are enough.
    logging.getLogger("mail.log").setLevel(logging.WARNING)
    loop = asyncio.get_running_loop()
    desk = Desk(
        settings=settings,
        next_hop=next_hop,
        take=take,
        relay=Relay(settings.domains, settings.relay_from),
        queue_ids=QueueIds(time.time_ns),
        later=Alarms(settings.keep_seconds, loop.call_later, loop.time).set,
        means=means,
        certificate=_certificate(settings),
    )
    # One message of the largest size must fit, or it would be deferred forever.
    crowd = Crowd(settings, Room(max(settings.max_in_flight, settings.max_size)))
    where = (
        {"sock": listening}
        if listening is not None
        else {"host": settings.host, "port": settings.port}
    )
    server = await loop.create_server(lambda: SmtpDoor(desk, crowd), **where, backlog=BACKLOG)
    for opened in server.sockets:
        _notice_the_dead(opened)
    return SmtpListener(server, crowd, settings.parting_seconds)
