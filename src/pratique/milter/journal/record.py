"""Turn an entry into a row of a day file, and a row back into an entry.

A row has the columns that are searched, and one blob with all the rest: a line of JSON
(envelope, reply, the verdicts that differ), lines of JSON with recipients, an empty line,
the facts as protobuf; all of it deflated together, because the facts repeat the envelope.
JSON is ASCII, so octets that are no UTF-8 (lone surrogates, PEP 383) come back as well.
"""

import itertools
import json
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from google.protobuf.message import DecodeError, EncodeError

from pratique.milter.journal import shape
from pratique.milter.journal.entry import Entry, PolicyText, Shadowed
from pratique.milter.mail import Client, Envelope, Forward
from pratique.milter.next_hop import Reply
from pratique.policies import danger
from pratique.policies.verdict import (
    Action,
    Edit,
    HeaderField,
    Note,
    Notice,
    Shadow,
    Verdict,
)
from pratique.scanners.facts_pb2 import Facts

# The number of the facts' layout (facts.proto, package pratique.facts.v1).  Fields that
# are added do not change it; a new meaning of an old field would.
FACTS_FORMAT = 1

# Recipients in one line of JSON: json.dumps does not let other threads run, and 1,000
# take a millisecond.
_TOGETHER = 1000

# A record of 50,000 recipients with the longest addresses is some 20 MB; past this one
# that inflates is no record of ours but damage.
MOST_OCTETS = 256 * 1024 * 1024

# Most records are below two kilobytes: to make a deflater ready takes as long as to deflate
# one of these, and less where its window is no larger than they are.
_SMALL, _SMALL_WINDOW, _SMALL_MEMORY = 4096, 12, 5
# What a better level than the first saves of these is a thirtieth, for a third of the time.
_SMALL_LEVEL = 1

# What is written of so many verdicts is remembered: a policy's texts make some hundred, and
# those that name what was found, or the parts to take out, go out of use again.
_VERDICTS = 256

_json = json.JSONEncoder(separators=(",", ":")).encode

UNWRITABLE = (EncodeError, ValueError, TypeError, ArithmeticError)

# What reading may raise of octets that are no record; brackets nested deeply are among them.
DAMAGE = (
    zlib.error,
    DecodeError,
    LookupError,
    TypeError,
    AttributeError,
    ArithmeticError,
    RecursionError,
)


@dataclass(frozen=True, slots=True)
class Row:
    """One row, and the policy that it refers to."""

    queue_id: str
    mta_id: str
    held_as: str
    received_at: str
    policy: str
    facts_format: int
    record: bytes
    policy_text: PolicyText

    def values(self) -> tuple[str | int | bytes, ...]:
        """The columns, in order."""
        ids = (self.queue_id, self.mta_id, self.held_as)
        return (*ids, self.received_at, self.policy, self.facts_format, self.record)


def encode(entry: Entry, privacy: str) -> Row:
    """The row of an entry.  Raises one of UNWRITABLE."""
    # Few verdicts differ, whatever the number of recipients: each says the number of its own.
    numbers: dict[Verdict, int] = {}
    for verdict in entry.verdicts:
        numbers.setdefault(verdict, len(numbers))
    head = _json(_head(entry, numbers, privacy))
    lines = (head.encode("ascii"), *_recipient_lines(entry, numbers), b"")
    facts = danger.reduce(entry.facts).SerializeToString()
    policy = _writable(entry.policy)
    return Row(
        queue_id=as_key(entry.envelope.queue_id),
        mta_id=as_key(entry.envelope.mta_id),
        held_as=as_key(entry.held_as),
        received_at=entry.envelope.received_at.isoformat(),
        policy=policy.hash,
        facts_format=FACTS_FORMAT,
        record=_deflated(b"\n".join((*lines, facts))),
        policy_text=policy,
    )


# One policy is in force, and another one while it is changed.
@lru_cache(maxsize=4)
def _writable(policy: PolicyText) -> PolicyText:
    # A path may have octets that are no UTF-8 (PEP 383), and SQLite takes none of these.
    return PolicyText(*map(as_key, (policy.name, policy.hash, policy.text)))


def _deflated(octets: bytes) -> bytes:
    if len(octets) > _SMALL:
        return zlib.compress(octets)
    deflater = zlib.compressobj(_SMALL_LEVEL, wbits=_SMALL_WINDOW, memLevel=_SMALL_MEMORY)
    return deflater.compress(octets) + deflater.flush()


def decode(record: bytes, policy: PolicyText, most: int = MOST_OCTETS) -> tuple[Entry, str]:
    """The entry of a row, and how it was kept.  ValueError if it is no record of ours."""
    try:
        head, recipients, facts = _taken_apart(record, most)
        shape.check(head, recipients)
        return _entry(head, recipients, facts, policy), head["privacy"]
    except DAMAGE as error:
        raise ValueError(f"not a record: {error!r}") from error


def as_key(text: str) -> str:
    """A text as SQLite takes it, and as an id is searched: octets that are no text are named."""
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode("utf-8")


def _taken_apart(record: bytes, most: int) -> tuple[dict[str, Any], list[list[Any]], bytes]:
    inflater = zlib.decompressobj()
    octets = inflater.decompress(record, most)
    if not inflater.eof:
        raise ValueError("not a record: it does not end")
    lines, _, facts = octets.partition(b"\n\n")
    head, *more = lines.split(b"\n")
    recipients = itertools.chain.from_iterable(json.loads(line) for line in more)
    return json.loads(head), list(recipients), facts


def _head(entry: Entry, distinct: Iterable[Verdict], privacy: str) -> dict[str, Any]:
    envelope = entry.envelope
    head: dict[str, Any] = {
        "queue_id": envelope.queue_id,
        "received_at": envelope.received_at.isoformat(),
        "reverse_path": envelope.reverse_path,
        "parameters": envelope.parameters,
        "client": [envelope.client.ip, envelope.client.name, envelope.client.helo],
        "door": envelope.door,
        "tls": envelope.tls,
        "authenticated": envelope.authenticated,
        "direction": envelope.direction,
        "protocol": envelope.protocol,
        "mta_id": envelope.mta_id,
        "macros": envelope.macros,
        "verdicts": [_written(verdict) for verdict in distinct],
        "action": str(entry.action),
        "rule": entry.rule,
        "outcome": entry.outcome,
        "reply": [entry.reply.code, entry.reply.lines],
        "milliseconds": round(entry.milliseconds, 1),
        "held_as": entry.held_as,
    }
    # What few entries have.
    if entry.outcomes:
        head["outcomes"] = entry.outcomes
    if entry.shadowed is not None:
        head["shadowed"] = _shadowed(entry.shadowed)
    head["privacy"] = privacy
    return head


def _shadowed(shadowed: Shadowed) -> dict[str, Any]:
    distinct = list(dict.fromkeys(shadowed.verdicts))
    return {
        "policy": shadowed.policy,
        "verdicts": [_written(verdict) for verdict in distinct],
        "each": [distinct.index(verdict) for verdict in shadowed.verdicts],
    }


# Nearly all mail has one of some hundred verdicts, and nobody changes what is made of them.
@lru_cache(maxsize=_VERDICTS)
def _written(verdict: Verdict) -> dict[str, Any]:
    return {
        "action": str(verdict.action),
        "rule": verdict.rule,
        "reason": verdict.reason,
        "add_header": [[field.name, field.value] for field in verdict.add_header],
        "notes": [[note.rule, note.reason] for note in verdict.notes],
        "failures": verdict.failures,
        "edits": [[one.action, one.rule, one.reason, *one.parts] for one in verdict.edits],
    } | {name: value for name, value in _rarely(verdict) if value}


def _rarely(verdict: Verdict) -> Iterator[tuple[str, object]]:
    """What few verdicts have, and an earlier version did not write."""
    yield "reply", verdict.reply
    yield "redirect", verdict.redirect
    yield "notices", [[one.address, one.rule, one.reason] for one in verdict.notices]
    told = verdict.shadows
    yield "shadows", [[one.rule, one.action, one.reason, one.failure] for one in told]


def _recipient_lines(entry: Entry, numbers: Mapping[Verdict, int]) -> Iterator[bytes]:
    pairs = itertools.zip_longest(entry.envelope.recipients, entry.verdicts)
    rows = (
        [forward.address, -1 if verdict is None else numbers[verdict], *forward.parameters]
        for forward, verdict in pairs
        if forward is not None
    )
    while some := list(itertools.islice(rows, _TOGETHER)):
        yield _json(some).encode("ascii")


def _entry(
    head: dict[str, Any], recipients: list[list[Any]], facts: bytes, policy: PolicyText
) -> Entry:
    distinct = [read_verdict(one) for one in head["verdicts"]]
    code, lines = head["reply"]
    return Entry(
        envelope=_envelope(head, recipients),
        facts=Facts.FromString(facts),
        verdicts=tuple(distinct[number] for _, number, *_ in recipients if number >= 0),
        action=head["action"],
        rule=head["rule"],
        outcome=head["outcome"],
        reply=Reply(code, tuple(lines)),
        milliseconds=head["milliseconds"],
        policy=policy,
        held_as=head["held_as"],
        outcomes=tuple(head.get("outcomes", ())),
        shadowed=read_shadowed(head["shadowed"]) if "shadowed" in head else None,
    )


def read_shadowed(written: dict[str, Any]) -> Shadowed:
    """What a policy in the shadow said, of what was written of it."""
    distinct = [read_verdict(one) for one in written["verdicts"]]
    return Shadowed(written["policy"], tuple(distinct[number] for number in written["each"]))


def _envelope(head: dict[str, Any], recipients: list[list[Any]]) -> Envelope:
    same = ("queue_id", "reverse_path", "door", "tls", "authenticated", "direction", "protocol")
    received_at = datetime.fromisoformat(head["received_at"])
    if received_at.utcoffset() is None:
        raise ValueError("not a record: a time without its zone")
    return Envelope(
        **{name: head[name] for name in same},
        received_at=received_at,
        parameters=tuple(head["parameters"]),
        recipients=tuple(Forward(address, tuple(rest)) for address, _, *rest in recipients),
        client=Client(*head["client"]),
        mta_id=head["mta_id"],
        macros=tuple((name, value) for name, value in head["macros"]),
    )


def read_verdict(written: dict[str, Any]) -> Verdict:
    """The verdict, of what was written of it."""
    return Verdict(
        Action(written["action"]),
        written["rule"],
        written["reason"],
        tuple(HeaderField(*one) for one in written["add_header"]),
        tuple(Note(*one) for one in written["notes"]),
        tuple(written["failures"]),
        tuple(
            Edit(action, rule, reason, tuple(parts))
            for action, rule, reason, *parts in written.get("edits", ())
        ),
        written.get("reply", ""),
        written.get("redirect", ""),
        tuple(Notice(*one) for one in written.get("notices", ())),
        tuple(Shadow(*one) for one in written.get("shadows", ())),
    )
