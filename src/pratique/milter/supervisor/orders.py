"""Carry orders and answers between the supervisor and a door: frames, and descriptors.

    supervisor    serve    settings and keys; beside it the control of a nursery, then a memfd
                           of the policies (charge.py), then the listening sockets, in the
                           order of the settings
                  nursery  the control of the next nursery, since the last one ended
                  drain    take nothing new, finish what is in flight, end; with the seconds
                           for which existing connections may begin messages
    door          ready    it serves as it was told
                  unfit    it cannot, and why
                  alone    it could not, since the nursery ended meanwhile
                  lost     its nursery (by process id) no longer answers: it wants another
                  counted  what it has counted since its start

A frame is four octets of length (network order, counting what follows) and a JSON object.
Descriptors travel with its first octet (SCM_RIGHTS).  The end of the stream means drain:
a door whose supervisor is gone finishes what it has and ends.
"""

import asyncio
import json
import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field

from pratique.scanners.frames import received

LENGTH_OCTETS = 4

# Settings with every section filled have some 100 KB; policies and their lists go separately.
MAX_FRAME = 4 * 1024 * 1024

# unix(7): SCM_MAX_FD is 253.  One is the nursery's and one the policies', so that many less
# two can be listening sockets.
MAX_DESCRIPTORS = 253

_CHUNK = 256 * 1024


class OrderError(Exception):
    """The peer sent something that is not an order; it is of another version, or broken."""


@dataclass(frozen=True, slots=True)
class Order:
    """One order or answer, in either direction."""

    word: str
    # Includes the keys, which must not appear in any log.
    body: Mapping[str, str] = field(default_factory=dict, repr=False)
    descriptors: tuple[int, ...] = ()

    def encode(self) -> bytes:
        """Return the frame, without its descriptors."""
        said = {"word": self.word, "descriptors": len(self.descriptors), **self.body}
        octets = json.dumps(said).encode()
        size = LENGTH_OCTETS + len(octets)
        if size > MAX_FRAME or len(self.descriptors) > MAX_DESCRIPTORS:
            raise OrderError(f"an order of {size} octets, at most {MAX_FRAME}")
        return len(octets).to_bytes(LENGTH_OCTETS, "big") + octets


class OrderReader:
    """Cuts what arrives into orders, each with the descriptors that belong to it."""

    def __init__(self) -> None:
        self._octets = bytearray()
        self._descriptors: list[int] = []

    def feed(self, octets: bytes, descriptors: list[int]) -> None:
        """Add what was received."""
        self._octets += octets
        self._descriptors += descriptors

    def next(self) -> Order | None:
        """Return the next complete order; None if more octets are needed.  Raises OrderError."""
        if len(self._octets) < LENGTH_OCTETS:
            return None
        end = LENGTH_OCTETS + int.from_bytes(self._octets[:LENGTH_OCTETS], "big")
        if end > MAX_FRAME:
            raise OrderError(f"an order of {end} octets, at most {MAX_FRAME}")
        if len(self._octets) < end:
            return None
        said = _object(bytes(self._octets[LENGTH_OCTETS:end]))
        del self._octets[:end]
        word, count = said.pop("word"), int(said.pop("descriptors"))
        theirs, self._descriptors = self._descriptors[:count], self._descriptors[count:]
        return Order(word, said, tuple(theirs))


def _object(octets: bytes) -> dict[str, str]:
    try:
        said = json.loads(octets)
    except ValueError as error:
        raise OrderError(f"no JSON: {error}") from error
    if not isinstance(said, dict) or not {"word", "descriptors"} <= said.keys():
        raise OrderError("no order")
    return {str(name): str(value) for name, value in said.items()}


class Channel:
    """One end of the socket pair between the supervisor and a door."""

    def __init__(self, connection: socket.socket) -> None:
        connection.setblocking(True)
        self._connection = connection
        self._reader = OrderReader()
        self._readable = asyncio.Event()
        self._saying = asyncio.Lock()
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(connection, self._readable.set)

    async def say(self, order: Order) -> None:
        """Send it; OSError if the peer is gone."""
        async with self._saying:
            await asyncio.to_thread(_send, self._connection, order)

    async def hear(self) -> Order | None:
        """Return the next order; None at the end of the stream.  Raises OrderError."""
        while (order := self._reader.next()) is None:
            await self._readable.wait()
            self._readable.clear()
            try:
                octets, descriptors = received(
                    self._connection, _CHUNK, MAX_DESCRIPTORS, socket.MSG_DONTWAIT
                )
            except BlockingIOError:
                continue
            except ConnectionResetError:
                octets, descriptors = b"", []
            if not octets:
                # If left there, the reader would be called again and again for the end.
                self._loop.remove_reader(self._connection)
                self._readable.set()
                return None
            self._reader.feed(octets, descriptors)
        return order

    def close(self) -> None:
        """Hang up; a second call does nothing."""
        if self._connection.fileno() >= 0:
            self._loop.remove_reader(self._connection)
            self._connection.close()


def _send(connection: socket.socket, order: Order) -> None:
    """Send an order; blocks until the peer has room for it, so it runs in a thread."""
    frame = memoryview(order.encode())
    sent = socket.send_fds(connection, [frame], order.descriptors) if order.descriptors else 0
    connection.sendall(frame[sent:])


def close_all(descriptors: tuple[int, ...]) -> None:
    """Close descriptors that came with an order and are not wanted."""
    for descriptor in descriptors:
        os.close(descriptor)
