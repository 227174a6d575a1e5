"""Read the tests of a rule: a message or a few facts, and what shall be decided.

Facts written in a policy are checked against `facts.proto` as a condition is: a test about
a part of kind "executible" would otherwise pass or fail for the wrong reason for ever.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from google.protobuf import json_format
from google.protobuf.descriptor import Descriptor, FieldDescriptor

from pratique.policies.hints import hints
from pratique.policies.language import vocabulary
from pratique.policies.written.edits import CHANGES
from pratique.policies.written.places import Path
from pratique.policies.written.reading import Reading, kind_of
from pratique.policies.written.rule import FINAL, NOTE, Example
from pratique.scanners import facts_pb2 as facts

KEYS = (
    "message", "facts", "recipient", "reverse_path", "at", "expect", "expect_edits",
    "expect_notify", "expect_reply", "by",
)  # fmt: skip
_TEXTS = ("message", "recipient", "reverse_path", "expect", "by", "expect_reply")
_OF_THE_RULE = ("name", "when", "actions", "reason", "mode", "until", "reply", "forgeable")
_ELSEWHERE = {
    "file": "message", "mail": "message", "eml": "message", "verdict": "expect", "action": "expect",
    "result": "expect", "expected": "expect", "rcpt": "recipient", "to": "recipient",
    "sender": "reverse_path", "from": "reverse_path", "rule": "by", "fact": "facts",
    "edits": "expect_edits", "notify": "expect_notify", "received_at": "at", "time": "at",
    "when_received": "at", "date": "at",
}  # fmt: skip
_MOMENT = "a moment with its time zone is needed"
_A_MOMENT = "write 2026-01-31T12:00:00Z"
_SCALARS: dict[int, tuple[type, ...]] = {
    FieldDescriptor.CPPTYPE_BOOL: (bool,),
    FieldDescriptor.CPPTYPE_INT32: (int,),
    FieldDescriptor.CPPTYPE_INT64: (int,),
    FieldDescriptor.CPPTYPE_DOUBLE: (int, float),
    FieldDescriptor.CPPTYPE_STRING: (str,),
}


def read_tests(
    reading: Reading, rule: Path, table: Mapping[str, Any], *, decides: bool
) -> tuple[Example, ...]:
    """Return the tests of one rule; `decides` says whether it has a final action."""
    tables = table.get("test", [])
    where = (*rule, "test")
    if not isinstance(tables, list) or not all(isinstance(each, dict) for each in tables):
        reading.say_key(where, "tests are a list of tables", "write `[[rule.test]]`")
        return ()
    tests = [
        _test(reading, (*where, index), each, decides=decides) for index, each in enumerate(tables)
    ]
    return tuple(test for test in tests if test)


def _test(
    reading: Reading, path: Path, table: Mapping[str, Any], *, decides: bool
) -> Example | None:
    before = len(reading.problems)
    _unknown_keys(reading, path, table)
    texts = {key: reading.text_at(table, path, key) for key in _TEXTS}
    _expectation(reading, path, table, decides=decides)
    test = Example(
        texts["message"],
        _subject(reading, path, table),
        texts["recipient"],
        texts["reverse_path"] if "reverse_path" in table else None,
        texts["expect"],
        texts["by"],
        reading.line(path),
        _expected_edits(reading, path, table),
        _expected_notify(reading, path, table),
        texts["expect_reply"] if "expect_reply" in table else None,
        _at(reading, path, table),
        reading.standing(path)[0].file,
    )
    return None if len(reading.problems) > before else test


def _unknown_keys(reading: Reading, path: Path, table: Mapping[str, Any]) -> None:
    for key in table.keys() - set(KEYS):
        meant = _ELSEWHERE.get(key.lower()) or hints.nearest(key, KEYS)
        if key in _OF_THE_RULE:
            hint = f"`{key}` belongs to the rule: write it above `[[rule.test]]`"
        elif key in vocabulary.FACTS.fields_by_name:
            hint = f"a fact is written `facts.{key} = ...`"
        elif key in ("include", "list", "group", "override"):
            hint = f"`{key}` stands at the top of the file, above the first `[[rule]]`"
        else:
            hint = f"did you mean `{meant}`?" if meant else hints.one_of(KEYS)
        reading.say_key((*path, key), f"unknown key `{key}` in a test", hint)


def _expectation(reading: Reading, path: Path, table: Mapping[str, Any], *, decides: bool) -> None:
    known = (*FINAL, NOTE)
    expect = table.get("expect")
    if expect is None:
        if not any(_ELSEWHERE.get(key) == "expect" for key in table):
            hint = 'write `expect = "reject"`, or another action'
            reading.say_key(path, "the test expects nothing", hint)
    elif isinstance(expect, str) and expect not in known:
        reading.say((*path, "expect"), f"`{expect}` is no action", hints.word_of(expect, known))
    elif expect == NOTE and decides:
        hint = "expect its final action"
        reading.say((*path, "expect"), "a rule that decides notes nothing", hint)


def _expected_edits(
    reading: Reading, path: Path, table: Mapping[str, Any]
) -> frozenset[str] | None:
    """Return the edits that are expected; None if the test does not say."""
    listed, where = table.get("expect_edits"), (*path, "expect_edits")
    if listed is None:
        return None
    if not isinstance(listed, list):
        hint = 'write `expect_edits = ["strip"]`, or `[]` for none'
        reading.say(where, f"`expect_edits` is {kind_of(listed)}, not a list", hint)
        return None
    for index, word in enumerate(listed):
        if word not in CHANGES:
            reading.say((*where, index), f"`{word}` is no edit", hints.one_of(CHANGES))
    return frozenset(map(str, listed))


def _expected_notify(
    reading: Reading, path: Path, table: Mapping[str, Any]
) -> frozenset[str] | None:
    """Return the addresses that shall be notified; None if the test does not say."""
    listed = table.get("expect_notify")
    if listed is None:
        return None
    if not isinstance(listed, list) or not all(isinstance(each, str) for each in listed):
        hint = 'write `expect_notify = ["security@example.org"]`, or `[]` for nobody'
        message = f"`expect_notify` is {kind_of(listed)}, not a list of addresses"
        if isinstance(listed, list):
            message = "`expect_notify` holds something that is no text"
        reading.say((*path, "expect_notify"), message, hint)
        return None
    return frozenset(listed)


def _at(reading: Reading, path: Path, table: Mapping[str, Any]) -> datetime | None:
    """Return when the message is received; None if the test does not say."""
    said = table.get("at")
    if said is None:
        return None
    if not isinstance(said, datetime) or said.tzinfo is None:
        reading.say((*path, "at"), _MOMENT, _A_MOMENT)
        return None
    return said


def _subject(reading: Reading, path: Path, table: Mapping[str, Any]) -> facts.Facts | None:
    """Return the facts that a test is about; None if it is about a file."""
    strayed = any(_ELSEWHERE.get(key) in ("message", "facts") for key in table)
    strayed = strayed or any(key in vocabulary.FACTS.fields_by_name for key in table)
    if "message" not in table and "facts" not in table and strayed:
        return None
    if ("message" in table) == ("facts" in table):
        told = "both a message and facts" if "message" in table else "no message and no facts"
        hint = 'write `message = "file.eml"` or `facts.parts = [{ kind = "script" }]`'
        reading.say_key(path, f"the test has {told}", hint)
        return None
    if "facts" not in table:
        return None
    where = (*path, "facts")
    written = _message(reading, where, table["facts"], vocabulary.FACTS)
    try:
        return json_format.ParseDict(written, facts.Facts())
    except json_format.ParseError as error:
        if not reading.problems:
            reading.say(where, f"these are no facts: {error}", "see facts.proto")
        return None


def _message(reading: Reading, path: Path, table: object, message: Descriptor) -> dict[str, object]:
    """Return a table in protobuf's JSON form; complain about each entry that does not fit."""
    if not isinstance(table, dict):
        reading.say(path, f"{kind_of(table)}, where a table is needed", "write `{ key = value }`")
        return {}
    written: dict[str, object] = {}
    for key, value in table.items():
        field = message.fields_by_name.get(key)
        if field is None:
            name = message.full_name.removeprefix(vocabulary.PACKAGE)
            known = list(message.fields_by_name)
            hint = hints.did_you_mean(key, known) or hints.one_of(known)
            reading.say_key((*path, key), f"no field `{key}` in {name}", hint)
        else:
            written[key] = _field(reading, (*path, key), value, field)
    return written


def _field(reading: Reading, path: Path, value: object, field: FieldDescriptor) -> object:
    inner = field.message_type
    if inner and inner.GetOptions().map_entry:
        return _counts(reading, path, value, field)
    if not field.is_repeated:
        return _one(reading, path, value, field)
    if not isinstance(value, list):
        reading.say(path, f"`{field.name}` is a list, not {kind_of(value)}", "write `[...]`")
        return []
    return [_one(reading, (*path, index), each, field) for index, each in enumerate(value)]


def _one(reading: Reading, path: Path, value: object, field: FieldDescriptor) -> object:
    if field.message_type and field.message_type.full_name.startswith(vocabulary.PACKAGE):
        return _message(reading, path, value, field.message_type)
    if field.message_type:
        return _time(reading, path, value)
    expected = _SCALARS[field.cpp_type]
    if not isinstance(value, expected) or (isinstance(value, bool) and bool not in expected):
        needed = kind_of(expected[0]())
        reading.say(path, f"`{field.name}` is {needed}, not {kind_of(value)}", "see facts.proto")
    elif isinstance(value, str):
        _word(reading, path, value, field)
    return value


def _word(reading: Reading, path: Path, word: str, field: FieldDescriptor) -> None:
    holder = field.containing_type
    words = vocabulary.words(holder.full_name, field.name) if holder else None
    if words is not None and word not in words:
        reading.say(path, f'`{field.name}` is never "{word}"', hints.word_meant(word, words))


def _counts(reading: Reading, path: Path, value: object, field: FieldDescriptor) -> object:
    if not isinstance(value, dict):
        reading.say(path, f"`{field.name}` is a table", "write `{ image = 3 }`")
        return {}
    for key in value:
        _word(reading, (*path, key), key, field)
    return value


def _time(reading: Reading, path: Path, value: object) -> object:
    if isinstance(value, datetime) and value.tzinfo:
        return value.isoformat()
    reading.say(path, _MOMENT, _A_MOMENT)
    return "1970-01-01T00:00:00Z"
