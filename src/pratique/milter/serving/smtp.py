"""Serve all SMTP listeners in one process, on sockets that the supervisor opened."""

import asyncio
import contextlib
import logging
import signal
import socket
from collections.abc import Callable, Sequence

from pratique.milter.assembly import door_settings, networks
from pratique.milter.doors.smtp.desk import Means
from pratique.milter.doors.smtp.downstream import Downstream
from pratique.milter.doors.smtp.server import SmtpListener, serve_smtp
from pratique.milter.doors.smtp.settings import DoorSettings
from pratique.milter.doors.smtp.trace import received_field
from pratique.milter.mail import Content, Envelope
from pratique.milter.next_hop import Reply
from pratique.milter.sections.listener import Listener
from pratique.milter.serving.house import Charge, House, open_house
from pratique.milter.wall.workers import Nurseries
from pratique.milter.ways import Ways

log = logging.getLogger("pratique.door")


class SmtpServing:
    """The SMTP listeners of a service."""

    def __init__(self) -> None:
        self._listeners: list[SmtpListener] = []
        self._parts = contextlib.AsyncExitStack()

    def begun(self, end: Callable[[], object]) -> None:
        """Have a signal meant for the service end this process as the supervisor would."""
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, end)

    async def serve(
        self, charge: Charge, nurseries: Nurseries, sockets: Sequence[socket.socket]
    ) -> None:
        """Take mail.  Called once per process: on a reload the next process does it."""
        house = await self._parts.enter_async_context(open_house(charge, nurseries))
        for listener, listening in zip(charge.settings.listeners, sockets, strict=True):
            settings = charge.settings
            door = door_settings(
                listener,
                settings.workers.count,
                settings.doors.processes,
                networks(settings.sent.networks),
            )
            self._listeners.append(await _open(listener, door, house, listening))
            log.info("%s: listening on %s", listener.name, listener.address)

    async def drain(self, _patience: float = 0.0) -> None:
        """Take nothing new, finish what is in flight, close everything.

        An SMTP client is told to retry between two messages, and does so at once.
        """
        await asyncio.gather(*(listener.close() for listener in self._listeners))
        await self._parts.aclose()

    def hurry(self) -> None:
        """Do nothing: this door never has patience."""


async def _open(
    listener: Listener, door: DoorSettings, house: House, listening: socket.socket
) -> SmtpListener:
    async def take(content: Content, envelope: Envelope, downstream: Downstream) -> Reply:
        ways = Ways(
            downstream.send,
            house.quarantine.hold,
            door.reply,
            received_field(envelope, door) if listener.adds_received else b"",
            content.size if content.size > door.max_size else 0,
            door.max_size,
            apart=downstream.send,
            redirect=downstream.redirect,
            by_recipient=door.lmtp,
        )
        return await house.pipeline.take(content, envelope, ways)

    means = Means(tags=house.tags)
    return await serve_smtp(door, house.next_hop, take, means=means, listening=listening)
