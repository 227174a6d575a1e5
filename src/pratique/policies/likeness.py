"""Tell messages apart by no more than some conditions read of them, and remember the answers.

Many conditions read only words and flags (`parts.exists(p, p.unopened == "pgp")`), and by
these ordinary mail is of a few sorts.  An answer depends on nothing but what is read, so it
is kept for each sort, and CEL is asked about the first message of a sort only.

What may hold anything (a name, a size, an address) is read by no condition here: each
message would be a sort of its own.
"""

from collections.abc import Callable
from operator import attrgetter
from typing import Any

from pratique.policies import tree, vocabulary
from pratique.policies.condition import Condition
from pratique.scanners import facts_pb2 as facts

# A message with more elements than this in what is read is asked about itself: it would
# take as long to tell what sort it is of.
_MOST_ELEMENTS = 12
# Sorts that are remembered; real mail has some dozens.  A stranger can make up more, and
# then all are forgotten.
_MOST_SORTS = 1000

_Read = Callable[[Any], object]


class Likeness:
    """What some conditions read of a message, and what they answered."""

    def __init__(self, fields: frozenset[tree.Field]) -> None:
        by_variable: dict[str, list[str]] = {}
        for variable, field in sorted(fields):
            by_variable.setdefault(variable, []).append(field)
        self._lists: list[tuple[str, _Read]] = []
        self._messages: list[tuple[str, _Read]] = []
        for variable, names in by_variable.items():
            kept = self._lists if vocabulary.VARIABLES[variable].is_list else self._messages
            kept.append((variable, _reading(variable, [name for name in names if name])))
        self._answers: dict[object, bool] = {}

    @classmethod
    def of(cls, condition: Condition) -> "Likeness | None":
        """What a condition reads; None: that may be anything."""
        fields = tree.fields_read(condition)
        return None if fields is None else cls(fields)

    def sort(self, known: facts.Facts) -> object:
        """What is equal for messages that have the same answer; None: nobody knows."""
        if known.HasField("parts_left_out"):
            # They have their kinds, too.
            return None
        read: list[object] = []
        for name, reading in self._lists:
            elements = getattr(known, name)
            if len(elements) > _MOST_ELEMENTS:
                return None
            read.append(tuple(map(reading, elements)))
        for name, reading in self._messages:
            read.append(reading(getattr(known, name)))
        return tuple(read)

    def answer(self, sort: object) -> bool | None:
        """What was answered for this sort; None: nobody has asked."""
        return self._answers.get(sort)

    def keep(self, sort: object, *, answer: bool) -> None:
        """Remember an answer."""
        if len(self._answers) >= _MOST_SORTS:
            self._answers.clear()
        self._answers[sort] = answer


def _reading(variable: str, fields: list[str]) -> _Read:
    """How to read these fields of a message at once."""
    described = vocabulary.VARIABLES[variable].message.fields_by_name
    if not fields:
        return lambda _: None
    plain = [name for name in fields if not described[name].is_repeated]
    lists = [name for name in fields if described[name].is_repeated]
    if not lists:
        return attrgetter(*plain)
    values = attrgetter(*plain) if plain else lambda _: None

    def read(message: Any) -> object:
        return (values(message), *[tuple(getattr(message, name)) for name in lists])

    return read
