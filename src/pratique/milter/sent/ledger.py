"""Say what is known of the mail that we sent, as the proof of a bounce asks for it.

There are two ledgers: that of a service (kept.py), and one written by hand (stated.py).
Addresses stand in it as keyed hashes: a thief of the file learns neither who writes to whom nor
any address that cannot be guessed, and without the key cannot confirm a guess either.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Sent:
    """A message of ours."""

    # Without brackets, as names.message_id gives it.
    message_id: str
    # Keyed hashes, in hexadecimal, as `Ledger.hashed` gives them.
    reverse_path: str
    recipients: frozenset[str]
    sent_at: datetime


class Ledger(Protocol):
    """What was sent.  Nothing here raises for what the world or a stranger does."""

    @property
    def dropped(self) -> int:
        """Rows that were not kept, since the start."""

    @property
    def troubles(self) -> int:
        """How often it could not be written, since the start."""

    async def by_message_id(self, message_id: str, reverse_path: str | None = None) -> Sent | None:
        """Return the message of this id: the envelope of `reverse_path`, or the newest one."""

    async def last_to(self, recipient: str, reverse_path: str) -> datetime | None:
        """Return when a message last went from this reverse-path to this recipient."""

    def is_whole(self, at: datetime) -> bool:
        """Whether it has everything that was sent and could come back at this time."""

    def hashed(self, address: str) -> str:
        """Return an address in the form that `Sent` uses."""

    async def record(
        self, message_id: str, reverse_path: str, recipients: Iterable[str], at: datetime
    ) -> bool:
        """Record a message before it goes out; return false if that is not certain."""

    async def used(self, key: str) -> int:
        """Count one use of a proof, and return how many there were, this one included."""
