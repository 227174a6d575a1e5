"""Find rules that can never be reached, and conditions that contradict themselves.

A rule is never reached if rules above it, in force and final, decide whatever it would.
That is said only where it is certain (`forms.covers`): a rule that is told to be useless
and is not would be taken out.  What is not understood is taken for something else, and a
rule that holds until a day, or is in the shadow, leaves to those below it what it has.

Rules of an included policy are not looked at: whoever includes it decides above it on
purpose.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pratique.policies.checks.formed import contradictions, form_of
from pratique.policies.checks.forms import ALWAYS, NEVER, Either, Every, Form, covers, either
from pratique.policies.language.tree import Oversight
from pratique.policies.written.rule import Rule

# Rules above that one is held against: each of so many against each takes half a second, and
# a policy that people read has fewer.
MOST_COMPARED = 200


# A rule that decides, and its condition.
_Above = tuple[Rule, Form]


@dataclass(frozen=True, slots=True)
class Unreached:
    """A rule that is never reached, by its place, and the rules above that see to it."""

    place: int
    by: tuple[Rule, ...]


def slips(rule: Rule) -> Iterator[Oversight]:
    """What in a rule's condition contradicts itself, or holds whatever is asked."""
    if rule.condition is None:
        return
    found = tuple(contradictions(rule.condition))
    yield from found
    form = form_of(rule.condition)
    if not found and form in (ALWAYS, NEVER):
        told = "always holds" if form == ALWAYS else "never holds"
        hint = 'leave `true` and `false` out; a rule that is only told has `mode = "shadow"`'
        yield Oversight(0, f"this {told}, whatever the message", hint)


def is_idle(rule: Rule) -> bool:
    """Whether a rule holds for no mail at all: it makes no verdict wrong."""
    return form_of(rule.condition) == NEVER


def unreached(rules: Sequence[Rule], most: int = MOST_COMPARED) -> Iterator[Unreached]:
    """Rules that are never reached, for certain; of the last one nothing is said."""
    above: list[_Above] = []
    # What those say together whose condition is one question, or one of several.
    together: Form = NEVER
    for place, rule in enumerate(rules):
        form = form_of(rule.condition)
        # What contradicts itself is told by itself, and the last one has no condition.
        known = form not in (ALWAYS, NEVER)
        if known and (by := _by(above, together, form)):
            yield Unreached(place, by)
        elif known and _decides(rule) and len(above) < most:
            above.append((rule, form))
            together = together if isinstance(form, Every) else either([together, form])


def _decides(rule: Rule) -> bool:
    """Tell whether no mail that a rule holds for is seen by those below, today and later."""
    return rule.final is not None and rule.mode == "enforce" and rule.until is None


def _by(above: Sequence[_Above], together: Form, form: Form) -> tuple[Rule, ...]:
    """The rules that cover a form: one, or as few together as it takes."""
    for rule, upper in above:
        if covers(upper, form):
            return (rule,)
    cases = form.forms if isinstance(form, Either) else (form,)
    apart = len(cases) > 1 and all(any(covers(upper, one) for _, upper in above) for one in cases)
    if not apart and not covers(together, form):
        return ()
    needed = list(above)
    for each in above:
        fewer = [one for one in needed if one is not each]
        if covers(either(upper for _, upper in fewer), form):
            needed = fewer
    return tuple(rule for rule, _ in needed)
