"""Say what is known of the mail that we sent, as whoever proves a bounce asks for it.

There are two: that of a service (kept.py), and one that somebody wrote down (stated.py).
Addresses stand in it as keyed hashes: who steals the file learns from it neither who
writes to whom nor any address that he could not guess, and nothing of what he guesses
without the key.
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
        """The message of this id; of several envelopes that of `reverse_path`, or the newest."""

    async def last_to(self, recipient: str, reverse_path: str) -> datetime | None:
        """When a message last went from this reverse-path to this recipient."""

    def is_whole(self, at: datetime) -> bool:
        """Whether it has all that was sent before what comes back at this time."""

    def hashed(self, address: str) -> str:
        """An address as `Sent` has it."""

    async def record(
        self, message_id: str, reverse_path: str, recipients: Iterable[str], at: datetime
    ) -> bool:
        """Remember a message, before it goes out; false if that is not sure."""

    async def used(self, key: str) -> int:
        """Count one use of a proof, and say how many there were with it."""
