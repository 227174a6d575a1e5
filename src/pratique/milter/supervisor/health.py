"""Report the state of the service, by HTTP on a local port: health, readiness, counters.

    GET /health    200 while the supervisor lives
    GET /ready     200 if every door serves and there is a nursery, else 503 and what is missing
    GET /metrics   counters of all doors since the start, as Prometheus reads them

HTTP/1.1 as far as a probe needs it (RFC 9112): one request per connection, of which only the
first line is read.  There is no authentication, so the port is for this host alone.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from http import HTTPStatus
from typing import Protocol

from pratique.milter.supervisor.sockets import Place
from pratique.milter.supervisor.sockets import listening as open_socket

# A probe sends a few hundred octets, at once.
MAX_REQUEST = 8 * 1024
PATIENCE = 5.0
# What results from a probe that says nothing, too much or half of a request.
_ITS_FAULT = (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError)
# Enough for a handful of probes; more clients than this should not be here.
MAX_CONNECTIONS = 64


class Told(Protocol):
    """Knows the state of the service."""

    def missing(self) -> list[str]:
        """Return what is not ready, in words."""

    def metrics(self) -> bytes:
        """Return counters in Prometheus' text format; may be slow."""


def answer(target: str, told: Told) -> tuple[HTTPStatus, str, bytes]:
    """Return status, content type and body for a target."""
    match target:
        case "/health":
            return HTTPStatus.OK, "text/plain", b"ok\n"
        case "/ready":
            missing = told.missing()
            status = HTTPStatus.SERVICE_UNAVAILABLE if missing else HTTPStatus.OK
            return status, "text/plain", ("\n".join(missing or ["ready"]) + "\n").encode()
        case "/metrics":
            return HTTPStatus.OK, "text/plain; version=0.0.4; charset=utf-8", told.metrics()
        case _:
            return HTTPStatus.NOT_FOUND, "text/plain", b"/health, /ready or /metrics\n"


def response(request: bytes, told: Told) -> bytes:
    """Return the whole response to a request, of which only the first line counts."""
    method, _, rest = request.decode("latin-1").strip().partition(" ")
    target = rest.partition(" ")[0].partition("?")[0]
    if method in ("GET", "HEAD"):
        status, content_type, body = answer(target, told)
    else:
        status, content_type, body = HTTPStatus.METHOD_NOT_ALLOWED, "text/plain", b"only GET\n"
    head = (
        f"HTTP/1.1 {status.value} {status.phrase}\r\nContent-Type: {content_type}\r\n"
        f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    return head.encode() + (b"" if method == "HEAD" else body)


@contextlib.asynccontextmanager
async def listening(address: str | None, told: Told) -> AsyncIterator[None]:
    """Answer until the end; without an address nothing listens.  Raises CannotListen."""
    if address is None:
        yield
        return
    there = 0

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal there
        there += 1
        try:
            with contextlib.suppress(*_ITS_FAULT):
                async with asyncio.timeout(PATIENCE):
                    if there <= MAX_CONNECTIONS:
                        request = await reader.readuntil(b"\r\n\r\n")
                        writer.write(await asyncio.to_thread(response, request, told))
                        await writer.drain()
        finally:
            there -= 1
            writer.close()

    server = await asyncio.start_server(
        converse, sock=open_socket(Place(address)), limit=MAX_REQUEST
    )
    try:
        yield
    finally:
        server.close()
