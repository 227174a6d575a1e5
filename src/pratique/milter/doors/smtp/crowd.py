"""Keep the connections of one listener, and let no client crowd out the others.

A client that would open connections, or send messages that are slow to scan, until nothing
is left for the others, has three limits of its own: connections, octets of content (half of
the room), and messages inspected at one time (half of the workers).  Half, since
then a second client always finds as much as the first has; a third or less would
leave workers idle wherever one server brings most of the mail.

A client is an address; for IPv6 a network of 64 bits, since that is the least that any
customer is given (RFC 6177 2).  Our own servers are not strangers: one that may relay, forward
or stand in front of us has no limit of its own, for all mail comes through it.
"""

import asyncio
import ipaddress
from collections import deque
from dataclasses import dataclass, field
from typing import Protocol

from pratique.milter.doors.networks import Networks, listed
from pratique.milter.doors.room import Room
from pratique.milter.doors.smtp.settings import DoorSettings


class Guest(Protocol):
    """One connection, as its listener sees it."""

    def shut_down(self) -> None:
        """Close: at once if nothing is under way, else after the transaction."""

    def abort(self) -> "asyncio.Task[None] | None":
        """Close without another word; return the task that may still be busy."""


class NoTurn(Exception):
    """A message waited too long for others of its client."""


@dataclass(slots=True)
class Quota:
    """One client's part of what all clients share; entered while one message is inspected."""

    room: Room
    turns: int
    # How long its messages wait for one another.
    seconds: float
    connections: int = 0
    queue: deque[asyncio.Future[None]] = field(default_factory=deque)

    async def __aenter__(self) -> None:
        """Wait until one of its messages may be inspected.  Raises NoTurn."""
        if self.turns > 0:
            self.turns -= 1
            return
        turn = asyncio.get_running_loop().create_future()
        self.queue.append(turn)
        try:
            async with asyncio.timeout(self.seconds):
                await turn
        except TimeoutError:
            self._leave(turn)
            raise NoTurn from None
        except BaseException:
            self._leave(turn)
            raise

    def _leave(self, turn: asyncio.Future[None]) -> None:
        # A message that leaves just when its turn has come passes the turn on.
        if turn in self.queue:
            self.queue.remove(turn)
        elif not turn.cancelled():
            self._next()

    async def __aexit__(self, *_error: object) -> None:
        """Let the next message begin."""
        self._next()

    def _next(self) -> None:
        while self.queue:
            turn = self.queue.popleft()
            if not turn.done():
                turn.set_result(None)
                return
        self.turns += 1


class Crowd:
    """The connections of one listener."""

    def __init__(self, settings: DoorSettings, room: Room) -> None:
        self.doors: set[Guest] = set()
        self.empty = asyncio.Event()
        self.closing = False
        # Whether a client that is about to begin a message may still do so.
        self.patient = True
        self._settings = settings
        self._room = room
        self._unlimited = Quota(room, _NO_LIMIT, 0.0)
        self._quotas: dict[str, Quota] = {}
        self._ours: Networks = (
            *settings.relay_from,
            *settings.xforward_from,
            *settings.xclient_from,
        )

    @property
    def is_full(self) -> bool:
        """True if there are more connections than allowed."""
        return len(self.doors) > self._settings.max_connections

    def add(self, door: Guest) -> None:
        """Add a connection."""
        self.doors.add(door)
        self.empty.clear()

    def remove(self, door: Guest) -> None:
        """Remove a connection that is over."""
        self.doors.discard(door)
        if not self.doors:
            self.empty.set()

    def quota(self, ip: str) -> Quota | None:
        """Return what a client may have, for one more connection; None if it has enough of them."""
        if self._is_ours(ip):
            return self._unlimited
        client = _client(ip)
        quota = self._quotas.get(client)
        if quota is None:
            # One message of the largest size must fit, or it would be deferred forever.
            half = max(self._room.size // 2, self._settings.max_size)
            room = Room(half, beyond=self._room)
            quota = self._quotas[client] = Quota(
                room, self._settings.turns_per_client, self._settings.turn_seconds
            )
        if quota.connections >= self._settings.max_connections_per_client:
            return None
        quota.connections += 1
        return quota

    def _is_ours(self, ip: str) -> bool:
        if not ip:
            return self._settings.host.startswith("unix:")
        return listed(ip, self._ours)

    def give_back(self, ip: str, quota: Quota) -> None:
        """Give back one connection of a client."""
        if quota is self._unlimited:
            return
        quota.connections -= 1
        if not quota.connections:
            del self._quotas[_client(ip)]


# More messages than a process can have at one time.
_NO_LIMIT = 2**31


def _client(ip: str) -> str:
    if not ip:
        # All clients that a balancer cannot name count as one.
        return ip
    address = ipaddress.ip_address(ip)
    if isinstance(address, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((address, 64), strict=False))
    return ip
