"""Read of a record only what it takes to decide a message again, and to compare.

`record.decode` makes all of an entry, which takes longer than to decide.  A replay needs the
facts as they are, who the recipients were, and what was decided for each.  The last is a
stretch of the record's first line that many messages have in common to the letter, so it is
read and checked once.  Where it begins and ends is told by two keys: a quotation mark within
a text is written `\\"`, so `"verdicts":` and `,"outcome":` stand in no text.

Damage is noticed as by `decode`: what was deflated has a sum over all its octets (RFC 1950,
ADLER32), and a record in which a key is missing is handed to `decode`, which says what is
wrong with it.
"""

import itertools
import json
import re
import zlib
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from google.protobuf.message import DecodeError

from pratique.milter.journal import shape
from pratique.milter.journal.entry import PolicyText, Shadowed
from pratique.milter.journal.record import (
    DAMAGE,
    FACTS_FORMAT,
    MOST_OCTETS,
    decode,
    read_shadowed,
    read_verdict,
)
from pratique.policies.verdict import Verdict
from pratique.scanners.facts_pb2 import Facts

_BEGIN, _END = b'"verdicts":', b',"outcome":'
# One recipient without parameters, as nearly all mail has it.
_ONE = re.compile(rb'\[\["([ !#-\[\]-~]*)",(0|-1|[1-9][0-9]?)\]\]')
_HASHED, _SHADOWED = b'"privacy":"hashed"', b',"shadowed":{'
_NOBODY = PolicyText("", "", "")
# What policies say is of some hundred kinds; only where a rule takes out parts there are more.
_KEPT = 4096


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """What was decided: the verdicts that differ, and the one that the message went by."""

    verdicts: tuple[Verdict, ...]
    action: str
    rule: str


class Row(NamedTuple):
    """A record as it lies in a day file."""

    number: int
    queue_id: str
    received_at: str
    policy: str
    facts_format: int
    record: bytes


@dataclass(slots=True)
class Glance:
    """One message: as much of an entry as a replay reads."""

    queue_id: str
    received_at: datetime
    policy: str
    judged: Judged
    addresses: tuple[str, ...]
    # For each recipient the number of the verdict among `judged`; -1 if never judged.
    numbers: tuple[int, ...]
    facts: Facts
    is_hashed: bool
    shadowed: Shadowed | None = None

    @property
    def verdicts(self) -> tuple[Verdict, ...]:
        """One for each recipient; none if it was never judged."""
        judged = self.judged.verdicts
        return tuple(judged[number] for number in self.numbers if number >= 0)


def glance(row: Row) -> Glance:
    """What a replay needs of a record.  ValueError if it is no record of ours."""
    try:
        return _glance(row)
    except (*DAMAGE, DecodeError) as error:
        raise ValueError(f"not a record: {error!r}") from error


def _glance(row: Row) -> Glance:
    if row.facts_format != FACTS_FORMAT:
        text = f"facts of format {row.facts_format}, and this version reads {FACTS_FORMAT}"
        raise ValueError(text)
    if not (isinstance(row.queue_id, str) and isinstance(row.policy, str)):
        raise ValueError("not a record: its ids are no texts")
    inflater = zlib.decompressobj()
    octets = inflater.decompress(row.record, MOST_OCTETS)
    if not inflater.eof:
        raise ValueError("not a record: it does not end")
    lines, _, known = octets.partition(b"\n\n")
    head, _, more = lines.partition(b"\n")
    begin, end = head.find(_BEGIN), head.find(_END)
    if not 0 <= begin < end:
        decode(row.record, _NOBODY)
        raise ValueError("not a record: its verdicts are missing")
    judged = _judged(head[begin:end])
    addresses, numbers = _recipients(more, len(judged.verdicts))
    return Glance(
        row.queue_id,
        _moment(row.received_at),
        row.policy,
        judged,
        addresses,
        numbers,
        Facts.FromString(known),
        head.find(_HASHED, end) >= 0,
        _shadowed(head, len(numbers)) if head.find(_SHADOWED, end) >= 0 else None,
    )


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.utcoffset() is None:
        raise ValueError("not a record: a time without its zone")
    return moment


@lru_cache(maxsize=_KEPT)
def _judged(stretch: bytes) -> Judged:
    head: dict[str, Any] = json.loads(b"{%b}" % stretch)
    if not shape.are_verdicts(head["verdicts"]):
        raise ValueError("not a record: verdicts is of another type")
    if not (isinstance(head["action"], str) and isinstance(head["rule"], str)):
        raise ValueError("not a record: its action or rule is of another type")
    return Judged(tuple(map(read_verdict, head["verdicts"])), head["action"], head["rule"])


def _recipients(lines: bytes, verdicts: int) -> tuple[tuple[str, ...], tuple[int, ...]]:
    if not lines:
        return (), ()
    if found := _ONE.fullmatch(lines):
        number = int(found[2])
        if number < verdicts:
            return (found[1].decode("ascii"),), (number,)
    rows: list[Any] = json.loads(lines) if b"\n" not in lines else _of_all(lines)
    numbers = tuple(shape.number_of(row, verdicts) for row in rows)
    if min(numbers) < 0 <= max(numbers):
        raise ValueError("not a record: it has fewer verdicts than recipients")
    return tuple(row[0] for row in rows), numbers


def _of_all(lines: bytes) -> list[Any]:
    return list(itertools.chain.from_iterable(json.loads(line) for line in lines.split(b"\n")))


def _shadowed(head: bytes, recipients: int) -> Shadowed:
    written = json.loads(head)["shadowed"]
    if not shape.is_shadowed(written, recipients):
        raise ValueError("not a record: shadowed is of another type")
    return read_shadowed(written)
