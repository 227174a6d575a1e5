"""Ask many conditions at once: for ordinary mail none of them holds.

Evaluating a condition costs three microseconds before it asks anything, so those of a
policy are joined by `||` and asked as one.  If that is false, each is false: CEL answers
`a || b` with false only if both are, whatever else one of them might have said (an error
in one makes the whole true or an error).  After any other answer nothing is known, and each
is asked separately, in order.  So the verdict is the same; only innocent mail is cheaper.

Many conditions ask for what ordinary mail does not have (`findings.exists(...)`): they are
grouped by what they ask for, and are false without being asked where it is empty.

Answers that depend only on a few words are remembered for all messages of one sort
(likeness.py): which rules do not hold, and which groups still have to be asked.  Where a group
reads more, the part of it that reads only a few words may already be false, and then all of it
is: `auth.dmarc == "permerror" && mail.header.from_.exists(...)`.  This guard is asked first.

The joined conditions share the budget of one evaluation.  Where it does not suffice, the answer
is an error, and each is asked separately with the whole budget.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from pratique.policies.asking.likeness import Likeness
from pratique.policies.language import reads, vocabulary
from pratique.policies.language.clauses import clause_of
from pratique.policies.language.condition import CompileError, Condition, NoAnswerError, Scene
from pratique.policies.lists.named import NO_LISTS
from pratique.policies.written.rule import Rule
from pratique.scanners import facts_pb2 as facts

# CEL accepts no expression of more than 100,000 characters, and a rule that holds costs its
# neighbours an evaluation too: policies have some thirty rules.
_MOST = 32
_MOST_TEXT = 50_000

_DIRECTION = frozenset({("mail", "direction")})

# Every message has a part.
_ALWAYS = "parts"

_NONE: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Group:
    """Rules whose conditions are asked at once."""

    rules: frozenset[str]
    condition: Condition
    # They are false where these lists are empty and these messages are absent.
    lists: tuple[str, ...]
    messages: tuple[str, ...]
    # The single conditions, where the answer depends on a few words alone, and the fields read.
    alone: tuple[tuple[str, Condition], ...] = field(default=(), compare=False)
    fields: frozenset[reads.Field] = frozenset()
    # Where it does not: if this guard is quiet, so are these rules.
    guard: "Group | None" = field(default=None, compare=False)

    def is_quiet(self, scene: Scene, recipient: facts.Recipient | None = None) -> bool:
        """True if none of them holds and each has an answer; False if that is not known."""
        if self.asks_for_nothing(scene.known):
            return True
        if self.guard is not None and self.guard.is_quiet(scene, recipient):
            return True
        return _is_false(self.condition, scene, recipient)

    def asks_for_nothing(self, known: facts.Facts) -> bool:
        """Whether the message has nothing of what they ask for."""
        if not (self.lists or self.messages):
            return False
        # This runs for each message: a generator takes longer than the test itself.
        for name in self.lists:
            if getattr(known, name):
                return False
        return not any(map(known.HasField, self.messages))


def _is_false(condition: Condition, scene: Scene, recipient: facts.Recipient | None = None) -> bool:
    try:
        return not condition.holds(scene.before(recipient, condition.names))
    except NoAnswerError:
        return False


# The rules that do not hold for a sort of messages, and the groups that it leaves open.
_Sorted = tuple[frozenset[str], tuple[Group, ...]]


class Together:
    """The groups of a policy: those that are asked once, and those asked for each recipient."""

    def __init__(self, shared: Sequence[Group] = (), own: Sequence[Group] = ()) -> None:
        self.shared = tuple(shared)
        self.own = tuple(own)
        self._likeness = self._all_read() if self.shared else None

    def _all_read(self) -> Likeness[_Sorted]:
        told = (*self.shared, *(one.guard for one in self.shared if one.guard is not None))
        fields = {each for one in told for each in one.fields}
        fields.update((name, "") for one in told for name in one.messages)
        return Likeness(fields, (name for one in told for name in one.lists))

    def quiet(self, scene: Scene) -> frozenset[str]:
        """Return the rules that hold for no recipient, as far as known without asking each."""
        if self._likeness is None:
            return _NONE
        sort = self._likeness.sort(scene.known)
        if sort is None:
            return _NONE.union(*(one.rules for one in self.shared if one.is_quiet(scene)))
        found = self._likeness.answer(sort)
        if found is None:
            found = self._sorted(scene)
            self._likeness.keep(sort, answer=found)
        quiet, left = found
        more = [one.rules for one in left if _is_false(one.condition, scene)]
        return quiet.union(*more) if more else quiet

    def quiet_for(self, scene: Scene, recipient: facts.Recipient) -> frozenset[str]:
        """Return further rules that do not hold for this recipient."""
        if not self.own:
            return _NONE
        return _NONE.union(*(one.rules for one in self.own if one.is_quiet(scene, recipient)))

    def _sorted(self, scene: Scene) -> _Sorted:
        quiet: set[str] = set()
        left: list[Group] = []
        for one in self.shared:
            if one.asks_for_nothing(scene.known):
                quiet |= one.rules
            elif one.alone:
                quiet |= _false(one, scene)
            elif one.guard is not None and one.guard.is_quiet(scene):
                quiet |= one.rules
            else:
                left.append(one)
        return frozenset(quiet), tuple(left)


def _false(group: Group, scene: Scene) -> frozenset[str]:
    """Return the rules of a group that do not hold."""
    if _is_false(group.condition, scene):
        return group.rules
    return frozenset(name for name, each in group.alone if _is_false(each, scene))


def groups_of(rules: Sequence[Rule]) -> Together:
    """Group the rules that can be asked at once; those in no group are asked alone.

    Rules that only make notes hold often, those in the shadow or past their end may hold, and those
    that ask for the recipient are asked once for each: they are kept apart from the others.
    """
    alike: dict[tuple[bool, bool, bool, bool, frozenset[str], bool], list[Rule]] = {}
    for rule in rules:
        if rule.condition is not None:
            needed = reads.silent_without(rule.condition)
            if _ALWAYS in needed:
                needed = frozenset()
            reads_few = reads.fields_read(rule.condition) is not None
            # In the shadow, or past its end, a rule may hold for ordinary mail.
            is_apart = rule.mode == "shadow" or rule.until is not None
            # What asks for something rare needs no guard.
            has_guard = not (reads_few or needed) and bool(_guard(rule.condition))
            kind = rule.condition.mentions_rcpt, rule.final is None, is_apart, reads_few
            alike.setdefault((*kind, needed, has_guard), []).append(rule)
    made: dict[bool, list[Group]] = {False: [], True: []}
    for (own, *_, needed, has_guard), some in alike.items():
        groups = (_group(cut, needed) for cut in _cut(some))
        found = [one for one in groups if one is not None]
        made[own] += [_guarded(one, some) for one in found] if has_guard else found
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
    return len(rule.condition.compiled) if rule.condition else 0


def _group(rules: list[Rule], needed: frozenset[str]) -> Group | None:
    looked_in = rules[0].condition.lists if rules[0].condition else NO_LISTS
    # A condition may end in a comment, hence the line end.
    texts = (f"({rule.condition.compiled}\n)" for rule in rules if rule.condition)
    try:
        condition = Condition.compile(" || ".join(texts), lists=looked_in)
    except CompileError:
        # For instance, nested too deeply once joined.
        return None
    lists = tuple(name for name in needed if vocabulary.VARIABLES[name].is_list)
    messages = tuple(needed.difference(lists))
    names = frozenset(rule.name for rule in rules)
    fields = reads.fields_read(condition)
    if fields is None:
        return Group(names, condition, lists, messages)
    alone = tuple((rule.name, rule.condition) for rule in rules if rule.condition)
    return Group(names, condition, lists, messages, alone, fields)


def _guarded(group: Group, rules: Sequence[Rule]) -> Group:
    """Return the group with its guard."""
    conditions = [rule.condition for rule in rules if rule.condition and rule.name in group.rules]
    text = " || ".join(f"({_guard(condition)}\n)" for condition in conditions)
    try:
        condition = Condition.compile(text, lists=conditions[0].lists)
    except CompileError:
        return group
    fields = reads.fields_read(condition)
    # A guard that reads more than a few words cannot be remembered.
    if fields is None:
        return group
    guard = Group(group.rules, condition, (), (), fields=fields)
    return replace(group, guard=guard)


def _guard(condition: Condition) -> str:
    """Return the part of a condition that reads few words and makes it false; empty if none.

    CEL answers `a && b` with false if either is, whatever else the other might have said.  Only an
    exhausted budget is an exception, so nothing that follows a loop is a guard.
    """
    whole = clause_of(condition.text)
    if whole.kind != "and" or condition.mentions_rcpt:
        return ""
    found: list[str] = []
    for part in whole.parts:
        text = condition.text[part.start : part.end]
        piece = _alone(text, condition)
        if piece is not None and _reads_few_words(piece):
            found.append(f"({text}\n)")
        elif piece is None or reads.takes_turns(piece):
            break
    return " && ".join(found)


def _alone(text: str, whole: Condition) -> Condition | None:
    try:
        return Condition.compile(text, lists=whole.lists)
    except CompileError:
        return None


def _reads_few_words(condition: Condition) -> bool:
    fields = reads.fields_read(condition)
    # Nearly all mail goes in the same direction.
    return bool(fields) and fields != _DIRECTION
