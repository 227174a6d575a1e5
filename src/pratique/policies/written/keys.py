"""Know the keys of a policy's tables, and what admins who know other filters write."""

from collections.abc import Mapping
from typing import Any

from pratique.policies.hints import foreign, hints
from pratique.policies.written.edits import KEYS as STRIP_KEYS
from pratique.policies.written.examples import KEYS as OF_A_TEST
from pratique.policies.written.places import Path
from pratique.policies.written.reading import Reading
from pratique.policies.written.rule import FORMS
from pratique.policies.written.terms import KEYS as TERMS

KEYS = ("name", "when", "actions", *STRIP_KEYS, "reason", *TERMS, "forgeable", "test")
# What stands at the top of a file; `list` and `group` are read by lists.py.
TOP = ("include", "mode", "list", "group", "override", "rule")
_ONLY_AT_THE_TOP = ("include", "list", "group", "override", "rule")
# What admins who come from other filters write for a key.
_ELSEWHERE = {
    "action": "actions", "then": "actions", "do": "actions", "verdict": "actions",
    "if": "when", "condition": "when", "match": "when", "expression": "when",
    "id": "name", "title": "name", "description": "reason",
    "comment": "reason", "note": "reason", "tests": "test", "message": "reason",
    "expires": "until", "expiry": "until", "valid_until": "until", "end": "until",
    "response": "reply", "answer": "reply", "reject_message": "reply",
}  # fmt: skip
_TOP_ELSEWHERE = {
    "includes": "include", "import": "include", "extends": "include", "use": "include",
    "lists": "[[list]]", "groups": "[[group]]", "overrides": "[[override]]",
    "rules": "[[rule]]",
}  # fmt: skip


def meant(key: str) -> str:
    """Return the key of a rule that an unknown one probably stands for."""
    return _ELSEWHERE.get(key.lower()) or hints.nearest(key, KEYS)


def lacks(table: Mapping[str, Any], key: str) -> bool:
    """Whether a key is missing, and not only misspelt: that is reported separately."""
    return key not in table and not any(meant(each) == key for each in table.keys() - set(KEYS))


def say_unknown_key(reading: Reading, path: Path, key: str, what: str) -> None:
    """Complain about a key that no rule has, or no override."""
    near = meant(key)
    if key in FORMS:
        hint = f"it is one of `actions`: {FORMS[key]}"
    elif key in OF_A_TEST:
        hint = f"`{key}` stands in a test: `[[rule.test]]`"
    elif key in _ONLY_AT_THE_TOP:
        hint = f"`{key}` stands at the top of the file, above the first `[[rule]]`"
    else:
        hint = foreign.key(key) or (f"did you mean `{near}`?" if near else hints.one_of(KEYS))
    reading.say_key((*path, key), f"unknown key `{key}` in {what}", hint)


def check_top(reading: Reading) -> None:
    """Complain about keys at the top of a file that no policy has."""
    for key in reading.values.keys() - set(TOP):
        is_test = key.lower() in ("test", "tests")
        near = _TOP_ELSEWHERE.get(key.lower()) or hints.nearest(key, TOP)
        hint = "a test begins with `[[rule.test]]`" if is_test else "write `[[rule]]`"
        if near not in ("", "rule", "[[rule]]"):
            hint = f"did you mean `{near}`?"
        reading.say_key((key,), f"unknown key `{key}`", hint)
