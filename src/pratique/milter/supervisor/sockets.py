"""Open each listening socket once; doors inherit it, and come and go.

While a door is restarted, or a new one takes the place of an old one, the socket
stays open here and clients wait in its queue instead of being refused.  Several processes
of one door accept from the same socket; whichever is quicker gets the client.  Two sockets on
one port (SO_REUSEPORT) would do the same until one is closed: the kernel then resets what
waits in its queue.

A socket file at which nothing answers was left behind by a killed service, and is removed;
one at which something answers, or a file of another kind, is not ours to remove.
"""

import os
import socket
import stat
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pratique.milter.doors import places
from pratique.milter.doors.places import BACKLOG, DoorError


class CannotListen(Exception):
    """A socket cannot be opened; says which and why."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where to listen, and who may connect if it is a file."""

    # "IP:PORT", or as Postfix writes it: "inet:IP:PORT", "unix:PATH".
    name: str
    mode: int = 0o660
    group: str | None = None


def listening(place: Place) -> socket.socket:
    """Return a socket that listens there.  Raises CannotListen."""
    family, address = places.family_and_address(place.name)
    # With protocol 0 asyncio would not set TCP_NODELAY on accepted connections, and each reply
    # of two writes would cost 40 ms.
    protocol = 0 if family == socket.AF_UNIX else socket.IPPROTO_TCP
    opened = socket.socket(family, socket.SOCK_STREAM, protocol)
    # Of several processes that are woken for a client, one gets it and the others must not block.
    opened.setblocking(False)
    try:
        if isinstance(address, str):
            _bind_file(opened, Path(address), place)
        else:
            _bind_port(opened, address)
        opened.listen(BACKLOG)
    except DoorError as error:
        opened.close()
        raise CannotListen(str(error)) from error
    except OSError as error:
        opened.close()
        raise CannotListen(f"cannot listen on {place.name}: {error.strerror}") from error
    return opened


def _bind_port(opened: socket.socket, address: tuple[str, int]) -> None:
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if opened.family == socket.AF_INET6:
        opened.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    opened.bind(address)


def _bind_file(opened: socket.socket, path: Path, place: Place) -> None:
    _remove_dead(path)
    # The file is created with these permissions: nobody can connect before they hold.
    before = os.umask(0o777 & ~place.mode)
    try:
        opened.bind(str(path))
    finally:
        os.umask(before)
    places.give(str(path), place.mode, place.group)


def _remove_dead(path: Path) -> None:
    if not path.parent.is_dir():
        raise DoorError(f"cannot listen on unix:{path}: the folder {path.parent} is not there")
    try:
        kind = path.lstat().st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(kind):
        raise DoorError(f"cannot listen on unix:{path}: a file is there that is no socket")
    if places.answers(f"unix:{path}"):
        raise DoorError(
            f"cannot listen on unix:{path}: another program listens there; "
            "is Pratique running already?"
        )
    path.unlink()


@dataclass(frozen=True, slots=True)
class _Open:
    socket: socket.socket
    # What tells its file from any other; None: it has no file.
    identity: tuple[int, int] | None


class Sockets:
    """The listening sockets by place."""

    def __init__(self) -> None:
        self._open: dict[str, _Open] = {}

    def want(self, wanted: Iterable[Place]) -> None:
        """Open what is not open yet; all or none.  Raises CannotListen."""
        new: dict[str, _Open] = {}
        try:
            for place in wanted:
                if place.name not in self._open:
                    opened = listening(place)
                    new[place.name] = _Open(opened, places.identity(place.name))
                elif places.identity(place.name) is not None:
                    _give_again(place)
        except CannotListen:
            for name, each in new.items():
                _close(name, each)
            raise
        self._open |= new

    def keep(self, wanted: Iterable[Place]) -> None:
        """Close all sockets but these."""
        for name in self._open.keys() - {place.name for place in wanted}:
            _close(name, self._open.pop(name))

    def descriptors(self, wanted: Iterable[Place]) -> tuple[int, ...]:
        """Return the descriptors of these, in this order."""
        return tuple(self._open[place.name].socket.fileno() for place in wanted)


def _give_again(place: Place) -> None:
    """Set again who may connect, in case that changed."""
    try:
        places.give(place.name.partition(":")[2], place.mode, place.group)
    except DoorError as error:
        raise CannotListen(str(error)) from error


def _close(name: str, opened: _Open) -> None:
    opened.socket.close()
    places.remove_if(name, opened.identity)
