"""Say what a leaf of a condition is about: the values it compares, the elements that decide it.

Which elements a loop is true for is found by asking it about each alone: for one element,
`exists` asks just what its body asks.  Nothing is reported where that could be another
question, because the loop's body names the list itself.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from google.protobuf.message import Message

from pratique.policies.language import vocabulary
from pratique.policies.language.calls import DOMAIN_OF, SEARCHES, tokens_of
from pratique.policies.language.clauses import Clause, clause_of
from pratique.policies.language.condition import Condition, NoAnswerError, Scene
from pratique.policies.lists.entries import domain_of
from pratique.policies.lists.named import Entry, List, received
from pratique.policies.why import called
from pratique.policies.why.alterable import described
from pratique.scanners import facts_pb2 as facts

# A policy is shown no more parts than this (danger.py); there may be more links.
MOST_TRIED = 1000
# A person reads a few, and is told how many more there are.
MOST_TOLD = 5

_ROOTS = frozenset((*vocabulary.VARIABLES, *vocabulary.PLAIN, *vocabulary.RCPT))
_LOOPS = ("exists", "exists_one", "all", "map", "filter")


@dataclass(frozen=True, slots=True)
class Value:
    """A field that is compared, and what it holds."""

    path: str
    text: str


@dataclass(frozen=True, slots=True)
class Listed:
    """An entry of a named list, or of a group, that is met."""

    name: str
    entry: Entry


@dataclass(frozen=True, slots=True)
class Element:
    """One element of a list."""

    # The path of the list, ("bounce", "evidence"), and which of its elements.
    path: tuple[str, ...]
    number: int
    told: str
    values: tuple[Value, ...] = ()
    listed: tuple[Listed, ...] = ()


@dataclass(frozen=True, slots=True)
class Told:
    """What a leaf is about."""

    values: tuple[Value, ...] = ()
    elements: tuple[Element, ...] = ()
    # Further elements that are only counted.
    more: int = 0
    listed: tuple[Listed, ...] = ()


@dataclass(frozen=True, slots=True)
class _Path:
    """`mail.size`, as it stands in a leaf."""

    names: tuple[str, ...]
    # Within `domain_of(...)`.
    of_domain: bool
    # The list, or the group, in which it is looked up; "" for none.
    list_name: str


def about(
    condition: Condition,
    leaf: Clause,
    known: facts.Facts,
    recipient: facts.Recipient,
    *,
    decides: bool | None,
) -> Told:
    """Return what a leaf is about; `condition` is the leaf alone, and `decides` its answer."""
    paths, variable, over = _read(condition.text, leaf)
    roots = {name: getattr(known, name) for name in _ROOTS - {"rcpt"}} | {"rcpt": recipient}
    plain = [path for path in paths if path.names[0] != variable]
    values = tuple(dict.fromkeys(_values(plain, roots)))
    listed = tuple(_entries(plain, roots, condition, known))
    # For an `exists` that is false, or an `all` that is true, every element is responsible.
    if over is None or decides is not (_loop_of(condition.text) != "all"):
        return Told(values, listed=listed)
    found = _deciding(condition, over, known, recipient, wanted=decides)
    own = [path for path in paths if path.names[0] == variable]
    told = (_element(condition, own, known, (*over, *each)) for each in found[:MOST_TOLD])
    # The list itself would say no more than its elements.
    values = tuple(one for one in values if one.path != ".".join(over))
    return Told(values, tuple(told), max(len(found) - MOST_TOLD, 0), listed)


def _element(
    condition: Condition, paths: Sequence["_Path"], known: facts.Facts, place: tuple[Any, ...]
) -> Element:
    *over, number, one = place
    held = {path.names[0]: one for path in paths}
    fields = tuple(dict.fromkeys(_values(paths, held) if isinstance(one, Message) else ()))
    listed = tuple(_entries(paths, held, condition, known))
    return Element(tuple(over), number, called.element(one), fields, listed)


def deciding_elements(
    condition: Condition, text: str, known: facts.Facts, recipient: facts.Recipient
) -> tuple[tuple[str, ...], list[int]]:
    """Return the list that a leaf goes over, and the elements for which it is true.

    Both are empty if the leaf is neither a loop nor a search.
    """
    over = _read(text, clause_of(text))[2]
    if over is None or _loop_of(text) == "all":
        return (), []
    alone = Condition.compile(text, lists=condition.lists)
    found = _deciding(alone, over, known, recipient, wanted=True)
    return over, [number for number, _ in found]


def at(known: Message, path: Sequence[str]) -> Any:
    """Return what lies at a path of fields."""
    one: Any = known
    for name in path:
        one = getattr(one, name)
    return one


def _loop_of(text: str) -> str:
    tokens = tokens_of(text)
    return next((each[0] for each in tokens if each[0] in _LOOPS), "")


def _deciding(
    condition: Condition,
    over: tuple[str, ...],
    known: facts.Facts,
    recipient: facts.Recipient,
    *,
    wanted: bool,
) -> list[tuple[int, Any]]:
    """Return the elements for each of which alone the leaf gives this answer."""
    scratch = facts.Facts()
    scratch.CopyFrom(known)
    scratch.ClearField("parts_left_out")
    every, places = list(at(known, over)), at(scratch, over)
    found = []
    for number, one in enumerate(every[:MOST_TRIED]):
        del places[:]
        places.append(one)
        try:
            if condition.holds(Scene(scratch).before(recipient, condition.names)) is wanted:
                found.append((number, one))
        except NoAnswerError:
            continue
    return found


def _values(paths: Sequence[_Path], roots: dict[str, Any]) -> Iterator[Value]:
    for path in paths:
        found = _holder(path, roots)
        if found is None:
            continue
        holder, last = found
        text = called.value(holder) if last is None else called.field(holder, last)
        if text is None:
            continue
        yield Value(".".join(path.names), text)


def _holder(path: _Path, roots: dict[str, Any]) -> tuple[Any, str | None] | None:
    """Return the message that has the last field of a path, and that field."""
    one = roots.get(path.names[0])
    if len(path.names) == 1:
        # A loop variable that is a word, or a list of the facts.
        if isinstance(one, str | int | float):
            return one, None
        return None
    for name in path.names[1:-1]:
        if not isinstance(one, Message) or name not in one.DESCRIPTOR.fields_by_name:
            return None
        one = getattr(one, name)
    last = path.names[-1]
    if not isinstance(one, Message) or last not in one.DESCRIPTOR.fields_by_name:
        return None
    return one, last


def _entries(
    paths: Sequence[_Path], roots: dict[str, Any], condition: Condition, known: facts.Facts
) -> Iterator[Listed]:
    """Yield the entries that are met, with the lists that they stand in."""
    when = received(known)
    for path in paths:
        if not path.list_name:
            continue
        which, text = _looked_for(path, roots, condition)
        entry = which.entry(text, when) if which is not None and text is not None else None
        if entry is not None:
            yield Listed(path.list_name, entry)


def _looked_for(
    path: _Path, roots: dict[str, Any], condition: Condition
) -> tuple[List | None, str | None]:
    """Return in which list or group to look, and for what text."""
    if path.names == ("rcpt", "groups"):
        group, rcpt = condition.lists.groups.get(path.list_name), roots["rcpt"]
        is_domain = group is not None and group.kind == "domains"
        return group, rcpt.domain if is_domain else rcpt.address
    found = _holder(path, roots)
    if found is None:
        return None, None
    held = found[0] if found[1] is None else getattr(found[0], found[1])
    if not isinstance(held, str):
        return None, None
    return condition.lists.named.get(path.list_name), domain_of(held) if path.of_domain else held


def _read(text: str, leaf: Clause) -> tuple[list[_Path], str, tuple[str, ...] | None]:
    """Return the paths in a leaf, the variable of its loop, and what the loop goes over."""
    words = [each[0] for each in tokens_of(text)]
    hidden = {
        words[at + 2]
        for at, word in enumerate(words[:-3])
        if word in _LOOPS and words[at + 1] == "(" and words[at + 3] == ","
    }
    variable, over = "", None
    paths = []
    for at, word in enumerate(words):
        if not word[0].isalpha() or (at and words[at - 1] == "."):
            continue
        names, end = _names(words, at)
        if word in hidden or word in _ROOTS:
            paths.append(_Path(names, _is_domain(words, at), _list_name(words, at, end)))
            if at == 0 and leaf.body is not None:
                variable, over = words[end + 3], names
    if words and words[0] in SEARCHES and _closes(words, 1) == len(words) - 1:
        over = ("parts",)
    elif over is not None and _names_again(words, over):
        over = None
    nested = hidden - {variable}
    return [path for path in paths if path.names[0] not in nested], variable, _list(over)


def _list(over: tuple[str, ...] | None) -> tuple[str, ...] | None:
    """Return what a loop goes over if that is a list of the facts, not a map or the recipient's."""
    one = None if over is None or over[0] == "rcpt" else described(over)
    return over if one is not None and one.is_repeated else None


def _names(words: Sequence[str], at: int) -> tuple[tuple[str, ...], int]:
    """Return the fields that are named from here, without methods, and the next token."""
    names, end = [words[at]], at + 1
    while words[end : end + 1] == ["."] and end + 1 < len(words):
        if words[end + 2 : end + 3] == ["("]:
            break
        names.append(words[end + 1])
        end += 2
    return tuple(names), end


def _is_domain(words: Sequence[str], at: int) -> bool:
    return at >= 2 and words[at - 2 : at] == [DOMAIN_OF, "("]


def _list_name(words: Sequence[str], at: int, end: int) -> str:
    """Return the list of `in_list(x, "NAME")`, or the group of `"NAME" in rcpt.groups`."""
    begin = at - 2 if _is_domain(words, at) else at
    behind = end + 1 if begin != at else end
    if words[max(begin - 2, 0) : begin] == ["in_list", "("] and words[behind] == ",":
        return words[behind + 1].strip("\"'")
    is_group = words[at:end] == ["rcpt", ".", "groups"] and at >= 2 and words[at - 1] == "in"
    return words[at - 2].strip("\"'") if is_group else ""


def _names_again(words: Sequence[str], over: tuple[str, ...]) -> bool:
    """Whether the body also asks about the whole list."""
    body = words[2 * len(over) + 2 :]
    again = any(word == over[0] and body[at - 1] != "." for at, word in enumerate(body))
    return again or (over == ("parts",) and any(word in SEARCHES for word in body))


def _closes(words: Sequence[str], at: int) -> int:
    depth = 0
    for place in range(at, len(words)):
        depth += (words[place] in ("(", "[")) - (words[place] in (")", "]"))
        if depth == 0:
            return place
    return len(words)
