"""Lay a list of hashes out in a file, and find one there without reading the file.

Millions of hashes in a set of Python's take 100 octets each, in each worker.  Here they lie
sorted in a file that the nursery maps and all its workers share: whoever looks one up touches
two or three pages of it.

    prqhash1                          what it is, and which version of it
    SHA-256                           of all that follows: a file that is cut short is noticed
    length, head                      JSON: whose list it is, how many there are of each kind
    for each kind, SHA-256, MD5 and TLSH (as near/digest.py lays it out):
        fan                           65,537 numbers: how many hashes begin with less than that
        hashes                        sorted
        records                       which record each hash has
    offsets, records                  owner and reason, and the day after which it speaks no more

Numbers have four octets, the least first.  The command `pratique lists` writes such files on
the other side of the wall, so both sides know this one; there is no input or output in it.
"""

import hashlib
import json
import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import accumulate
from typing import Any, Protocol

# Made by a command, so it is ours; but it is read again.  Building takes 250 octets for each.
MOST = 10_000_000
_MAGIC = b"prqhash1"
_DIGEST = hashlib.sha256().digest_size
# Octets of a hash, by its kind.
KINDS = {"sha256": 32, "md5": 16, "tlsh": 35}
_FANS, _SECONDS = 65_536, 256
_NUMBER = struct.Struct("<I")
_PAIR = struct.Struct("<II")
_ROW = struct.Struct(f"<{_SECONDS + 1}I")
_VERSION_DIGITS = 12


class WrongList(ValueError):
    """Octets that are no list, or not whole."""


class Mapped(Protocol):
    """Octets that are read piece by piece: a mapped file."""

    def __len__(self) -> int: ...
    def __getitem__(self, where: slice, /) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Record:
    """Who says so, and why; `expires` is the last day that it holds, since 1970; 0 is for ever."""

    owner: str
    reason: str
    expires: int = 0


@dataclass(frozen=True, slots=True)
class Head:
    """Whose list it is; `date` is when it was made, in seconds since 1970.

    `distance` is how far off a TLSH digest is still found.
    """

    name: str
    severity: str
    date: int
    distance: int = 0


def packed(head: Head, hashes: Mapping[bytes, int], records: Sequence[Record]) -> list[bytes]:
    """The file, in pieces; each hash stands with the number of its record."""
    counts = {kind: sum(len(one) == width for one in hashes) for kind, width in KINDS.items()}
    stated = json.dumps({**asdict(head), "counts": counts, "records": len(records)}).encode()
    pieces = [_NUMBER.pack(len(stated)), stated]
    for width in KINDS.values():
        pieces += _table(sorted(one for one in hashes if len(one) == width), hashes)
    written = [_written(record) for record in records]
    pieces += [_numbers([0, *accumulate(map(len, written))]), *written]
    whole = hashlib.sha256()
    for piece in pieces:
        whole.update(piece)
    return [_MAGIC, whole.digest(), *pieces]


def _table(hashes: Sequence[bytes], records: Mapping[bytes, int]) -> Iterator[bytes]:
    if not hashes:
        return
    beginning = [0] * _FANS
    for one in hashes:
        beginning[int.from_bytes(one[:2])] += 1
    yield _numbers([0, *accumulate(beginning)])
    yield b"".join(hashes)
    yield _numbers([records[one] for one in hashes])


def _numbers(numbers: Sequence[int]) -> bytes:
    return struct.pack(f"<{len(numbers)}I", *numbers)


def _written(record: Record) -> bytes:
    return _NUMBER.pack(record.expires) + f"{record.owner}\0{record.reason}".encode(
        "utf-8", "replace"
    )


@dataclass(frozen=True, slots=True)
class _Table:
    """Where the hashes of one kind lie."""

    width: int
    count: int
    fan: int
    hashes: int
    records: int


class HashList:
    """A list as it lies in a file.  Raises WrongList for one that is none."""

    def __init__(self, octets: Mapped) -> None:
        self._octets = octets
        self.head, self.counts, records, at = _opened(octets)
        # How a finding names this state of the list.
        self.version = octets[len(_MAGIC) : len(_MAGIC) + _DIGEST].hex()[:_VERSION_DIGITS]
        self._tables: dict[int, _Table] = {}
        for kind, width in KINDS.items():
            count = self.counts[kind]
            if count:
                hashes = at + (_FANS + 1) * _NUMBER.size
                table = _Table(width, count, at, hashes, hashes + count * width)
                self._tables[width] = table
                at = table.records + count * _NUMBER.size
        self._offsets, self._records = at, at + (records + 1) * _NUMBER.size
        (end,) = _NUMBER.unpack(octets[self._records - _NUMBER.size : self._records])
        if self._records + end != len(octets):
            raise WrongList("it is not as long as it says")

    def find(self, digest: bytes) -> Record | None:
        """The record of a hash; None where it is not on the list."""
        table = self._tables.get(len(digest))
        if table is None:
            return None
        octets, width = self._octets, table.width
        at = table.fan + int.from_bytes(digest[:2]) * _NUMBER.size
        low, high = _PAIR.unpack(octets[at : at + _PAIR.size])
        while low < high:
            middle = (low + high) // 2
            at = table.hashes + middle * width
            found = octets[at : at + width]
            if found == digest:
                return self.record(width, middle)
            if found < digest:
                low = middle + 1
            else:
                high = middle
        return None

    def fan(self, width: int, first: int) -> tuple[int, ...]:
        """Where the hashes of this first octet begin, by their second octet; and where they end."""
        table = self._tables.get(width)
        if table is None:
            return (0,) * (_SECONDS + 1)
        at = table.fan + first * _SECONDS * _NUMBER.size
        return _ROW.unpack(self._octets[at : at + _ROW.size])

    def rows(self, width: int, low: int, high: int) -> bytes:
        """The hashes from one place to another."""
        at = self._tables[width].hashes
        return self._octets[at + low * width : at + high * width]

    def record(self, width: int, place: int) -> Record:
        """The record of the hash at a place."""
        at = self._tables[width].records + place * _NUMBER.size
        (number,) = _NUMBER.unpack(self._octets[at : at + _NUMBER.size])
        at = self._offsets + number * _NUMBER.size
        start, end = _PAIR.unpack(self._octets[at : at + _PAIR.size])
        written = self._octets[self._records + start : self._records + end]
        (expires,) = _NUMBER.unpack(written[: _NUMBER.size])
        owner, _, reason = written[_NUMBER.size :].decode().partition("\0")
        return Record(owner, reason, expires)


# Hashed piece by piece, so that no copy of it is ever whole.
_PIECE = 1024 * 1024


def _opened(octets: Mapped) -> tuple[Head, dict[str, int], int, int]:
    """Head, counts, number of records, and where the first table begins."""
    start = len(_MAGIC) + _DIGEST
    if octets[: len(_MAGIC)] != _MAGIC or len(octets) < start + _NUMBER.size:
        raise WrongList("it is no list, or one of another version")
    whole = hashlib.sha256()
    for at in range(start, len(octets), _PIECE):
        whole.update(octets[at : at + _PIECE])
    if whole.digest() != octets[len(_MAGIC) : start]:
        raise WrongList("it is not whole: its checksum is another")
    (length,) = _NUMBER.unpack(octets[start : start + _NUMBER.size])
    at = start + _NUMBER.size
    stated: dict[str, Any] = json.loads(octets[at : at + length])
    head = Head(
        str(stated["name"]),
        str(stated["severity"]),
        int(stated["date"]),
        int(stated.get("distance", 0)),
    )
    counts = {kind: int(stated["counts"].get(kind, 0)) for kind in KINDS}
    return head, counts, int(stated["records"]), at + length
