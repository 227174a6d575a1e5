"""Describe a policy as a JSON Schema (draft 2020-12), for editors of TOML.

Taplo and Even Better TOML read it: they complete keys, actions and words, and mark anything
else while it is being written.  It is built from the very tuples that the readers of a policy
check against, so it cannot contradict them.  What a schema cannot express (whether a condition
compiles, whether a rule is reached) is left to `policy check`.
"""

from typing import Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor

from pratique.policies.language import vocabulary
from pratique.policies.lists import lists
from pratique.policies.lists.entries import KINDS
from pratique.policies.written import keys
from pratique.policies.written.beside import MOST_INCLUDED
from pratique.policies.written.edits import CHANGES
from pratique.policies.written.examples import KEYS as OF_A_TEST
from pratique.policies.written.overrides import KEYS as OF_AN_OVERRIDE
from pratique.policies.written.rule import FINAL, FORMS, NOTE

DRAFT = "https://json-schema.org/draft/2020-12/schema"
Schema = dict[str, Any]

_TEXT: Schema = {"type": "string"}
# To an editor, TOML's dates are texts.
_DAY: Schema = {"anyOf": [{"type": "string", "format": "date"}, {"type": "string"}]}
_KINDS_OF_PARTS = [word for word in vocabulary.words("Part", "kind") or () if word != "multipart"]
_NUMBERS = {
    FieldDescriptor.CPPTYPE_BOOL: "boolean", FieldDescriptor.CPPTYPE_DOUBLE: "number",
    FieldDescriptor.CPPTYPE_STRING: "string",
}  # fmt: skip

# What a key of a rule, an override, a test, a list, a group or an entry is for.
SAID = {
    "name": "What the rule, the list or the group is called, in verdicts and in conditions.",
    "when": "A condition in CEL; the last rule has none.",
    "actions": "One final action at most, and what is done besides.",
    "strip": "The kinds of parts that `strip` takes out.",
    "strip_when": "A condition on one part, `p`, that `strip` takes out.",
    "reason": "Why; a postmaster reads it in the log.",
    "mode": "`shadow`: it is asked, and what it would have ordered is only told.",
    "until": "It holds for mail that is received before this day or moment (UTC).",
    "reply": "What the stranger hears: an enhanced status code (RFC 3463) and a text.",
    "forgeable": "Its author knows that a forger can meet the condition.",
    "test": "What is expected of one message.",
    "rule": "The name of an included rule.",
    "message": "A file beside the policy.",
    "facts": "Facts, written out (facts.proto).",
    "recipient": "The recipient's address.",
    "reverse_path": "The envelope's reverse-path; empty for the null one.",
    "at": "When the message is received.",
    "expect": "The final action, or `note`.",
    "expect_edits": "The edits that are ordered.",
    "expect_notify": "The addresses that are told.",
    "expect_reply": "What the stranger hears.",
    "by": "The rule that decides, if it is another than this.",
    "kind": "What the entries are.",
    "entries": "The entries, written out.",
    "entry": "The entry itself.",
    "file": "A file beside the policy, an entry a line.",
    "owner": "Who is asked about it.",
    "expires": "It holds for no mail received on that day (UTC) or later.",
    "members": "Addresses; `@x.example` is everybody there.",
    "list": "The name of a list of addresses or domains.",
}


def schema() -> Schema:
    """Return the schema of a policy's file."""
    rule = _table(keys.KEYS, "name")
    # An override has only what it changes.
    override = _table(OF_AN_OVERRIDE, "rule")
    return {
        "$schema": DRAFT,
        "title": "A policy of Pratique",
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "include": {
                "description": "Policies whose rules follow the own ones: shipped ones, or files.",
                "anyOf": [_TEXT, {"type": "array", "items": _TEXT, "maxItems": MOST_INCLUDED}],
            },
            "mode": {**_keys()["mode"], "description": "The mode of the whole policy."},
            "list": _tables(_table(lists.LIST_KEYS, "name", "kind", "owner", "reason")),
            "group": _tables(_table(lists.GROUP_KEYS, "name")),
            "override": _tables(override),
            "rule": _tables(rule),
        },
        "$defs": {message.name: _message(message) for message in _messages()},
    }


def _tables(table: Schema) -> Schema:
    return {"type": "array", "items": table}


def _table(known: tuple[str, ...], *required: str) -> Schema:
    described = _keys()
    properties = {key: {"description": SAID[key], **described.get(key, _TEXT)} for key in known}
    return {
        "type": "object",
        "additionalProperties": False,
        "required": list(required),
        "properties": properties,
    }


def _keys() -> dict[str, Schema]:
    """Return what a key holds, unless it is a text."""
    texts: Schema = {"type": "array", "items": _TEXT}
    return {
        "actions": {"type": "array", "minItems": 1, "items": _action()},
        "strip": {"type": "array", "minItems": 1, "items": {"enum": _KINDS_OF_PARTS}},
        "mode": {"enum": ["enforce", "shadow"]},
        "until": _DAY,
        "forgeable": {"type": "boolean"},
        "test": _tables(_test()),
        "kind": {"enum": list(KINDS)},
        "expires": _DAY,
        "entries": {"type": "array", "items": {"anyOf": [_TEXT, _entry()]}},
        "members": texts,
    }


def _test() -> Schema:
    held: dict[str, Schema] = {
        "facts": {"$ref": "#/$defs/Facts"},
        "expect": {"enum": [*FINAL, NOTE]},
        "expect_edits": {"type": "array", "items": {"enum": list(CHANGES)}},
        "expect_notify": {"type": "array", "items": _TEXT},
        "at": _DAY,
    }
    return {
        "type": "object",
        "additionalProperties": False,
        "required": ["expect"],
        "properties": {
            key: {"description": SAID[key], **held.get(key, _TEXT)} for key in OF_A_TEST
        },
    }


def _entry() -> Schema:
    described = {"expires": _DAY}
    return {
        "type": "object",
        "additionalProperties": False,
        "required": ["entry"],
        "properties": {
            key: {"description": SAID[key], **described.get(key, _TEXT)} for key in lists.ENTRY_KEYS
        },
    }


def _action() -> Schema:
    words = [word for word in dict.fromkeys((*FINAL, *CHANGES, NOTE)) if word not in FORMS]
    with_value = [
        {
            "type": "object",
            "additionalProperties": False,
            "required": [name],
            "properties": {name: {"type": "string", "description": form}},
        }
        for name, form in FORMS.items()
    ]
    return {"anyOf": [{"enum": words}, *with_value]}


def _messages() -> list[Descriptor]:
    """Return the messages of the facts, each once."""
    found: dict[str, Descriptor] = {}
    waiting = [vocabulary.FACTS]
    while waiting:
        message = waiting.pop()
        if message.name in found:
            continue
        found[message.name] = message
        waiting += [
            field.message_type
            for field in message.fields
            if field.message_type is not None and _is_ours(field.message_type)
        ]
    return [found[name] for name in sorted(found)]


def _is_ours(message: Descriptor) -> bool:
    full_name: str = message.full_name
    return full_name.startswith(vocabulary.PACKAGE) and not message.GetOptions().map_entry


def _message(message: Descriptor) -> Schema:
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": {field.name: _field(message, field) for field in message.fields},
    }


def _field(message: Descriptor, field: FieldDescriptor) -> Schema:
    inner = field.message_type
    words = vocabulary.words(message.full_name, field.name)
    if inner is not None and inner.GetOptions().map_entry:
        counted = {"propertyNames": {"enum": list(words)}} if words else {}
        return {"type": "object", "additionalProperties": {"type": "integer"}, **counted}
    one: Schema = {"type": _NUMBERS.get(field.cpp_type, "integer")}
    if inner is not None:
        one = {"$ref": f"#/$defs/{inner.name}"} if _is_ours(inner) else _DAY
    elif words is not None:
        one = {"enum": list(words)}
    return {"type": "array", "items": one} if field.is_repeated else one
