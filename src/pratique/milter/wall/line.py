"""Take frames off a worker's socket, as they come and no faster than they are wanted.

A worker answers most messages with one small frame (the facts are on its page), so the
cost of one frame is what counts.  asyncio's streams and timeouts cost three times as much:
here the waiter is woken when something came, or when it is too late.
"""

import asyncio
import socket

from pratique.milter.content import send_fds
from pratique.scanners import frames

# What is read at once; and what may lie here unread, two of the largest frames: a worker
# that says more waits until its frames are taken.
_READ = 64 * 1024
_MOST_UNREAD = 2 * frames.MAX_FRAME


class _Within:
    """A time limit that ends with a block; a generator takes twice as long."""

    __slots__ = ("_line",)

    def __init__(self, line: "Line") -> None:
        self._line = line

    def __enter__(self) -> None:
        pass

    def __exit__(self, *_: object) -> None:
        self._line.until = None


class Line(asyncio.BufferedProtocol):
    """The near end of one socket."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._room = memoryview(bytearray(_READ))
        self._octets = bytearray()
        self._waiting: asyncio.Future[None] | None = None
        self._transport: asyncio.Transport
        self._loop = asyncio.get_running_loop()
        # When the waiter will have waited too long; None: there is no limit.
        self.until: float | None = None
        # One timer for many messages, or each would start and cancel one.  When it fires early, it
        # is set again.
        self._watch: asyncio.TimerHandle | None = None
        self._watch_at = 0.0
        self._is_late = False
        self._is_paused = False
        self.ended = False

    @classmethod
    async def on(cls, connection: socket.socket) -> "Line":
        """Take over a connected socket."""
        loop, line = asyncio.get_running_loop(), cls(connection)
        line._transport, _ = await loop.create_unix_connection(lambda: line, sock=connection)
        return line

    @property
    def unread(self) -> int:
        """Octets that came and were not asked for yet."""
        return len(self._octets)

    def say(self, frame: bytes, descriptors: list[int]) -> None:
        """Send a frame with descriptors.  Raises OSError."""
        sent = send_fds(self._connection, frame, *descriptors)
        if sent < len(frame):
            self._transport.write(frame[sent:])

    def within(self, seconds: float) -> "_Within":
        """Have `frame` raise TimeoutError after these seconds, until the block is left."""
        self._is_late = False
        self.until = self._loop.time() + seconds
        if self._watch is None or self._watch_at > self.until:
            self._look_at(self.until)
        return _Within(self)

    async def frame(self) -> bytes:
        """Return the body of the next frame.  Raises FrameError, TimeoutError, ConnectionError."""
        while (body := self._next()) is None:
            if self.ended:
                raise ConnectionResetError("the other side has ended")
            if self._is_late:
                raise TimeoutError
            self._waiting = self._loop.create_future()
            try:
                await self._waiting
            finally:
                self._waiting = None
        return body

    def _next(self) -> bytes | None:
        octets = self._octets
        if len(octets) < frames.LENGTH_OCTETS:
            return None
        end = frames.LENGTH_OCTETS + frames.length_of(octets[: frames.LENGTH_OCTETS])
        if len(octets) < end:
            return None
        if self._is_late:
            # A worker that speaks without a pause is late as well.
            raise TimeoutError
        body = bytes(octets[frames.LENGTH_OCTETS : end])
        del octets[:end]
        if self._is_paused and len(octets) < frames.LENGTH_OCTETS + frames.MAX_FRAME:
            # The next frame may be incomplete.
            self._is_paused = False
            self._transport.resume_reading()
        return body

    def close(self) -> None:
        """Hang up."""
        if self._watch is not None:
            self._watch.cancel()
            self._watch = None
        self._transport.close()

    def _look_at(self, when: float) -> None:
        if self._watch is not None:
            self._watch.cancel()
        self._watch, self._watch_at = self._loop.call_at(when, self._look), when

    def _look(self) -> None:
        self._watch = None
        if self.until is None:
            return
        if self._loop.time() < self.until:
            self._look_at(self.until)
            return
        self._is_late = True
        self._wake()

    def _wake(self) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)

    # Called by asyncio.

    def get_buffer(self, _sizehint: int) -> memoryview:
        """Return where to put what comes."""
        return self._room

    def buffer_updated(self, count: int) -> None:
        """Take this many octets that came."""
        self._octets += self._room[:count]
        if len(self._octets) > _MOST_UNREAD:
            self._is_paused = True
            self._transport.pause_reading()
        self._wake()

    def eof_received(self) -> None:
        """Note that nothing more will come; what came is still read."""
        self.ended = True
        self._wake()

    def connection_lost(self, _error: Exception | None) -> None:
        """Note that the socket is closed."""
        self.ended = True
        self._wake()
