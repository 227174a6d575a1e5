"""Where accepted mail goes: the role that a next hop plays, and who plays it.

smtp.py        another mail server, by SMTP, on pooled connections
connection.py  one connection to it: say a command, wait for the reply
wire.py        replies, dots and XFORWARD: octets in, values out
maildir.py     a Maildir of our own: the embedded default, so that nothing else is needed

A transaction is said in the order of RFC 5321 3.3: `begin`, `recipient` once for
each, `send`.  Every answer is a `Reply`.  A next hop that is away, or breaks the
connection, answers 451 4.4.1 or 451 4.4.2; it never raises for that.
"""

from dataclasses import dataclass
from typing import Protocol

from pratique.milter.mail import Envelope, Forward, Outgoing


@dataclass(frozen=True, slots=True)
class Reply:
    """An SMTP reply (RFC 5321 4.2): its code and its lines of text, without the code."""

    code: int
    lines: tuple[str, ...]

    @property
    def accepted(self) -> bool:
        """True for 2yz."""
        return 200 <= self.code < 300

    def encode(self) -> bytes:
        """The reply as it goes over the wire, RFC 5321 4.2.1."""
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
        """Say DATA, the content and the final dot.  2yz: the next hop has the message."""

    async def give_up(self) -> None:
        """End the transaction (RSET) and give the connection back.  Never raises."""


class NextHop(Protocol):
    """A place that takes mail."""

    async def begin(self, envelope: Envelope) -> tuple[Reply, Transaction | None]:
        """Say MAIL.  There is a transaction if and only if the reply is 2yz."""

    async def close(self) -> None:
        """Give all connections back."""
