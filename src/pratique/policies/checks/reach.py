"""Find rules that can never be reached, and conditions that contradict themselves.

A rule is never reached if final rules above it, in force, decide everything that it would.
That is reported only where it is certain (`forms.covers`): a rule that is wrongly reported as
useless would be taken out.  What is not understood is assumed to be different, and a rule with
an end date, or in the shadow, still leaves its mail to those below it.

Rules of an included policy are not checked: a policy that includes it decides above it on
purpose.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pratique.policies.checks.formed import contradictions, form_of
from pratique.policies.checks.forms import ALWAYS, NEVER, Either, Every, Form, covers, either
from pratique.policies.language.tree import Oversight
from pratique.policies.written.rule import Rule

# How many rules above are compared: comparing this many with each other takes half a second,
# and a policy that people read has fewer.
MOST_COMPARED = 200


# A rule that decides, and its condition.
_Above = tuple[Rule, Form]


@dataclass(frozen=True, slots=True)
class Unreached:
    """A rule that is never reached, by its place, and the rules above that cause it."""

    place: int
    by: tuple[Rule, ...]


def slips(rule: Rule) -> Iterator[Oversight]:
    """Yield what in a rule's condition contradicts itself, or always holds."""
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
    """Whether a rule applies to no mail at all: then it makes no verdict wrong."""
    return form_of(rule.condition) == NEVER


def unreached(rules: Sequence[Rule], most: int = MOST_COMPARED) -> Iterator[Unreached]:
    """Yield rules that are certainly never reached; the last one is never reported."""
    above: list[_Above] = []
    # What rules decide together whose condition is one question, or a choice of several.
    together: Form = NEVER
    for place, rule in enumerate(rules):
        form = form_of(rule.condition)
        # Contradictions are reported separately, and the last rule has no condition.
        known = form not in (ALWAYS, NEVER)
        if known and (by := _by(above, together, form)):
            yield Unreached(place, by)
        elif known and _decides(rule) and len(above) < most:
            above.append((rule, form))
            together = together if isinstance(form, Every) else either([together, form])


def _decides(rule: Rule) -> bool:
    """Whether rules below never see mail that a rule holds for, today or later."""
    return rule.final is not None and rule.mode == "enforce" and rule.until is None


def _by(above: Sequence[_Above], together: Form, form: Form) -> tuple[Rule, ...]:
    """Return the rules that cover a form: one, or as few together as it takes."""
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
