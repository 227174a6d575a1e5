"""Search for the smallest change of the facts that alters a verdict.

Each fact that a condition of the policy asks for could be different: an element missing, a
flag inverted, a word replaced by another one that the policy names, a number moved across a
bound that it names, a text replaced by one that it names.  First each change is tried alone,
then all pairs, then all triples, so what is found first is smallest.  Each is tried by deciding
again, so whatever is reported is true.

The search ends after a number of decisions.  How far it came is reported with what it found:
up to `complete` changes, every set was tried.  Where no few facts alter the verdict, removing
everything that a condition rests on may: a hundred programs, taken away together (`Crowd`).
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import combinations

from pratique.policies.explain import explain
from pratique.policies.language.condition import Condition
from pratique.policies.policy import Policy
from pratique.policies.verdict import Verdict
from pratique.policies.why.alterable import asked_by
from pratique.policies.why.changes import GONE, LARGEST, Change, Sort, applied, possible
from pratique.policies.why.elements import deciding_elements
from pratique.policies.why.proof import Answer
from pratique.policies.written.rule import Rule
from pratique.scanners import facts_pb2 as facts

# Deciding takes 0.2 ms with the default policy: a person waits for 0.4 s.  For a message of
# 1,000 parts with a finding each it takes 4.7 ms, so there a decision counts as five.
_ELEMENTS_OF_ONE = 500
MOST_DECISIONS = 2000
MOST_FOUND = 5
# One rule after another, each with what it rests on.
_MOST_CROWDS = 8


@dataclass(frozen=True, slots=True)
class Otherwise:
    """A set of changes, and the verdict that would result."""

    changes: tuple[Change, ...]
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Crowd:
    """All elements for which a piece of a condition is true."""

    count: int
    # The list that they are in, and the piece.
    of: str
    text: str


@dataclass(frozen=True, slots=True)
class Counterfactual:
    """What would alter a verdict."""

    # All of the same size, the easiest to understand first.  If any is milder, only milder ones.
    found: tuple[Otherwise, ...] = ()
    # Every set of up to this many changes was tried.
    complete: int = 0
    decisions: int = 0
    # If none of these is milder: elements that would all have to be missing, and the verdict then.
    crowds: tuple[Crowd, ...] = ()
    without_crowds: Verdict | None = None


@dataclass(slots=True)
class _Search:
    policy: Policy
    known: facts.Facts
    recipient: facts.Recipient
    left: int
    was: Verdict = field(init=False)
    cost: int = field(init=False)
    decisions: int = 0

    def __post_init__(self) -> None:
        many = len(self.known.parts) + len(self.known.findings) + len(self.known.links)
        self.cost = 1 + many // _ELEMENTS_OF_ONE
        self.was = self.policy.decide(self.known, self.recipient)

    def differs(self, verdict: Verdict) -> bool:
        """Whether it orders another action."""
        return verdict.action != self.was.action

    def otherwise(self, changes: tuple[Change, ...]) -> Otherwise | None:
        """Return what would be decided after these changes, if that is different."""
        self.decisions += 1
        self.left -= self.cost
        verdict = self.policy.decide(applied(self.known, changes), self.recipient)
        return Otherwise(changes, verdict) if self.differs(verdict) else None


def search(
    policy: Policy,
    known: facts.Facts,
    recipient: facts.Recipient,
    *,
    most: int = MOST_DECISIONS,
) -> Counterfactual:
    """Return the smallest changes for which another action would be ordered.

    At most `most` decisions are made, fewer where each takes long.
    """
    asking = _Search(policy.as_enforced(), known, recipient, most)
    changes, is_cut = _changes(asking)
    complete, found = 0, list[Otherwise]()
    for size in range(1, LARGEST + 1):
        found, is_whole = _of_size(asking, changes, size)
        complete = size if is_whole and complete == size - 1 and not is_cut else complete
        if found or not is_whole:
            break
    milder = [one for one in found if one.verdict.action.severity < asking.was.action.severity]
    # An admin who asks why a message was stopped wants to know what would let it through.
    crowds, without = ((), None) if milder else _crowds(asking)
    told = list(_unlike(milder or found))[:MOST_FOUND]
    return Counterfactual(tuple(told), complete, asking.decisions, crowds, without)


def _changes(asking: _Search) -> tuple[list[Change], bool]:
    """Return what could be different; what the deciding rule rests on comes first."""
    rules = [rule for rule in asking.policy.rules if rule.mode == "enforce"]
    every = possible(asking.known, asked_by(_conditions(rules)))
    own = [rule for rule in rules if rule.name == asking.was.rule]
    asked = possible(asking.known, asked_by(_conditions(own))).changes
    near = {change.place for change in asked}
    # A text can be anything, so it explains least and comes last.
    changes = sorted(
        every.changes, key=lambda each: (each.sort is Sort.TEXT, each.place not in near)
    )
    return changes, every.is_cut


def _conditions(rules: list[Rule]) -> Iterator[Condition]:
    for rule in rules:
        if rule.condition is not None:
            yield rule.condition


def _of_size(asking: _Search, changes: list[Change], size: int) -> tuple[list[Otherwise], bool]:
    """Return what of this size alters the verdict, and whether all were tried, or enough found."""
    found: list[Otherwise] = []
    for some in combinations(changes, size):
        if any(one.excludes(other) for one, other in combinations(some, 2)):
            continue
        if asking.left <= 0:
            return found, False
        one = asking.otherwise(some)
        if one is None or any(_is_told(one, each) for each in found):
            continue
        alike = next((at for at, each in enumerate(found) if _is_about_the_same(one, each)), None)
        if alike is None:
            found.append(one)
            # Single changes are all tried, to choose among them.
            if size > 1 and len(found) == MOST_FOUND:
                return found, True
        elif _count_gone(one) > _count_gone(found[alike]):
            found[alike] = one
    return found, True


def _unlike(found: list[Otherwise]) -> Iterator[Otherwise]:
    """Yield only the first of those with the same fields, in whichever parts, and the same rule."""
    told = set()
    for one in found:
        places = tuple(
            tuple(step for step in change.place if change.becomes is GONE or isinstance(step, str))
            for change in one.changes
        )
        if (places, one.verdict.rule) not in told:
            told.add((places, one.verdict.rule))
            yield one


def _is_told(one: Otherwise, told: Otherwise) -> bool:
    """Whether the same facts, changed differently or along with more, have the same effect."""
    pairs = zip(one.changes, told.changes, strict=True)
    return one.verdict.action == told.verdict.action and all(_is_alike(*pair) for pair in pairs)


def _is_about_the_same(one: Otherwise, other: Otherwise) -> bool:
    """Whether several changes concern the same elements; single changes each say more."""
    if len(one.changes) == 1 or one.verdict.action != other.verdict.action:
        return False
    return {_element_of(each) for each in one.changes} == {
        _element_of(each) for each in other.changes
    }


def _element_of(change: Change) -> tuple[str | int, ...]:
    """Return the element of a list that is changed, or the field if it is in none."""
    numbers = [at for at, step in enumerate(change.place) if isinstance(step, int)]
    return change.place[: numbers[-1] + 1] if numbers else change.place


def _count_gone(one: Otherwise) -> int:
    """Count the missing elements: of all changes the easiest to understand."""
    return sum(change.becomes is GONE for change in one.changes)


def _is_alike(one: Change, other: Change) -> bool:
    if one.place == other.place:
        return True
    return one.becomes is GONE and other.place in one.along


def _crowds(asking: _Search) -> tuple[tuple[Crowd, ...], Verdict | None]:
    """Remove, rule by rule, everything that the deciding rule rests on."""
    crowds: list[Crowd] = []
    known = facts.Facts()
    known.CopyFrom(asking.known)
    for _ in range(_MOST_CROWDS):
        crowd = _take_crowd(asking, known)
        if crowd is None:
            break
        crowds.append(crowd)
        verdict = asking.policy.decide(known, asking.recipient)
        if asking.differs(verdict):
            # A single element was tried before.
            is_many = sum(each.count for each in crowds) > 1
            return (tuple(crowds), verdict) if is_many else ((), None)
    return (), None


def _take_crowd(asking: _Search, known: facts.Facts) -> Crowd | None:
    """Remove the elements for which a piece of the deciding rule's condition is true."""
    deciding = explain(asking.policy, known, asking.recipient).deciding
    condition = deciding.rule.condition
    if condition is None or deciding.proof is None:
        return None
    for step in deciding.proof.walk():
        if step.kind == "leaf" and step.answer is Answer.TRUE:
            over, numbers = deciding_elements(condition, step.text, known, asking.recipient)
            if over == ("parts",):
                numbers = [each for each in numbers if known.parts[each].id != 0]
            if numbers:
                _take(known, over, numbers)
                return Crowd(len(numbers), ".".join(over), step.text)
    return None


def _take(known: facts.Facts, over: tuple[str, ...], numbers: list[int]) -> None:
    without = [Change(Sort.ELEMENT, (*over, number), GONE, "") for number in numbers]
    known.CopyFrom(applied(known, without))
