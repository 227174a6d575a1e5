"""Ask many conditions at once: for ordinary mail none of them holds.

To evaluate a condition costs three microseconds before it asks anything, so those of a
policy are joined by `||` and asked as one.  If that is false, each is false: CEL answers
`a || b` with false only if both are, whatever else one of them might have said (an error
in one makes the whole true or an error).  With any other answer nothing is known, and each
is asked by itself, in order.  So the verdict is the same; only the innocent are cheaper.

Many ask for what ordinary mail has none of (`findings.exists(...)`): they are joined by
what they ask for, and are false without being asked where it holds nothing.

What is answered by few words alone is remembered for all messages of one sort at once
(likeness.py): which rules do not hold, and which groups are left to be asked.  Where a group
reads more, what it asks of few words may be false already, and then all of it is:
`auth.dmarc == "permerror" && mail.header.from_.exists(...)`.  This guard is asked first.

The budget of an evaluation is shared by those that are joined.  Where it does not reach,
the answer is an error, and each is asked by itself with the whole of it.
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

# CEL takes no expression of more than 100,000 characters, and the rule that holds costs
# its neighbours too: policies have some thirty rules.
_MOST = 32
_MOST_TEXT = 50_000

_DIRECTION = frozenset({("mail", "direction")})

# There is no message without a part.
_ALWAYS = "parts"

_NONE: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Group:
    """Rules whose conditions are asked at once."""

    rules: frozenset[str]
    condition: Condition
    # They are false where these lists are empty and these messages are not there.
    lists: tuple[str, ...]
    messages: tuple[str, ...]
    # Each by itself, where the answer depends on few words alone, and the words.
    alone: tuple[tuple[str, Condition], ...] = field(default=(), compare=False)
    fields: frozenset[reads.Field] = frozenset()
    # Where it does not: if this is quiet, these rules are.
    guard: "Group | None" = field(default=None, compare=False)

    def is_quiet(self, scene: Scene, recipient: facts.Recipient | None = None) -> bool:
        """True if none of them holds and each has an answer; False if that is not known."""
        if self.asks_for_nothing(scene.known):
            return True
        if self.guard is not None and self.guard.is_quiet(scene, recipient):
            return True
        return _is_false(self.condition, scene, recipient)

    def asks_for_nothing(self, known: facts.Facts) -> bool:
        """Whether there is nothing of what they ask for."""
        if not (self.lists or self.messages):
            return False
        # Asked of each message: a generator takes longer than the asking.
        for name in self.lists:
            if getattr(known, name):
                return False
        return not any(map(known.HasField, self.messages))


def _is_false(condition: Condition, scene: Scene, recipient: facts.Recipient | None = None) -> bool:
    try:
        return not condition.holds(scene.before(recipient, condition.names))
    except NoAnswerError:
        return False


# The rules that do not hold for a sort of messages, and the groups that it does not tell of.
_Sorted = tuple[frozenset[str], tuple[Group, ...]]


class Together:
    """The groups of a policy: those that are asked once, and those for each recipient."""

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
        """Rules that hold for no recipient, as far as that is known without asking each."""
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
        """Further rules that do not hold for this one."""
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
    """The rules of a group that do not hold."""
    if _is_false(group.condition, scene):
        return group.rules
    return frozenset(name for name, each in group.alone if _is_false(each, scene))


def groups_of(rules: Sequence[Rule]) -> Together:
    """Rules that can be asked at once; those that are in no group are asked alone.

    Rules that only state hold often, those in the shadow and those past their end may, and
    those that ask for the recipient are asked once for each: they do not spoil the others.
    """
    alike: dict[tuple[bool, bool, bool, bool, frozenset[str], bool], list[Rule]] = {}
    for rule in rules:
        if rule.condition is not None:
            needed = reads.silent_without(rule.condition)
            if _ALWAYS in needed:
                needed = frozenset()
            reads_few = reads.fields_read(rule.condition) is not None
            # In the shadow, or past its end: it may hold for mail that is ordinary.
            is_apart = rule.mode == "shadow" or rule.until is not None
            # What asks for what is rarely there needs no guard.
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
        # Nested too deeply together, perhaps.
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
    """The group with what is asked before it."""
    conditions = [rule.condition for rule in rules if rule.condition and rule.name in group.rules]
    text = " || ".join(f"({_guard(condition)}\n)" for condition in conditions)
    try:
        condition = Condition.compile(text, lists=conditions[0].lists)
    except CompileError:
        return group
    fields = reads.fields_read(condition)
    # Nothing is remembered of a guard that reads more than few words.
    if fields is None:
        return group
    guard = Group(group.rules, condition, (), (), fields=fields)
    return replace(group, guard=guard)


def _guard(condition: Condition) -> str:
    """What a condition asks of few words, where it is false if that is; empty if nothing.

    CEL answers `a && b` with false if either is, whatever else the other might have said.  Only
    of what spends the budget that is not so, so nothing that stands behind a loop is a guard.
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
    # Nearly all mail goes the same way.
    return bool(fields) and fields != _DIRECTION
