"""Hold named lists so that a million entries take little memory, and search them.

A policy lives in each door, and a million Python strings in a dict would take some 150 MB
there.  So the entries of a file stay in its text, as octets, along with one table of where each
begins: open addressing by the hash of its key, at most half full, eight octets per slot.
What is found there is read again from the text, so an answer is exact.
"""

from array import array
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Protocol

from pratique.policies.lists.entries import KINDS, domain_of, within_networks
from pratique.scanners import facts_pb2 as facts

_NUMBER = 2**32 - 1
_HALF = _NUMBER << 32
# Seconds of a day.
_DAY = 86_400


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a list: what `why` reports of it."""

    # As it was written.
    text: str
    owner: str
    reason: str
    # It holds for no mail received on that day (UTC) or later; None: it does not expire.
    expires: date | None
    # The file and the line that it stands on.
    file: str
    line: int


class Written(Protocol):
    """Holds the entries; each has a number below 2**32 - 1."""

    def key(self, number: int) -> str:
        """Return the key of an entry."""

    def entry(self, number: int) -> Entry:
        """Return an entry."""


@dataclass(frozen=True, slots=True)
class Inline:
    """Entries that a policy itself spells out."""

    entries: tuple[Entry, ...] = ()
    keys: tuple[str, ...] = ()

    def key(self, number: int) -> str:
        """Return the key of an entry."""
        return self.keys[number]

    def entry(self, number: int) -> Entry:
        """Return an entry."""
        return self.entries[number]


class Table:
    """Finds entries by their keys."""

    __slots__ = ("_mask", "_places", "count")

    def __init__(self, most: int) -> None:
        size = 1 << (2 * most).bit_length()
        self._mask = size - 1
        # Half of the key's hash, then the entry's number plus one; 0 is a free slot.
        self._places = array("Q", bytes(8 * size))
        self.count = 0

    def add(self, key: str, number: int, key_of: Callable[[int], str]) -> int | None:
        """Add an entry; if one has that key already, add nothing and return its number."""
        there, place = self._look(key, key_of)
        if there is not None:
            return there
        self._places[place] = hash(key) << 32 & _HALF | (number + 1)
        self.count += 1
        return None

    def find(self, key: str, key_of: Callable[[int], str]) -> int | None:
        """Return the number of the entry with that key; None if there is none."""
        return self._look(key, key_of)[0]

    def _look(self, key: str, key_of: Callable[[int], str]) -> tuple[int | None, int]:
        """Return the entry with that key, if any, and its slot, or the slot where it would go."""
        places, mask, hashed = self._places, self._mask, hash(key)
        place, half = hashed >> 32 & mask, hashed << 32 & _HALF
        while there := places[place]:
            if there & _HALF == half:
                number = (there & _NUMBER) - 1
                if key_of(number) == key:
                    return number, place
            place = (place + 1) & mask
        return None, place


_NO_TABLE = Table(0)


@dataclass(frozen=True, slots=True)
class List:
    """One named list."""

    name: str
    # One of `entries.KINDS`; "" for a list that must not be used, as its reader has reported.
    kind: str = ""
    owner: str = ""
    reason: str = ""
    # All of it expires on that day.
    expires: date | None = None
    # Where it is declared.
    file: str = ""
    line: int = 0
    # Whether each entry names one owner; `.com` and 0.0.0.0/0 have none.
    is_whole: bool = True
    # Whether any entry expires.
    ages: bool = False
    # For networks: the prefix lengths that occur, by version, the longest first.
    lengths: Mapping[int, Sequence[int]] = field(default_factory=dict, repr=False)
    written: Written = field(default=Inline(), repr=False, compare=False)
    table: Table = field(default=_NO_TABLE, repr=False, compare=False)

    def __len__(self) -> int:
        return self.table.count

    def holds(self, text: str, when: date | None = None) -> bool:
        """Whether an entry is met by a text of mail that was received on that day (UTC).

        Without a day nothing has expired.
        """
        if self.ages and when is not None:
            return self.entry(text, when) is not None
        return next(self._numbers(text), None) is not None

    def entry(self, text: str, when: date | None = None) -> Entry | None:
        """Return the narrowest entry that is met and has not expired; None if there is none."""
        for number in self._numbers(text):
            found = self.written.entry(number)
            if not has_expired(found.expires, when):
                return found
        return None

    def _numbers(self, text: str) -> Iterator[int]:
        if not self.table.count:
            return
        key_of = self.written.key
        keys = within_networks(text, self.lengths) if self.lengths else KINDS[self.kind].keys(text)
        for key in keys:
            number = self.table.find(key, key_of)
            if number is not None:
                yield number


@dataclass(frozen=True, slots=True)
class Lists:
    """All lists of a policy, by name, and its groups of recipients."""

    named: Mapping[str, List] = field(default_factory=dict)
    groups: Mapping[str, List] = field(default_factory=dict)

    def groups_of(self, recipient: facts.Recipient, when: date | None = None) -> tuple[str, ...]:
        """Return the names of the groups that a recipient is in, in the order of the policy."""
        return tuple(name for name, each in self.groups.items() if _has(each, recipient, when))

    def of_groups(self, recipient: facts.Recipient, when: date | None = None) -> facts.Recipient:
        """Return the recipient with its groups; the same object if the policy has none."""
        if not self.groups:
            return recipient
        placed = facts.Recipient(address=recipient.address, domain=recipient.domain)
        placed.groups.extend(self.groups_of(recipient, when))
        return placed


NO_LISTS = Lists()


def received(known: facts.Facts) -> date | None:
    """Return the day (UTC) on which a message was received; None if that is not stated."""
    if not known.envelope.HasField("received_at"):
        return None
    try:
        seconds = known.envelope.received_at.seconds
        return datetime.fromtimestamp(seconds // _DAY * _DAY, UTC).date()
    except (ValueError, OverflowError, OSError):
        # Outside the years 1 to 9999: a journal that was tampered with.  Everything has expired.
        return date.max


def has_expired(expires: date | None, when: date | None) -> bool:
    """Whether something that expires on `expires` no longer holds on `when`."""
    return expires is not None and when is not None and when.toordinal() >= expires.toordinal()


def _has(group: List, recipient: facts.Recipient, when: date | None) -> bool:
    if group.kind == "domains":
        return group.holds(recipient.domain or domain_of(recipient.address), when)
    return group.holds(recipient.address, when)
