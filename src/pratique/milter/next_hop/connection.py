"""Hold one connection to a next hop: say a command, wait for its reply, send content."""

import contextlib
import time
from collections.abc import Coroutine, Iterable, Sequence
from dataclasses import dataclass

from pratique.milter.mail import CHUNK
from pratique.milter.next_hop import Reply
from pratique.milter.next_hop.stream import Stream
from pratique.milter.next_hop.wire import DotStuffer, WireError

# What a next hop may do to us: refuse, break off, be slow, talk nonsense.
FAULTS = (OSError, EOFError, WireError)

# A whole chunk of content, with our own fields in front of it.
TOGETHER = CHUNK + 64 * 1024


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds to wait: RFC 5321 4.5.3.2, with its section numbers."""

    connect: float = 30.0  # not in the RFC: a SYN that is not answered
    greeting: float = 300.0  # 4.5.3.2.1
    command: float = 300.0  # 4.5.3.2.2 and 4.5.3.2.3, MAIL and RCPT
    start_of_content: float = 120.0  # 4.5.3.2.4, the 354
    block: float = 180.0  # 4.5.3.2.5, each chunk
    end_of_content: float = 600.0  # 4.5.3.2.6, after the final dot
    handshake: float = 30.0  # not in the RFC: TLS, a few round trips and a signature
    proof: float = 5.0  # whether a kept connection still works; if not, a fresh one is opened
    farewell: float = 10.0  # RSET and QUIT: no client waits for them


class Connection:
    """One connection, with what the next hop announced on it."""

    def __init__(self, stream: Stream, *, lmtp: bool = False) -> None:
        self.stream = stream
        # The next hop replies per recipient at the end of data (RFC 2033 4.2).
        self.lmtp = lmtp
        # Keyword to parameters, upper case (RFC 5321 4.1.1.1).
        self.capabilities: dict[str, str] = {}
        self.messages = 0
        self.opened_at = self.used_at = time.monotonic()

    async def greeted(self, seconds: float) -> None:
        """Wait for the greeting."""
        greeting = await self.stream.reply(seconds)
        if greeting.code != 220:
            raise WireError(f"greeted by {greeting}")

    async def hello(self, name: str, seconds: float) -> None:
        """Say EHLO or LHLO; what was announced before is forgotten (RFC 3207 4.2)."""
        self.capabilities = {}
        verb = "LHLO" if self.lmtp else "EHLO"
        reply = await self.command(f"{verb} {name}\r\n".encode("ascii"), seconds)
        if reply.accepted:
            words = (line.upper().partition(" ") for line in reply.lines[1:])
            self.capabilities = {keyword: parameters for keyword, _, parameters in words}
            return
        if not self.lmtp:
            # RFC 5321 3.2: an old server that does not know EHLO.
            verb = "HELO"
            reply = await self.command(f"HELO {name}\r\n".encode("ascii"), seconds)
        if not reply.accepted:
            raise WireError(f"{verb} answered by {reply}")

    @property
    def stale(self) -> bool:
        """True if it cannot be used again: closed, or the next hop spoke unasked."""
        return self.stream.stale

    def command(self, line: bytes, seconds: float) -> Coroutine[None, None, Reply]:
        """Say one command now, and return its reply, to be awaited."""
        self._say(line)
        return self.stream.reply(seconds)

    async def commands(self, lines: Sequence[bytes], seconds: float) -> list[Reply]:
        """Say commands and return the reply to each; in one go if PIPELINING is announced."""
        if len(lines) == 1 or "PIPELINING" not in self.capabilities:
            return [await self.command(line, seconds) for line in lines]
        self._say(b"".join(lines))
        return [await self.stream.reply(seconds) for _ in lines]

    def _say(self, octets: bytes) -> None:
        if self.stream.spoke:
            # It would be taken for the reply to this command, and each reply for the next one's.
            raise WireError(f"spoke unasked: {', '.join(map(str, self.stream.replies))[:80]}")
        self.stream.write(octets)

    async def content(
        self, chunks: Iterable[bytes], seconds: float, *, dotless: bool = False
    ) -> Reply | None:
        """Send content, dot-stuffed, then its end.  A reply before the end is a refusal.

        The last chunk and the final dot go in one write, together with all of a small message: each
        write is a system call, and a packet.
        """
        stream, stuffer = self.stream, DotStuffer(dotless=dotless)
        held: list[bytes] = []
        size = 0
        try:
            for chunk in chunks:
                if size and size + len(chunk) > TOGETHER:
                    stream.write(b"".join(held))
                    await stream.drained(seconds)
                    held, size = [], 0
                held.append(stuffer.stuff(chunk))
                size += len(chunk)
            if not stream.replies:
                stream.write(b"".join((*held, stuffer.ending())))
                return None
        except (OSError, EOFError):
            if not stream.replies:
                raise
        return stream.replies.popleft()

    def end_of_content(self, seconds: float) -> Coroutine[None, None, Reply]:
        """Return the reply to the final dot; with LMTP the next of several."""
        return self.stream.reply(seconds)

    def abort(self) -> None:
        """Break off at once: nothing that is still unsent goes out."""
        self.stream.abort()

    async def quit(self, seconds: float) -> None:
        """Say QUIT and close; never raises for what the next hop does."""
        try:
            with contextlib.suppress(*FAULTS):
                await self.command(b"QUIT\r\n", seconds)
                await self.stream.close(seconds)
        finally:
            # Also if the next hop says nothing more, or the caller stops waiting.
            self.abort()
