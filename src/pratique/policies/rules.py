"""Read the rules of a policy out of its TOML, and say all that is wrong with each.

Nothing is repaired and nothing is guessed: a rule with a problem is left out, and a
policy with a problem is not used.  Reading goes on after a problem all the same, so that
an admin sees the others too.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pratique.policies import hints, tree
from pratique.policies.condition import CompileError, Condition
from pratique.policies.edits import CHANGES, REBUILD, STRIP, read_strip
from pratique.policies.edits import KEYS as STRIP_KEYS
from pratique.policies.examples import read_tests
from pratique.policies.forgeable import read_forgeable
from pratique.policies.places import Path
from pratique.policies.reading import Reading, kind_of
from pratique.policies.rule import EDITS, FINAL, NOTE, PLANNED, Rule
from pratique.policies.verdict import Action, HeaderField

_KEYS = ("name", "when", "actions", *STRIP_KEYS, "reason", "forgeable", "test")
_OF_A_TEST = ("facts", "expect", "expect_edits", "recipient", "reverse_path", "by")
_KEYS_PLANNED = ("mode", "until", "reply")
_TOP_PLANNED = ("list", "group", "include", "mode")
# What admins write for a key or an action when they come from somewhere else.
_KEYS_ELSEWHERE = {
    "action": "actions", "then": "actions", "do": "actions", "verdict": "actions",
    "if": "when", "condition": "when", "match": "when", "expression": "when",
    "id": "name", "title": "name", "description": "reason", "message": "reason",
    "comment": "reason", "note": "reason", "tests": "test",
}  # fmt: skip
_ACTIONS_ELSEWHERE = {
    "allow": "accept", "pass": "accept", "deliver": "accept", "ok": "accept", "permit": "accept",
    "keep": "accept", "block": "reject", "deny": "reject", "refuse": "reject", "fail": "reject",
    "bounce": "reject", "hold": "quarantine", "quarantine_message": "quarantine",
    "tempfail": "defer", "greylist": "defer", "retry": "defer", "drop": "discard",
    "delete": "discard", "remove": "discard", "log": "note", "warn": "note", "tag": "add_header",
    "header": "add_header", "addheader": "add_header", "add-header": "add_header",
    "defang": "strip", "disarm": "strip", "remove_attachments": "strip", "sanitize": "strip",
    "normalize": "rebuild", "reencode": "rebuild",
}  # fmt: skip
_ALL = (*FINAL, *CHANGES, NOTE, *EDITS)
_HEADER_FORM = 'a field is added with `{ add_header = "X-Name: value" }`'
# A name of ours that lets a released message pass once: no rule may write it.
_RESERVED = "x-pratique-release"
# RFC 5322 2.1.1 allows 998 octets a line; 900 leaves room for the name and for a hop that
# appends something.
_LONGEST_VALUE = 900
_FIELD = re.compile(r"([^:]*):\s*(.*)", re.DOTALL)


@dataclass(slots=True)
class _Actions:
    """What a list of actions comes to."""

    final: Action | None = None
    notes: bool = False
    changes: tuple[str, ...] = ()
    add_header: tuple[HeaderField, ...] = ()


def read_rules(reading: Reading) -> list[Rule]:
    """The rules that have no problem, in order; the problems are left in `reading`."""
    for key in reading.values.keys() - {"rule"}:
        if key in _TOP_PLANNED:
            reading.say_key((key,), f"`{key}` is not built yet", "leave it out")
        else:
            is_test = key.lower() in ("test", "tests")
            hint = "a test begins with `[[rule.test]]`" if is_test else "write `[[rule]]`"
            reading.say_key((key,), f"unknown key `{key}`", hint)
    tables = reading.values.get("rule", [])
    if isinstance(tables, dict):
        reading.say_key(("rule",), "`rule` is one table, not a list", "write `[[rule]]`")
        return []
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        reading.say(("rule",), "`rule` is no list of tables", "write `[[rule]]`")
        return []
    if not tables:
        hint = 'the shortest policy: [[rule]] name = "hold all", actions = ["quarantine"], a reason'
        reading.say((), "there is no rule", hint)
    rules = [_rule(reading, ("rule", index), table) for index, table in enumerate(tables)]
    _names(reading, tables)
    _order(reading, tables)
    return [rule for rule in rules if rule]


def _rule(reading: Reading, path: Path, table: Mapping[str, Any]) -> Rule | None:
    before = len(reading.problems)
    _unknown_keys(reading, path, table)
    name = reading.text_at(table, path, "name")
    condition = _condition(reading, path, table)
    actions = _actions(reading, path, table)
    strip = read_strip(reading, path, table, actions.changes)
    reason = reading.text_at(table, path, "reason")
    _reason(reading, path, table, actions)
    forgeable = read_forgeable(reading, path, table)
    tests = read_tests(reading, path, table, decides=actions.final is not None)
    if len(reading.problems) > before:
        return None
    line = reading.line(path)
    return Rule(
        name,
        condition,
        actions.final,
        actions.add_header,
        reason,
        tests,
        line,
        strip,
        rebuild=REBUILD in actions.changes,
        forgeable=forgeable,
    )


def _unknown_keys(reading: Reading, path: Path, table: Mapping[str, Any]) -> None:
    for key in table.keys() - set(_KEYS):
        if key in _KEYS_PLANNED:
            reading.say_key((*path, key), f"`{key}` is not built yet", "leave it out")
            continue
        meant = _meant(key)
        if key in EDITS:
            hint = f"it is one of `actions`: {_HEADER_FORM}"
        elif key in _OF_A_TEST:
            hint = f"`{key}` stands in a test: `[[rule.test]]`"
        else:
            hint = f"did you mean `{meant}`?" if meant else hints.one_of(_KEYS)
        reading.say_key((*path, key), f"unknown key `{key}` in a rule", hint)


def _meant(key: str) -> str:
    """The key that an unknown one stands for, as far as one can tell."""
    return _KEYS_ELSEWHERE.get(key.lower()) or hints.nearest(key, _KEYS)


def _lacks(table: Mapping[str, Any], key: str) -> bool:
    """Tell whether a key is missing, and not only misspelt: that is told by itself."""
    return key not in table and not any(_meant(each) == key for each in table.keys() - set(_KEYS))


def _names(reading: Reading, tables: Sequence[Mapping[str, Any]]) -> None:
    seen: dict[str, int] = {}
    for index, table in enumerate(tables):
        name = table.get("name", "")
        if not isinstance(name, str) or not ("name" in table or _lacks(table, "name")):
            continue
        path: Path = ("rule", index)
        if not name.strip():
            place = (*path, "name") if "name" in table else path
            reading.say_key(place, "the rule has no name", 'write `name = "what it is about"`')
        elif not name.isprintable():
            reading.say((*path, "name"), "a name stands on one line", "leave the line end out")
        elif name in seen:
            hint = "verdicts are explained by the rule's name: give each its own"
            reading.say((*path, "name"), f"`{name}` is the rule on line {seen[name]} too", hint)
        else:
            seen[name] = reading.line(path)


def _condition(reading: Reading, path: Path, table: Mapping[str, Any]) -> Condition | None:
    if "when" not in table:
        return None
    where = (*path, "when")
    text = table["when"]
    if not isinstance(text, str):
        hint = "write it between quotation marks; the last rule has no `when` at all"
        reading.say(where, f"`when` is {kind_of(text)}, not a condition", hint)
        return None
    try:
        condition = Condition.compile(text)
    except CompileError as error:
        for each in hints.explain(text, error.faults):
            reading.say_in(where, each.offset, each.message, each.hint)
        return None
    _oversights(reading, where, condition)
    return condition


def _oversights(reading: Reading, where: Path, condition: Condition) -> None:
    if tree.asks_nothing(condition):
        hint = "a rule for every message is the last one, without `when`"
        reading.say(where, "the condition asks no fact: it is the same for every message", hint)
    for each in tree.oversights(condition):
        reading.say_in(where, each.offset, each.message, each.hint)


def _actions(reading: Reading, path: Path, table: Mapping[str, Any]) -> _Actions:
    found = _Actions()
    where = (*path, "actions")
    if "actions" not in table:
        if _lacks(table, "actions"):
            reading.say_key(path, "the rule has no actions", 'write `actions = ["accept"]`')
        return found
    entries = table["actions"]
    if not isinstance(entries, list):
        shown = f'write `actions = ["{entries}"]`' if isinstance(entries, str) else _HEADER_FORM
        reading.say(where, f"`actions` is {kind_of(entries)}, not a list", shown)
        return found
    if not entries:
        reading.say(where, "`actions` is empty", hints.one_of(_ALL))
    for index, entry in enumerate(entries):
        if isinstance(entry, dict):
            _edit(reading, (*where, index), entry, found)
        else:
            _word(reading, (*where, index), entry, found)
    if found.changes and found.final not in (None, Action.ACCEPT):
        hint = f'what is not delivered is not changed: `["{found.changes[0]}", "accept"]`'
        message = f"`{found.changes[0]}` stands beside `{found.final}`"
        reading.say((*where, entries.index(found.changes[0])), message, hint)
    if found.notes and found.final:
        hint = f"leave `note` out: `{found.final}` decides and is told with its reason"
        reading.say((*where, entries.index(NOTE)), "`note` states and goes on reading", hint)
    return found


def _word(reading: Reading, where: Path, entry: object, found: _Actions) -> None:
    if not isinstance(entry, str):
        reading.say(where, f"an action is a text, not {kind_of(entry)}", hints.one_of(FINAL))
    elif entry in FINAL and found.final:
        hint = "a rule has one final action: keep one of them"
        reading.say(where, f"`{entry}` stands beside `{found.final}`", hint)
    elif entry in FINAL:
        found.final = Action(entry)
    elif entry == NOTE:
        found.notes = True
    elif entry in CHANGES:
        if entry in found.changes:
            reading.say(where, f"`{entry}` stands there twice", "once is enough")
        found.changes += (entry,)
    elif entry in EDITS:
        reading.say(where, f"`{entry}` needs a value", _HEADER_FORM)
    else:
        _unknown_action(reading, where, entry)


def _unknown_action(reading: Reading, where: Path, name: str) -> None:
    if name in PLANNED:
        hint = f"until then: {', '.join(_ALL)}"
        reading.say(where, f"`{name}` is not built yet", hint)
        return
    known = _ALL
    word = re.split(r"[\s:=(]", name.strip(), maxsplit=1)[0]
    meant = _ACTIONS_ELSEWHERE.get(word.lower())
    if "add_header" in (word, meant):
        hint = _HEADER_FORM
    else:
        near = f"did you mean `{meant}`?" if meant else hints.did_you_mean(word, known)
        hint = near or hints.one_of(known)
    reading.say(where, f"unknown action `{name}`", hint)


def _edit(reading: Reading, where: Path, entry: Mapping[str, Any], found: _Actions) -> None:
    if len(entry) != 1:
        reading.say(where, "one action in each pair of braces", _HEADER_FORM)
        return
    name, value = next(iter(entry.items()))
    if name in FINAL or name in CHANGES or name == NOTE:
        reading.say_key((*where, name), f"`{name}` takes no value", f'write "{name}"')
    elif name not in EDITS:
        _unknown_action(reading, where, name)
    elif not isinstance(value, str):
        reading.say((*where, name), f"a field is a text, not {kind_of(value)}", _HEADER_FORM)
    elif field := _header_field(reading, (*where, name), value):
        found.add_header += (field,)


def _header_field(reading: Reading, where: Path, text: str) -> HeaderField | None:
    """`X-Name: value` as a field, or None and a complaint."""
    parsed = _FIELD.fullmatch(text)
    if not parsed or not parsed[1].strip() or not parsed[2].strip():
        reading.say(where, "a header field is a name, a colon and a value", _HEADER_FORM)
        return None
    name, value = parsed[1].strip(), parsed[2].strip()
    if not name.lower().startswith("x-") or not re.fullmatch(r"[A-Za-z0-9-]{3,70}", name):
        # Anything else says what a message is or where it came from, and is not ours.
        hint = f"a field of ours begins with X-: `X-{re.sub('[^A-Za-z0-9-]', '-', name)}`"
        reading.say(where, f"the field `{name}` cannot be added", hint)
    elif name.lower() == _RESERVED:
        reading.say(where, f"the field `{name}` has a meaning of its own", "choose another name")
    elif not value.isascii() or not value.isprintable():
        hint = "plain ASCII on one line (RFC 5322, 2.2)"
        reading.say(where, "a value holds a character that no header may hold", hint)
    elif len(value) > _LONGEST_VALUE:
        hint = f"at most {_LONGEST_VALUE} characters"
        reading.say(where, f"a value of {len(value)} characters is too long for a line", hint)
    else:
        return HeaderField(name, value)
    return None


def _reason(reading: Reading, path: Path, table: Mapping[str, Any], actions: _Actions) -> None:
    needed = actions.notes or actions.changes or actions.final not in (None, Action.ACCEPT)
    tests = table.get("test", [])
    # Written below a test, it belongs to the test for TOML: that is told there.
    strayed = isinstance(tests, list) and any("reason" in test for test in tests)
    given = bool(table.get("reason")) if "reason" in table else not _lacks(table, "reason")
    if needed and not given and not strayed:
        shown = next(iter(actions.changes), actions.final or NOTE)
        reader = "the note that stays tells it to its reader" if STRIP in actions.changes else ""
        hint = f'{reader or "a postmaster reads it in the log"}: `reason = "..."`'
        place = (*path, "reason") if "reason" in table else path
        reading.say_key(place, f"a rule with `{shown}` has no reason", hint)


def _order(reading: Reading, tables: Sequence[Mapping[str, Any]]) -> None:
    """The last rule holds for all, no other does, and none repeats one that decided."""
    decided: dict[str, int] = {}
    for index, table in enumerate(tables):
        path: Path = ("rule", index)
        is_last = index == len(tables) - 1
        when = table.get("when")
        if is_last and when is not None:
            hint = 'add a last one: [[rule]] name = "all other mail", actions = ["accept"]'
            reading.say_key(path, "the last rule has a `when`: some mail is decided by none", hint)
        elif is_last and not _is_final(table):
            hint = hints.one_of(FINAL)
            reading.say_key((*path, "actions"), "the last rule decides nothing", hint)
        elif not is_last and _lacks(table, "when"):
            hint = "give this rule a `when`, or move it to the end"
            reading.say_key(path, "no `when`: the rules below are never reached", hint)
        if isinstance(when, str) and _is_final(table):
            text = " ".join(when.split())
            if text in decided:
                message = f"never reached: the rule on line {decided[text]} decides all of this"
                reading.say((*path, "when"), message, "leave one of the two out")
            decided.setdefault(text, reading.line(path))


def _is_final(table: Mapping[str, Any]) -> bool:
    actions = table.get("actions")
    # A list that is wrong is told by itself.
    known = isinstance(actions, list) and all(
        action in (*FINAL, *CHANGES, NOTE) or isinstance(action, dict) for action in actions
    )
    return not known or any(action in FINAL for action in actions or () if isinstance(action, str))
