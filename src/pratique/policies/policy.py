"""Turn facts into a verdict, by the rules of a policy, read from the top.

The first rule that holds and has a final action decides for the recipient.  Rules that
only make notes are recorded, and their fields go out with the verdict.  A condition that has
no answer is never taken for false: the message is held, because the same mail would have
no answer on each retry, and what was not examined is not clean.

A rule past its end is ignored; the only clock is when the message came in, so the same facts
have the same verdict for ever.  What is in the shadow is only reported (shadow.py).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from pratique.policies.asking import shadow
from pratique.policies.asking.asking import Own, Shared
from pratique.policies.asking.together import Together, groups_of
from pratique.policies.language.condition import NoAnswerError, Scene
from pratique.policies.lists.lists import Lists, read_lists
from pratique.policies.lists.named import received
from pratique.policies.verdict import Action, Edit, HeaderField, Note, Notice, Shadow, Verdict
from pratique.policies.written.beside import NOTHING, Beside, hash_of
from pratique.policies.written.includes import gather
from pratique.policies.written.problem import PolicyError
from pratique.policies.written.reading import Reading
from pratique.policies.written.rule import Rule
from pratique.policies.written.rules import read_rules
from pratique.policies.written.terms import Mode, read_mode
from pratique.scanners import facts_pb2 as facts

# Keyed by which rules are quiet; real mail has few of all the combinations.
_MOST_KEPT = 256


@dataclass(frozen=True, slots=True)
class _Left:
    """The rules that still have to be asked when some are quiet."""

    rules: tuple[Rule, ...]
    # What the first of them decides, if it decides for every message; None: ask them.
    verdict: Verdict | None


@dataclass(frozen=True, slots=True)
class Policy:
    """Rules that are known to compile; the last one holds for every message."""

    name: str
    rules: tuple[Rule, ...] = field(repr=False)
    # SHA-256 of all that decides, lower-case hexadecimal.
    hash: str
    # Rules that can be asked together, to find that none of them holds.
    together: Together = field(default=Together(), repr=False, compare=False)
    lists: Lists = field(default=Lists(), repr=False, compare=False)
    # In the shadow all mail is accepted as it is, and what would have been decided is reported.
    mode: Mode = "enforce"
    # The rules that are left for a set of quiet ones: nearly all mail needs the same.
    _kept: dict[frozenset[str], _Left] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def load(cls, text: str, name: str = "policy.toml", beside: Beside = NOTHING) -> "Policy":
        """Read a policy, or raise `PolicyError` with all that is wrong with it.

        `beside` has the texts that it names.  `check.check` finds more: what no rule decides, and
        missing tests.
        """
        reading = Reading(name, text, beside=beside)
        policy = cls.read(reading)
        if policy is None:
            raise PolicyError(sorted(reading.problems))
        return policy

    @classmethod
    def read(cls, reading: Reading) -> "Policy | None":
        """Return the policy that was read, or None with the problems in `reading`."""
        if reading.problems or not gather(reading):
            return None
        lists = read_lists(reading)
        mode = read_mode(reading, (), reading.values)
        rules = read_rules(reading, lists)
        if reading.problems:
            return None
        digest = hash_of(reading.text, reading.beside)
        return cls(reading.file, tuple(rules), digest, groups_of(rules), lists, mode)

    def owns(self, rule: Rule) -> bool:
        """Whether a rule is the policy's own, with its tests: written or changed in this file."""
        return (rule.changed_in or rule.file) in ("", self.name)

    def with_rules(self, rules: Sequence[Rule]) -> "Policy":
        """Return the same policy with other rules, for trials; the last must hold for all."""
        return replace(self, rules=tuple(rules), together=Together(), _kept={})

    def decide(self, known: facts.Facts, recipient: facts.Recipient) -> Verdict:
        """Return the verdict for one recipient."""
        return self.decide_all(known, [recipient])[0]

    def decide_all(
        self, known: facts.Facts, recipients: Sequence[facts.Recipient]
    ) -> tuple[Verdict, ...]:
        """Return the verdict for each recipient; what does not depend on it is asked once."""
        shared = Shared(Scene(known), self.together)
        if self.lists.groups:
            when = received(known)
            recipients = [self.lists.of_groups(each, when) for each in recipients]
        verdicts = tuple(self._decide(shared, Own(shared, each)) for each in recipients)
        return verdicts if self.mode == "enforce" else tuple(map(shadow.of_policy, verdicts))

    def as_enforced(self) -> "Policy":
        """Return the policy with its verdicts in force, not only told; rules keep their modes."""
        return self if self.mode == "enforce" else replace(self, mode="enforce")

    def _left(self, quiet: frozenset[str]) -> _Left:
        """Return the rules that still have to be asked when these are quiet."""
        left = self._kept.get(quiet)
        if left is None:
            rules = tuple(rule for rule in self.rules if rule.name not in quiet)
            left = _Left(rules, _for_all(rules))
            if len(self._kept) < _MOST_KEPT:
                self._kept[quiet] = left
        return left

    def _decide(self, shared: Shared, own: Own) -> Verdict:
        left = self._left(own.quiet())
        if left.verdict is not None:
            # The usual case: no rule holds but the last one.
            return left.verdict
        found = _Found()
        for rule in left.rules:
            if rule.until is not None and shared.is_past(rule.until):
                continue
            if rule.mode == "shadow":
                found.shadows += shadow.of_rule(rule, shared, own)
                continue
            try:
                if not own.holds(rule):
                    continue
                found.edits += shared.edits(rule)
            except NoAnswerError as error:
                return found.held(rule, error)
            found.take(rule)
            if rule.final:
                return found.verdict(rule, rule.final)
            found.notes += (Note(rule.name, rule.reason),)
        raise AssertionError("a policy's last rule holds for every message")


def _for_all(rules: Sequence[Rule]) -> Verdict | None:
    """Return what the first of these rules decides for every message; None if that varies."""
    first = rules[0] if rules else None
    if first is None or first.final is None or first.condition is not None:
        return None
    if first.strip is not None or first.rebuild or first.until is not None:
        return None
    if first.mode == "shadow":
        return None
    found = _Found()
    found.take(first)
    return found.verdict(first, first.final)


@dataclass(slots=True)
class _Found:
    """What the rules read so far have ordered."""

    add_header: tuple[HeaderField, ...] = ()
    notes: tuple[Note, ...] = ()
    edits: tuple[Edit, ...] = ()
    notices: tuple[Notice, ...] = ()
    shadows: tuple[Shadow, ...] = ()

    def take(self, rule: Rule) -> None:
        """Add what a rule that holds orders in addition to its final action."""
        self.add_header += rule.add_header
        if rule.notify:
            self.notices += tuple(Notice(each, rule.name, rule.reason) for each in rule.notify)

    def verdict(self, rule: Rule, action: Action) -> Verdict:
        """Return the verdict when this rule decides."""
        return Verdict(
            action,
            rule.name,
            rule.reason,
            self.add_header,
            self.notes,
            # What is not delivered is not changed.
            edits=self.edits if action is Action.ACCEPT else (),
            reply=rule.reply,
            redirect=rule.redirect,
            notices=self.notices,
            shadows=self.shadows,
        )

    def held(self, rule: Rule, error: NoAnswerError) -> Verdict:
        """Return the verdict when this rule has no answer."""
        reason, failure = shadow.no_answer(rule, error)
        return Verdict(
            Action.QUARANTINE,
            rule.name,
            reason,
            self.add_header,
            self.notes,
            (failure,),
            notices=self.notices,
            shadows=self.shadows,
        )
