"""Tell which rules of a policy, and which sides of their conditions, its tests ask for.

A rule is covered if it spoke in some test and was silent in another.  A condition is cut
into its leaves at `&&`, `||` and `!` (clauses.py).  A leaf has two sides, true and false; each
is covered if the leaf had that answer in a test that reached it: no rule above had decided
by then, and in `a && b` what stands before it was true.

That a side was reached does not mean that a test would fail without it: mutants.py checks that.
Only the policy's own rules and tests count, not those of policies that it includes.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from pratique.policies.asking.asking import Shared
from pratique.policies.asking.together import Together
from pratique.policies.language.clauses import Clause, clause_of, leaves
from pratique.policies.language.condition import CompileError, Condition, NoAnswerError, Scene
from pratique.policies.lists.named import received
from pratique.policies.policy import Policy
from pratique.policies.trials.trial import See, own_tests, tried
from pratique.policies.written.rule import Rule


@dataclass(slots=True)
class Leaf:
    """One question of a condition: its place in the text, and the answers that it had."""

    offset: int
    text: str
    was_true: bool = False
    was_false: bool = False

    @property
    def missing(self) -> str:
        """What no test asks for, in words; empty if both sides were reached."""
        if self.was_true and self.was_false:
            return ""
        if not (self.was_true or self.was_false):
            return "never reached"
        return "never false" if self.was_true else "never true"


@dataclass(slots=True)
class OfRule:
    """How far one rule is covered."""

    rule: Rule
    leaves: tuple[Leaf, ...]
    spoke: bool = False
    was_silent: bool = False

    @property
    def missing(self) -> str:
        """What no test asks of the whole rule, in words; empty if it spoke and was silent."""
        # The last rule holds for everything that reaches it.
        silent = self.was_silent or self.rule.condition is None
        if self.spoke and silent:
            return ""
        if not (self.spoke or silent):
            return "never reached"
        return "never silent" if self.spoke else "never spoke"


@dataclass(frozen=True, slots=True)
class Coverage:
    """How far the rules of a policy are covered, in their order."""

    rules: tuple[OfRule, ...]

    @property
    def covered(self) -> int:
        """How many rules spoke and were silent."""
        return sum(not each.missing for each in self.rules)

    @property
    def sides(self) -> int:
        """How many sides the leaves of all conditions have."""
        return sum(2 * len(each.leaves) for each in self.rules)

    @property
    def sides_covered(self) -> int:
        """How many sides were reached."""
        leaves = (leaf for each in self.rules for leaf in each.leaves)
        return sum(leaf.was_true + leaf.was_false for leaf in leaves)


@dataclass(slots=True)
class _Watched:
    """A rule with its condition cut into leaves, each of which can be asked alone."""

    seen: OfRule
    clause: Clause | None = None
    # By the offset at which a leaf begins; leaves that do not compile alone are missing.
    asked: dict[int, tuple[Condition, Leaf]] = field(default_factory=dict)

    @classmethod
    def of(cls, rule: Rule) -> "_Watched":
        if rule.condition is None:
            return cls(OfRule(rule, ()))
        text = rule.condition.text
        clause = clause_of(text)
        asked = {}
        for leaf in leaves(clause):
            piece = text[leaf.start : leaf.end]
            try:
                condition = Condition.compile(piece, lists=rule.condition.lists)
                asked[leaf.start] = (condition, Leaf(leaf.start, piece))
            except CompileError:
                continue
        return cls(OfRule(rule, tuple(leaf for _, leaf in asked.values())), clause, asked)

    def watch(self, activation: Any) -> None:
        """Note what the rule and its leaves answer for a message that reached it."""
        answer = True if self.clause is None else self._answer(self.clause, activation)
        self.seen.spoke |= answer is True
        self.seen.was_silent |= answer is False

    def _answer(self, clause: Clause, activation: Any) -> bool | None:
        """Evaluate as CEL does: `a && b` is false if either is, whatever else the other says."""
        if clause.kind == "leaf":
            return self._ask(clause, activation)
        if clause.kind == "not":
            answer = self._answer(clause.parts[0], activation)
            return None if answer is None else not answer
        ends = clause.kind == "or"
        answer = not ends
        for part in clause.parts:
            one = self._answer(part, activation)
            if one is ends:
                return ends
            answer = None if one is None else answer
        return answer

    def _ask(self, clause: Clause, activation: Any) -> bool | None:
        if clause.start not in self.asked:
            return None
        condition, leaf = self.asked[clause.start]
        try:
            answer = condition.holds(activation)
        except NoAnswerError:
            return None
        leaf.was_true |= answer
        leaf.was_false |= not answer
        return answer


def coverage(policy: Policy, see: See) -> Coverage:
    """Return how far a policy's own rules are covered by its own tests."""
    watched = [_Watched.of(rule) for rule in policy.rules]
    for rule, test in own_tests(policy):
        result = tried(policy, rule, test, see)
        shared = Shared(Scene(result.known), Together())
        recipient = policy.lists.of_groups(result.recipient, received(result.known))
        activation = shared.scene.before(recipient)
        for each in _reached(watched, result.verdict.rule):
            until = each.seen.rule.until
            if until is None or not shared.is_past(until):
                each.watch(activation)
    return Coverage(tuple(each.seen for each in watched if policy.owns(each.seen.rule)))


def _reached(watched: Sequence[_Watched], decided_by: str) -> Iterator[_Watched]:
    """Yield the rules that were asked: all down to the one that decided."""
    for each in watched:
        yield each
        if each.seen.rule.name == decided_by:
            return
