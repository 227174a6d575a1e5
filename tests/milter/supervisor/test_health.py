"""What a probe is told."""

import asyncio

import pytest

from pratique.milter.supervisor import health
from pratique.milter.supervisor.sockets import CannotListen


class Told:
    def __init__(self, *missing):
        self._missing = list(missing)

    def missing(self):
        return self._missing

    def metrics(self):
        return b"pratique_messages_total 3\n"


async def ask(port, request):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request)
    said = await reader.read()
    writer.close()
    return said


@pytest.mark.parametrize(
    ("request_line", "told", "status", "body"),
    [
        (b"GET /health HTTP/1.1", Told("smtp does not serve"), b"200 OK", b"ok\n"),
        (b"GET /ready HTTP/1.1", Told(), b"200 OK", b"ready\n"),
        (
            b"GET /ready HTTP/1.1",
            Told("smtp does not serve", "no nursery"),
            b"503 Service Unavailable",
            b"smtp does not serve\nno nursery\n",
        ),
        (b"GET /metrics?x=1 HTTP/1.0", Told(), b"200 OK", b"pratique_messages_total 3\n"),
        (b"HEAD /health HTTP/1.1", Told(), b"200 OK", b""),
        (b"GET / HTTP/1.1", Told(), b"404 Not Found", b"/health, /ready or /metrics\n"),
        (b"POST /ready HTTP/1.1", Told(), b"405 Method Not Allowed", b"only GET\n"),
        (b"\xff\xfe", Told(), b"405 Method Not Allowed", b"only GET\n"),
    ],
)
async def test_a_probe_is_answered(free_port, request_line, told, status, body):
    port = free_port()
    async with health.listening(f"127.0.0.1:{port}", told):
        head, _, said = (await ask(port, request_line + b"\r\nHost: x\r\n\r\n")).partition(
            b"\r\n\r\n"
        )
    assert head.startswith(b"HTTP/1.1 " + status + b"\r\n")
    assert said == body


async def test_a_request_without_end_is_not_answered(free_port):
    port = free_port()
    async with health.listening(f"127.0.0.1:{port}", Told()):
        assert await ask(port, b"GET /" + b"x" * 20_000) == b""


async def test_without_an_address_nothing_listens():
    async with health.listening(None, Told()):
        pass


async def test_an_address_that_is_taken_is_told(free_port):
    address = f"127.0.0.1:{free_port()}"
    async with health.listening(address, Told()):
        with pytest.raises(CannotListen, match=address):
            async with health.listening(address, Told()):
                pass
