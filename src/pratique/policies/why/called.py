"""Put facts into one line each, as an admin knows them: a part, a finding, a value.

Texts are left as a stranger may have written them: whatever shows them makes them harmless.
"""

from collections.abc import Callable, Mapping
from typing import Any

from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

# Limit for a list of words; a header may name thousands.
_MOST_WORDS = 10
# Limit for a name or a path: more fills a screen.
_LONGEST = 80
_BEHIND = 24
UNKNOWN = "not known"
# Anybody who knows it can let a message pass once: its value is never shown.
_SECRETS = frozenset(("release_token",))
_KEPT = "(kept secret)"


def element(one: Any) -> str:
    """Describe an element of a list of the facts."""
    if not isinstance(one, Message):
        return value(one)
    say = _ELEMENTS.get(one.DESCRIPTOR.name)
    return say(one) if say is not None else _first_text(one)


def value(one: object) -> str:
    """Write a value that is not a message as CEL would."""
    if isinstance(one, bool):
        return "true" if one else "false"
    if isinstance(one, str):
        return f'"{one}"'
    return f"{one:g}" if isinstance(one, float) else str(one)


def field(holder: Message, name: str) -> str | None:
    """Describe the value of a field; None for a message that has no description as a whole."""
    described = holder.DESCRIPTOR.fields_by_name[name]
    if name in _SECRETS:
        return _KEPT
    if described.is_repeated:
        return _several(getattr(holder, name), described)
    if described.has_presence and not holder.HasField(name):
        return UNKNOWN
    if described.message_type is None:
        return value(getattr(holder, name))
    return _time(getattr(holder, name))


def _several(many: Any, described: Any) -> str:
    kind = described.message_type
    if kind is not None and kind.GetOptions().map_entry:
        return _list([f'"{key}": {value(many[key])}' for key in sorted(many)])
    return _list([element(one) if kind else value(one) for one in many])


def _list(words: list[str]) -> str:
    more = len(words) - _MOST_WORDS
    shown = ", ".join(words[:_MOST_WORDS])
    return f"[{shown} and {more} more]" if more > 0 else f"[{shown}]"


def _time(one: Message) -> str | None:
    if not isinstance(one, Timestamp):
        return None
    try:
        return one.ToJsonString()
    except ValueError:
        # Outside the years 1 to 9999: damage, or a stranger's joke.
        return f"{one.seconds} seconds"


def part(one: Any) -> str:
    """Describe a part: its number, where it lies, and its name unless the path tells it."""
    if one.id == 0 and one.parent < 0:
        return "part 0 (the message itself)"
    place = cut(one.path) if one.path != str(one.id) else ""
    name = f'"{cut(one.name)}"' if one.name and not one.path.endswith(one.name) else ""
    within = ", ".join(word for word in (place, name) if word)
    return f"part {one.id} ({within})" if within else f"part {one.id}"


def cut(text: str, longest: int = _LONGEST) -> str:
    """Cut the middle of a long text: the end of a name says what a file is."""
    if len(text) <= longest:
        return text
    return f"{text[: longest - _BEHIND - 1]}…{text[-_BEHIND:]}"


def _finding(one: Any) -> str:
    return _joined(f"{one.scanner}:", one.name or one.family, _in_part(one.part))


def _fault(one: Any) -> str:
    return _joined(one.class_, _in_part(one.part))


def _evidence(one: Any) -> str:
    return _joined(f"{one.kind} ({one.weight:+g})", one.detail)


def _address(one: Any) -> str:
    name = f'"{one.display_name}"' if one.display_name else ""
    return _joined(name, f"<{one.address}>")


def _link(one: Any) -> str:
    return _joined(one.url or one.host, _in_part(one.part))


def _in_part(number: int) -> str:
    return f"in part {number}" if number >= 0 else ""


def _first_text(one: Any) -> str:
    texts = (str(held) for each, held in one.ListFields() if each.type == each.TYPE_STRING)
    return next(filter(None, texts), one.DESCRIPTOR.name)


def _joined(*words: str) -> str:
    return " ".join(word for word in words if word)


_ELEMENTS: Mapping[str, Callable[[Any], str]] = {
    "Part": part,
    "Finding": _finding,
    "Ambiguity": lambda one: _joined(one.class_, f"at {one.where}" if one.where else ""),
    "Limit": _fault,
    "Failure": _fault,
    "Evidence": _evidence,
    "Address": _address,
    "Link": _link,
    "SpoofSign": lambda one: _joined(one.kind, one.detail),
    "DkimResult": lambda one: _joined(one.domain, one.result),
    "Signature": lambda one: _joined(one.kind, one.domain),
    "Score": lambda one: f"{one.engine} {one.value:g}",
    "AddressProblem": lambda one: _joined(one.address, one.detail),
}
