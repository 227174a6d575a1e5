"""Write down all that is known of a held message, and read it again.

The file `record` is JSON for people and for programs of others: envelope, facts (as
protobuf's JSON form, with the names of facts.proto), a verdict for each recipient,
the fields that we put in front and the spans that we cut.  It is ASCII throughout:
what a stranger wrote stands there escaped, so that looking at the file does no harm.
Octets that are no UTF-8 are lone surrogates in our text (PEP 383), and come back too.
"""

import hashlib
import json
from collections.abc import Container, Iterator
from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, datetime
from typing import Any

from pratique.milter.mail import Client, Content, Envelope, Forward, Outgoing
from pratique.milter.quarantine.bound import sha256_of
from pratique.milter.quarantine.facts_kept import facts_from_json, facts_to_json
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

FORMAT = 1

# What has the types that a record must have.
_ENVELOPE = Envelope("", datetime.min.replace(tzinfo=UTC), "")
_VERDICT = Verdict(Action.ACCEPT, "", "")


@dataclass(frozen=True, slots=True)
class Held:
    """A message to hold: for the recipients of this envelope, one verdict for each."""

    outgoing: Outgoing
    envelope: Envelope
    verdicts: tuple[Verdict, ...]
    facts: Facts

    def __post_init__(self) -> None:
        if not self.verdicts or len(self.verdicts) != len(self.envelope.recipients):
            raise ValueError("a held message has recipients, and a verdict for each")


@dataclass(frozen=True, slots=True)
class Record:
    """What is kept with a held message, apart from its content."""

    id: str
    held_at: datetime
    # Of the content as it came, computed by us and not by a worker.
    sha256: str
    size: int
    envelope: Envelope
    verdicts: tuple[Verdict, ...]
    facts: Facts
    prepend: bytes = b""
    cut: tuple[tuple[int, int], ...] = ()
    # By this another try of it is known (identity.py).
    identity: str = ""

    @property
    def same(self) -> dict[str, str]:
        """By recipient, what is equal for two tries: identity, reverse-path, recipient."""
        addresses = (forward.address for forward in self.envelope.recipients)
        return {address: self._same_for(address) for address in addresses}

    def _same_for(self, address: str) -> str:
        told_apart_by = [self.identity or self.sha256, self.envelope.reverse_path, address]
        return hashlib.sha256(json.dumps(told_apart_by).encode("ascii")).hexdigest()

    def without(self, addresses: Container[str]) -> "Record":
        """The same for all others."""
        pairs = [
            pair
            for pair in zip(self.envelope.recipients, self.verdicts, strict=True)
            if pair[0].address not in addresses
        ]
        recipients = tuple(forward for forward, _ in pairs)
        envelope = replace(self.envelope, recipients=recipients)
        return replace(self, envelope=envelope, verdicts=tuple(verdict for _, verdict in pairs))

    @property
    def worst(self) -> Verdict:
        """The most severe of the verdicts; where there is none, one that says so."""
        nothing = Verdict(Action.ACCEPT, "", "")
        return max(self.verdicts, key=lambda verdict: verdict.action.severity, default=nothing)

    def is_of(self, content: Content) -> bool:
        """True if that is the content, whole and unchanged, that this record is of."""
        whole = content.span(0, content.size)
        return content.size == self.size and sha256_of(whole) == self.sha256

    def to_json(self) -> dict[str, Any]:
        """As it is written and shown."""
        pairs = zip(self.envelope.recipients, self.verdicts, strict=True)
        return {
            "format": FORMAT,
            "id": self.id,
            "held_at": self.held_at.isoformat(),
            "content": {"sha256": self.sha256, "size": self.size},
            "envelope": _envelope_to_json(self.envelope),
            "verdicts": [_verdict_to_json(to.address, verdict) for to, verdict in pairs],
            "facts": facts_to_json(self.facts),
            "prepend": self.prepend.decode("utf-8", "surrogateescape"),
            "cut": [list(span) for span in self.cut],
            "identity": self.identity,
        }

    def encode(self) -> bytes:
        """The octets of the file `record`."""
        return (json.dumps(self.to_json(), indent=1) + "\n").encode("ascii")

    @classmethod
    def decode(cls, octets: bytes) -> "Record":
        """Read the file `record`; ValueError if it is none of ours."""
        try:
            record = _record_from_json(json.loads(octets))
            _check(record)
        except (KeyError, TypeError, AttributeError, RecursionError) as error:
            raise ValueError(f"not a record: {error!r}") from error
        return record


def _record_from_json(written: dict[str, Any]) -> Record:
    if written["format"] != FORMAT:
        raise ValueError(f"a record of format {written['format']}, not {FORMAT}")
    return Record(
        id=written["id"],
        held_at=_moment(written["held_at"]),
        sha256=written["content"]["sha256"],
        size=written["content"]["size"],
        envelope=_envelope_from_json(written["envelope"]),
        verdicts=tuple(_verdict_from_json(one) for one in written["verdicts"]),
        facts=facts_from_json(written["facts"]),
        prepend=written["prepend"].encode("utf-8", "surrogateescape"),
        cut=_cut_in(written["cut"], written["content"]["size"]),
        # What an earlier version wrote has none.
        identity=str(written.get("identity", "")),
    )


def _check(record: Record) -> None:
    """Raise TypeError or ValueError where JSON has other types than a record, or too few."""
    envelope, verdicts = record.envelope, record.verdicts
    if not verdicts or len(verdicts) != len(envelope.recipients):
        raise ValueError(f"{len(verdicts)} verdicts for {len(envelope.recipients)} recipients")
    if type(record.size) is not int:
        raise TypeError(f"a size that is none: {record.size!a}")
    path = envelope.reverse_path
    known = replace(envelope, reverse_path="" if path is None else path)
    for made, pattern in ((known, _ENVELOPE), (known.client, Client())):
        _check_fields(made, pattern)
    for verdict in verdicts:
        _check_fields(verdict, _VERDICT)
    texts = [record.id, record.sha256, asdict(known), [asdict(each) for each in verdicts]]
    for leaf in _leaves(texts):
        if not isinstance(leaf, str | datetime):
            raise TypeError(f"a text that is none: {leaf!a}")


def _check_fields(made: Any, pattern: Any) -> None:
    for one in fields(made):
        if type(getattr(made, one.name)) is not type(getattr(pattern, one.name)):
            raise TypeError(f"{one.name} is of another type")


def _leaves(value: Any) -> Iterator[Any]:
    """What lies at the ends of nested objects and lists, without the numbers of parts."""
    if isinstance(value, dict):
        for name, each in value.items():
            yield from () if name == "parts" else _leaves(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _leaves(each)
    else:
        yield value


def _moment(written: str) -> datetime:
    moment = datetime.fromisoformat(written)
    if moment.utcoffset() is None:
        raise ValueError(f"a time without its zone: {written!a}")
    return moment


def _cut_in(written: list[list[int]], size: int) -> tuple[tuple[int, int], ...]:
    # A cut that cannot be made would be noticed only when half of a message went out.
    reached = 0
    for start, end in written:
        if type(start) is not int or type(end) is not int or not reached <= start < end <= size:
            raise ValueError(f"a cut from {start!a} to {end!a} that cannot be made")
        reached = end
    return tuple((start, end) for start, end in written)


def _envelope_to_json(envelope: Envelope) -> dict[str, Any]:
    return asdict(envelope) | {"received_at": envelope.received_at.isoformat()}


def _envelope_from_json(written: dict[str, Any]) -> Envelope:
    # Fields that a later version added are left out, those that it dropped have defaults.
    known = {one.name: written[one.name] for one in fields(Envelope) if one.name in written}
    known["received_at"] = _moment(written["received_at"])
    known["parameters"] = tuple(written["parameters"])
    known["recipients"] = tuple(
        Forward(one["address"], tuple(one["parameters"])) for one in written["recipients"]
    )
    known["macros"] = tuple((name, value) for name, value in written.get("macros", ()))
    known["client"] = Client(**written["client"])
    return Envelope(**known)


def _verdict_to_json(address: str, verdict: Verdict) -> dict[str, Any]:
    return {"recipient": address} | asdict(verdict) | {"action": str(verdict.action)}


def _verdict_from_json(written: dict[str, Any]) -> Verdict:
    return Verdict(
        Action(written["action"]),
        written["rule"],
        written["reason"],
        tuple(HeaderField(**one) for one in written["add_header"]),
        tuple(Note(**one) for one in written["notes"]),
        tuple(written["failures"]),
        tuple(Edit(**one | {"parts": tuple(one["parts"])}) for one in written.get("edits", ())),
        written.get("reply", ""),
        written.get("redirect", ""),
        tuple(Notice(**one) for one in written.get("notices", ())),
        tuple(Shadow(**one) for one in written.get("shadows", ())),
    )
