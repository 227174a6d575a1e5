"""Share out the memory that content may take on one listener, so that it is never exhausted.

Content lies in memfds, which are memory: each connection may fill one up to the largest
message size accepted, and together they could take all the memory of the machine.  So octets
are counted as they are written, and given back when the content is closed.  A client that
arrives when all room is taken gets 452 4.3.1 (RFC 5321 4.2.3), at MAIL if that is known by
then, else after its content, and retries; a client that already holds room never loses it.
To stop reading instead would leave all of them waiting for each other.

One client gets at most half of the room, so that it cannot starve the others.

Small content stays in this process's own memory until its memfd is asked for, which a worker
and clamd need: to create, fill, read and close a memfd takes six system calls, and mail that
nothing inspects does without them.  Content is never in both, so its room is counted once.
"""

import errno
import os
import threading
from collections.abc import Iterator

from pratique.milter.content import ContentWriter, content_of
from pratique.milter.mail import Content

# Octets gathered before they go to a memfd: most messages are smaller, and cost one system call
# instead of one per piece received.
GATHERED = 128 * 1024

# All content on a listener, unless an admin says otherwise: twenty messages of the largest size.
MAX_IN_FLIGHT = 1024**3


class Room:
    """How many octets of content may still be taken; a milter's threads share one."""

    def __init__(self, size: int, *, beyond: "Room | None" = None) -> None:
        self.size = size
        self.left = size
        # The room that this one is part of.
        self._beyond = beyond
        self._lock = threading.Lock()

    def has(self, octets: int) -> bool:
        """Tell whether this many octets could be taken now."""
        return octets <= self.left and (self._beyond is None or self._beyond.has(octets))

    def take(self, octets: int) -> None:
        """Take this many octets; OSError if fewer are left."""
        with self._lock:
            if octets > self.left:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            if self._beyond is not None:
                self._beyond.take(octets)
            self.left -= octets

    def give_back(self, octets: int) -> None:
        """Give back octets that were taken."""
        with self._lock:
            self.left += octets
        if self._beyond is not None:
            self._beyond.give_back(octets)


# Two threads may ask for the memfd of the same content.
_MAKING = threading.Lock()


class KeptContent(Content):
    """Content whose memfd is made on demand; until then its octets are held here."""

    def __init__(self, octets: bytes) -> None:
        self._octets = octets
        self._sealed: Content | None = None
        self._closed = False
        self.dotless = False
        self.size = len(octets)

    @property
    def descriptor(self) -> int:  # type: ignore[override]  # nobody sets it
        """The sealed memfd, or -1 if it is closed.  Raises RuntimeError if none can be made.

        Not OSError: a caller that talks to a worker or an engine would blame that peer for it.
        """
        with _MAKING:
            if self._sealed is None and not self._closed:
                self._make()
            return -1 if self._sealed is None else self._sealed.descriptor

    def _make(self) -> None:
        try:
            self._sealed = content_of((self._octets,))
        except OSError as error:
            raise RuntimeError(f"no memfd for a content: {error}") from error
        self._octets = b""

    def close(self) -> None:
        """Free the memfd or the octets; a second call does nothing."""
        with _MAKING:
            self._closed, self._octets = True, b""
            if self._sealed is not None:
                self._sealed.close()

    def peek(self, start: int, count: int) -> bytes:
        """Return at most `count` octets from `start`: for comparing, never for reading."""
        octets = self._octets
        return octets[start : start + count] if octets else super().peek(start, count)

    def span(self, start: int, end: int) -> Iterator[bytes]:
        """Return the octets from `start` up to `end`, in chunks."""
        octets = self._octets
        if octets and end <= self.size:
            return iter((octets[start:end],)) if start < end else iter(())
        return super().span(start, end)


class RationedWriter:
    """A sink for one content that takes the room for its octets from a shared one."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self._writer: ContentWriter | None = None
        self._gathered: bytes | bytearray = b""
        self._taken = 0

    @property
    def size(self) -> int:
        """Octets written."""
        return self._taken

    def write(self, octets: bytes) -> None:
        """Append octets; OSError if there is no room."""
        self._room.take(len(octets))
        self._taken += len(octets)
        if not self._gathered:
            self._gathered = octets
        elif isinstance(self._gathered, bytearray):
            self._gathered += octets
        else:
            self._gathered = bytearray(self._gathered) + octets
        if len(self._gathered) >= GATHERED:
            self._flush()

    def seal(self) -> Content:
        """Return the finished content in a memfd; its room stays taken until `discard`."""
        return self._flush().seal()

    def keep(self) -> Content:
        """Return the finished content; a small one need not be in a memfd yet."""
        if self._writer is not None:
            return self.seal()
        octets, self._gathered = bytes(self._gathered), b""
        return KeptContent(octets)

    def discard(self) -> None:
        """Drop what was written and give its room back; after `seal`, once the content is closed.

        A second call does nothing.
        """
        if self._writer is not None:
            self._writer.discard()
        self._gathered = b""
        self._room.give_back(self._taken)
        self._taken = 0

    def _flush(self) -> ContentWriter:
        if self._writer is None:
            self._writer = ContentWriter()
        self._writer.write(self._gathered)
        self._gathered = b""
        return self._writer
