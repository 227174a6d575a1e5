"""Check each server that mail goes to: whether it is there, what it takes, and its TLS.

A connection is opened as for mail, by the same code, and ended by QUIT: no MAIL is sent.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator

from cryptography import x509

from pratique.milter.assembly import own_name
from pratique.milter.config_types import split_address
from pratique.milter.doctor.certificates import expiry
from pratique.milter.doctor.line import Case, Line, ok, warning, wrong
from pratique.milter.next_hop.connection import FAULTS, Connection, Timeouts
from pratique.milter.next_hop.dial import Dialler, Place
from pratique.milter.sections.next_hop import NextHopSection, ServersSection, servers_of, tls_of

SECONDS = 8.0
_SHORT = Timeouts(connect=5.0, greeting=5.0, command=5.0, handshake=5.0, farewell=1.0)


async def next_hops(case: Case) -> AsyncIterator[Line]:
    """Check all of them, including the one that released mail goes to."""
    name = await asyncio.to_thread(own_name)
    places = dict.fromkeys(_places(case, name))
    if case.settings.next_hop.kind == "maildir":
        yield ok("accepted mail goes into a Maildir of our own")
    for lines in await asyncio.gather(*(_looked(place, case) for place in places)):
        for line in lines:
            yield line
    if case.settings.release.next_hop is None:
        yield warning(
            "held mail cannot be released",
            "[release] next_hop: a server that takes it without showing it to us again",
        )


def _places(case: Case, name: str) -> Iterator[Place]:
    settings = case.settings
    sections: list[tuple[ServersSection, str]] = [
        (settings.next_hop, settings.next_hop.kind),
        *((route, route.kind) for route in settings.next_hop.route),
    ]
    if settings.release.next_hop is not None:
        sections.append((NextHopSection(kind="smtp", address=settings.release.next_hop), "smtp"))
    for section, kind in sections:
        for server in servers_of(section):
            local = server.startswith("unix:")
            host, port = (server.removeprefix("unix:"), 0) if local else split_address(server)
            yield Place(host, port, name, kind == "lmtp", tls_of(section, server))


async def _looked(place: Place, case: Case) -> list[Line]:
    try:
        async with asyncio.timeout(SECONDS):
            connection = await Dialler(place).dial(_SHORT)
            try:
                lines = list(_says(place, connection, case))
            finally:
                await connection.quit(_SHORT.farewell)
    except (*FAULTS, TimeoutError) as error:
        why = str(error) or f"no answer within {SECONDS:g} s"
        return [
            wrong(
                f"{place}: {why}",
                "until it is there mail hears 451; see that it listens there, and lets us in",
            )
        ]
    return lines


def _says(place: Place, connection: Connection, case: Case) -> Iterator[Line]:
    offered = connection.capabilities
    encrypted = bool(connection.stream.certificate)
    yield ok(f"{place} answers{', with TLS' if encrypted else ''}")
    largest, most = case.largest, offered.get("SIZE", "")
    if most.isdigit() and 0 < int(most) < largest:
        yield warning(
            f"{place} takes {most} octets at most, and we take {largest}",
            "the same limit in both: max_size here, or a larger one there",
        )
    for keyword, means in (
        ("8BITMIME", "mail in 8 bits goes there all the same"),
        ("SMTPUTF8", "mail with addresses beyond ASCII is refused"),
    ):
        if keyword not in offered:
            yield warning(f"{place} does not offer {keyword}: {means}", f"turn {keyword} on there")
    if place.tls.level == "opportunistic" and not encrypted:
        yield warning(
            f"mail goes to {place} in clear: it offers no TLS, or none that works",
            "a certificate there; tls = 'none' if this is meant",
        )
    if encrypted and place.tls.level == "verify":
        # At any other level its dates do not matter.
        shown = x509.load_der_x509_certificate(connection.stream.certificate)
        yield from expiry(f"the certificate of {place}", shown, case.now())
