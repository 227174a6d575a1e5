"""Turn facts into a verdict, by the rules of one file, read from the top.

The first rule that holds and has a final action decides for the recipient.  Rules that
only state are remembered, and their fields go out with the verdict.  A condition that has
no answer is never taken for false: the message is held, because the same mail would have
no answer on each retry, and what was not looked at is not clean.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from pratique.policies.condition import NoAnswerError, Scene
from pratique.policies.edits import REBUILD, STRIP
from pratique.policies.problem import PolicyError
from pratique.policies.reading import Reading
from pratique.policies.rule import Rule
from pratique.policies.rules import read_rules
from pratique.policies.verdict import Action, Edit, HeaderField, Note, Verdict
from pratique.scanners import facts_pb2 as facts


@dataclass(frozen=True, slots=True)
class Policy:
    """Rules that are known to compile; the last one holds for every message."""

    name: str
    rules: tuple[Rule, ...]
    # SHA-256 of all that decides, lower-case hexadecimal.
    hash: str

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
        return cls(reading.file, tuple(rules), digest)

    def decide(self, known: facts.Facts, recipient: facts.Recipient) -> Verdict:
        """The verdict for one recipient."""
        return self.decide_all(known, [recipient])[0]

    def decide_all(
        self, known: facts.Facts, recipients: Sequence[facts.Recipient]
    ) -> tuple[Verdict, ...]:
        """The verdict for each recipient; what asks for none is asked once."""
        scene = Scene(known)
        shared = _Shared(scene)
        return tuple(self._decide(scene, shared, recipient) for recipient in recipients)

    def _decide(self, scene: Scene, shared: "_Shared", recipient: facts.Recipient) -> Verdict:
        own = _Own(scene, recipient)
        added: list[HeaderField] = []
        notes: list[Note] = []
        edits: list[Edit] = []
        for rule in self.rules:
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
                verdict = Verdict(rule.final, rule.name, rule.reason, tuple(added), tuple(notes))
                return replace(verdict, edits=due)
            notes.append(Note(rule.name, rule.reason))
        raise AssertionError("a policy's last rule holds for every message")


@dataclass(slots=True)
class _Shared:
    """Answers that are the same for each recipient, asked when first needed."""

    scene: Scene
    answers: dict[str, bool | str] = field(default_factory=dict)
    _edits: dict[str, tuple[Edit, ...]] = field(default_factory=dict)

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
                answer = rule.condition.holds(self.scene.activation)
            except NoAnswerError as error:
                answer = str(error)
            self.answers[rule.name] = answer
        if isinstance(answer, str):
            raise NoAnswerError(answer)
        return answer


def _edits(rule: Rule, scene: Scene) -> Iterator[Edit]:
    if rule.strip is not None and (parts := tuple(rule.strip.parts(scene))):
        yield Edit(STRIP, rule.name, rule.reason, parts)
    if rule.rebuild:
        yield Edit(REBUILD, rule.name, rule.reason)


class _Own:
    """Answers for one recipient only."""

    def __init__(self, scene: Scene, recipient: facts.Recipient) -> None:
        self._scene = scene
        self._recipient = recipient
        self._activation: object = None

    def holds(self, rule: Rule) -> bool:
        if rule.condition is None:
            return True
        if self._activation is None:
            self._activation = self._scene.before(self._recipient)
        return rule.condition.holds(self._activation)
