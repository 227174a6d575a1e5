"""Put octets into a sealed memfd, so that a worker can map what nobody can change.

A memfd has no name in any file system and vanishes with its last descriptor.  The
seals (memfd_create(2), F_ADD_SEALS) promise the reader that the octets under its
eyes neither change nor shrink, whatever the process that wrote them does.
"""

import array
import fcntl
import os
import socket
from collections.abc import Iterable

from pratique.milter.mail import Content

_SEALS = fcntl.F_SEAL_SEAL | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_WRITE


class ContentWriter:
    """Takes octets as they come and gives a sealed Content at the end."""

    def __init__(self) -> None:
        self._descriptor = os.memfd_create("content", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        self.size = 0

    def write(self, octets: bytes | bytearray | memoryview) -> None:
        """Append octets."""
        view = memoryview(octets)
        while view:
            written = os.write(self._descriptor, view)
            self.size += written
            view = view[written:]

    def seal(self) -> Content:
        """The finished content; the writer must not be used afterwards."""
        fcntl.fcntl(self._descriptor, fcntl.F_ADD_SEALS, _SEALS)
        descriptor, self._descriptor = self._descriptor, -1
        return Content(descriptor)

    def discard(self) -> None:
        """Drop what was written; a second call, or one after `seal`, does nothing."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


def send_fds(connection: socket.socket, octets: bytes, *descriptors: int) -> int:
    """As `socket.send_fds`, which takes twice as long; how many octets went out."""
    beside = (socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", descriptors))
    return connection.sendmsg((octets,), (beside,))


def content_of(chunks: Iterable[bytes]) -> Content:
    """A sealed Content that holds the chunks one after the other."""
    writer = ContentWriter()
    try:
        for chunk in chunks:
            writer.write(chunk)
        return writer.seal()
    except BaseException:
        writer.discard()
        raise
