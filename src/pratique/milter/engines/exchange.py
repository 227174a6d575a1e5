"""Ask one question on a connection, and take what comes back to it, whatever the protocol.

All of a question is sent while its answer may come already: who refuses need not read
(RFC 9112 9.5).  An answer that was final before all was sent says nothing of the rest, and
what a connection is worth behind it is for whoever asks to say.
"""

import asyncio
from collections.abc import Iterable
from typing import Protocol, TypeVar

from pratique.milter.engines.streams import Connection
from pratique.milter.engines.troubles import Closed, NoAnswer

Answer = TypeVar("Answer", covariant=True)  # noqa: PLC0105 - it names what is answered


class Incoming(Protocol[Answer]):
    """What comes back to one question, by a protocol of its own, without I/O."""

    @property
    def begun(self) -> bool:
        """Something of the answer has come."""

    @property
    def is_final(self) -> bool:
        """What has come is of the answer, and of no remark before it."""

    def receive(self, octets: bytes) -> None:
        """Take what came; nothing is the connection's end."""

    def answer(self) -> Answer | None:
        """The answer, or None: there is more to come.  Raises NoAnswer."""


async def exchange(
    connection: Connection, pieces: Iterable[bytes], incoming: Incoming[Answer]
) -> tuple[Answer, bool]:
    """The answer, and whether it came before all was sent.  Raises Closed or NoAnswer."""
    is_early = False
    sending = asyncio.create_task(connection.send(pieces))
    try:
        while (answer := incoming.answer()) is None:
            # Of remarks that came with it nothing is left.
            has_begun = incoming.begun and incoming.is_final
            is_early = is_early or (has_begun and not sending.done())
            octets = await connection.receive()
            if not octets and not incoming.begun:
                raise Closed("the connection ended")
            incoming.receive(octets)
            if not octets and incoming.answer() is None:
                raise NoAnswer("the connection ended in midst of the answer")
        return answer, is_early or not sending.done()
    finally:
        if not sending.done():
            sending.cancel()
            await asyncio.wait([sending])
