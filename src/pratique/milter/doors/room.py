"""Share out the memory that content may take on one listener, so that it never fills it.

Content lies in memfds, and these are memory: each connection may fill one up to the
largest size that is taken, and all of them together would take the machine's.  So
octets are counted while they are written, and given back when the content is closed.
Who comes when all is taken hears 452 4.3.1 after its content (RFC 5321 4.2.3) and comes
again; nobody who has a part of the room loses it.
"""

import errno
import os
import threading
from dataclasses import dataclass, field

from pratique.milter.content import ContentWriter
from pratique.milter.mail import Content


@dataclass(slots=True)
class Room:
    """How many octets of content may still be taken; a milter's threads share one."""

    left: int
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, octets: int) -> None:
        """Take so many; OSError if fewer are left."""
        with self._lock:
            if octets > self.left:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            self.left -= octets

    def give_back(self, octets: int) -> None:
        """Give back what was taken."""
        with self._lock:
            self.left += octets


class RationedWriter:
    """A sink for one content that takes its octets' room from what all share."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self._writer = ContentWriter()
        self._taken = 0

    @property
    def size(self) -> int:
        """Octets written."""
        return self._writer.size

    def write(self, octets: bytes) -> None:
        """Append octets; OSError if there is no room."""
        self._room.take(len(octets))
        self._taken += len(octets)
        self._writer.write(octets)

    def seal(self) -> Content:
        """The finished content; its room stays taken until `discard`."""
        return self._writer.seal()

    def discard(self) -> None:
        """Drop what was written, or after `seal`: the content is closed.

        A second call does nothing.
        """
        self._writer.discard()
        self._room.give_back(self._taken)
        self._taken = 0
