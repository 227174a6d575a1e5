"""Replace subjects and local parts of addresses by keyed hashes, wherever they stand.

`ann@example.org` becomes `#4f0d...@example.org`: the domain stays readable, and the same
address gives the same hash in every entry, whatever case its letters have.  HMAC-SHA256
(RFC 2104) of 80 bits: a billion addresses have two alike once in two million journals.
The mark `#` tells a hash from what stood there; so nothing is hashed twice.
"""

import hmac
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from functools import cache

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message

from pratique.milter.journal.entry import Entry
from pratique.milter.journal.privacy_fields import (
    FIELDS,
    MACROS_KEPT,
    PARAMETERS_KEPT,
    Treatment,
)
from pratique.milter.mail import Client, Envelope, Forward
from pratique.milter.next_hop import Reply
from pratique.policies import danger
from pratique.policies.verdict import Verdict
from pratique.scanners.facts_pb2 import Facts

_DIGITS = 20

# What ends a local part to its left in running text; all of these are special in RFC 5322
# 3.2.3, or quotation marks of prose.  `/` may stand in a local part, and parts paths.
_STOPS = frozenset(' \t\r\n<>()[],;:\\"`')

# A shorter subject ("hi") would be found in every other word of a text.
_SHORTEST_SUBJECT = 4

WITHHELD = "withheld"


def without_secrets(entry: Entry) -> Entry:
    """The entry without the token that lets a released message pass once."""
    if not entry.facts.mail.release_token:
        return entry
    facts = _copy(entry.facts)
    # That there was one is a fact that a policy may ask for.
    facts.mail.release_token = WITHHELD
    return replace(entry, facts=facts)


def hashed(entry: Entry, key: bytes) -> Entry:
    """The entry with nothing in it that names a person or quotes the subject."""
    hasher = Hasher(key, entry.facts.mail.subject)
    facts = _copy(danger.reduce(entry.facts))
    facts.DiscardUnknownFields()
    hasher.facts(facts)
    return replace(
        entry,
        envelope=hasher.envelope(entry.envelope),
        facts=facts,
        verdicts=tuple(map(hasher.verdict, entry.verdicts)),
        reply=Reply(entry.reply.code, tuple(map(hasher.text, entry.reply.lines))),
    )


def _copy(facts: Facts) -> Facts:
    copied = Facts()
    copied.CopyFrom(facts)
    return copied


@dataclass(frozen=True, slots=True)
class Hasher:
    """Hashes with one key, for the entry of one subject."""

    key: bytes
    subject: str = ""

    def whole(self, text: str) -> str:
        """A text as its hash; nothing stays nothing."""
        if not text or _is_hash(text):
            return text
        octets = text.casefold().encode("utf-8", "surrogatepass")
        return "#" + hmac.digest(self.key, octets, "sha256").hex()[:_DIGITS]

    def address(self, text: str) -> str:
        """An address, in angle brackets or not, with its local part as a hash."""
        if text.startswith("<") and text.endswith(">"):
            return f"<{self.address(text[1:-1])}>"
        local, at, domain = text.rpartition("@")
        # Of `"a@b"@c` only c is the domain.
        return f"{self.whole(local)}@{domain.lower()}" if at else self.whole(text)

    def text(self, text: str) -> str:
        """Running text with the local part of each address, and the subject, as hashes."""
        return self._in_text(text, _STOPS)

    def path(self, text: str) -> str:
        """A path with the same as hashes."""
        return self._in_text(text, _STOPS | {"/"})

    def envelope(self, envelope: Envelope) -> Envelope:
        """An envelope with each of its addresses hashed."""
        path, client = envelope.reverse_path, envelope.client
        return replace(
            envelope,
            reverse_path=path if path is None else self.address(path),
            parameters=self._parameters(envelope.parameters),
            recipients=tuple(
                Forward(self.address(one.address), self._parameters(one.parameters))
                for one in envelope.recipients
            ),
            client=Client(client.ip, self.text(client.name), self.text(client.helo)),
            authenticated=self.address(envelope.authenticated),
            macros=tuple((name, self.macro(name, value)) for name, value in envelope.macros),
        )

    def verdict(self, verdict: Verdict) -> Verdict:
        """A verdict whose failures quote nobody; all else in it is the policy's own text."""
        if not verdict.failures:
            return verdict
        told = tuple(map(self.text, verdict.failures))
        return replace(verdict, reason=self.text(verdict.reason), failures=told)

    def macro(self, name: str, value: str) -> str:
        """The value of a macro."""
        return value if name.strip("{}") in MACROS_KEPT else self.address(value)

    def facts(self, message: Message) -> None:
        """Treat each text of a message of the facts, and of those in it, where it stands."""
        plan = _plan_of(message.DESCRIPTOR)
        self._texts(message, plan)
        for name, is_list in plan.inner:
            if is_list:
                for one in getattr(message, name):
                    self.facts(one)
            elif message.HasField(name):
                self.facts(getattr(message, name))

    def _texts(self, message: Message, plan: "_Plan") -> None:
        for name in plan.left_out:
            message.ClearField(name)
        for name, is_list, treatment in plan.treated:
            value = getattr(message, name)
            if value and is_list:
                value[:] = [treatment(self, one) for one in value]
            elif value:
                setattr(message, name, treatment(self, value))
        for name in plan.macros:
            given = getattr(message, name)
            for key in given:
                given[key] = self.macro(key, given[key])

    def _parameters(self, parameters: Iterable[str]) -> tuple[str, ...]:
        return tuple(map(self._parameter, parameters))

    def _parameter(self, parameter: str) -> str:
        name, equals, value = parameter.partition("=")
        if name.upper() in PARAMETERS_KEPT or not equals:
            return parameter
        return f"{name}={self.whole(value)}"

    def _in_text(self, text: str, stops: frozenset[str]) -> str:
        if len(self.subject) >= _SHORTEST_SUBJECT and self.subject in text:
            text = text.replace(self.subject, self.whole(self.subject))
        if "@" not in text:
            return text
        *before, last = text.split("@")
        return "".join(self._up_to_at(piece, stops) + "@" for piece in before) + last

    def _up_to_at(self, text: str, stops: frozenset[str]) -> str:
        """The text with the local part at its end hashed."""
        if text.endswith('"') and (opened := text.rfind('"', 0, -1)) >= 0:
            start = opened
        else:
            start = max(text.rfind(stop) for stop in stops) + 1
        return text[:start] + self.whole(text[start:])


def _is_hash(text: str) -> bool:
    return re.fullmatch(rf"#[0-9a-f]{{{_DIGITS}}}", text) is not None


@dataclass(slots=True)
class _Plan:
    """What is to be done with a message of one type; what stays as it is is not in it."""

    left_out: list[str] = field(default_factory=list)
    treated: list[tuple[str, bool, Callable[[Hasher, str], str]]] = field(default_factory=list)
    macros: list[str] = field(default_factory=list)
    inner: list[tuple[str, bool]] = field(default_factory=list)


_CHANGES = {
    Treatment.WHOLE: Hasher.whole,
    Treatment.ADDRESS: Hasher.address,
    Treatment.TEXT: Hasher.text,
    Treatment.PATH: Hasher.path,
}


@cache
def _plan_of(kind: Descriptor) -> _Plan:
    plan, treatments = _Plan(), FIELDS.get(kind.name, {})
    for one in kind.fields:
        treatment = treatments.get(one.name, Treatment.LEAVE_OUT)
        if treatment is Treatment.MACROS:
            plan.macros.append(one.name)
        elif one.message_type is not None and not _is_map(one):
            plan.inner.append((one.name, one.is_repeated))
        elif not has_text(one):
            continue
        elif treatment is Treatment.LEAVE_OUT:
            plan.left_out.append(one.name)
        elif treatment is not Treatment.KEEP:
            plan.treated.append((one.name, one.is_repeated, _CHANGES[treatment]))
    return plan


def has_text(one: FieldDescriptor) -> bool:
    """True for a field of text or octets, and for a map with either."""
    kind = one.message_type
    if kind is not None:
        return _is_map(one) and any(has_text(side) for side in kind.fields)
    return one.type in (one.TYPE_STRING, one.TYPE_BYTES)


def _is_map(field: FieldDescriptor) -> bool:
    kind = field.message_type
    return kind is not None and bool(kind.GetOptions().map_entry)
