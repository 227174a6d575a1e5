"""Remember what conditions answered for one message, so that each is asked once.

A condition that does not ask for the recipient has one answer for all recipients.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from pratique.policies.asking.together import Together
from pratique.policies.language.condition import NoAnswerError, Scene
from pratique.policies.verdict import Edit
from pratique.policies.written.edits import REBUILD, STRIP
from pratique.policies.written.rule import Rule
from pratique.scanners import facts_pb2 as facts


@dataclass(slots=True)
class Shared:
    """Answers that are the same for each recipient, asked when first needed."""

    scene: Scene
    together: Together
    answers: dict[str, bool | str] = field(default_factory=dict)
    _edits: dict[str, tuple[Edit, ...]] = field(default_factory=dict)
    _quiet: frozenset[str] | None = None

    def quiet(self) -> frozenset[str]:
        """Return the rules that hold for no recipient, as far as known without asking each."""
        if self._quiet is None:
            self._quiet = self.together.quiet(self.scene)
        return self._quiet

    def edits(self, rule: Rule) -> tuple[Edit, ...]:
        """Return the edits that a rule orders for this message, except those without effect."""
        if rule.name not in self._edits:
            self._edits[rule.name] = tuple(_edits(rule, self.scene))
        return self._edits[rule.name]

    def holds(self, rule: Rule) -> bool:
        """Whether a rule holds that does not ask for the recipient.  Raises `NoAnswerError`."""
        if rule.condition is None:
            return True
        answer = self.answers.get(rule.name)
        if answer is None:
            try:
                activation = self.scene.before(None, rule.condition.names)
                answer = rule.condition.holds(activation)
            except NoAnswerError as error:
                answer = str(error)
            self.answers[rule.name] = answer
        if isinstance(answer, str):
            raise NoAnswerError(answer)
        return answer

    def is_past(self, until: datetime) -> bool:
        """Whether the message came in at this moment or later; False if the time is unknown."""
        envelope = self.scene.known.envelope
        if not envelope.HasField("received_at"):
            return False
        # Compared as numbers: a damaged time may lie outside the years 1 to 9999.
        received = envelope.received_at.seconds, envelope.received_at.nanos
        seconds = int(until.replace(microsecond=0).timestamp())
        return received >= (seconds, until.microsecond * 1000)


class Own:
    """Answers for a single recipient."""

    def __init__(self, shared: Shared, recipient: facts.Recipient) -> None:
        self._shared = shared
        self._recipient = recipient

    def quiet(self) -> frozenset[str]:
        """Return the rules that do not hold for this one, as far as known without asking each."""
        shared = self._shared
        own = shared.together.quiet_for(shared.scene, self._recipient)
        return shared.quiet() | own if own else shared.quiet()

    def holds(self, rule: Rule) -> bool:
        """Whether a rule holds for this recipient.  Raises `NoAnswerError`."""
        if rule.condition is None or not rule.condition.mentions_rcpt:
            return self._shared.holds(rule)
        scene, names = self._shared.scene, rule.condition.names
        return rule.condition.holds(scene.before(self._recipient, names))


def _edits(rule: Rule, scene: Scene) -> Iterator[Edit]:
    if rule.strip is not None and (parts := tuple(rule.strip.parts(scene))):
        yield Edit(STRIP, rule.name, rule.reason, parts)
    if rule.rebuild:
        yield Edit(REBUILD, rule.name, rule.reason)
