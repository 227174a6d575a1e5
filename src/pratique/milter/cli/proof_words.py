"""Put a proof, and what would change a verdict, into words; texts are not yet made printable."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from pratique.policies.explain import Asked, Became
from pratique.policies.language.calls import tokens_of
from pratique.policies.verdict import Action
from pratique.policies.why import called
from pratique.policies.why.changes import LARGEST
from pratique.policies.why.counterfactual import Counterfactual, Otherwise
from pratique.policies.why.elements import Element, Listed, Told, Value
from pratique.policies.why.proof import Answer, failing

DONE = {
    Action.ACCEPT: "accepted",
    Action.REDIRECT: "sent elsewhere",
    Action.DEFER: "deferred",
    Action.REJECT: "rejected",
    Action.DISCARD: "discarded",
    Action.QUARANTINE: "held",
}
_NUMBERS = {1: "change", 2: "two changes", 3: "three changes"}
# What a field holds is what a condition is about: it gets twice the room of a name.
_LONGEST_VALUE = 160
NOTHING_HASHED: Mapping[str, tuple[str, ...]] = MappingProxyType({})
JOINED = {"and": "all of", "or": "any of", "not": "not"}


def one_line(text: str) -> str:
    """Return a condition on one line, without its comments."""
    words, end = [], None
    for token in tokens_of(text):
        gap = end is not None and token.start() > end
        words.append((" " if gap else "") + token[0])
        end = token.end()
    return "".join(words)


def value(one: Value) -> str:
    """Return a field and what it holds."""
    return f"{one.path} = {called.cut(one.text, _LONGEST_VALUE)}"


def listed(one: Listed) -> str:
    """Return `ann@b.example in "partners"  (by bob: ticket 4711; until 2027-01-15)`."""
    entry = one.entry
    by = f"by {entry.owner}" if entry.owner else ""
    why = ": ".join(word for word in (by, entry.reason) if word)
    until = f"until {entry.expires}" if entry.expires else ""
    where = f"{entry.file}, line {entry.line}" if entry.file else ""
    more = "; ".join(word for word in (why, until, where) if word)
    return f'{entry.text} in "{one.name}"' + (f"  ({more})" if more else "")


def element(one: Element) -> str:
    """Describe a part or a finding, with what is asked of it."""
    told = "  ".join([one.told, *map(value, one.values)])
    return "; ".join([told, *map(listed, one.listed)])


def about(told: Told) -> list[str]:
    """Say what a leaf is about, in one line each."""
    lines = [value(one) for one in told.values]
    lines += [listed(one) for one in told.listed]
    lines += [element(one) for one in told.elements]
    return [*lines, f"and {told.more} more"] if told.more else lines


def kept_as_hashes(fields: Iterable[str]) -> str:
    """Say why a piece cannot be explained."""
    return f"cannot be explained: kept as hashes: {', '.join(fields)}"


def failed(asked: Asked, hashed: Mapping[str, tuple[str, ...]] = NOTHING_HASHED) -> str:
    """Say what of a rule did not hold; `hashed` has the pieces that depend on hashes."""
    if asked.became is Became.PAST:
        return f"past its end, {asked.rule.until}"
    if asked.proof is None:
        return ""
    step = failing(asked.proof)
    text = one_line(step.text)
    if found := [field for one in step.walk() for field in hashed.get(one.text, ())]:
        return f"{text}  ({kept_as_hashes(dict.fromkeys(found))})"
    return f"no answer: {step.why}" if step.answer is Answer.NONE else text


def otherwise(one: Otherwise) -> str:
    """Say: it would be accepted if ..."""
    told = ", and ".join(change.told for change in one.changes)
    return f"it would be {DONE[one.verdict.action]} if {told}  (rule `{one.verdict.rule}`)"


def counterfactual(found: Counterfactual) -> list[str]:
    """Say what would change a verdict, one line each, and how far the search went."""
    lines = [otherwise(one) for one in found.found]
    if found.without_crowds is not None:
        crowds = (
            f"none of the {one.count} {one.of} for which {one_line(one.text)} holds were there"
            for one in found.crowds
        )
        verdict = found.without_crowds
        told = ", and ".join(crowds)
        lines.append(f"it would be {DONE[verdict.action]} if {told}  (rule `{verdict.rule}`)")
    return [*lines, *_how_far(found)]


def _how_far(found: Counterfactual) -> list[str]:
    """Say what was not tried, or that nothing was found."""
    size = len(found.found[0].changes) if found.found else LARGEST
    if found.complete >= size:
        none = "none of the changes that are tried alters it, nor do two or three of them together"
        return [] if found.found else [none]
    tried = f"the search ended after {found.decisions} decisions"
    if found.complete == 0:
        return [f"not every single change was tried: {tried}"]
    alone = "no single change alters it" + ("" if found.complete == 1 else ", nor do two")
    return [f"{alone}; not all {_NUMBERS[found.complete + 1]} together were tried: {tried}"]
