"""Find where each rule of a file stands, since YARA's own list of rules does not say.

A file is cut into what may hide braces and words (comments, texts, regular expressions) and
what counts: words and braces.  A slash always begins a comment or an expression: YARA divides
by a backslash.  A file that YARA compiles is cut as YARA reads it; of one that it does not,
as much as can be told.
"""

import bisect
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

_TOKEN = re.compile(
    r"""
      /\*.*?(?:\*/|\Z)            # a comment
    | //[^\n]*
    | "(?:\\.|[^"\\\n])*"?        # a text
    | /(?:\\.|[^/\\\n])+/?        # an expression
    | (?P<brace>[{}])
    | (?P<word>[A-Za-z_][A-Za-z0-9_]*)(?P<stated>[ \t\r\n]*=(?!=))?
    | [$@\#!][A-Za-z0-9_]*        # a string's name is none of the words
    """,
    re.VERBOSE | re.DOTALL,
)
_BEFORE = frozenset({"private", "global"})


@dataclass(slots=True)
class Cut:
    """One rule: its name, its place, its text, and what it names."""

    name: str
    line: int
    start: int
    end: int = 0
    is_global: bool = False
    # The lines of its metadata.
    keys: dict[str, int] = field(default_factory=dict)
    words: set[str] = field(default_factory=set)


class Cuts:
    """The rules of one file, in their order."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._starts = [0, *(found.end() for found in re.finditer("\n", source))]
        self._imports: list[str] = []
        self.rules = list(self._cut())

    def __iter__(self) -> Iterator[Cut]:
        return iter(self.rules)

    def named(self, name: str) -> Cut | None:
        """The rule of this name; None if it was not found."""
        return next((one for one in self.rules if one.name == name), None)

    def line_of(self, name: str, key: str = "") -> int:
        """Where a rule stands, or its metadata of this key; 0 if it was not found."""
        rule = self.named(name)
        return rule.keys.get(key, rule.line) if rule is not None else 0

    def at(self, line: int) -> str:
        """The name of the rule that a line belongs to; empty where there is none."""
        before = [one.name for one in self.rules if self._line(one.start) <= line]
        return before[-1] if before else ""

    def alone(self, name: str) -> str:
        """A source with one rule, and with the rules before it that it needs."""
        wanted: list[Cut] = []
        names: set[str] = {name}
        for one in reversed(self.rules):
            if one.name in names or one.is_global:
                wanted.append(one)
                names |= one.words
        texts = [self._source[one.start : one.end] for one in reversed(wanted)]
        return "\n".join([*self._imports, *texts])

    def _line(self, at: int) -> int:
        return bisect.bisect_right(self._starts, at)

    def _cut(self) -> Iterator[Cut]:
        rule: Cut | None = None
        before, depth, start, is_global = "", 0, -1, False
        for found in _TOKEN.finditer(self._source):
            word, brace = found["word"], found["brace"]
            if rule is None and word:
                if word in _BEFORE or (word == "rule" and start < 0):
                    start = found.start() if start < 0 else start
                    is_global = is_global or word == "global"
                elif before == "rule":
                    rule = Cut(word, self._line(found.start()), start, is_global=is_global)
                before = word
            elif rule is None and before == "import" and found[0][0] == '"':
                self._imports.append(f"import {found[0]}")
                before = ""
            elif rule is not None and brace:
                depth += 1 if brace == "{" else -1
                if depth == 0:
                    rule.end = found.end()
                    yield rule
                    rule, before, start, is_global = None, "", -1, False
            elif rule is not None and word and depth == 1:
                rule.words.add(word)
                if found["stated"]:
                    rule.keys[word.lower()] = self._line(found.start())


def twice(rules: Collection[Cut]) -> Iterator[Cut]:
    """Rules whose name another one of the file has already."""
    seen: set[str] = set()
    for one in rules:
        if one.name in seen:
            yield one
        seen.add(one.name)
