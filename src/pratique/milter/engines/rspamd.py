"""Ask rspamd what it makes of a message, with its envelope, over HTTP.

Its worker `normal` (port 11333) takes messages of whoever may connect; its `controller`
(11334) wants a password.  No room (429, 502, 503, 504) is away; any other status but 200
is a failure of the message.
"""

from collections.abc import Iterator

from pratique.milter.config import Settings
from pratique.milter.config_types import split_address
from pratique.milter.engines import rspamd_protocol as protocol
from pratique.milter.engines.engine import Said
from pratique.milter.engines.exchange import exchange
from pratique.milter.engines.http_protocol import Incoming
from pratique.milter.engines.opinion import Opinion
from pratique.milter.engines.plain import NAME, Terms, clean
from pratique.milter.engines.streams import OPEN_SECONDS, Connection, Connections, Place
from pratique.milter.engines.troubles import Away, NoAnswer
from pratique.milter.mail import Content, Envelope
from pratique.milter.sections.spam_filters import SpamFilterSection

_AWAY = {429, 502, 503, 504}


def rspamd_of(settings: Settings) -> list[Opinion]:
    """The engine that the settings name, if they do."""
    section = settings.rspamd
    if section.address is None:
        return []
    terms = terms_of(protocol.NAME, section)
    return [Opinion(terms, Rspamd(place_of(section.address), terms, section.password))]


def terms_of(name: str, section: SpamFilterSection) -> Terms:
    """How a spam filter is asked."""
    return Terms(
        name,
        "whole",
        section.seconds,
        section.connections,
        waits="always" if section.ask == "undecided" else "never",
        max_size=section.max_size or 0,
        self_test=section.self_test,
    )


def place_of(address: str) -> Place:
    """Where it listens."""
    if address.startswith("unix:"):
        return Place(path=address.removeprefix("unix:"))
    return Place(*split_address(address))


class Rspamd:
    """One rspamd."""

    def __init__(self, place: Place, terms: Terms, password: str = "") -> None:
        self._place, self._password = place, password
        # Sooner than the time for the message is over, for which that is to blame.
        self._connections = Connections(place, min(OPEN_SECONDS, terms.seconds / 2))

    @property
    def address(self) -> str:
        """Where."""
        return str(self._place)

    def doubt(self) -> None:
        """Ask on another connection."""
        self._connections.close()

    def close(self) -> None:
        """Keep nothing open."""
        self._connections.close()

    async def look(self, content: Content, envelope: Envelope | None) -> Said:
        """What it makes of a message.  Raises Away, Closed or NoAnswer."""
        connection = await self._connections.take()
        keeps = False
        try:
            said, keeps = await self._said(connection, content, envelope)
        finally:
            if keeps:
                self._connections.give_back(connection)
            else:
                connection.close()
        return said

    async def _said(
        self, connection: Connection, content: Content, envelope: Envelope | None
    ) -> tuple[Said, bool]:
        """What it says, and whether the connection is fit for another question."""
        incoming = Incoming()
        pieces = self._pieces(content, envelope)
        (head, body), is_early = await exchange(connection, pieces, incoming)
        if head.status != 200:
            words = f"{head.status} {clean(head.reason, NAME)}"
            raise Away(words) if head.status in _AWAY else NoAnswer(words)
        if is_early:
            raise NoAnswer("it gave a score before it had all that it was sent")
        return protocol.said_of(body), incoming.keeps

    def _pieces(self, content: Content, envelope: Envelope | None) -> Iterator[bytes]:
        host = "localhost" if self._place.path else str(self._place)
        yield protocol.request(host, content.size, envelope, self._password)
        yield from content.span(0, content.size)
