"""Ask SpamAssassin's daemon, spamd, what it makes of a message and its envelope.

Each question has a connection of its own: spamd closes it behind its answer.  Who waits
there waits for a child (`--max-children`), so no more questions are asked at one time than
an admin says it has.
"""

import socket
from collections.abc import Iterator

from pratique.milter.config import Settings
from pratique.milter.engines import spamd_protocol as protocol
from pratique.milter.engines.engine import Said
from pratique.milter.engines.exchange import exchange
from pratique.milter.engines.opinion import Opinion
from pratique.milter.engines.plain import Terms
from pratique.milter.engines.rspamd import place_of, terms_of
from pratique.milter.engines.streams import OPEN_SECONDS, Connections, Place
from pratique.milter.engines.troubles import NoAnswer
from pratique.milter.mail import Content, Envelope


def spamassassin_of(settings: Settings) -> list[Opinion]:
    """The engine that the settings name, if they do."""
    section = settings.spamassassin
    if section.address is None:
        return []
    terms = terms_of(protocol.NAME, section)
    return [Opinion(terms, SpamAssassin(place_of(section.address), terms, section.user))]


class SpamAssassin:
    """One spamd."""

    def __init__(self, place: Place, terms: Terms, user: str = "") -> None:
        self._place, self._user = place, user
        self._hostname = socket.gethostname()
        # Sooner than the time for the message is over, for which that is to blame.
        self._connections = Connections(place, min(OPEN_SECONDS, terms.seconds / 2))

    @property
    def address(self) -> str:
        """Where."""
        return str(self._place)

    def doubt(self) -> None:
        """Nothing is known of it."""

    def close(self) -> None:
        """Each question closes its own connection."""

    async def look(self, content: Content, envelope: Envelope | None) -> Said:
        """What it makes of a message.  Raises Away, Closed or NoAnswer."""
        connection = await self._connections.take()
        try:
            pieces = self._pieces(content, envelope)
            (spam, report), is_early = await exchange(connection, pieces, protocol.Incoming())
        finally:
            connection.close()
        if is_early:
            raise NoAnswer("it gave a score before it had all that it was sent")
        return protocol.said_of(spam, report)

    def _pieces(self, content: Content, envelope: Envelope | None) -> Iterator[bytes]:
        ahead = protocol.preamble(envelope, self._hostname)
        # It reads lines, whatever length it is told, and would wait for the end of the last.
        end = b"" if content.peek(max(0, content.size - 1), 1) == b"\n" else b"\r\n"
        yield protocol.request(len(ahead) + content.size + len(end), self._user) + ahead
        yield from content.span(0, content.size)
        if end:
            yield end
