"""Let whoever waits for a connection have that of a client which is slow.

Between two commands of its client a transaction holds a connection that nobody uses: with
a far client for most of the time.  While all connections are out, the transaction that has
waited longest gives its own back (RSET), and says MAIL and RCPT again when its client goes
on.  So a few connections serve many slow clients, and without want nothing is said twice.
"""

from collections.abc import Callable
from typing import Protocol


class Lends(Protocol):
    """A transaction."""

    def lend(self) -> None:
        """Give the connection back for now."""


class Lending:
    """The transactions that wait for their clients, the longest first."""

    def __init__(self, short: Callable[[], bool]) -> None:
        # Whether somebody waits whom no connection is on its way to.
        self._short = short
        self._idle: dict[Lends, None] = {}

    def idle(self, transaction: Lends) -> None:
        """It waits for its client."""
        if self._short():
            transaction.lend()
        else:
            self._idle[transaction] = None

    def busy(self, transaction: Lends) -> None:
        """It is in use, or at its end."""
        self._idle.pop(transaction, None)

    def wanted(self) -> None:
        """Somebody waits for a connection."""
        longest = next(iter(self._idle), None)
        if longest is not None and self._short():
            del self._idle[longest]
            longest.lend()
