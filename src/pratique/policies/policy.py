"""Turn facts into a verdict, by the rules of one file, read from the top.

The first rule that holds and has a final action decides for the recipient.  Rules that
only state are remembered, and their fields go out with the verdict.  A condition that has
no answer is never taken for false: the message is held, because the same mail would have
no answer on each retry, and what was not looked at is not clean.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from pratique.policies.condition import NoAnswerError, Scene
from pratique.policies.edits import REBUILD, STRIP
from pratique.policies.problem import PolicyError
from pratique.policies.reading import Reading
from pratique.policies.rule import Rule
from pratique.policies.rules import read_rules
from pratique.policies.together import Group, Together, groups_of
from pratique.policies.verdict import Action, Edit, HeaderField, Note, Verdict
from pratique.scanners import facts_pb2 as facts

# Each group of rules is quiet or is not; in real mail a few of all the ways come up.
_MOST_KEPT = 64


@dataclass(frozen=True, slots=True)
class Policy:
    """Rules that are known to compile; the last one holds for every message."""

    name: str
    rules: tuple[Rule, ...]
    # SHA-256 of all that decides, lower-case hexadecimal.
    hash: str
    # Rules that are asked at once, where none of them holds.
    together: Together = field(default=Together(), repr=False, compare=False)
    # The rules that are left where some are quiet: nearly all mail asks for the same.
    _kept: dict[frozenset[str], tuple[Rule, ...]] = field(
        default_factory=dict, repr=False, compare=False
    )

    @classmethod
    def load(cls, text: str, name: str = "policy.toml") -> "Policy":
        """Read a policy, or raise `PolicyError` with all that is wrong with it.

        `check.check` finds more: what is decided by no rule, and missing tests.
        """
        reading = Reading(name, text)
        policy = cls.read(reading)
        if policy is None:
            raise PolicyError(sorted(reading.problems))
        return policy

    @classmethod
    def read(cls, reading: Reading) -> "Policy | None":
        """The policy that was read, or None and the problems in `reading`."""
        rules = read_rules(reading) if not reading.problems else []
        if reading.problems:
            return None
        digest = hashlib.sha256(reading.text.encode()).hexdigest()
        return cls(reading.file, tuple(rules), digest, groups_of(rules))

    def decide(self, known: facts.Facts, recipient: facts.Recipient) -> Verdict:
        """The verdict for one recipient."""
        return self.decide_all(known, [recipient])[0]

    def decide_all(
        self, known: facts.Facts, recipients: Sequence[facts.Recipient]
    ) -> tuple[Verdict, ...]:
        """The verdict for each recipient; what asks for none is asked once."""
        shared = _Shared(Scene(known), self.together)
        return tuple(self._decide(shared, _Own(shared, each)) for each in recipients)

    def _left(self, quiet: frozenset[str]) -> tuple[Rule, ...]:
        """The rules that are to be asked when these are quiet."""
        left = self._kept.get(quiet)
        if left is None:
            left = tuple(rule for rule in self.rules if rule.name not in quiet)
            if len(self._kept) < _MOST_KEPT:
                self._kept[quiet] = left
        return left

    def _decide(self, shared: "_Shared", own: "_Own") -> Verdict:
        added: list[HeaderField] = []
        notes: list[Note] = []
        edits: list[Edit] = []
        for rule in self._left(own.quiet()):
            try:
                asked = own if rule.condition and rule.condition.mentions_rcpt else shared
                if not asked.holds(rule):
                    continue
                edits += shared.edits(rule)
            except NoAnswerError as error:
                reason = f"the condition could not be evaluated: {error}"
                failure = f"rule {rule.name!r}: {error}"
                return Verdict(
                    Action.QUARANTINE, rule.name, reason, tuple(added), tuple(notes), (failure,)
                )
            added += rule.add_header
            if rule.final:
                # What is not delivered is not changed.
                due = tuple(edits) if rule.final is Action.ACCEPT else ()
                said = rule.final, rule.name, rule.reason, tuple(added), tuple(notes)
                return Verdict(*said, edits=due)
            notes.append(Note(rule.name, rule.reason))
        raise AssertionError("a policy's last rule holds for every message")


@dataclass(slots=True)
class _Shared:
    """Answers that are the same for each recipient, asked when first needed."""

    scene: Scene
    together: Together
    answers: dict[str, bool | str] = field(default_factory=dict)
    _edits: dict[str, tuple[Edit, ...]] = field(default_factory=dict)
    _quiet: frozenset[str] | None = None

    def quiet(self) -> frozenset[str]:
        """Rules that hold for no recipient, as far as that is known without asking each."""
        if self._quiet is None:
            self._quiet = _quiet(self.together.shared, self.scene)
        return self._quiet

    def edits(self, rule: Rule) -> tuple[Edit, ...]:
        """The edits that a rule orders for this message; none that would change nothing."""
        if rule.name not in self._edits:
            self._edits[rule.name] = tuple(_edits(rule, self.scene))
        return self._edits[rule.name]

    def holds(self, rule: Rule) -> bool:
        if rule.condition is None:
            return True
        answer = self.answers.get(rule.name)
        if answer is None:
            try:
                answer = rule.condition.holds(self.scene.before(None))
            except NoAnswerError as error:
                answer = str(error)
            self.answers[rule.name] = answer
        if isinstance(answer, str):
            raise NoAnswerError(answer)
        return answer


_NONE: frozenset[str] = frozenset()


def _edits(rule: Rule, scene: Scene) -> Iterator[Edit]:
    if rule.strip is not None and (parts := tuple(rule.strip.parts(scene))):
        yield Edit(STRIP, rule.name, rule.reason, parts)
    if rule.rebuild:
        yield Edit(REBUILD, rule.name, rule.reason)


def _quiet(
    groups: Sequence[Group], scene: Scene, recipient: facts.Recipient | None = None
) -> frozenset[str]:
    if not groups:
        return _NONE
    quiet = [group.rules for group in groups if group.is_quiet(scene, recipient)]
    return _NONE.union(*quiet)


class _Own:
    """Answers for one recipient only."""

    def __init__(self, shared: _Shared, recipient: facts.Recipient) -> None:
        self._shared = shared
        self._recipient = recipient

    def quiet(self) -> frozenset[str]:
        """Rules that do not hold for this one, as far as that is known without asking each."""
        shared = self._shared
        own = _quiet(shared.together.own, shared.scene, self._recipient)
        return shared.quiet() | own if own else shared.quiet()

    def holds(self, rule: Rule) -> bool:
        if rule.condition is None:
            return True
        return rule.condition.holds(self._shared.scene.before(self._recipient))
