"""Read a ledger that was written by hand, for inspecting old mail: `inspect --ledger F`.

    {"sent": [{"message_id": "<a@example.org>", "mail_from": "ann@example.org",
               "rcpt_to": ["bob@example.net"], "date": "Tue, 27 Jan 2026 09:00:00 +0900"}]}

The date is that of a header (RFC 5322 3.3) or of ISO 8601.  Other names are ignored.
"""

import json
import secrets
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pratique.milter.sent import names
from pratique.milter.sent.ledger import Sent
from pratique.milter.sent.rows import Hashes, split

# A hundred thousand messages with some recipients: it is read into memory as a whole.
MOST_OCTETS = 64 * 1024 * 1024


class StatedError(Exception):
    """The file is not a ledger; the text is for its author."""


class StatedLedger:
    """A ledger in memory."""

    # Nothing is ever dropped.
    dropped = troubles = 0

    def __init__(self) -> None:
        self._hashes = Hashes(secrets.token_bytes(32))
        self._sent: dict[bytes, dict[bytes, Sent]] = {}
        self._last: dict[int, datetime] = {}
        self._uses: Counter[str] = Counter()
        self._domains: dict[str, None] = {}

    @property
    def domains(self) -> tuple[str, ...]:
        """The domains of the reverse-paths, each once: whoever sent from them is us."""
        return tuple(self._domains)

    def is_whole(self, _at: datetime) -> bool:
        """Return True: a ledger written by hand is taken to state everything that was sent."""
        return True

    async def record(
        self, message_id: str, reverse_path: str, recipients: Iterable[str], at: datetime
    ) -> bool:
        """Remember a message."""
        self.add(message_id, reverse_path, recipients, at)
        return True

    def add(
        self, message_id: str, reverse_path: str, recipients: Iterable[str], at: datetime
    ) -> None:
        """Remember a message."""
        row = self._hashes.row(message_id, reverse_path, recipients, 0)
        local, _, domain = names.address(reverse_path).rpartition("@")
        if local and domain:
            self._domains[domain] = None
        for pair in row.pairs:
            self._last[pair] = max(at, self._last.get(pair, at))
        if not row.message:
            return
        envelopes = self._sent.setdefault(row.message, {})
        told, sent_at = frozenset(one.hex() for one in split(row.recipients)), at
        if before := envelopes.get(row.reverse_path):
            told, sent_at = told | before.recipients, max(at, before.sent_at)
        plain = names.message_id(message_id)
        envelopes[row.reverse_path] = Sent(plain, row.reverse_path.hex(), told, sent_at)

    async def by_message_id(self, message_id: str, reverse_path: str | None = None) -> Sent | None:
        """Return the message of this id: the envelope of `reverse_path`, or the newest one."""
        envelopes = self._sent.get(self._hashes.message(message_id), {})
        if reverse_path is not None:
            return envelopes.get(self._hashes.address(reverse_path))
        return max(envelopes.values(), key=lambda one: one.sent_at, default=None)

    async def last_to(self, recipient: str, reverse_path: str) -> datetime | None:
        """Return when a message last went from this reverse-path to this recipient."""
        hashes = self._hashes
        return self._last.get(hashes.pair(hashes.address(recipient), hashes.address(reverse_path)))

    def hashed(self, address: str) -> str:
        """Return an address in the form that `Sent` uses."""
        return self._hashes.address(address).hex()

    async def used(self, key: str) -> int:
        """Count one use of a proof, and return how many there were, this one included."""
        self._uses[key] += 1
        return self._uses[key]


def read_json(path: Path) -> StatedLedger:
    """Return the ledger that a file states.  Raises StatedError."""
    try:
        with path.open("rb") as file:
            octets = file.read(MOST_OCTETS + 1)
    except OSError as error:
        raise StatedError(f"{path} cannot be read: {error.strerror or error}") from error
    if len(octets) > MOST_OCTETS:
        raise StatedError(f"{path} has more than {MOST_OCTETS} octets")
    try:
        stated = json.loads(octets)
    except (ValueError, RecursionError) as error:
        raise StatedError(f"{path} is no JSON: {error}") from None
    sent = stated.get("sent") if isinstance(stated, dict) else None
    if not isinstance(sent, list):
        raise StatedError(f'{path} has no list `sent`: {{"sent": [{{...}}]}}')
    ledger = StatedLedger()
    for number, one in enumerate(sent, 1):
        try:
            _add(ledger, one)
        except (ValueError, KeyError, TypeError) as error:
            raise StatedError(f"{path}: message {number} of `sent`: {_in_words(error)}") from None
    return ledger


def _add(ledger: StatedLedger, one: Any) -> None:
    texts = one["message_id"], one["mail_from"], *one["rcpt_to"]
    if isinstance(one["rcpt_to"], str) or not all(isinstance(text, str) for text in texts):
        raise TypeError("message_id and mail_from are texts, and rcpt_to a list of texts")
    ledger.add(one["message_id"], one["mail_from"], one["rcpt_to"], _date(one["date"]))


def _date(written: str) -> datetime:
    try:
        moment = datetime.strptime(written, "%a, %d %b %Y %H:%M:%S %z")
    except ValueError:
        moment = datetime.fromisoformat(written)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _in_words(error: Exception) -> str:
    return f"{error} is missing" if isinstance(error, KeyError) else str(error)
