"""Ask many conditions at once: for ordinary mail none of them holds.

To evaluate a condition costs three microseconds before it asks anything, so those of a
policy are joined by `||` and asked as one.  If that is false, each is false: CEL answers
`a || b` with false only if both are, whatever else one of them might have said (an error
in one makes the whole true or an error).  With any other answer nothing is known, and each
is asked by itself, in order.  So the verdict is the same; only the innocent are cheaper.

Many ask for what ordinary mail has none of (`findings.exists(...)`): they are joined by
what they ask for, and are false without being asked where it holds nothing.

What such a group answers is remembered where it reads few words only (likeness.py).

The budget of an evaluation is shared by those that are joined.  Where it does not reach,
the answer is an error, and each is asked by itself with the whole of it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from pratique.policies import tree, vocabulary
from pratique.policies.condition import CompileError, Condition, NoAnswerError, Scene
from pratique.policies.likeness import Likeness
from pratique.policies.rule import Rule
from pratique.scanners import facts_pb2 as facts

# CEL takes no expression of more than 100,000 characters, and the rule that holds costs
# its neighbours too: policies have some thirty rules.
_MOST = 32
_MOST_TEXT = 50_000

# There is no message without a part.
_ALWAYS = "parts"


@dataclass(frozen=True, slots=True)
class Group:
    """Rules whose conditions are asked at once."""

    rules: frozenset[str]
    condition: Condition
    # They are false where these lists are empty and these messages are not there.
    lists: tuple[str, ...]
    messages: tuple[str, ...]
    # Where the answer depends on few words alone.
    likeness: Likeness | None = field(default=None, compare=False)

    def is_quiet(self, scene: Scene, recipient: facts.Recipient | None = None) -> bool:
        """True: none of them holds, and each has an answer.  False: nobody knows."""
        if self._asks_for_nothing(scene.known):
            return True
        sort = self.likeness.sort(scene.known) if self.likeness is not None else None
        if self.likeness is None or sort is None:
            return self._is_quiet(scene, recipient)
        answer = self.likeness.answer(sort)
        if answer is None:
            answer = self._is_quiet(scene, recipient)
            self.likeness.keep(sort, answer=answer)
        return answer

    def _is_quiet(self, scene: Scene, recipient: facts.Recipient | None) -> bool:
        try:
            return not self.condition.holds(scene.before(recipient))
        except NoAnswerError:
            return False

    def _asks_for_nothing(self, known: facts.Facts) -> bool:
        if not (self.lists or self.messages):
            return False
        # Asked of each message: a generator takes longer than the asking.
        for name in self.lists:
            if getattr(known, name):
                return False
        return not any(map(known.HasField, self.messages))


@dataclass(frozen=True, slots=True)
class Together:
    """The groups of a policy: those that are asked once, and those for each recipient."""

    shared: tuple[Group, ...] = ()
    own: tuple[Group, ...] = ()


def groups_of(rules: Sequence[Rule]) -> Together:
    """Rules that can be asked at once; those that are in no group are asked alone.

    Rules that only state hold often, and those that ask for the recipient are asked once
    for each: they do not spoil the others.
    """
    alike: dict[tuple[bool, bool, bool, frozenset[str]], list[Rule]] = {}
    for rule in rules:
        if rule.condition is not None:
            needed = tree.silent_without(rule.condition)
            if _ALWAYS in needed:
                needed = frozenset()
            reads_few = tree.fields_read(rule.condition) is not None
            kind = rule.condition.mentions_rcpt, rule.final is None, reads_few, needed
            alike.setdefault(kind, []).append(rule)
    made: dict[bool, list[Group]] = {False: [], True: []}
    for (own, *_, needed), some in alike.items():
        made[own] += [one for cut in _cut(some) if (one := _group(cut, needed)) is not None]
    return Together(tuple(made[False]), tuple(made[True]))


def _cut(rules: list[Rule]) -> Iterator[list[Rule]]:
    cut: list[Rule] = []
    for rule in rules:
        if cut and (len(cut) == _MOST or sum(map(_length, (*cut, rule))) > _MOST_TEXT):
            yield cut
            cut = []
        cut.append(rule)
    if cut:
        yield cut


def _length(rule: Rule) -> int:
    return len(rule.condition.text) if rule.condition else 0


def _group(rules: list[Rule], needed: frozenset[str]) -> Group | None:
    # A condition may end in a comment, hence the line end.
    texts = (f"({rule.condition.text}\n)" for rule in rules if rule.condition)
    try:
        condition = Condition.compile(" || ".join(texts))
    except CompileError:
        # Nested too deeply together, perhaps.
        return None
    lists = tuple(name for name in needed if vocabulary.VARIABLES[name].is_list)
    messages = tuple(needed.difference(lists))
    names = frozenset(rule.name for rule in rules)
    return Group(names, condition, lists, messages, Likeness.of(condition))
