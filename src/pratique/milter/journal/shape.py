"""Check that the JSON of a record has the types that an entry has.

A record may be damaged so that it is still JSON, and whoever shows it relies on the types
that `Entry` names: what has others is no record.
"""

import math
from collections.abc import Callable
from typing import Any

from pratique.policies.verdict import Action

_Check = Callable[[Any], bool]


def check(head: Any, recipients: list[Any]) -> None:
    """Raise ValueError, with the name of what is wrong, unless these make an entry."""
    if not isinstance(head, dict):
        raise ValueError("not a record: it does not begin with an object")
    for name, is_right in _HEAD.items():
        if not is_right(head[name]):
            raise ValueError(f"not a record: {name} is of another type")
    outcomes = head.get("outcomes", [])
    if not _texts(outcomes) or len(outcomes) not in (0, len(recipients)):
        raise ValueError("not a record: outcomes is of another type")
    judged = [_number(one, len(head["verdicts"])) >= 0 for one in recipients]
    # Nobody may read "accepted" of one whose verdict is missing.
    if any(judged) and not all(judged):
        raise ValueError("not a record: it has fewer verdicts than recipients")


def _number(row: Any, verdicts: int) -> int:
    """The number of the verdict of a recipient; -1 for none."""
    if not isinstance(row, list) or len(row) < 2:
        raise ValueError("not a record: a recipient is of another type")
    address, number, *parameters = row
    if not _text(address) or not _texts(parameters) or not _whole(number):
        raise ValueError("not a record: a recipient is of another type")
    if not -1 <= number < verdicts:
        raise ValueError(f"not a record: there is no verdict {number}")
    return int(number)


def _text(value: Any) -> bool:
    return isinstance(value, str)


def _text_or_none(value: Any) -> bool:
    return value is None or isinstance(value, str)


def _texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


def _pairs(value: Any) -> bool:
    return isinstance(value, list) and all(_texts(one) and len(one) == 2 for one in value)


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _seconds(value: Any) -> bool:
    return (_whole(value) and abs(value) < 2**63) or (
        isinstance(value, float) and math.isfinite(value)
    )


def _client(value: Any) -> bool:
    return _texts(value) and len(value) == 3


def _reply(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 2 and _whole(value[0]) and _texts(value[1])


def _action(value: Any) -> bool:
    return isinstance(value, str) and value in list(Action)


def _privacy(value: Any) -> bool:
    return value in ("plain", "hashed")


def _verdicts(value: Any) -> bool:
    return isinstance(value, list) and all(
        isinstance(one, dict) and all(is_right(one[name]) for name, is_right in _VERDICT.items())
        for one in value
    )


_VERDICT: dict[str, _Check] = {
    "action": _action,
    "rule": _text,
    "reason": _text,
    "add_header": _pairs,
    "notes": _pairs,
    "failures": _texts,
}

_HEAD: dict[str, _Check] = {
    "queue_id": _text,
    "received_at": _text,
    "reverse_path": _text_or_none,
    "parameters": _texts,
    "client": _client,
    "door": _text,
    "tls": _text,
    "authenticated": _text,
    "direction": _text,
    "protocol": _text,
    "mta_id": _text,
    "macros": _pairs,
    "verdicts": _verdicts,
    "action": _action,
    "rule": _text,
    "outcome": _text,
    "reply": _reply,
    "milliseconds": _seconds,
    "held_as": _text,
    "privacy": _privacy,
}
