"""An ICAP server answers before it has all: by 204, with what it found, or giving octets back."""

import asyncio
import contextlib
import os

import pytest

from pratique.milter.content import content_of
from pratique.milter.engines.engine import Said
from pratique.milter.engines.icap import EARLY

BEGUN = b"ICAP/1.0 200 OK\r\nEncapsulated: res-hdr=0, res-body=19\r\n\r\nHTTP/1.1 200 OK\r\n\r\n"
FOUND = b"ICAP/1.0 200 OK\r\nX-Virus-ID: Worm\r\nEncapsulated: null-body=0\r\n\r\n"


def _early(fake):
    class Early(type(fake)):
        async def _body(self, reader):
            return await reader.read(100)

    return Early


async def test_what_is_found_before_all_was_sent_counts(fake_icap, icap, look):
    fake_icap.__class__ = _early(fake_icap)
    fake_icap.default = [FOUND, fake_icap.HOLD]
    engine = icap()
    assert [one.name for one in (await look(engine, bytes(20_000_000))).findings] == ["Worm"]
    before = fake_icap.connections
    await look(engine, b"mail")
    assert fake_icap.connections == before + 1


@pytest.mark.parametrize("passed", ["unseen", "clean"])
async def test_204_before_all_was_sent_may_not_be_of_all(fake_icap, icap, look, passed):
    fake_icap.__class__ = _early(fake_icap)
    engine = icap(passed=passed)
    fake_icap.default = [fake_icap.CLEAN, fake_icap.HOLD]
    said = await look(engine, bytes(20_000_000))
    assert (said.failure, said.limits) == ("", (EARLY,) if passed == "unseen" else ())
    # The rest of it would be read as the next question.
    before = fake_icap.connections
    await look(engine, b"mail")
    assert fake_icap.connections == before + 1


async def test_octets_may_come_back_while_they_are_sent(fake_icap, icap, look):
    """As a proxy does: it takes more when what it gave back is taken."""
    octets = bytes(range(256)) * 40_000

    class Echo(type(fake_icap)):
        async def _request(self, reader, writer):
            if (head := await reader.readuntil(b"\r\n\r\n")).startswith(b"OPTIONS"):
                writer.write(b"ICAP/1.0 200 OK\r\nMethods: RESPMOD\r\n\r\n")
                return True
            places = head.partition(b"res-body=")[2].split(b"\r\n")[0]
            await reader.readexactly(int(places))
            writer.write(BEGUN)
            while line := await reader.readline():
                writer.write(line)
                await writer.drain()
                size = int(line, 16)
                writer.write(await reader.readexactly(size + 2))
                if not size:
                    return True
            return False

    fake_icap.__class__ = Echo
    assert await look(icap(), octets) == Said()


async def test_one_that_is_cancelled_twice_over_a_large_content_keeps_no_connection(
    fake_icap, icap, soon
):
    engine = icap(connections=1)
    # It reads a preview, and wants the rest.
    fake_icap.options["Preview"] = "4"
    fake_icap.steps = [[fake_icap.CONTINUE, fake_icap.HOLD]]
    with contextlib.closing(content_of([bytes(1 << 20)] * 32)) as content:
        before = len(os.listdir("/proc/self/fd"))
        looking = asyncio.create_task(engine.look(content, ""))
        await soon(lambda: fake_icap.open)
        # Until it sends what the server does not take.
        for _ in range(50):
            await asyncio.sleep(0)
        # By the end of its time, and by a client that goes meanwhile.
        for _ in range(2):
            looking.cancel()
            await asyncio.sleep(0)
        await asyncio.wait([looking])
        # The server keeps its own end.
        await soon(lambda: len(os.listdir("/proc/self/fd")) <= before + 1)
