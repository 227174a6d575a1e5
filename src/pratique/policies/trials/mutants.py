"""Make slips in a policy, one at a time, and see whether its tests notice.

A test that passes whatever a rule says is no test.  So each condition is altered
(altered.py), each rule is left out, and each final action is replaced by another: a mutant is
caught if a test of the policy is not met with it.  One that survives shows what no test
asks for; or its slip makes no difference at all, which cannot be told in general, so a rate of
100 % is no goal.

Only the rules that are written in the policy itself are altered, and only its own tests are
run: those of an included policy are tested where that one is.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from pratique.policies.language.condition import CompileError, Condition
from pratique.policies.policy import Policy
from pratique.policies.trials.altered import OF_CONDITIONS, Altered, How, altered
from pratique.policies.trials.trial import See, own_tests, tried
from pratique.policies.verdict import Action
from pratique.policies.written.rule import Rule

# The default policy has some 500.  Ten times as many, with as many tests, take a minute; nobody
# wants to wait longer.
MOST = 5000


@dataclass(frozen=True, slots=True)
class Mutant:
    """A policy with one slip in one rule."""

    rule: Rule
    how: How
    # What of the rule is altered: `when`, `strip_when`, `actions`, or "" for the whole of it.
    key: str
    # The place in the text of that key, and what stood there.
    offset: int
    piece: str
    policy: Policy


@dataclass(frozen=True, slots=True)
class Outcome:
    """The fate of a policy's mutants."""

    caught: tuple[Mutant, ...]
    survived: tuple[Mutant, ...]
    # There were more than the limit.
    cut: bool = False

    @property
    def tried(self) -> int:
        """How many mutants were tried."""
        return len(self.caught) + len(self.survived)

    def rate(self, hows: Sequence[How] = tuple(How)) -> float:
        """Return the share caught among those altered in these ways; 1 if there are none."""
        caught = sum(each.how in hows for each in self.caught)
        survived = sum(each.how in hows for each in self.survived)
        return caught / (caught + survived) if caught + survived else 1.0

    def rate_of_conditions(self) -> float:
        """Return the share of conditions left out or negated that a test notices."""
        return self.rate(OF_CONDITIONS)


def try_mutants(policy: Policy, see: See, most: int = MOST) -> Outcome:
    """Run the tests of a policy against each of its mutants, `most` at most."""
    waiting = mutants(policy)
    tests = list(own_tests(policy))
    caught: list[Mutant] = []
    survived: list[Mutant] = []
    for mutant in islice(waiting, most):
        name = mutant.rule.name
        # The rule's own tests notice most, so they run first.
        nearest = sorted(tests, key=lambda each: each[0].name != name)
        is_caught = any(tried(mutant.policy, *each, see).why for each in nearest)
        (caught if is_caught else survived).append(mutant)
    return Outcome(tuple(caught), tuple(survived), cut=next(waiting, None) is not None)


def mutants(policy: Policy) -> Iterator[Mutant]:
    """Yield each mutant of each rule that is the policy's own."""
    for place, rule in enumerate(policy.rules):
        if policy.owns(rule):
            yield from _of_rule(policy, place, rule)


def _of_rule(policy: Policy, place: int, rule: Rule) -> Iterator[Mutant]:
    def with_rules(how: How, key: str, offset: int, piece: str, *rules: Rule) -> Mutant:
        changed = (*policy.rules[:place], *rules, *policy.rules[place + 1 :])
        return Mutant(rule, how, key, offset, piece, policy.with_rules(changed))

    if rule.condition is not None:
        for slip, condition in _conditions(rule.condition, about_part=False):
            changed = replace(rule, condition=condition)
            yield with_rules(slip.how, "when", slip.offset, slip.piece, changed)
        yield with_rules(How.RULE, "", 0, rule.name)
    if rule.strip is not None and rule.strip.condition is not None:
        for slip, condition in _conditions(rule.strip.condition, about_part=True):
            changed = replace(rule, strip=replace(rule.strip, condition=condition))
            yield with_rules(slip.how, "strip_when", slip.offset, slip.piece, changed)
    if rule.final is not None:
        other = Action.QUARANTINE if rule.final is Action.ACCEPT else Action.ACCEPT
        yield with_rules(How.ACTION, "actions", 0, rule.final, replace(rule, final=other))


def _conditions(condition: Condition, *, about_part: bool) -> Iterator[tuple[Altered, Condition]]:
    """Yield the conditions that slips make of one, except those that do not compile."""
    for slip in altered(condition.text):
        try:
            yield (
                slip,
                Condition.compile(slip.condition, about_part=about_part, lists=condition.lists),
            )
        except CompileError:
            continue
