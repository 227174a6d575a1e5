"""Speak to clamd: one connection for each question, and believe an answer only if it is one.

`zFILDES` passes a descriptor of the sealed memfd (SCM_RIGHTS): no octet is copied, and no
limit of the stream applies.  `zINSTREAM` sends the octets in chunks, for a clamd that is
reached over TCP or that may not read our descriptor.  An answer ends with NUL (clamd(8)):
one octet more or less, or a second answer, is none.

A clamd that takes no connection within a few seconds is away, as is one that does not say what
it is: no octet of a message has been sent.  One that was shown a message and is silent failed
on that message.

A question costs two system calls more than a kept connection (IDSESSION) and is no slower:
what is asked in one session, clamd looks at one by one.  It is begun without waiting, and
its answer lies in the socket until somebody wants it.
"""

import asyncio
import contextlib
import re
import socket
from dataclasses import dataclass

from pratique.milter.content import send_fds
from pratique.milter.engines.streams import OPEN_SECONDS
from pratique.milter.engines.troubles import Away, Closed, NoAnswer
from pratique.milter.mail import Content
from pratique.milter.sections.engines import split_socket

# The longest answer is a signature's name, and names of 200 octets are long.
MOST_OCTETS = 4096
# A full queue of connections is tried again, and the pauses double up to the last.
FIRST_PAUSE, LAST_PAUSE = 0.005, 0.25
# A chunk of INSTREAM: its length in four octets, network order, then so many octets.
_LENGTH = 4

_ANSWER = re.compile(
    rb"(?:stream|fd\[\d{1,10}\]): (?:(?P<clean>OK)|(?P<name>[!-~][ -~]{0,511}) FOUND)\0"
)
_ERROR = re.compile(rb"(?P<words>[ -~]{1,1024}) ERROR\0")
# It looked at nothing: StreamMaxLength.
_STREAM_LIMIT = b"INSTREAM size limit exceeded."


@dataclass(frozen=True, slots=True)
class Answer:
    """What clamd found, by the name that it gives it; or the limit that it stopped at."""

    name: str = ""
    limit: str = ""


class Clamd:
    """One clamd, by its socket: "unix:PATH" or "inet:HOST:PORT"."""

    def __init__(
        self, address: str, *, stream: bool = False, patience: float = OPEN_SECONDS
    ) -> None:
        self.address = address
        # For all but a message.
        self.patience = patience
        self._where = split_socket(address)
        self._stream = stream or not isinstance(self._where, str)

    def begin(self, content: Content) -> socket.socket | None:
        """Ask for a content, where that is done without waiting; its answer is `finish`.

        None where it is not: a full queue, octets to be sent.  Raises Away.
        """
        if self._stream:
            return None
        try:
            connection = self._connected_now()
        except OSError as error:
            raise self._away(error) from error
        if connection is not None:
            # What it does not take it has answered before, or never will: `finish` sees.
            with contextlib.suppress(OSError):
                # So small a message is taken whole by a socket that is new.
                send_fds(connection, b"zFILDES\0\0", content.descriptor)
        return connection

    async def finish(self, connection: socket.socket, until: float | None = None) -> Answer:
        """The answer to what was begun.

        Raises Closed or NoAnswer, and TimeoutError at `until` of the loop's clock.
        """
        try:
            return _read(await _received(connection, until))
        finally:
            connection.close()

    async def scan(self, content: Content) -> Answer:
        """What it says of a content.  Raises Away, Closed or NoAnswer."""
        connection = self.begin(content)
        if connection is not None:
            return await self.finish(connection)
        with await self._connected() as connection:
            # It may answer before it had all, and its answer says why.
            with contextlib.suppress(OSError):
                if self._stream:
                    await _send_stream(connection, content)
                else:
                    send_fds(connection, b"zFILDES\0\0", content.descriptor)
            return _read(await _received(connection))

    async def version(self) -> bytes:
        """Its answer to VERSION.  Raises Away, Closed or NoAnswer."""
        with await self._connected() as connection:
            with contextlib.suppress(OSError):
                connection.send(b"zVERSION\0")
            return await _received(connection)

    async def _connected(self) -> socket.socket:
        """A connection.  Raises Away."""
        try:
            async with asyncio.timeout(self.patience):
                if isinstance(self._where, str):
                    return await self._connected_in_turn()
                return await _connected_to(*self._where)
        except TimeoutError as error:
            why = f"it takes no connection within {self.patience:g} s"
            raise Away(f"no clamd at {self.address}: {why}") from error
        except OSError as error:
            raise self._away(error) from error

    async def _connected_in_turn(self) -> socket.socket:
        pause = FIRST_PAUSE
        while (connection := self._connected_now()) is None:
            await asyncio.sleep(pause)
            pause = min(2 * pause, LAST_PAUSE)
        return connection

    def _connected_now(self) -> socket.socket | None:
        """A connection to the unix socket, or None: unix(7), EAGAIN where its queue is full."""
        connection = _socket(socket.AF_UNIX)
        try:
            connection.connect(self._where)
        except BlockingIOError:
            connection.close()
            return None
        except OSError:
            connection.close()
            raise
        return connection

    def _away(self, error: OSError) -> Away:
        return Away(f"no clamd at {self.address}: {error.strerror or error}")


def _socket(family: int) -> socket.socket:
    return socket.socket(family, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)


async def _connected_to(host: str, port: int) -> socket.socket:
    loop = asyncio.get_running_loop()
    (family, *_, address), *_ = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    connection = _socket(family)
    try:
        await loop.sock_connect(connection, address)
    except BaseException:
        connection.close()
        raise
    return connection


async def _send_stream(connection: socket.socket, content: Content) -> None:
    loop = asyncio.get_running_loop()
    await loop.sock_sendall(connection, b"zINSTREAM\0")
    for chunk in content.span(0, content.size):
        await loop.sock_sendall(connection, len(chunk).to_bytes(_LENGTH, "big"))
        await loop.sock_sendall(connection, chunk)
    await loop.sock_sendall(connection, bytes(_LENGTH))


async def _received(connection: socket.socket, until: float | None = None) -> bytes:
    """All that comes up to a NUL, or until it closes.

    Raises Closed or NoAnswer, and TimeoutError at `until` of the loop's clock.
    """
    octets = b""
    while True:
        try:
            chunk = connection.recv(MOST_OCTETS)
        except BlockingIOError:
            await _readable(connection, until)
            continue
        except OSError as error:
            if not octets:
                raise Closed(error.strerror or str(error)) from error
            return octets
        octets += chunk
        if b"\0" in chunk or (octets and not chunk):
            return octets
        if not chunk:
            raise Closed("the connection ended")
        if len(octets) > MOST_OCTETS:
            raise NoAnswer(f"more than {MOST_OCTETS} octets")


async def _readable(connection: socket.socket, until: float | None) -> None:
    """Wait until there is something to read.  Raises TimeoutError.

    Two callbacks and a future cost less than `sock_recv` within a timeout does.
    """
    loop = asyncio.get_running_loop()
    ready: asyncio.Future[bool] = loop.create_future()
    # A number: a socket that is new to the loop is written out in words for an error unseen.
    descriptor = connection.fileno()
    loop.add_reader(descriptor, _wake, ready, True)
    timer = loop.call_at(until, _wake, ready, False) if until is not None else None
    try:
        if not await ready:
            raise TimeoutError
    finally:
        loop.remove_reader(descriptor)
        if timer is not None:
            timer.cancel()


def _wake(ready: "asyncio.Future[bool]", is_readable: bool) -> None:
    if not ready.done():
        ready.set_result(is_readable)


def _read(octets: bytes) -> Answer:
    """The one answer that this is.  Raises NoAnswer."""
    if found := _ANSWER.fullmatch(octets):
        return Answer((found["name"] or b"").decode("ascii"))
    if failed := _ERROR.fullmatch(octets):
        words = failed["words"]
        if words == _STREAM_LIMIT:
            return Answer(limit="INSTREAM size limit exceeded (StreamMaxLength)")
        raise NoAnswer(words.decode("ascii"))
    raise NoAnswer(f"this is no answer: {octets[:100]!r}")
