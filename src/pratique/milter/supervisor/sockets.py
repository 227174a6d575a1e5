"""Open each listening socket once; doors inherit it, and come and go.

While a door is started again, or a new one takes the place of an old one, the socket
stays open here and clients wait in its queue instead of being refused.  Two sockets on
one port (SO_REUSEPORT) would do the same until one is closed: the kernel resets what
waits in its queue.
"""

import socket
from collections.abc import Iterable

from pratique.milter.config_types import split_address
from pratique.milter.doors.settings import BACKLOG


class CannotListen(Exception):  # noqa: N818 - the admin's: an address that is taken
    """A socket cannot be opened; says which and why."""


def listening(address: str) -> socket.socket:
    """A socket that listens at "host:port".  Raises CannotListen."""
    host, port = split_address(address)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # With protocol 0 asyncio would not set TCP_NODELAY on what it accepts, and each reply
    # of two writes would cost 40 ms.
    opened = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            opened.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        opened.bind((host, port))
        opened.listen(BACKLOG)
    except OSError as error:
        opened.close()
        raise CannotListen(f"cannot listen on {address}: {error.strerror}") from error
    return opened


class Sockets:
    """The listening sockets by their address."""

    def __init__(self) -> None:
        self._open: dict[str, socket.socket] = {}

    def want(self, addresses: Iterable[str]) -> None:
        """Open what is not open yet; all or none.  Raises CannotListen."""
        new: dict[str, socket.socket] = {}
        try:
            for address in addresses:
                if address not in self._open:
                    new[address] = listening(address)
        except CannotListen:
            for opened in new.values():
                opened.close()
            raise
        self._open |= new

    def keep(self, addresses: Iterable[str]) -> None:
        """Close all others."""
        for address in self._open.keys() - set(addresses):
            self._open.pop(address).close()

    def descriptors(self, addresses: Iterable[str]) -> tuple[int, ...]:
        """The descriptors of these, in this order."""
        return tuple(self._open[address].fileno() for address in addresses)
