"""Open a connection to a next hop: find it, connect, be greeted, begin TLS, say EHLO.

A name is looked up each time, and all its addresses (A and AAAA) are tried in the order
that the system gives.  MX is not looked up: relaying to the world is the job of a mail
server with a queue, which we are not.

What comes after the 220 to STARTTLS and before TLS begins is not the next hop's own: an
attacker on the wire could put commands or replies there that are believed later (RFC 3207 6,
CVE-2011-0411).  It ends the connection.
"""

import asyncio
import contextlib
import ipaddress
import logging
import socket
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from pratique.milter.next_hop.connection import Connection, Timeouts
from pratique.milter.next_hop.stream import Stream
from pratique.milter.next_hop.tls import IN_CLEAR, Tls, TlsError
from pratique.milter.next_hop.wire import WireError

log = logging.getLogger("pratique.next_hop")

# Addresses of one name.  Eight that do not answer take all the time there is for connecting.
MAX_ADDRESSES = 8
# An address that drops packets must leave time for the next.
SECONDS_PER_ADDRESS = 10.0

# Returns the IP addresses of a host and port.
Resolve = Callable[[str, int], Awaitable[list[str]]]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a next hop is, and how to speak to it."""

    # A name, an IP address, or the path of a unix socket, which begins with "/".
    host: str
    port: int
    # What we call ourselves.
    helo: str
    lmtp: bool = False
    tls: Tls = IN_CLEAR

    @property
    def is_local(self) -> bool:
        """True for a unix socket."""
        return self.host.startswith("/")

    def __str__(self) -> str:
        if self.is_local:
            return f"unix:{self.host}"
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


class Dialler:
    """Opens connections to one place."""

    def __init__(self, place: Place, resolve: Resolve | None = None) -> None:
        self.place = place
        self._resolve = resolve or addresses
        tls = place.tls
        self._context = None if tls.level == "none" else tls.context()
        # It is also sent in the handshake (SNI), by which a server picks its certificate.
        self._name = tls.name or ("" if place.is_local else place.host) or None

    async def dial(self, timeouts: Timeouts) -> Connection:
        """Return a connection on which mail can begin.  Raises one of FAULTS."""
        try:
            return await self._opened(timeouts, self._context)
        except TlsError as fault:
            if self.place.tls.level != "opportunistic":
                raise
            log.warning("next hop %s: no TLS, mail goes there in clear: %s", self.place, fault)
        return await self._opened(timeouts, None)

    async def _opened(self, timeouts: Timeouts, context: ssl.SSLContext | None) -> Connection:
        implicit = context if self.place.tls.implicit else None
        stream = await self._connected(timeouts.connect, implicit)
        connection = Connection(stream, lmtp=self.place.lmtp)
        try:
            if implicit is not None:
                self.place.tls.check(stream)
            await connection.greeted(timeouts.greeting)
            await connection.hello(self.place.helo, timeouts.command)
            if context is not None and implicit is None:
                await self._starttls(connection, context, timeouts)
        except BaseException:
            connection.abort()
            raise
        return connection

    async def _starttls(
        self, connection: Connection, context: ssl.SSLContext, timeouts: Timeouts
    ) -> None:
        if "STARTTLS" not in connection.capabilities:
            if self.place.tls.level != "opportunistic":
                raise TlsError("it does not offer STARTTLS")
            log.info("next hop %s: offers no STARTTLS, mail goes there in clear", self.place)
            return
        reply = await connection.command(b"STARTTLS\r\n", timeouts.command)
        if reply.code != 220:
            raise TlsError(f"STARTTLS answered by {reply}")
        if connection.stale:
            raise connection.stream.fault or WireError("spoke in clear after STARTTLS")
        try:
            await connection.stream.encrypt(context, self._name, timeouts.handshake)
        except (OSError, EOFError) as fault:
            raise TlsError(f"handshake: {str(fault) or type(fault).__name__}") from fault
        self.place.tls.check(connection.stream)
        await connection.hello(self.place.helo, timeouts.command)

    async def _connected(self, seconds: float, context: ssl.SSLContext | None) -> Stream:
        loop = asyncio.get_running_loop()
        place, name = self.place, self._name if context else None
        async with asyncio.timeout(seconds):
            if place.is_local:
                _, stream = await loop.create_unix_connection(Stream, place.host)
                return stream
            failed = []
            for address in await self._resolve(place.host, place.port):
                try:
                    async with asyncio.timeout(SECONDS_PER_ADDRESS):
                        _, stream = await loop.create_connection(
                            Stream, address, place.port, ssl=context, server_hostname=name
                        )
                        return stream
                except OSError as fault:
                    failed.append(f"{address}: {str(fault) or 'no answer'}")
        raise ConnectionRefusedError("; ".join(failed))


async def addresses(host: str, port: int) -> list[str]:
    """Return the IP addresses of a host, each once."""
    with contextlib.suppress(ValueError):
        return [str(ipaddress.ip_address(host))]
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(where[0]) for *_, where in found))[:MAX_ADDRESSES]
