"""Change facts: what could be different in one message, in words, and the facts after it."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from google.protobuf.descriptor import FieldDescriptor

from pratique.policies.language import vocabulary
from pratique.policies.why import called
from pratique.policies.why.alterable import EACH, Asked, Path, described
from pratique.scanners import facts_pb2 as facts

# Limit for elements of one list that differ; few messages have more.
MOST_ELEMENTS = 200
# How many changes are made together; of elements that are alike, no more need to be tried.
LARGEST = 3

# Integers that a field can hold; a condition may name any.
_WHOLE = {
    FieldDescriptor.CPPTYPE_INT32: range(-(2**31), 2**31),
    FieldDescriptor.CPPTYPE_UINT32: range(2**32),
    FieldDescriptor.CPPTYPE_INT64: range(-(2**63), 2**63),
    FieldDescriptor.CPPTYPE_UINT64: range(2**64),
}

_Place = tuple[str | int, ...]
_NOUNS = {
    "parts": "", "findings": "the finding ", "ambiguities": "the ambiguity ",
    "limits": "the limit ", "failures": "the failure ", "evidence": "the evidence ",
    "links": "the link ", "spoof_signs": "the sign ", "from_": "the author ",
    "dkim": "the DKIM result ", "signatures": "the signature ", "scores": "the score ",
}  # fmt: skip
# Their elements name a part: without the part they would be about nothing.
_ABOUT_PARTS = ("findings", "limits", "failures", "links")


class Sort(Enum):
    """The sorts of changes, the easiest to understand first."""

    FLAG = 0
    ELEMENT = 1
    WORD = 2
    NUMBER = 3
    TEXT = 4


# Stands for an element that is missing.
GONE = object()


@dataclass(frozen=True, slots=True)
class Change:
    """One fact that is changed."""

    sort: Sort
    # The field, or the element that is missing.
    place: _Place
    # GONE, or the new value; None: the field is absent.
    becomes: Any
    # "`bounce.verified` were true".
    told: str
    # When a part goes, so do the parts in it, and what was said of them.
    along: frozenset[_Place] = frozenset()

    def excludes(self, other: "Change") -> bool:
        """Whether the two cannot be made together, or would be the same."""
        shorter, longer = sorted((self.place, other.place), key=len)
        within = longer[: len(shorter)] == shorter
        return within or other.place in self.along or self.place in other.along


def applied(known: facts.Facts, changes: Sequence[Change]) -> facts.Facts:
    """Return the facts after these changes."""
    changed = facts.Facts()
    changed.CopyFrom(known)
    gone: set[_Place] = set()
    for change in changes:
        if change.becomes is GONE:
            gone |= {change.place, *change.along}
            continue
        holder, last = _at(changed, change.place[:-1]), change.place[-1]
        if change.becomes is None:
            holder.ClearField(last)
        else:
            setattr(holder, str(last), change.becomes)
    # From the end, so that the numbers of the others stay valid.
    for place in sorted(gone, key=lambda each: each[-1], reverse=True):
        del _at(changed, place[:-1])[place[-1]]
    return changed


def _at(known: Any, place: _Place) -> Any:
    for step in place:
        known = known[step] if isinstance(step, int) else getattr(known, step)
    return known


@dataclass(frozen=True, slots=True)
class Possible:
    """All changes of a message that conditions ask for."""

    changes: tuple[Change, ...]
    # Some elements of a list are left out.
    is_cut: bool


def possible(known: facts.Facts, asked: Asked) -> Possible:
    """Return what could be different in this message, the easiest to understand first."""
    places = _Places(known, asked)
    found: list[Change] = []
    for path in asked.lists:
        for place in places.of(path):
            found += _gone(known, place, places.elements(place))
    for path, named in asked.fields.items():
        one = described(path)
        if one is None:
            continue
        for place in places.of(path):
            if one.is_repeated:
                found += _gone(known, place, places.elements(place))
            elif one.message_type is None:
                found += _set(known, place, one, _values(one, named, path in asked.presence))
    unique = {(each.place, str(each.becomes)): each for each in found}
    # Parts with fewer others in them first: removing a part removes those in it.
    ordered = sorted(unique.values(), key=lambda each: (each.sort.value, len(each.along)))
    return Possible(tuple(ordered), places.is_cut)


class _Places:
    """Where a path leads in one message; of elements that are alike, only a few."""

    def __init__(self, known: facts.Facts, asked: Asked) -> None:
        self._known = known
        self._asked = asked
        self._parents = {part.parent for part in known.parts}
        self._about = {one.part for name in _ABOUT_PARTS for one in getattr(known, name)}
        self._chosen: dict[_Place, tuple[int, ...]] = {}
        self.is_cut = False

    def of(self, path: Path) -> Iterator[_Place]:
        """Yield the places of a path; for a list, the list itself."""
        yield from self._below((), path)

    def _below(self, place: _Place, path: Path) -> Iterator[_Place]:
        if not path:
            yield place
        elif path[0] == EACH:
            for number in self.elements(place):
                yield from self._below((*place, number), path[1:])
        else:
            yield from self._below((*place, path[0]), path[1:])

    def elements(self, place: _Place) -> tuple[int, ...]:
        """Return the elements of a list; of those that are alike, the first ones."""
        if place not in self._chosen:
            self._chosen[place] = tuple(self._unlike(place))
        return self._chosen[place]

    def _unlike(self, place: _Place) -> Iterator[int]:
        path = (*(EACH if isinstance(step, int) else step for step in place), EACH)
        length = len(path)
        names = [
            each[length]
            for each in self._asked.fields
            if each[:length] == path and len(each) > length
        ]
        seen = Counter[str]()
        for number, one in enumerate(_at(self._known, place)):
            mark = self._mark(place, one, names)
            seen[mark] += 1
            if len(seen) > MOST_ELEMENTS:
                self.is_cut = True
                return
            if seen[mark] <= LARGEST:
                yield number

    def _mark(self, place: _Place, one: Any, names: Sequence[str]) -> str:
        if not hasattr(one, "DESCRIPTOR"):
            return str(one)
        if place != ("parts",):
            return "\n".join(str(getattr(one, name)) for name in names)
        if one.id in self._parents or one.id in self._about:
            return f"part {one.id}"
        # No two parts share a number, so it would make all differ; references are handled above.
        asked = (name for name in names if name != "id")
        return "\n".join(str(getattr(one, name)) for name in asked)


def _gone(known: facts.Facts, place: _Place, numbers: Sequence[int]) -> Iterator[Change]:
    for number in numbers:
        where = (*place, number)
        one = _at(known, where)
        if place == ("parts",):
            if one.id != 0 or one.parent >= 0:
                yield _without_part(known, where, one)
            continue
        named = ".".join(str(step) for step in place if isinstance(step, str))
        noun = _NOUNS.get(str(place[-1]), f"of `{named}` ")
        told = f"{noun}{called.element(one)} were not there"
        yield Change(Sort.ELEMENT, where, GONE, told)


def _without_part(known: facts.Facts, where: _Place, one: facts.Part) -> Change:
    gone = _below(known, one.id)
    along = {("parts", at) for at, each in enumerate(known.parts) if each.id in gone}
    for name in _ABOUT_PARTS:
        about = enumerate(getattr(known, name))
        along |= {(name, at) for at, each in about if each.part in gone}
    paths = {each.path for each in known.parts if each.id in gone}
    odd = enumerate(known.ambiguities)
    along |= {("ambiguities", at) for at, each in odd if each.where and each.where in paths}
    inner = len(gone) - 1
    within = f", and the {inner} in it," if inner > 1 else ", and the one in it," if inner else ""
    told = f"{called.part(one)}{within} were not there"
    return Change(Sort.ELEMENT, where, GONE, told, frozenset(along) - {where})


def _below(known: facts.Facts, number: int) -> set[int]:
    """Return a part and all that lie in it; these come after it."""
    gone = {number}
    for part in known.parts:
        if part.parent in gone:
            gone.add(part.id)
    return gone


def _values(one: Any, named: dict[str | int | float, None], presence: bool) -> list[Any]:
    """Return what a field could hold instead."""
    if one.type == one.TYPE_BOOL:
        return [False, True]
    if one.type != one.TYPE_STRING:
        numbers = [number for number in named if not isinstance(number, str)]
        near = (each for number in numbers for each in (number, number + 1, number - 1))
        held = _WHOLE.get(one.cpp_type)
        return [each for each in near if held is None or int(each) in held]
    words = vocabulary.words(one.containing_type.full_name, one.name)
    texts = [word for word in named if isinstance(word, str)]
    if words is None:
        return ["", *texts, *([None] if presence else [])]
    ordinary = "" if "" in words else words[0]
    return [ordinary, *(word for word in texts if word in words)]


def _set(known: facts.Facts, place: _Place, one: Any, values: Sequence[Any]) -> Iterator[Change]:
    holder, name = _at(known, place[:-1]), str(place[-1])
    is_there = not one.has_presence or holder.HasField(name)
    was = getattr(holder, name) if is_there else None
    is_number = one.type not in (one.TYPE_STRING, one.TYPE_BOOL)
    whole = is_number and one.type not in (one.TYPE_DOUBLE, one.TYPE_FLOAT)
    values = [int(value) if whole else value for value in values]
    for value in sorted(values, key=lambda each: abs(each - was)) if is_number else values:
        if value == was or (value is None and not is_there):
            continue
        # The message itself cannot be another; only what keeps it shut could be missing.
        if place[:2] == ("parts", 0) and holder.parent < 0 and value:
            continue
        shown = called.UNKNOWN if value is None else "empty" if value == "" else called.value(value)
        yield Change(_sort(one, is_number), place, value, f"{_field(known, place)} were {shown}")


def _sort(one: Any, is_number: bool) -> Sort:
    if is_number:
        return Sort.NUMBER
    if one.type == one.TYPE_BOOL:
        return Sort.FLAG
    is_word = vocabulary.words(one.containing_type.full_name, one.name) is not None
    return Sort.WORD if is_word else Sort.TEXT


def _field(known: facts.Facts, place: _Place) -> str:
    """Name a field: `bounce.verified`, or `kind` of part 2."""
    numbers = [at for at, step in enumerate(place) if isinstance(step, int)]
    if not numbers:
        return f"`{'.'.join(map(str, place))}`"
    last = numbers[-1]
    named = ".".join(str(step) for step in place[last + 1 :])
    noun = _NOUNS.get(str(place[last - 1]), f"`{place[last - 1]}` ")
    return f"`{named}` of {noun}{called.element(_at(known, place[: last + 1]))}"
