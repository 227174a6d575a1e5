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

# Inspects a message, decides, acts, and gives the reply to the end of data.  The content
# is closed once it has returned.
Take = Callable[[Content, Envelope, Downstream], Awaitable[Reply]]


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Means:
    """What a listener is given in addition to its settings and its next hop."""

    clock: Callable[[], datetime] = _utc_now
    # Tags our own reverse-paths, and recognizes them (BATV); None if there are no keys.
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
        """The client's part of what all share; entered while its message is inspected."""

    def name(self, ip: str) -> bool:
        """Count as a client with this address from here on; False if it has enough connections."""

    @property
    def tls(self) -> str:
        """The version of TLS in use; empty if none."""

    @property
    def may_encrypt(self) -> bool:
        """Whether STARTTLS is offered now."""

    async def start_tls(self) -> bool:
        """Speak TLS from here on; False if the connection has ended."""

    @property
    def deserted(self) -> bool:
        """True if nobody is left to hear the reply to the end of data."""

    def say(self, reply: Reply) -> None:
        """Reply, at the latest before the next octets are waited for."""

    def end(self, reply: Reply) -> None:
        """Reply and close."""

    async def flush(self) -> None:
        """Reply now."""

    async def read(self) -> bytes:
        """Return more octets; none if the client has gone.  Raises TimeoutError if hurried."""

    def hurry(self, seconds: float | None) -> None:
        """Have `read` raise TimeoutError after these seconds; None lifts the limit."""

    def take_rest(self) -> bytes:
        """Take the octets that came with the last command."""

    def put_back(self, octets: bytes) -> None:
        """Put back octets that follow the content."""
