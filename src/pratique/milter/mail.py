"""The nouns of this room: an envelope, a content, and a content as it goes out.

Content lies in a sealed memfd.  This room never reads it: it measures, cuts by
offsets that a worker stated, puts fields of its own in front, and passes it on.
Paths and parameters are those of RFC 5321 4.1.1 and 4.1.2; text is ASCII, or UTF-8
where the client said SMTPUTF8 (RFC 6531).
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from pratique.scanners import facts_pb2 as facts

# What goes to a socket or a file in one step: large enough that Python's cost per
# step vanishes, small enough that a slow peer does not hold a whole message in memory.
CHUNK = 256 * 1024


@dataclass(frozen=True, slots=True)
class Forward:
    """One forward-path with the ESMTP parameters that came with it (RFC 5321 4.1.1.3)."""

    address: str
    parameters: tuple[str, ...] = ()
    # As it came, if it bore a tag of ours (BATV) that `address` is without.
    tagged: str = ""

    @property
    def domain(self) -> str:
        """The domain in lower case; empty for the domainless `postmaster`."""
        return self.address.rpartition("@")[2].lower() if "@" in self.address else ""


@dataclass(frozen=True, slots=True)
class Client:
    """Who connected, as far as it is known; an empty string is unknown."""

    ip: str = ""
    name: str = ""
    helo: str = ""
    # Whether a Postfix in front takes it for one of its own: LOCAL or REMOTE (XFORWARD_README).
    # One behind us that is not told takes it for its own, and mends the header of its mail.
    source: str = ""


@dataclass(frozen=True, slots=True)
class Envelope:
    """One SMTP transaction.  `reverse_path` None is unknown, "" is the null reverse-path."""

    queue_id: str
    received_at: datetime
    reverse_path: str | None = None
    parameters: tuple[str, ...] = ()
    recipients: tuple[Forward, ...] = ()
    client: Client = Client()
    door: str = ""
    tls: str = ""
    authenticated: str = ""
    direction: str = "inbound"
    # As the trace field and XFORWARD name it (RFC 5321 4.4, RFC 6531 4.3).
    protocol: str = "ESMTP"
    # What the mail server in front of us calls this message; empty is unknown.
    mta_id: str = ""
    # Milter macros, without braces and in the order in which they were asked for.
    macros: tuple[tuple[str, str], ...] = ()

    def to_facts(self) -> facts.Envelope:
        """The envelope as the facts that a worker and a policy are given."""
        stated = facts.Envelope()
        self.state(stated)
        return stated

    def state(self, stated: facts.Envelope) -> None:
        """Write these facts into an empty message."""
        client = stated.client
        # Present, whatever is known of it.
        client.SetInParent()
        client.ip, client.name, client.helo = self.client.ip, self.client.name, self.client.helo
        stated.tls, stated.authenticated = self.tls, self.authenticated
        stated.queue_id, stated.mta_id, stated.door = self.queue_id, self.mta_id, self.door
        macros = stated.macros
        for name, value in self.macros:
            macros[name] = value
        # FromDatetime gives the same and takes ten times as long.
        stated.received_at.seconds = int(self.received_at.timestamp() // 1)
        stated.received_at.nanos = self.received_at.microsecond * 1000
        if self.reverse_path is not None:
            stated.reverse_path = self.reverse_path


class Content:
    """The octets of one message in a memfd, sealed: nobody can change or shrink them.

    Takes the descriptor over and closes it in `close`.
    """

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        # True if it is known that no line begins with a dot.
        self.dotless = False
        self.size = os.fstat(descriptor).st_size

    def close(self) -> None:
        """Give the descriptor back; a second call does nothing."""
        if self.descriptor >= 0:
            os.close(self.descriptor)
            self.descriptor = -1

    def again(self) -> "Content":
        """The same octets under a descriptor of its own, to be closed apart from this."""
        same = Content(os.dup(self.descriptor))
        same.dotless = self.dotless
        return same

    def peek(self, start: int, count: int) -> bytes:
        """At most `count` octets from `start`: to compare with, never to read."""
        return os.pread(self.descriptor, count, start)

    def span(self, start: int, end: int) -> Iterator[bytes]:
        """The octets from `start` up to `end`, in chunks."""
        while start < end:
            chunk = os.pread(self.descriptor, min(CHUNK, end - start), start)
            if not chunk:
                raise OSError(f"content ends at octet {start}, expected {end}")
            start += len(chunk)
            yield chunk


Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Rewritten:
    """What became of a content by a strip or a rebuild.

    The header is the old one up to `end`, without the fields in `cut` and with those in
    `added` after the last; a mail server that keeps the message can be told so.  What
    follows is in `content`: from `tail` on the fields that were added, from `body` on the
    body.  Whoever asked for it closes the content.
    """

    content: Content
    end: int
    cut: tuple[Span, ...]
    added: bytes
    tail: int
    body: int


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A content as it goes out: fields of ours in front, a stranger's forgeries cut.

    `prepend` are whole header fields with CRLF line ends; `cut` are octet spans of
    the content, sorted and apart, as a worker stated them.  Of one that was `rewritten`
    only the header's fields go out, and the rest is what it became.
    """

    content: Content
    prepend: bytes = b""
    cut: tuple[Span, ...] = field(default=())
    rewritten: Rewritten | None = None

    @property
    def all_cut(self) -> tuple[Span, ...]:
        """The spans of the content that do not go out, sorted and apart."""
        if self.rewritten is None:
            return self.cut
        joined: list[Span] = []
        for start, end in sorted((*self.cut, *self.rewritten.cut)):
            if joined and start < joined[-1][1]:
                joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
            else:
                joined.append((start, end))
        return tuple(joined)

    @property
    def dotless(self) -> bool:
        """True if it is known that no line of it begins with a dot (RFC 5321 4.5.2)."""
        ours = b"\n" + self.prepend
        # What is left beside a cut begins where a worker says.
        whole = self.rewritten is None and not self.cut
        return self.content.dotless and whole and b"\n." not in ours

    @property
    def size(self) -> int:
        """Octets that `chunks` yields in all."""
        new, end = 0, self.content.size
        if self.rewritten is not None:
            new, end = self.rewritten.content.size - self.rewritten.tail, self.rewritten.end
        return len(self.prepend) + end + new - sum(end - start for start, end in self.all_cut)

    def chunks(self) -> Iterator[bytes]:
        """The octets to send, in order, before dot-stuffing."""
        if self.prepend:
            yield self.prepend
        kept_from = 0
        for start, end in self.all_cut:
            yield from self.content.span(kept_from, start)
            kept_from = end
        rewritten = self.rewritten
        yield from self.content.span(kept_from, rewritten.end if rewritten else self.content.size)
        if rewritten is not None:
            yield from rewritten.content.span(rewritten.tail, rewritten.content.size)
