"""Name what a session is given: what all sessions of a listener share, and its connection."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from pratique.milter.doors.queue_id import QueueIds
from pratique.milter.doors.room import Room
from pratique.milter.doors.smtp.crowd import Quota
from pratique.milter.doors.smtp.downstream import Downstream, Later
from pratique.milter.doors.smtp.relay import Relay
from pratique.milter.doors.smtp.settings import DoorSettings
from pratique.milter.doors.smtp.tls import Certificate
from pratique.milter.mail import Content, Envelope
from pratique.milter.next_hop import NextHop, Reply
from pratique.milter.sent.tags import Tags

# Looks into a message, decides, acts, and gives the reply to the end of data.  The
# content is closed when it returns.
Take = Callable[[Content, Envelope, Downstream], Awaitable[Reply]]


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Means:
    """What a listener is given beside its settings and its next hop."""

    clock: Callable[[], datetime] = _utc_now
    # What marks our own reverse-paths, and knows them again (BATV); None: there are no keys.
    tags: Tags | None = None


@dataclass(frozen=True, slots=True)
class Desk:
    """What all sessions of one listener share."""

    settings: DoorSettings
    next_hop: NextHop
    take: Take
    relay: Relay
    queue_ids: QueueIds
    later: Later
    means: Means = Means()
    certificate: Certificate | None = None


class Wire(Protocol):
    """The connection, as a session sees it."""

    @property
    def room(self) -> Room:
        """Where the octets of the client's content are taken from."""

    @property
    def quota(self) -> Quota:
        """What the client may have of what all share; entered while its message is looked into."""

    def name(self, ip: str) -> bool:
        """Count as a client with this address from here on; False: it has enough connections."""

    @property
    def tls(self) -> str:
        """The version of TLS that is spoken; empty: none is."""

    @property
    def may_encrypt(self) -> bool:
        """Whether STARTTLS is offered now."""

    async def start_tls(self) -> bool:
        """Speak TLS from here on; False: the connection is at its end."""

    @property
    def deserted(self) -> bool:
        """True if nobody is there to hear the reply to the end of data."""

    def say(self, reply: Reply) -> None:
        """Reply, at the latest before the next octets are waited for."""

    def end(self, reply: Reply) -> None:
        """Reply and close."""

    async def flush(self) -> None:
        """Reply now."""

    async def read(self) -> bytes:
        """More octets; none: the client has gone.  Raises TimeoutError if it was hurried."""

    def hurry(self, seconds: float | None) -> None:
        """Have `read` raise TimeoutError from then on; None: no longer."""

    def take_rest(self) -> bytes:
        """The octets that came with the last command."""

    def put_back(self, octets: bytes) -> None:
        """Octets that follow the content."""
