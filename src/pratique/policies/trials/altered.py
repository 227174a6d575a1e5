"""Alter the text of a condition in one place, as a slip of its author would.

Each operand of `&&` and `||` is left out, and each is negated by `!`; an `&&` becomes an `||`,
and vice versa; each word of a list that is written out is left out.  Loops are entered:
`parts.exists(p, p.returned && p.kind == "script")` has two more operands, and a loop that asks
for one thing has that one.

What is left out becomes `true` in an `&&` and `false` in an `||`, where it changes nothing; a
condition that is a single operand becomes `true`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from pratique.policies.language.clauses import Clause, clause_of

_TEXT = r"""[rRbB]{0,2}(?:"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')"""
_WORD = re.compile(_TEXT)
# A list of at least two texts; texts and comments match first, so no list is found in them.
_LIST = re.compile(rf"//[^\n]*|{_TEXT}|(?P<list>\[\s*{_TEXT}(?:\s*,\s*{_TEXT})+\s*,?\s*\])")


class How(StrEnum):
    """In what way a condition or a rule is altered."""

    DROPPED = "left out"
    NEGATED = "turned round"
    SWAPPED = "`&&` and `||` exchanged"
    WORD = "word left out"
    RULE = "rule left out"
    ACTION = "other action"


# Slips that any test of the condition should notice.
OF_CONDITIONS = (How.DROPPED, How.NEGATED)


@dataclass(frozen=True, slots=True)
class Altered:
    """A condition with one slip in it; it need not compile."""

    how: How
    # The place in the condition's text, and what stands there.
    offset: int
    piece: str
    condition: str


def altered(text: str) -> Iterator[Altered]:
    """Yield the condition with each slip in turn."""
    yield from _in_clause(text, clause_of(text), "true")
    yield from _without_words(text)


def _in_clause(text: str, clause: Clause, neutral: str) -> Iterator[Altered]:
    piece = text[clause.start : clause.end]
    yield _with(text, clause, How.DROPPED, neutral)
    yield _with(text, clause, How.NEGATED, f"!({piece}\n)")
    yield from _below(text, clause)


def _below(text: str, clause: Clause) -> Iterator[Altered]:
    if clause.kind == "leaf":
        if clause.body is not None:
            yield from _in_clause(text, clause.body, "true")
    elif clause.kind == "not":
        # It is altered as a whole: leaving out or negating `!a` covers all that can be done to `a`.
        for part in clause.parts:
            yield from _below(text, part)
    else:
        other, neutral = ("||", "true") if clause.kind == "and" else ("&&", "false")
        pieces = (f"({text[part.start : part.end]}\n)" for part in clause.parts)
        yield _with(text, clause, How.SWAPPED, f"({f' {other} '.join(pieces)})")
        for part in clause.parts:
            yield from _in_clause(text, part, neutral)


def _with(text: str, clause: Clause, how: How, instead: str) -> Altered:
    piece = text[clause.start : clause.end]
    changed = f"{text[: clause.start]}{instead}{text[clause.end :]}"
    return Altered(how, clause.start, piece, changed)


def _without_words(text: str) -> Iterator[Altered]:
    for found in _LIST.finditer(text):
        if found["list"]:
            words = list(_WORD.finditer(text, *found.span()))
            for word in words:
                kept = ", ".join(each[0] for each in words if each is not word)
                changed = f"{text[: found.start()]}[{kept}]{text[found.end() :]}"
                yield Altered(How.WORD, word.start(), word[0], changed)
