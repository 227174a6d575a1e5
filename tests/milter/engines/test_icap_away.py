"""An ICAP server that is away is so for all who wait, and none of them waits twice."""

import asyncio
import contextlib
import socket

import pytest


async def test_who_tells_no_options_in_time_is_away_for_all_who_wait(icap, look):
    # The kernel takes the connections, and nobody is there.
    with socket.create_server(("127.0.0.1", 0)) as server:
        engine = icap(seconds=0.4, url=f"icap://127.0.0.1:{server.getsockname()[1]}/scan")
        said = await asyncio.gather(*(look(engine, sha256=str(number)) for number in range(6)))
    assert {one.failure for one in said} == {"engine_away"}
    assert "no answer to OPTIONS within 0.2 s" in said[-1].detail


async def test_who_takes_no_connection_is_away_for_all_who_wait(icap, look):
    with contextlib.ExitStack() as ends:
        server = ends.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        # Those that the kernel takes by itself; what knocks then is dropped.
        for _ in range(4):
            knocking = ends.enter_context(socket.socket(type=socket.SOCK_STREAM))
            knocking.setblocking(False)
            knocking.connect_ex(server.getsockname())
        engine = icap(seconds=0.4, url=f"icap://127.0.0.1:{server.getsockname()[1]}/scan")
        said = await asyncio.gather(*(look(engine, sha256=str(number)) for number in range(6)))
    assert {one.failure for one in said} == {"engine_away"}


@pytest.mark.parametrize("status", [b"503 Service overloaded", b"539 Aborted - No AV license"])
async def test_one_without_room_is_away(fake_icap, icap, look, status):
    fake_icap.default = [b"ICAP/1.0 " + status + b"\r\n\r\n", fake_icap.CLOSE]
    assert (await look(icap())).failure == "engine_away"
