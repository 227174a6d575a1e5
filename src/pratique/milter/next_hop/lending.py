"""Lend the connection of a slow client to a transaction that waits for one.

Between two commands of its client a transaction holds a connection without using it: with
a distant client for most of the time.  While all connections are out, the transaction that
has been idle longest gives its own back (RSET), and says MAIL and RCPT again when its client
goes on.  So a few connections serve many slow clients, and without a shortage nothing is said
twice.
"""

from collections.abc import Callable
from typing import Protocol


class Lends(Protocol):
    """A transaction that can lend its connection."""

    def lend(self) -> None:
        """Give the connection back for now."""


class Lending:
    """The transactions that wait for their clients, the longest first."""

    def __init__(self, short: Callable[[], bool]) -> None:
        # Tells whether more wait than connections are about to come back.
        self._short = short
        self._idle: dict[Lends, None] = {}

    def idle(self, transaction: Lends) -> None:
        """Note that a transaction waits for its client."""
        if self._short():
            transaction.lend()
        else:
            self._idle[transaction] = None

    def busy(self, transaction: Lends) -> None:
        """Note that a transaction is in use, or has ended."""
        self._idle.pop(transaction, None)

    def wanted(self) -> None:
        """Note that a transaction waits for a connection."""
        longest = next(iter(self._idle), None)
        if longest is not None and self._short():
            del self._idle[longest]
            longest.lend()
