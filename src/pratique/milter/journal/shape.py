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
    if "shadowed" in head and not is_shadowed(head["shadowed"], len(recipients)):
        raise ValueError("not a record: shadowed is of another type")
    judged = [number_of(one, len(head["verdicts"])) >= 0 for one in recipients]
    # Nobody may read "accepted" of one whose verdict is missing.
    if any(judged) and not all(judged):
        raise ValueError("not a record: it has fewer verdicts than recipients")


def is_shadowed(value: Any, recipients: int) -> bool:
    """Whether this is what a policy in the shadow said for so many recipients."""
    if not (isinstance(value, dict) and _text(value["policy"]) and are_verdicts(value["verdicts"])):
        return False
    each, count = value["each"], len(value["verdicts"])
    is_list = isinstance(each, list) and len(each) == recipients
    return is_list and all(_whole(one) and 0 <= one < count for one in each)


def number_of(row: Any, verdicts: int) -> int:
    """The number of the verdict of a recipient; -1 for none.  ValueError if it is no recipient."""
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


def _rows(value: Any, width: int) -> bool:
    return isinstance(value, list) and all(_texts(one) and len(one) == width for one in value)


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


def are_verdicts(value: Any) -> bool:
    """Whether these are verdicts."""
    return isinstance(value, list) and all(
        isinstance(one, dict)
        and all(is_right(one[name]) for name, is_right in _VERDICT.items())
        and all(is_right(one[name]) for name, is_right in _RARE.items() if name in one)
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

# What few verdicts have.
_RARE: dict[str, _Check] = {
    "reply": _text,
    "redirect": _text,
    "notices": lambda value: _rows(value, 3),
    "shadows": lambda value: _rows(value, 4),
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
    "verdicts": are_verdicts,
    "action": _action,
    "rule": _text,
    "outcome": _text,
    "reply": _reply,
    "milliseconds": _seconds,
    "held_as": _text,
    "privacy": _privacy,
}
