"""Find a name in a line by a pattern that takes no longer than the line is long.

What a program says of a stranger's octets may have a stranger's words in it, and a regular
expression as Python has it can be made to run for hours on some.  So a pattern is text, in
which `.*` stands for any characters and `.+` for at least one, and one of these in brackets
is the name: `FOUND: (.*)`, `^.*: (.+) FOUND$`.  `^` and `$` are the line's ends, and a
backslash takes the meaning from the character behind it.  Each stands for as few characters
as will do, which is found from left to right, without a way back.
"""

import re
from dataclasses import dataclass

# Lines are cut here: a name stands further to the left.
MOST_LINE = 2000
MOST = 500

_TOKEN = re.compile(r"\(\.[*+]\)|\.[*+]|\\(.)|[^\\.*+?()\[\]{}|^$]")


@dataclass(frozen=True, slots=True)
class _Any:
    """Characters: at least so many, and whether they are the name."""

    least: int
    is_name: bool


class Pattern:
    """A pattern; `name` finds it in a line.  Raises ValueError, with what is wrong."""

    def __init__(self, written: str) -> None:
        self._at_begin = written.startswith("^")
        inner = written[1:] if self._at_begin else written
        self._at_end = inner.endswith("$") and not inner.endswith("\\$")
        self._tokens = _tokens(inner[:-1] if self._at_end else inner)
        if len(written) > MOST:
            raise ValueError(f"a pattern has {MOST} characters at most")
        if [isinstance(each, _Any) and each.is_name for each in self._tokens].count(True) != 1:
            raise ValueError("a pattern has one name in it, written `(.*)` or `(.+)`")
        if not any(isinstance(each, str) for each in self._tokens):
            raise ValueError("a pattern has some text in it besides the name")

    def name(self, line: str) -> str | None:
        """The name in a line; None if the pattern is not there."""
        line = line[:MOST_LINE]
        at, found = 0, ""
        # What stands before the first text, if that need not be at the begin.
        before: _Any | None = None if self._at_begin else _Any(0, False)
        last = len(self._tokens) - 1
        for number, token in enumerate(self._tokens):
            if isinstance(token, _Any):
                before = token
                continue
            start = self._place(line, at, token, before, is_last=number == last)
            if start < 0:
                return None
            if before is not None and before.is_name:
                found = line[at:start]
            at, before = start + len(token), None
        return self._rest(line[at:], before, found)

    def _rest(self, rest: str, before: _Any | None, found: str) -> str | None:
        """The name, if what is left of the line is as it should be."""
        if before is None:
            return None if self._at_end and rest else found
        if len(rest) < before.least:
            return None
        return rest if before.is_name else found

    def _place(self, line: str, at: int, text: str, before: _Any | None, *, is_last: bool) -> int:
        """Where a text stands behind `at`; -1 if it does not."""
        if before is None:
            return at if line.startswith(text, at) else -1
        if is_last and self._at_end:
            start = len(line) - len(text)
            return start if start >= at + before.least and line.endswith(text) else -1
        return line.find(text, at + before.least)


def _tokens(written: str) -> list[_Any | str]:
    """Texts and what stands between them.  Raises ValueError."""
    tokens: list[_Any | str] = []
    at = 0
    while at < len(written):
        found = _TOKEN.match(written, at)
        if found is None:
            raise ValueError(
                f"{written[at:][:20]!r}: besides text only .* and .+ stand in a pattern, one of "
                "them in brackets; write a backslash before a character that is meant as such"
            )
        at = found.end()
        if found[0].startswith(("(", ".")):
            if tokens and isinstance(tokens[-1], _Any):
                raise ValueError("some text stands between two of .* and .+")
            tokens.append(_Any(int("+" in found[0]), found[0].startswith("(")))
        elif tokens and isinstance(tokens[-1], str):
            tokens[-1] += found[1] or found[0]
        else:
            tokens.append(found[1] or found[0])
    return tokens
