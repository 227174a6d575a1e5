"""Turn a message into what stands in the ledger: keyed hashes, and nobody's address.

The key lies in the state folder and is never rotated: a hash under another key would not be
found.  Deleting the key makes everything recorded so far worthless.

Eight octets are enough where nobody without the key can look for collisions: among ten million
hashes, one that was not recorded matches by chance once in 10^12 tries, each of them a bounce.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import islice

from pratique.milter.sent import names

# A listener accepts this many at most (sections/listener.py).
MOST_RECIPIENTS = 50_000

_ADDRESS, _MESSAGE = 8, 12


@dataclass(frozen=True, slots=True)
class Row:
    """One envelope of a message; `message` is empty where it has no Message-ID."""

    message: bytes
    reverse_path: bytes
    # Seconds since 1970.
    at: int
    # Hashes of addresses, concatenated, without repetition.
    recipients: bytes
    # Each recipient paired with the reverse-path.
    pairs: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Hashes:
    """All hashes that are made with one key."""

    key: bytes = field(repr=False)

    def address(self, written: str) -> bytes:
        """Hash an address."""
        return self._hash(b"address", names.address(written), _ADDRESS)

    def message(self, written: str) -> bytes:
        """Hash a Message-ID; empty for none."""
        told = names.message_id(written)
        return self._hash(b"message", told, _MESSAGE) if told else b""

    def proof(self, told: str) -> bytes:
        """Hash what uses are counted by."""
        return self._hash(b"proof", told, _MESSAGE)

    def pair(self, recipient: bytes, reverse_path: bytes) -> int:
        """Hash a recipient with a reverse-path, into an integer of SQLite's."""
        digest = hashlib.blake2b(
            recipient + reverse_path, key=self.key, digest_size=8, person=b"pair"
        )
        return int.from_bytes(digest.digest(), "big", signed=True)

    def row(self, message_id: str, reverse_path: str, recipients: Iterable[str], at: int) -> Row:
        """Return the row of an envelope; recipients past the limit are left out."""
        path = self.address(reverse_path)
        told = {self.address(one): None for one in islice(recipients, MOST_RECIPIENTS)}
        pairs = tuple(self.pair(one, path) for one in told)
        return Row(self.message(message_id), path, at, b"".join(told), pairs)

    def _hash(self, person: bytes, told: str, size: int) -> bytes:
        octets = told.encode("utf-8", "surrogatepass")
        return hashlib.blake2b(octets, key=self.key, digest_size=size, person=person).digest()


def split(recipients: bytes) -> Iterable[bytes]:
    """Return the single hashes of a concatenation."""
    return (recipients[at : at + _ADDRESS] for at in range(0, len(recipients), _ADDRESS))
