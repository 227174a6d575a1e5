"""Start real nurseries and real workers for the tests of the whole house."""

import asyncio
import runpy
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pratique.milter.content import content_of
from pratique.milter.mail import Envelope
from pratique.milter.wall.workers import Workers, WorkerSettings, own_nursery
from pratique.scanners.wall_pb2 import Setup

NAUGHTY = (sys.executable, "-I", str(Path(__file__).with_name("naughty_nursery.py")))
ENVELOPE = Envelope(queue_id="Q1", received_at=datetime(2026, 11, 22, tzinfo=UTC))


@pytest.fixture
async def naughty_workers():
    """Workers whose inspector does what the message says; give settings, get a pool."""
    pools = []

    async def start(confinement="full", **settings):
        chosen = WorkerSettings(**{"count": 1, "seconds": 5.0, **settings})
        pool = Workers(own_nursery(Setup(confinement=confinement), NAUGHTY), chosen)
        await pool.start()
        pools.append(pool)
        return pool

    yield start
    for pool in pools:
        await pool.close()


@pytest.fixture
def see():
    """Have octets seen by a pool, under a plain envelope."""

    async def see(pool, octets, envelope=ENVELOPE):
        content = content_of([octets])
        try:
            return await pool.inspect(content, envelope)
        finally:
            content.close()

    return see


@pytest.fixture
def soon():
    """Yield to the loop until a condition holds; the bound is a failure, not a wait."""

    async def soon(condition):
        async with asyncio.timeout(10):
            while not condition():  # noqa: ASYNC110 - what is awaited is another process
                await asyncio.sleep(0)

    return soon


@pytest.fixture
def no_loss(service, free_port, tmp_path):
    """Numbered mail through that service, while parts of it are killed."""
    file = Path(__file__).parent.parent / "no_loss.py"
    yield from runpy.run_path(str(file))["trial"](service, free_port(), tmp_path)


@pytest.fixture(scope="module")
def names():
    """A name server beside the service; fill its `zone` before somebody asks."""
    file = Path(__file__).parents[1] / "milter/lookups/conftest.py"
    server, loop = runpy.run_path(str(file))["NameServer"](), asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    asyncio.run_coroutine_threadsafe(server.start(), loop).result(10)
    yield server
    asyncio.run_coroutine_threadsafe(server.stop(), loop).result(10)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(10)
    loop.close()
