"""Where accepted mail goes: the role of a next hop, and its implementations.

routes.py      by the domain of the recipient: one of these
failover.py    the first available of several mail servers
smtp.py        a mail server, by SMTP or LMTP
    transaction.py  one transaction with it
    commands.py     the lines that are said in it
    pool.py         its connections: kept, shared out, never too many
    lending.py      lends the connection of a slow client to a waiting transaction
    pause.py        how long it is left alone after it was away
    dial.py         how a connection to it is opened
    tls.py          what is required of its certificate
    connection.py   one connection: say a command, wait for the reply
    stream.py       what comes on it, and the time that it takes
    wire.py         replies, dots and XFORWARD: octets in, values out
maildir.py     a Maildir of our own: the embedded default, so that nothing else is needed

A transaction is said in the order of RFC 5321 3.3: `begin`, `recipient` once for
each, `send`.  One that was said before and given up is said again by `resume`.  Every
answer is a `Reply`.  A next hop that is away, or breaks the connection, answers
451 4.4.1 or 451 4.4.2; it never raises for that.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from pratique.milter.mail import Envelope, Forward, Outgoing


@dataclass(frozen=True, slots=True)
class Reply:
    """An SMTP reply (RFC 5321 4.2): its code and its lines of text, without the code."""

    code: int
    lines: tuple[str, ...]
    # The replies of each recipient at the end of data, where there are several (LMTP, RFC 2033
    # 4.2), in the order in which the recipients were taken; empty: this one holds for all.
    each: "tuple[Reply, ...]" = ()

    @property
    def accepted(self) -> bool:
        """True for 2yz."""
        return 200 <= self.code < 300

    @property
    def deferred(self) -> bool:
        """True for 4yz: the mail may be taken later."""
        return 400 <= self.code < 500

    @property
    def refused(self) -> bool:
        """True for 5yz: the mail will never be taken."""
        return 500 <= self.code < 600

    def encode(self) -> bytes:
        """Return the reply as it goes over the wire, RFC 5321 4.2.1."""
        if len(self.lines) == 1:
            return f"{self.code} {self.lines[0]}\r\n".encode("utf-8", "replace")
        last = len(self.lines) - 1
        rows = (
            f"{self.code}{' ' if number == last else '-'}{line}\r\n"
            for number, line in enumerate(self.lines)
        )
        return "".join(rows).encode("utf-8", "replace")

    def __str__(self) -> str:
        return f"{self.code} {' / '.join(self.lines)}"


class Transaction(Protocol):
    """One mail transaction with a next hop."""

    async def recipient(self, forward: Forward) -> Reply:
        """Say RCPT."""

    async def send(self, outgoing: Outgoing) -> Reply:
        """Say DATA, the content and the final dot.  2yz: the next hop has the message.

        Where recipients have replies of their own, it is 2yz only if all of those are.
        """

    async def give_up(self) -> None:
        """End the transaction (RSET) and give the connection back.  Never raises."""


class NextHop(Protocol):
    """A place that takes mail."""

    async def begin(self, envelope: Envelope) -> tuple[Reply, Transaction | None]:
        """Say MAIL.  There is a transaction if and only if the reply is 2yz."""

    async def resume(
        self, envelope: Envelope, forwards: Sequence[Forward]
    ) -> tuple[Reply, Transaction | None]:
        """Say MAIL and each RCPT, in one go where that is allowed.

        There is a transaction if and only if all were taken; else nothing is left of it, and
        the reply is the first that was not 2yz.
        """

    async def extensions(self) -> frozenset[str]:
        """Return the EHLO keywords that all possible receivers announced, as last seen.

        Asks servers never seen before.  Empty while one of those is away.
        """

    async def close(self) -> None:
        """Give all connections back."""
