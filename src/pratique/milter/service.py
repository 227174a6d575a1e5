"""Run the whole: start every part, in order, and stop them in the opposite one.

Parts start from the inside out, so that nothing is taken before it can be seen, decided
and kept: the policy is read, the stores are opened, workers are confined, and only then
a door listens.  They stop from the outside in: doors first, and what is in flight is
finished.
"""

import asyncio
import contextlib
import fcntl
import logging
import os
import signal
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

from pratique.milter.assembly import (
    door_settings,
    next_hop_of,
    policy_of,
    setup_of,
    worker_settings,
)
from pratique.milter.config import Listener, Settings
from pratique.milter.doors.downstream import Downstream
from pratique.milter.doors.server import SmtpListener, serve_smtp
from pratique.milter.doors.trace import received_field
from pratique.milter.mail import Content, Envelope
from pratique.milter.next_hop import NextHop, Reply
from pratique.milter.pipeline import Pipeline
from pratique.milter.quarantine.store import Quarantine
from pratique.milter.workers import Workers

log = logging.getLogger("pratique.service")

# Nobody else has business with other people's mail.
_PRIVATE = 0o700


class StateInUse(Exception):  # noqa: N818 - the admin's: two services on one folder
    """Another service has this state folder."""


async def serve(settings: Settings, stop: asyncio.Event) -> None:
    """Run until `stop` is set.  Raises what keeps a part from starting."""
    async with contextlib.AsyncExitStack() as parts:
        policy = policy_of(settings.policy.file)
        parts.enter_context(own_state(settings.state))
        quarantine = Quarantine(settings.state / "quarantine")
        parts.callback(quarantine.close)
        await asyncio.to_thread(quarantine.sweep)
        workers = await parts.enter_async_context(_working(settings))
        next_hop = next_hop_of(settings)
        parts.push_async_callback(next_hop.close)
        pipeline = Pipeline(workers, policy, quarantine)
        for listener in settings.listener:
            server = await _open(listener, next_hop, pipeline)
            parts.push_async_callback(server.close)
            log.info("%s: listening on %s", listener.name, listener.address)
        log.info("policy %s, next hop %s", settings.policy.file, settings.next_hop.kind)
        await stop.wait()
        log.info("stopping: finishing what is in flight")


@contextlib.asynccontextmanager
async def _working(settings: Settings) -> AsyncIterator[Workers]:
    workers = Workers(setup_of(settings), worker_settings(settings))
    try:
        confinement = await workers.start()
        if settings.workers.confinement != "full":
            log.warning(
                "workers.confinement = %r: landlock is left out, workers are held by %s alone",
                settings.workers.confinement,
                confinement,
            )
        log.info("%d workers, confined by %s", settings.workers.count, confinement)
        yield workers
    finally:
        await workers.close()


async def _open(listener: Listener, next_hop: NextHop, pipeline: Pipeline) -> SmtpListener:
    door = door_settings(listener)

    async def take(content: Content, envelope: Envelope, downstream: Downstream) -> Reply:
        trace = received_field(envelope, door) if listener.adds_received else b""
        return await pipeline.take(content, envelope, trace, downstream.send)

    return await serve_smtp(door, next_hop, take)


@contextlib.contextmanager
def own_state(folder: Path) -> Iterator[None]:
    """Make the state folder and have it alone until the end."""
    folder.mkdir(mode=_PRIVATE, parents=True, exist_ok=True)
    descriptor = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError as error:
        raise StateInUse(f"another pratique serves with the state folder {folder}") from error
    finally:
        os.close(descriptor)


def run(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT."""

    async def until_told() -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        await serve(settings, stop)

    asyncio.run(until_told())
