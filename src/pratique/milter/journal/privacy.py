"""Replace subjects and local parts of addresses by keyed hashes, wherever they stand.

`ann@example.org` becomes `#4f0d...@example.org`: the domain stays readable, and the same
address gives the same hash in every entry, whatever case its letters have.  Where it
cannot be told what of a text names somebody, all of it is hashed.  HMAC-SHA256
(RFC 2104) of 80 bits: a billion addresses have two alike once in two million journals.
The mark `#` tells a hash from what stood there; so nothing is hashed twice.
"""

import hmac
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache, partial

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message

from pratique.milter.journal import privacy_signs as signs
from pratique.milter.journal.entry import Entry, Shadowed
from pratique.milter.journal.privacy_fields import (
    EVIDENCE,
    FIELDS,
    MACROS_KEPT,
    NOTES_KEPT,
    PARAMETERS_KEPT,
    Treatment,
)
from pratique.milter.mail import Client, Envelope, Forward
from pratique.milter.next_hop import Reply
from pratique.policies import danger
from pratique.policies.verdict import Verdict
from pratique.scanners.facts_pb2 import Evidence, Facts, Finding, Part

_DIGITS = 20

# Addresses that are looked for in one text: a reply names one or two.  Each costs a hash,
# and a stranger may write thousands; a text with more is hashed as a whole.
MOST_ADDRESSES = 32

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
    """The entry with local parts, display names and the subject as keyed hashes.

    These stay readable: ids of messages in mail servers and here; domains, host names,
    client addresses; sizes, times, media types, SHA-256 of parts; ESMTP parameters and
    macros that name nobody; the words of policy and scanners; the names of files and
    members of archives, unless there is an `@` in them (encoded or not), they tell the
    subject or a piece of it, or they are of attached or returned messages; running text
    (replies, what could not be read or evaluated), save the addresses and the subject in
    it.  A person's name in such text or in a file name is not known for one, nor is a
    subject that has fewer than four letters and digits, or one that was rephrased.
    """
    hasher = Hasher(key, signs.Subject.of(entry.facts.mail.subject))
    facts = _copy(danger.reduce(entry.facts))
    facts.DiscardUnknownFields()
    hasher.facts(facts)
    return replace(
        entry,
        envelope=hasher.envelope(entry.envelope),
        facts=facts,
        verdicts=tuple(map(hasher.verdict, entry.verdicts)),
        shadowed=hasher.shadowed(entry.shadowed),
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
    subject: signs.Subject = field(default_factory=partial(signs.Subject.of, ""))

    def whole(self, text: str) -> str:
        """A text as its hash; nothing stays nothing."""
        if not text or _is_hash(text):
            return text
        octets = text.casefold().encode("utf-8", "surrogatepass")
        return "#" + hmac.digest(self.key, octets, "sha256").hex()[:_DIGITS]

    def address(self, text: str) -> str:
        """An address, in angle brackets or not, with its local part as a hash."""
        if text.startswith("<") and text.endswith(">"):
            return f"<{self._address(text[1:-1])}>"
        return self._address(text)

    def _address(self, text: str) -> str:
        # Of `"a@b"@c` only c is the domain.
        local, at, domain = text.rpartition("@")
        if not at or (domain and not signs.is_domain(domain)):
            return self.whole(text)
        return f"{self.whole(local)}@{domain.lower()}"

    def domain(self, text: str) -> str:
        """A domain or a host name; what is none is hashed."""
        return text if signs.is_domain(text) else self.whole(text)

    def type(self, text: str) -> str:
        """A media type or a word; what is none, or quotes the subject, is hashed."""
        kept = signs.is_type(text) and not self.subject.is_in(text)
        return text if kept else self.whole(text)

    def date(self, text: str) -> str:
        """A Date field without its comment; what is no date is hashed."""
        return signs.date_in(text) or self.whole(text)

    def name(self, text: str) -> str:
        """A file name, hashed if it may name somebody or tells the subject."""
        told = signs.has_at(text) or self.subject.is_told_by(text)
        return self.whole(text) if told else text

    def path(self, text: str) -> str:
        """A path; what strangers wrote of it is hashed if it would be in a name."""
        own = signs.own_path(text)
        theirs = text.removeprefix(own)
        # Each name in it may tell the subject by itself; with one of them all are hashed.
        told = any(self.name(one) != one for one in theirs.split("/"))
        return own + self.whole(theirs) if told or self.name(theirs) != theirs else text

    def hidden_path(self, text: str) -> str:
        """A path with all that strangers wrote of it hashed."""
        own = signs.own_path(text)
        return own + self.whole(text.removeprefix(own))

    def reporter(self, text: str) -> str:
        """Who reports a bounce: kept if that is a host, for it is free text."""
        return text if signs.names_a_host(text) else self.whole(text)

    def text(self, text: str) -> str:
        """Running text with the local part of each address, and the subject, as hashes."""
        if self.subject.all_of_it and self.subject.text in text:
            text = text.replace(self.subject.text, self.whole(self.subject.text))
        if self.subject.is_in(text):
            return self.whole(text)
        if not signs.has_at(text):
            return text
        if text.count("@") > MOST_ADDRESSES or not signs.is_certain(text):
            return self.whole(text)
        *before, last = text.split("@")
        return "".join(map(self._up_to_at, before)) + last

    def quoting(self, text: str) -> str:
        """Running text of ours that may quote the message: each URL is a hash as well."""
        return self.text(signs.URL.sub(lambda found: self.whole(found[0]), text))

    def _up_to_at(self, text: str) -> str:
        """The text with the local part at its end hashed, and the `@` that followed."""
        local = text[_after_stop(text) :]
        return f"{text.removesuffix(local)}{self.whole(local)}@"

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
            client=Client(client.ip, self.domain(client.name), self.domain(client.helo)),
            authenticated=self.address(envelope.authenticated),
            macros=tuple((name, self.macro(name, value)) for name, value in envelope.macros),
        )

    def verdict(self, verdict: Verdict) -> Verdict:
        """A verdict whose failures quote nobody; all else in it is the policy's own text."""
        if any(one.failure for one in verdict.shadows):
            told = tuple(replace(one, failure=self.quoting(one.failure)) for one in verdict.shadows)
            verdict = replace(verdict, shadows=told)
        if not verdict.failures:
            return verdict
        failures = tuple(map(self.quoting, verdict.failures))
        return replace(verdict, reason=self.quoting(verdict.reason), failures=failures)

    def shadowed(self, shadowed: Shadowed | None) -> Shadowed | None:
        """The verdicts of a policy in the shadow likewise."""
        if shadowed is None:
            return None
        return replace(shadowed, verdicts=tuple(map(self.verdict, shadowed.verdicts)))

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
        changes = _changes_for(message)
        for name, is_list, treatment in plan.treated:
            value = getattr(message, name)
            if value and is_list:
                value[:] = [changes[treatment](self, one) for one in value]
            elif value:
                setattr(message, name, changes[treatment](self, value))
        for name in plan.macros:
            given = getattr(message, name)
            # A map must not be changed while it is gone through, not even a value of it.
            for key in list(given):
                given[key] = self.macro(key, given[key])

    def _parameters(self, parameters: Iterable[str]) -> tuple[str, ...]:
        return tuple(map(self._parameter, parameters))

    def _parameter(self, parameter: str) -> str:
        name, equals, value = parameter.partition("=")
        if not signs.is_keyword(name):
            return self.whole(parameter)
        if name.upper() in PARAMETERS_KEPT or not equals:
            return self.text(parameter)
        return f"{name}={self.whole(value)}"


def _after_stop(text: str) -> int:
    """Where the last word of a text begins: after a blank or `<`.

    Anything else may stand in a local part, so more is hashed rather than less.
    """
    cut = text.rsplit(None, 1)[-1] if text else ""
    return max(len(text) - len(cut), text.rfind("<") + 1)


def _is_hash(text: str) -> bool:
    return re.fullmatch(rf"#[0-9a-f]{{{_DIGITS}}}", text) is not None


@dataclass(slots=True)
class _Plan:
    """What is to be done with a message of one type; what stays as it is is not in it."""

    left_out: list[str] = field(default_factory=list)
    treated: list[tuple[str, bool, Treatment]] = field(default_factory=list)
    macros: list[str] = field(default_factory=list)
    inner: list[tuple[str, bool]] = field(default_factory=list)


_CHANGES: dict[Treatment, Callable[[Hasher, str], str]] = {
    Treatment.WHOLE: Hasher.whole,
    Treatment.ADDRESS: Hasher.address,
    Treatment.DOMAIN: Hasher.domain,
    Treatment.TYPE: Hasher.type,
    Treatment.DATE: Hasher.date,
    Treatment.NAME: Hasher.name,
    Treatment.PATH: Hasher.path,
    Treatment.TEXT: Hasher.quoting,
    Treatment.REPORTER: Hasher.reporter,
    Treatment.EVIDENCE: Hasher.whole,
}

# A message that is attached or returned is named by its subject, and not by ours.
_CHANGES_OF_MAIL = _CHANGES | {
    Treatment.NAME: Hasher.whole,
    Treatment.PATH: Hasher.hidden_path,
}

# What scanners say quotes what they found: links, commands, names, the password of a document.
# Nobody can tell where a quotation ends.
_CHANGES_OF_NOTES = _CHANGES | {Treatment.TEXT: Hasher.whole}

_CHANGES_OF_EVIDENCE = {
    kind: _CHANGES | {Treatment.EVIDENCE: _CHANGES[treatment]}
    for kind, treatment in EVIDENCE.items()
}


def _changes_for(message: Message) -> Mapping[Treatment, Callable[[Hasher, str], str]]:
    if isinstance(message, Evidence):
        return _CHANGES_OF_EVIDENCE.get(message.kind, _CHANGES)
    if isinstance(message, Finding) and message.scanner not in NOTES_KEPT:
        return _CHANGES_OF_NOTES
    if isinstance(message, Part) and (message.returned or message.kind == "message"):
        return _CHANGES_OF_MAIL
    return _CHANGES


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
            plan.treated.append((one.name, one.is_repeated, treatment))
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
