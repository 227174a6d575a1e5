"""Read which edits a rule orders: parts to be taken out, or the message written anew.

    actions    = ["strip", "accept"]
    strip      = ["executable", "script"]            # these kinds of parts
    strip_when = 'p.name.matches("(?i)[.]iso$")'     # and these: a condition on one part

`strip` goes by kind, as `any_kind` does; `strip_when` is a condition in CEL that is asked for
each part, which it calls `p`, along with all facts of the message.  A part that either of them
selects is taken out.  The message itself and the bodies of multiparts do not count as parts
here: they are what parts are taken out of.

A rule whose `strip` would take out nothing, or one that says what to take out but does not
order it, is a slip and is refused.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pratique.policies.hints import hints
from pratique.policies.language import tree, vocabulary
from pratique.policies.language.condition import CompileError, Condition, NoAnswerError, Scene
from pratique.policies.lists.lists import NO_LISTS, Lists
from pratique.policies.written.places import Path
from pratique.policies.written.reading import Reading, kind_of
from pratique.scanners import facts_pb2 as facts

STRIP, REBUILD = "strip", "rebuild"
# Actions that change a message which is delivered.
CHANGES = (STRIP, REBUILD)
KEYS = ("strip", "strip_when")
_FORM = 'say what is taken out: `strip = ["executable", "script"]`, or a `strip_when`'
# What parts are taken out of, not a part to take out.
_STRUCTURE = "multipart"


@dataclass(frozen=True, slots=True)
class Strip:
    """Which parts are taken out."""

    kinds: frozenset[str] = frozenset()
    condition: Condition | None = None

    def parts(self, scene: Scene) -> Iterator[int]:
        """Yield the ids of the parts to take out.  Raises `NoAnswerError`."""
        self._ask_left_out(scene.known.parts_left_out)
        for part in scene.known.parts:
            if part.parent >= 0 and part.kind != _STRUCTURE and self._means(scene, part):
                yield part.id

    def _means(self, scene: Scene, part: facts.Part) -> bool:
        if part.kind in self.kinds:
            return True
        return self.condition is not None and self.condition.holds(scene.about(part))

    def _ask_left_out(self, left_out: facts.PartsLeftOut) -> None:
        """Raise if parts that are only counted may be meant: which ones is not known."""
        meant = sum(left_out.by_kind[kind] for kind in self.kinds & left_out.by_kind.keys())
        if meant or (self.condition is not None and left_out.total):
            raise NoAnswerError("there are too many parts to say which are to be taken out")


def read_strip(
    reading: Reading,
    path: Path,
    table: Mapping[str, Any],
    changes: Sequence[str],
    lists: Lists = NO_LISTS,
) -> Strip | None:
    """Return what a rule takes out; None if nothing, or if that is wrong."""
    kinds = _kinds(reading, path, table)
    condition = _condition(reading, path, table, lists)
    given = [key for key in KEYS if key in table]
    if STRIP not in changes:
        for key in given:
            hint = 'write `actions = ["strip", "accept"]`, or leave the key out'
            reading.say_key((*path, key), f"`{key}` without the action `strip`", hint)
        return None
    if not given:
        reading.say_key((*path, "actions"), "`strip` takes out nothing", _FORM)
    return Strip(kinds, condition) if kinds or condition else None


def _kinds(reading: Reading, path: Path, table: Mapping[str, Any]) -> frozenset[str]:
    where = (*path, "strip")
    listed = table.get("strip", ["executable"])
    if not isinstance(listed, list):
        hint = f'write `strip = ["{listed}"]`' if isinstance(listed, str) else _FORM
        reading.say(where, f"`strip` is {kind_of(listed)}, not a list", hint)
        return frozenset()
    if not listed:
        reading.say(where, "`strip` is empty", _FORM)
    known = [word for word in vocabulary.words("Part", "kind") or () if word != _STRUCTURE]
    for index, word in enumerate(listed):
        if not isinstance(word, str):
            reading.say((*where, index), f"a kind is a text, not {kind_of(word)}", _FORM)
        elif word == _STRUCTURE:
            hint = "name the kinds of the parts that lie in it"
            reading.say((*where, index), "a multipart is what parts are taken out of", hint)
        elif word not in known:
            hint = hints.word_meant(word, known)
            reading.say((*where, index), f"`{word}` is no kind of a part", hint)
    return frozenset(map(str, listed)) if "strip" in table else frozenset()


def _condition(
    reading: Reading, path: Path, table: Mapping[str, Any], lists: Lists
) -> Condition | None:
    if "strip_when" not in table:
        return None
    where, text = (*path, "strip_when"), table["strip_when"]
    if not isinstance(text, str):
        hint = "write it between quotation marks: strip_when = 'p.kind == \"script\"'"
        reading.say(where, f"`strip_when` is {kind_of(text)}, not a condition", hint)
        return None
    try:
        condition = Condition.compile(text, about_part=True, lists=lists)
    except CompileError as error:
        for each in hints.explain(text, error.faults):
            reading.say_in(where, each.offset, each.message, each.hint)
        return None
    if not tree.asks(condition, "p"):
        hint = 'the part is `p`: `p.kind == "script"`; a rule\'s `when` asks for the message'
        reading.say(where, "the condition asks nothing of the part: it means all or none", hint)
    for slip in tree.oversights(condition):
        reading.say_in(where, slip.offset, slip.message, slip.hint)
    return condition
