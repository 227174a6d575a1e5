"""Read what a rule orders: its `actions`, each with what is wrong with it.

    actions = ["reject"]
    actions = ["strip", "accept", { add_header = "X-Stripped: yes" }]
    actions = ["quarantine", { notify = "security@example.org" }]
    actions = [{ redirect = "analyst@example.org" }]

At most one of them is final.  `notify` changes no message, so it may stand in any rule.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pratique.policies.hints import foreign, hints
from pratique.policies.verdict import Action, HeaderField
from pratique.policies.written import addresses
from pratique.policies.written.edits import CHANGES
from pratique.policies.written.places import Path
from pratique.policies.written.reading import Reading, kind_of
from pratique.policies.written.rule import FINAL, FORMS, NOTE

# What admins who come from other filters write for an action.
_ELSEWHERE = {
    "allow": "accept", "pass": "accept", "deliver": "accept", "ok": "accept", "permit": "accept",
    "keep": "accept", "block": "reject", "deny": "reject", "refuse": "reject", "fail": "reject",
    "bounce": "reject", "hold": "quarantine", "quarantine_message": "quarantine",
    "tempfail": "defer", "greylist": "defer", "retry": "defer", "drop": "discard",
    "delete": "discard", "remove": "discard", "log": "note", "warn": "note", "tag": "add_header",
    "header": "add_header", "addheader": "add_header", "add-header": "add_header",
    "defang": "strip", "disarm": "strip", "remove_attachments": "strip", "sanitize": "strip",
    "normalize": "rebuild", "reencode": "rebuild", "forward": "redirect", "divert": "redirect",
    "forward_to": "redirect", "alert": "notify", "mail": "notify", "email": "notify",
    "tell": "notify", "inform": "notify", "bcc": "notify",
}  # fmt: skip
_ALL = tuple(dict.fromkeys((*FINAL, *CHANGES, NOTE, *FORMS)))
# A field name of ours that lets a released message pass once: no rule may write it.
_RESERVED = "x-pratique-release"
# RFC 5322 2.1.1 allows 998 octets per line; 900 leaves room for the name and for a hop that
# appends something.
_LONGEST_VALUE = 900
_FIELD = re.compile(r"([^:]*):\s*(.*)", re.DOTALL)
# Each causes one message from us for each one that comes in.
MOST_NOTIFIED = 8


@dataclass(slots=True)
class Orders:
    """What a list of actions amounts to."""

    final: Action | None = None
    notes: bool = False
    changes: tuple[str, ...] = ()
    add_header: tuple[HeaderField, ...] = ()
    redirect: str = ""
    notify: tuple[str, ...] = ()


def read_orders(reading: Reading, path: Path, table: Mapping[str, Any]) -> Orders:
    """Return the orders of a rule that has `actions`."""
    found = Orders()
    where = (*path, "actions")
    entries = table["actions"]
    if not isinstance(entries, list):
        is_text = isinstance(entries, str) and entries not in FORMS
        shown = f'write `actions = ["{entries}"]`' if is_text else FORMS["add_header"]
        reading.say(where, f"`actions` is {kind_of(entries)}, not a list", shown)
        return found
    if not entries:
        reading.say(where, "`actions` is empty", hints.one_of(_ALL))
    for index, entry in enumerate(entries):
        if isinstance(entry, dict):
            _with_value(reading, (*where, index), entry, found)
        else:
            _word(reading, (*where, index), entry, found)
    _together(reading, where, entries, found)
    return found


def is_final(table: Mapping[str, Any]) -> bool:
    """Whether a rule's actions decide, or are wrong, which is reported separately."""
    actions = table.get("actions")
    known = isinstance(actions, list) and all(
        action in (*FINAL, *CHANGES, NOTE) or isinstance(action, dict) for action in actions
    )
    return not known or any(name in FINAL for name in names_in(actions))


def names_in(actions: object) -> list[str]:
    """Return the names of the actions in a list, as far as it has any."""
    entries = actions if isinstance(actions, list) else []
    return [name for entry in entries for name in (entry if isinstance(entry, dict) else [entry])]


def _together(reading: Reading, where: Path, entries: list[Any], found: Orders) -> None:
    if found.changes and found.final not in (None, Action.ACCEPT):
        hint = f'what is not delivered is not changed: `["{found.changes[0]}", "accept"]`'
        if found.final is Action.REDIRECT:
            hint = f"who looks into it gets it as it came: leave `{found.changes[0]}` out"
        message = f"`{found.changes[0]}` stands beside `{found.final}`"
        reading.say((*where, entries.index(found.changes[0])), message, hint)
    if found.notes and found.final:
        hint = f"leave `note` out: `{found.final}` decides and is told with its reason"
        reading.say((*where, entries.index(NOTE)), "`note` states and goes on reading", hint)
    if len(found.notify) > MOST_NOTIFIED:
        hint = "write one address, behind which all of them read"
        reading.say(where, f"a rule notifies at most {MOST_NOTIFIED} addresses", hint)


def _word(reading: Reading, where: Path, entry: object, found: Orders) -> None:
    if not isinstance(entry, str):
        reading.say(where, f"an action is a text, not {kind_of(entry)}", hints.one_of(FINAL))
    elif entry in FORMS:
        reading.say(where, f"`{entry}` needs a value", FORMS[entry])
    elif entry in FINAL:
        _final(reading, where, Action(entry), found)
    elif entry == NOTE:
        found.notes = True
    elif entry in CHANGES:
        if entry in found.changes:
            reading.say(where, f"`{entry}` stands there twice", "once is enough")
        found.changes += (entry,)
    else:
        _unknown(reading, where, entry)


def _final(reading: Reading, where: Path, action: Action, found: Orders) -> None:
    if found.final:
        hint = "a rule has one final action: keep one of them"
        reading.say(where, f"`{action}` stands beside `{found.final}`", hint)
    else:
        found.final = action


def _unknown(reading: Reading, where: Path, name: str) -> None:
    word = re.split(r"[\s:=(]", name.strip(), maxsplit=1)[0]
    meant = word if word in FORMS else foreign.action(name, _ELSEWHERE)
    if other := foreign.action_hint(name):
        hint = other
    elif meant in FORMS:
        hint = FORMS[meant]
    else:
        near = f"did you mean `{meant}`?" if meant else hints.did_you_mean(word, _ALL)
        hint = near or hints.one_of(_ALL)
    reading.say(where, f"unknown action `{name}`", hint)


def _with_value(reading: Reading, where: Path, entry: Mapping[str, Any], found: Orders) -> None:
    if len(entry) != 1:
        reading.say(where, "one action in each pair of braces", FORMS["add_header"])
        return
    name, value = next(iter(entry.items()))
    place = (*where, name)
    if name not in FORMS and name in _ALL:
        reading.say_key(place, f"`{name}` takes no value", f'write "{name}"')
    elif name not in FORMS:
        _unknown(reading, where, name)
    elif not isinstance(value, str):
        kind = "a field" if name == "add_header" else "an address"
        reading.say(place, f"{kind} is a text, not {kind_of(value)}", FORMS[name])
    elif name == "add_header":
        if field := _header_field(reading, place, value):
            found.add_header += (field,)
    else:
        _address(reading, place, value, found)


def _address(reading: Reading, where: Path, address: str, found: Orders) -> None:
    name = str(where[-1])
    if wrong := addresses.wrong_with(address):
        reading.say(where, f"`{address}` is no address: {wrong}", FORMS[name])
    elif name == "notify":
        if address in found.notify:
            reading.say(where, f"`{address}` stands there twice", "once is enough")
        found.notify += (address,)
    else:
        found.redirect = address
    if name == "redirect":
        _final(reading, where, Action.REDIRECT, found)


def _header_field(reading: Reading, where: Path, text: str) -> HeaderField | None:
    """Return `X-Name: value` as a field; None, with a complaint, if it is not one."""
    parsed = _FIELD.fullmatch(text)
    if not parsed or not parsed[1].strip() or not parsed[2].strip():
        message = "a header field is a name, a colon and a value"
        reading.say(where, message, FORMS["add_header"])
        return None
    name, value = parsed[1].strip(), parsed[2].strip()
    if not name.lower().startswith("x-") or not re.fullmatch(r"[A-Za-z0-9-]{3,70}", name):
        # Any other field says what a message is or where it came from, and is not ours to set.
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
