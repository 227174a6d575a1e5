"""Say what the functions of the language do where their arguments are built in.

A field is read from the facts as CEL reads it: an absent one is its default, the empty text
(cel-spec, langdef.md, "Field Selection").  A list is looked up by its name in the policy whose
condition is asked, so two policies never mix.
"""

from collections.abc import Callable
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from google.protobuf.descriptor import Descriptor

from pratique.policies.language import vocabulary
from pratique.policies.language.calls import Call, Source
from pratique.policies.language.searches import Search, literal
from pratique.policies.lists.entries import NoEntryError, domain_of, within
from pratique.policies.lists.named import Lists
from pratique.scanners import facts_pb2 as facts


@dataclass(frozen=True, slots=True)
class Activation:
    """What a condition is evaluated in."""

    values: Any
    search: Search
    known: facts.Facts
    # What `rcpt` or `p` names.
    more: Any


_Reads = Callable[[Activation], str]
# What a call answers.
Answer = Callable[[Activation, Lists], bool]


def in_list(text: str, name: str, search: Search, lists: Lists) -> bool:
    """Whether a text meets an unexpired entry of a list; raise ValueError without such a list."""
    found = lists.named.get(name)
    if found is None:
        raise ValueError(f"there is no list {name!r}")
    return found.holds(text, search.received() if found.ages else None)


def cidr(ip: str, network: str) -> bool:
    """Whether an address lies in a network; what is not an address does not."""
    try:
        return within(ip, network)
    except NoEntryError as error:
        raise ValueError(str(error)) from error


def answer_of(call: Call) -> Answer | None:
    """Return a function for what a call answers; None where CEL has to read its argument."""
    reads = None if call.source is None else _reading(call.source)
    if call.source is not None and reads is None:
        return None
    return _search(call) if reads is None else _comparison(call, reads)


def _search(call: Call) -> Answer:
    value: Any = literal(call.literal)
    if call.function == "any_name":
        return lambda activation, _: activation.search.any_name(value)
    if isinstance(value, str):
        return lambda activation, _: activation.search.has_kind(value)
    return lambda activation, _: activation.search.any_kind(value)


def _comparison(call: Call, reads: _Reads) -> Answer:
    value: Any = literal(call.literal)
    match call.function:
        case "in_list":
            return lambda activation, lists: in_list(
                reads(activation), value, activation.search, lists
            )
        case "cidr":
            return lambda activation, _: cidr(reads(activation), value)
        case "==":
            return lambda activation, _: reads(activation) == value
        case "!=":
            return lambda activation, _: reads(activation) != value
        case _:
            return lambda activation, _: reads(activation) in value


def _reading(source: Source) -> _Reads | None:
    """Return a reader for a text; None if it is not a plain field of one message."""
    root, _, path = source.path.partition(".")
    more = vocabulary.RCPT | vocabulary.PART
    variable = vocabulary.VARIABLES.get(root) or more.get(root)
    if variable is None or variable.is_list or not _is_text(variable.message, path):
        return None
    field = attrgetter(path if root in more else source.path)
    if root in more:

        def read(activation: Activation) -> str:
            if activation.more is None:
                raise ValueError(f"there is no {root}")
            return str(field(activation.more))
    else:

        def read(activation: Activation) -> str:
            return str(field(activation.known))

    return (lambda activation: domain_of(read(activation))) if source.of_domain else read


def _is_text(message: Descriptor, path: str) -> bool:
    name, _, rest = path.partition(".")
    found = message.fields_by_name.get(name)
    if found is None or found.is_repeated:
        return False
    if rest:
        return found.message_type is not None and _is_text(found.message_type, rest)
    return bool(found.type == found.TYPE_STRING)
