"""Ask a condition piece by piece, and keep what each answered: the tree of a proof.

The pieces are those of clauses.py; they are joined as CEL joins them.  From left to right,
`a && b` ends at the first that is false and `a || b` at the first that is true: what follows
was not asked.  A piece without an answer does not end it, since another may decide.

The whole condition is asked too.  If its answer differs from what the pieces add up to (it
has one budget, and so has each piece), the proof is the whole as one leaf.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

from pratique.policies.language.clauses import Clause, clause_of
from pratique.policies.language.condition import CompileError, Condition, NoAnswerError, Scene
from pratique.policies.why.elements import Told, about
from pratique.scanners import facts_pb2 as facts

_NOTHING = Told()


class Answer(StrEnum):
    """What a piece of a condition answered."""

    TRUE = "true"
    FALSE = "false"
    NONE = "no answer"
    NOT_ASKED = "not asked"


@dataclass(frozen=True, slots=True)
class Step:
    """A piece of a condition and its answer."""

    # "and", "or", "not" or "leaf".
    kind: str
    # As it stands in the policy.
    text: str
    answer: Answer
    # Why there is no answer.
    why: str = ""
    told: Told = _NOTHING
    parts: tuple["Step", ...] = ()

    def walk(self) -> Iterator["Step"]:
        """Yield the piece itself, and all that it consists of."""
        yield self
        for part in self.parts:
            yield from part.walk()


@dataclass(frozen=True, slots=True)
class Asking:
    """What a condition is asked about; with `closely`, values and elements are reported too."""

    scene: Scene
    recipient: facts.Recipient
    closely: bool = True

    @classmethod
    def of(cls, known: facts.Facts, recipient: facts.Recipient) -> "Asking":
        """Make it for a message and one recipient."""
        return cls(Scene(known), recipient)

    def loosely(self) -> "Asking":
        """Return a copy with which only the answers are reported."""
        return replace(self, closely=False)

    def answer(self, condition: Condition) -> tuple[Answer, str]:
        """Return what a condition answers, and why there is no answer."""
        try:
            holds = condition.holds(self.scene.before(self.recipient, condition.names))
        except NoAnswerError as error:
            return Answer.NONE, str(error)
        return (Answer.TRUE if holds else Answer.FALSE), ""


def prove(condition: Condition, asking: Asking) -> Step:
    """Return what a condition and its pieces answer."""
    answer, why = asking.answer(condition)
    clause = clause_of(condition.text)
    try:
        step = _step(condition, clause, asking)
    except CompileError:
        # The type of a piece may be known only in its context.
        step = None
    if step is None or step.answer is not answer:
        return Step("leaf", condition.text[clause.start : clause.end], answer, why)
    return step


def failing(step: Step) -> Step:
    """Return the piece that makes a false condition false: the smallest that alone decides."""
    if step.kind == "and":
        found = (part for part in step.parts if part.answer is Answer.FALSE)
        return failing(next(found, step)) if step.answer is Answer.FALSE else step
    return step


def _step(condition: Condition, clause: Clause, asking: Asking) -> Step:
    text = condition.text[clause.start : clause.end]
    if clause.kind == "leaf":
        return _leaf(condition, clause, asking)
    if clause.kind == "not":
        (part,) = (_step(condition, each, asking) for each in clause.parts)
        turned = {Answer.TRUE: Answer.FALSE, Answer.FALSE: Answer.TRUE}
        return Step("not", text, turned.get(part.answer, part.answer), part.why, parts=(part,))
    ends = Answer.FALSE if clause.kind == "and" else Answer.TRUE
    parts: list[Step] = []
    for each in clause.parts:
        if any(part.answer is ends for part in parts):
            parts.append(_not_asked(condition.text, each))
        else:
            parts.append(_step(condition, each, asking))
    answer, why = _joined(parts, ends)
    return Step(clause.kind, text, answer, why, parts=tuple(parts))


def _joined(parts: list[Step], ends: Answer) -> tuple[Answer, str]:
    if any(part.answer is ends for part in parts):
        return ends, ""
    for part in parts:
        if part.answer is Answer.NONE:
            return Answer.NONE, part.why
    return (Answer.TRUE if ends is Answer.FALSE else Answer.FALSE), ""


def _leaf(condition: Condition, clause: Clause, asking: Asking) -> Step:
    text = condition.text[clause.start : clause.end]
    alone = Condition.compile(text, lists=condition.lists)
    answer, why = asking.answer(alone)
    if not asking.closely:
        return Step("leaf", text, answer, why)
    decides = None if answer is Answer.NONE else answer is Answer.TRUE
    told = about(alone, clause, asking.scene.known, asking.recipient, decides=decides)
    return Step("leaf", text, answer, why, told)


def _not_asked(text: str, clause: Clause) -> Step:
    parts = tuple(_not_asked(text, each) for each in clause.parts)
    return Step(clause.kind, text[clause.start : clause.end], Answer.NOT_ASKED, parts=parts)
