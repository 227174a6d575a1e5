"""Know which words a field of the facts can hold, and which fields there are.

Where `facts.proto` names an enum `Word` for a string field, the field takes only the words of
that.  A rule that compared with another word would never apply, silently; so each comparison is
checked against these lists.  The words of `auth` are those of RFC 8601 2.7 and RFC 7489 11.2,
each method with its own: DMARC has no `softfail`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor

from pratique.scanners import facts_pb2 as facts

PACKAGE = f"{facts.DESCRIPTOR.package}."

# The empty word: it was not checked.
_DMARC = ("pass", "fail", "none", "temperror", "permerror", "")
_DKIM = ("pass", "fail", "policy", "neutral", "none", "temperror", "permerror")
_SPF = ("pass", "fail", "softfail", "policy", "neutral", "none", "temperror", "permerror", "")

_ENUMS: dict[tuple[str, str], EnumDescriptor] = {
    ("Part", "kind"): facts.Kinds.Word.DESCRIPTOR,
    ("Part", "unopened"): facts.Unopened.Word.DESCRIPTOR,
    ("Part", "views"): facts.Views.Word.DESCRIPTOR,
    ("Part", "disguised"): facts.Disguises.Word.DESCRIPTOR,
    ("Ambiguity", "class_"): facts.Ambiguities.Word.DESCRIPTOR,
    ("Finding", "severity"): facts.Severities.Word.DESCRIPTOR,
    ("Limit", "class_"): facts.Limits.Word.DESCRIPTOR,
    ("Failure", "class_"): facts.Failures.Word.DESCRIPTOR,
    ("Mail", "header_anomalies"): facts.HeaderAnomalies.Word.DESCRIPTOR,
    ("PartsLeftOut", "by_kind"): facts.Kinds.Word.DESCRIPTOR,
    ("Bounce", "other"): facts.OtherReports.Word.DESCRIPTOR,
    ("Evidence", "kind"): facts.EvidenceKinds.Word.DESCRIPTOR,
    ("Link", "tricks"): facts.LinkTricks.Word.DESCRIPTOR,
    ("Signature", "problem"): facts.SignatureProblems.Word.DESCRIPTOR,
    ("SpoofSign", "kind"): facts.SpoofSigns.Word.DESCRIPTOR,
}
_LISTS: dict[tuple[str, str], tuple[str, ...]] = {
    ("Mail", "direction"): ("inbound", "outbound", ""),
    ("Auth", "spf"): _SPF,
    ("Auth", "dmarc"): _DMARC,
    ("Auth", "dmarc_policy"): ("none", "quarantine", "reject", ""),
    ("Auth", "arc"): ("pass", "fail", "none", "temperror", ""),
    ("DkimResult", "result"): _DKIM,
    ("Signature", "kind"): ("dkim", "arc_message", "arc_seal"),
    ("Signature", "chain"): ("none", "pass", "fail", ""),
    ("Score", "engine"): ("rspamd", "spamassassin"),
}


def words_of(enum: EnumDescriptor) -> tuple[str, ...]:
    """Return the words of an enum; `none` only keeps the zero's place and is never stated."""
    return tuple(value.name for value in enum.values if value.name != "none")


def words(message: str, field: str) -> tuple[str, ...] | None:
    """Return what a field can hold, or None where it can hold anything."""
    key = (message.removeprefix(PACKAGE), field)
    if key in _ENUMS:
        # An opened part has no class: then `unopened` holds the empty text.
        return words_of(_ENUMS[key]) + (("",) if field in {"unopened", "other", "problem"} else ())
    return _LISTS.get(key)


def all_words() -> Iterator[tuple[str, str, str]]:
    """Yield every word of every enum, with the message and the field that hold it."""
    for (message, field), enum in _ENUMS.items():
        if field != "by_kind":
            yield from ((message, field, word) for word in words_of(enum))


_DOMAINS = (
    ("Recipient", "domain"), ("Address", "domain"), ("DkimResult", "domain"),
    ("Signature", "domain"), ("StatedResults", "authserv_id"),
)  # fmt: skip
_LOWER_CASE = (
    *_DOMAINS, ("Part", "type"), ("Part", "declared_type"), ("Part", "sha256"), ("Mail", "sha256"),
    ("StatedResult", "method"), ("StatedResult", "result"), ("Returned", "reporter"),
)  # fmt: skip
_ADDRESSES = (
    ("Recipient", "address"), ("Envelope", "reverse_path"), ("Address", "address"),
    ("Auth", "authenticated_as"),
)  # fmt: skip


def never(message: str, field: str, text: str) -> str:
    """Return why a field can never hold a text, and what would be right; empty if it can."""
    key = (message.removeprefix(PACKAGE), field)
    if "*" in text:
        return '`*` is no wildcard: `x.endsWith(".exe")`, or `x.matches("(?i)[.]exe$")`'
    if key == ("Client", "ip") and "/" in text:
        return f'an address is none of many: `cidr(envelope.client.ip, "{text}")`'
    if key in _LOWER_CASE and text != text.lower():
        return f'`{field}` is in lower case: "{text.lower()}"'
    if key in _DOMAINS and "@" in text:
        return f'a domain has no @: "{text.rpartition("@")[2]}"'
    if key in _ADDRESSES and ("<" in text or ">" in text):
        return f'addresses have no angle brackets: "{text.strip("<> ")}"'
    if key in _ADDRESSES and text.startswith("@"):
        return f'an address has a name before its @: `x.endsWith("{text}")`'
    if key in _ADDRESSES and text and "@" not in text:
        asked = "" if key[0] in ("Auth", "Envelope") else ", or ask its domain"
        return f'an address has an @: `x.endsWith("@{text}")`{asked}'
    return ""


def is_word(text: str) -> bool:
    """Whether some field of the facts can hold exactly this."""
    return text in _SPF or any(text == word for _, _, word in all_words())


@dataclass(frozen=True, slots=True)
class Variable:
    """A name that a condition can use: a message in `Facts`, or the recipient."""

    message: Descriptor
    is_list: bool = False


# Each one of our messages, or a list of them.
VARIABLES = {
    field.name: Variable(cast("Descriptor", field.message_type), field.is_repeated)
    for field in facts.Facts.DESCRIPTOR.fields
    if field.message_type is not None
}
# The other fields of `Facts`: a number, or a list of names.
PLAIN = {
    field.name: cast("FieldDescriptor", field)
    for field in facts.Facts.DESCRIPTOR.fields
    if field.message_type is None
}
FACTS = cast("Descriptor", facts.Facts.DESCRIPTOR)
RCPT = {"rcpt": Variable(cast("Descriptor", facts.Recipient.DESCRIPTOR))}
# One part, in a condition that is asked for each part.
PART = {"p": Variable(cast("Descriptor", facts.Part.DESCRIPTOR))}


def descriptor(message: str) -> Descriptor | None:
    """Return the message of that name, with or without its package; None if there is none."""
    return facts.DESCRIPTOR.message_types_by_name.get(message.removeprefix(PACKAGE))


def ways_to(field: str) -> Iterator[str]:
    """Yield how a condition reaches a field: `mail.subject`, `parts.exists(p, p.kind ...)`."""
    for name, variable in (VARIABLES | RCPT).items():
        yield from _ways_below(variable.message, name, field, variable.is_list)


def _ways_below(message: Descriptor, way: str, field: str, is_list: bool) -> Iterator[str]:
    for each in message.fields:
        letter = way.rpartition(".")[2][0]
        reached = (
            f"{way}.exists({letter}, {letter}.{each.name} ...)" if is_list else f"{way}.{each.name}"
        )
        if each.name.rstrip("_") == field.rstrip("_"):
            yield reached
        inner = each.message_type
        if inner and inner.full_name.startswith(PACKAGE) and not is_list:
            yield from _ways_below(inner, reached, field, each.is_repeated and not _is_map(each))


def _is_map(field: FieldDescriptor) -> bool:
    return bool(field.message_type and field.message_type.GetOptions().map_entry)
