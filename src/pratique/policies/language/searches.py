"""Search kinds and names among all parts at once, by RE2 as CEL has it."""

import re
from collections.abc import Callable
from datetime import date
from functools import lru_cache

from cel_expr_python import cel

from pratique.policies.lists import named
from pratique.scanners import facts_pb2 as facts

# This many names are first searched as one text, which RE2 does in one pass.  A larger batch
# would be cheaper for innocent mail, and more expensive where one of its names matches.
_BATCH = 200
# CEL compiles a regular expression anew for each search, which takes longer than the search:
# so each is checked for errors only once.  The patterns of a policy are short and few; long
# ones, which a condition assembles from facts, are not kept.
_KEPT, _KEPT_LENGTH = 256, 1000
# What means the text's end in RE2 rather than a line's, even under (?m).
_WHOLE_TEXT = re.compile(r"\\[Az]|\(\?\w*-")

_PLAIN = cel.NewEnv(
    variables={
        "names": cel.Type.List(cel.Type.STRING),
        "text": cel.Type.STRING,
        "pattern": cel.Type.STRING,
    }
)
_SEARCH = _PLAIN.compile("text.matches(pattern)")
_SEARCH_EACH = _PLAIN.compile("names.exists(name, name.matches(pattern))")


class Search:
    """Finds kinds and names among all parts at once, for the functions of the language."""

    def __init__(self, known: facts.Facts) -> None:
        self._known = known
        self._kinds: frozenset[str] | None = None
        self._names: list[str] | None = None

    def received(self) -> date | None:
        """Return the day (UTC) on which the message was received; None if that is not stated."""
        return named.received(self._known)

    def has_kind(self, kind: str) -> bool:
        """Whether a part is of this kind, counting those left out."""
        return kind in self.kinds()

    def kinds(self) -> frozenset[str]:
        """Return the kinds of all parts, counting those left out."""
        if self._kinds is None:
            listed = {part.kind for part in self._known.parts}
            counts = self._known.parts_left_out.by_kind
            self._kinds = frozenset(listed | {kind for kind in counts if counts[kind] > 0})
        return self._kinds

    def names(self) -> list[str]:
        """Return each name of each part, once."""
        if self._names is None:
            every = (name for part in self._known.parts for name in (part.name, *part.names))
            self._names = list(dict.fromkeys(name for name in every if name))
        return self._names

    def any_kind(self, kinds: list[str]) -> bool:
        """Whether a part is of one of these kinds."""
        return not self.kinds().isdisjoint(kinds)

    def any_name(self, pattern: str) -> bool:
        """Whether the pattern occurs in a name of a part."""
        matches = (_short_matcher if len(pattern) <= _KEPT_LENGTH else _matcher)(pattern)
        names = self.names()
        batches = (names[at : at + _BATCH] for at in range(0, len(names), _BATCH))
        return any(matches(batch) for batch in batches)


@lru_cache(maxsize=_KEPT)
def _short_matcher(pattern: str) -> Callable[[list[str]], bool]:
    return _matcher(pattern)


def _matcher(pattern: str) -> Callable[[list[str]], bool]:
    """Return a test whether the pattern occurs in one of a batch of names, by RE2 as CEL has it."""
    if problem := regex_problem(pattern):
        raise ValueError(problem)

    def one_by_one(batch: list[str]) -> bool:
        return bool(_SEARCH_EACH.eval(data={"names": batch, "pattern": pattern}).value())

    # Joined by line ends and searched under (?m), no name that matches alone is missed.
    loose = f"(?m)(?:{pattern})"

    def joined_first(batch: list[str]) -> bool:
        found = _SEARCH.eval(data={"text": "\n".join(batch), "pattern": loose}).value()
        return bool(found) and one_by_one(batch)

    return one_by_one if _WHOLE_TEXT.search(pattern) else joined_first


def regex_problem(pattern: str) -> str:
    """Return what is wrong with a regular expression; empty if nothing is."""
    value = _SEARCH.eval(data={"text": "", "pattern": pattern})
    if value.type() == cel.Type.BOOL:
        return ""
    return str(value.value()).rpartition("invalid regular expression: ")[2]


def literal(text: str) -> str | list[str]:
    """Return the value of a text, or of a list of texts, that is written out in CEL."""
    value: str | list[str] = _PLAIN.compile(text).eval(data={}).plain_value()
    return value
