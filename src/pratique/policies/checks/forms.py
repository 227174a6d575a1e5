"""Bring conditions into a form that shows how they relate to each other.

White space, brackets, the order of `&&` and `||`, names of loop variables and ways of
writing (`x != "a"`, `!(x == "a")`, `size(parts)`, `parts.size()`) disappear in a form.  What
is understood is the frame of a condition (and, or, not, `exists`, `all`) and the questions
that policies ask most: whether a text is one of several, whether a number is above another,
whether there is a part of a kind.  Everything else is a `Flag`, which is only ever the same
as another one, or different.

`covers` is cautious: where it says that one condition covers another, then whenever the
first has the answer false, so has the second.  CEL's `&&` and `||` ignore a side without
an answer if the other one decides, and each step here is valid for that too.
"""

from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass, replace

# An expression, without its place and the names of its variables.
Key = Hashable


@dataclass(frozen=True, slots=True)
class Flag:
    """Anything that is true or false; with `holds` False, its negation."""

    what: Key
    holds: bool = True


@dataclass(frozen=True, slots=True)
class Words:
    """A text is one of these; with `holds` False, none of them."""

    subject: Key
    words: frozenset[str]
    holds: bool = True


@dataclass(frozen=True, slots=True)
class Bound:
    """A number is more than this, or equal to it if `too`; with `holds` False, it is not."""

    subject: Key
    limit: int
    too: bool = False
    holds: bool = True


@dataclass(frozen=True, slots=True)
class Kinds:
    """A part is of one of these kinds, counting parts left out; with `holds` False, none is."""

    kinds: frozenset[str]
    holds: bool = True


@dataclass(frozen=True, slots=True)
class Some:
    """An element of a list meets a form; with `holds` False, none does."""

    over: Key
    # The number of loops around this one, by which its variable is named.
    depth: int
    body: "Form"
    holds: bool = True


@dataclass(frozen=True, slots=True)
class Every:
    """All of these; with no forms it is always true."""

    forms: frozenset["Form"]


@dataclass(frozen=True, slots=True)
class Either:
    """At least one of these; with no forms it is never true."""

    forms: frozenset["Form"]


# How deep two forms are compared: each step doubles the ways, and nobody nests as deep.
DEEPEST = 12

Question = Flag | Words | Bound | Kinds | Some
Form = Question | Every | Either
ALWAYS, NEVER = Every(frozenset()), Either(frozenset())


def negated(form: Form) -> Form:
    """Return the opposite."""
    if isinstance(form, Every):
        return either(map(negated, form.forms))
    if isinstance(form, Either):
        return every(map(negated, form.forms))
    return replace(form, holds=not form.holds)


def every(forms: Iterable[Form]) -> Form:
    """All of these at once; `NEVER` if that is impossible."""
    flat: set[Form] = set()
    for form in forms:
        flat |= form.forms if isinstance(form, Every) else {form}
    asked = _joined([form for form in flat if not isinstance(form, Either)])
    others = {form for form in flat if isinstance(form, Either)}
    if asked is None or NEVER in others:
        return NEVER
    kept = asked | others
    if any(_has_all(kept, negated(form)) for form in others):
        return NEVER
    return next(iter(kept)) if len(kept) == 1 else Every(frozenset(kept))


def either(forms: Iterable[Form]) -> Form:
    """At least one of these; `ALWAYS` if one of them must hold."""
    # By De Morgan, from what `every` knows of the opposites.
    flat: set[Form] = set()
    for form in forms:
        flat |= form.forms if isinstance(form, Either) else {form}
    asked = _joined([negated(form) for form in flat if not isinstance(form, Every)])
    others = {form for form in flat if isinstance(form, Every)}
    if asked is None or ALWAYS in others:
        return ALWAYS
    kept = {negated(form) for form in asked} | others
    if any(_has_any(kept, negated(form)) for form in others):
        return ALWAYS
    return next(iter(kept)) if len(kept) == 1 else Either(frozenset(kept))


def _has_all(kept: set[Form], form: Form) -> bool:
    return form.forms <= kept if isinstance(form, Every) else form in kept


def _has_any(kept: set[Form], form: Form) -> bool:
    return form.forms <= kept if isinstance(form, Either) else form in kept


def covers(upper: Form, lower: Form, deepest: int = DEEPEST) -> bool:
    """Whether `lower` is false wherever `upper` is; False if that is not known."""
    if upper in (lower, ALWAYS) or lower == NEVER:
        return True
    if deepest == 0:
        return False
    left = deepest - 1
    # Joined forms are taken apart on either side where no case is lost by it.
    if isinstance(lower, Either):
        return all(covers(upper, form, left) for form in lower.forms)
    if isinstance(upper, Every):
        return all(covers(form, lower, left) for form in upper.forms)
    if isinstance(upper, Either) and any(covers(form, lower, left) for form in upper.forms):
        return True
    if isinstance(lower, Every):
        return any(covers(upper, form, left) for form in lower.forms)
    if isinstance(upper, Every | Either):
        return False
    return _covers(upper, lower, left)


def _covers(upper: Question, lower: Question, left: int) -> bool:
    match upper, lower:
        case Words(), Words():
            return upper.subject == lower.subject and _cover_words(upper, lower)
        case Bound(), Bound():
            if (upper.holds, upper.subject) != (lower.holds, lower.subject):
                return False
            wide, narrow = (upper.limit, not upper.too), (lower.limit, not lower.too)
            return wide <= narrow if upper.holds else narrow <= wide
        case Kinds(holds=True), Kinds(holds=True):
            return lower.kinds <= upper.kinds
        case Kinds(holds=False), Kinds(holds=False):
            return upper.kinds <= lower.kinds
        case Some(holds=True), Some(holds=True):
            alike = (upper.over, upper.depth) == (lower.over, lower.depth)
            return alike and covers(upper.body, lower.body, left)
        case Kinds(holds=True), Some(holds=True, over=("name", "parts")):
            kind = ("field", ("turn", lower.depth), "kind")
            return covers(Words(kind, upper.kinds), lower.body, left)
        case _:
            return False


def _cover_words(upper: Words, lower: Words) -> bool:
    if upper.holds and lower.holds:
        return lower.words <= upper.words
    if upper.holds:
        return False
    return lower.words.isdisjoint(upper.words) if lower.holds else upper.words <= lower.words


def _joined(questions: Iterable[Form]) -> set[Form] | None:
    """Return what is left of questions that must all hold; None if they cannot."""
    kept: set[Form] = set()
    words: dict[Key, list[Words]] = {}
    bounds: dict[Key, list[Bound]] = {}
    for one in questions:
        if isinstance(one, Words):
            words.setdefault(one.subject, []).append(one)
        elif isinstance(one, Bound):
            bounds.setdefault(one.subject, []).append(one)
        else:
            kept.add(one)
    parts = [*map(_one_of_all, words.values()), *map(_between, bounds.values()), _kinds(kept)]
    if None in parts:
        return None
    kept = {form for form in kept if not isinstance(form, Kinds)}
    kept |= {form for part in parts for form in part or ()}
    return None if any(negated(form) in kept for form in kept) else kept


def _one_of_all(asked: list[Words]) -> set[Form] | None:
    """Return which words are left for one text; None if there are none."""
    subject = asked[0].subject
    no = frozenset[str]().union(*(each.words for each in asked if not each.holds))
    yes = [each.words for each in asked if each.holds]
    if not yes:
        return {Words(subject, no, holds=False)}
    left = yes[0].intersection(*yes[1:]) - no
    return {Words(subject, left)} if left else None


def _between(asked: list[Bound]) -> set[Form] | None:
    """Return the narrowest bounds of one number; None if they exclude each other."""
    # The higher a lower bound the narrower; of two with one number, the one without `too`.
    lows = [(each.limit, not each.too) for each in asked if each.holds]
    highs = [(each.limit, not each.too) for each in asked if not each.holds]
    subject = asked[0].subject
    low, high = max(lows, default=None), min(highs, default=None)
    if _is_size(subject):
        low = None if low is None or low <= (0, False) else low
        if high is not None and high <= (0, False):
            return None
    # `high` is a negated lower bound: the two exclude each other unless `low` is the weaker one.
    if low and high and low >= high:
        return None
    ends = ((low, True), (high, False))
    return {Bound(subject, end[0], too=not end[1], holds=is_low) for end, is_low in ends if end}


def _kinds(forms: Iterable[Form]) -> set[Form] | None:
    asked = [form for form in forms if isinstance(form, Kinds)]
    no = frozenset[str]().union(*(each.kinds for each in asked if not each.holds))
    yes = [Kinds(each.kinds - no) for each in asked if each.holds]
    if any(not each.kinds for each in yes):
        return None
    return {*yes, *([Kinds(no, holds=False)] if no else [])}


def _is_size(subject: Key) -> bool:
    return isinstance(subject, tuple) and subject[:2] == ("call", "size")


def questions(form: Form) -> Iterator[Question]:
    """Yield the questions that a form consists of, except those inside loops."""
    if isinstance(form, Every | Either):
        for each in form.forms:
            yield from questions(each)
    else:
        yield form
