"""Cut a condition's text into what is joined by `&&`, `||` and `!`, with the place of each.

CEL's own tree (tree.py) tells what a condition means, but it keeps only one place of an operator
and none of brackets; asking a piece of a condition alone, showing it or altering it needs the
text.  Only brackets, strings and these operators are told apart for that (the lexis is that
of calls.py); what is not understood is a leaf and stays whole:

    a && (b || !c)   ->   and(a, or(b, not(c)))
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from pratique.policies.language.calls import tokens_of

# CEL's parser goes no deeper than 250; here, brackets alone do not count as depth.
DEEPEST = 250

_OPENING, _CLOSING = "([{", ")]}"
# Loops whose body is a condition: `list.exists(x, BODY)`.
_LOOPS = ("exists", "exists_one", "all")
# What binds less tightly than `!`: in `!a == b` it is not the whole that is negated.
_BETWEEN = ("==", "!=", "<=", ">=", "<", ">", "+", "-", "*", "/", "%", "in")

_Tokens = Sequence[re.Match[str]]


@dataclass(frozen=True, slots=True)
class Clause:
    """A piece of a condition; `start` and `end` are offsets in the whole text, end exclusive.

    Brackets around a piece are not part of it, except those of `!(...)`.
    """

    kind: Literal["and", "or", "not", "leaf"]
    start: int
    end: int
    # `a && b && c` has three; `!a` has one.
    parts: tuple["Clause", ...] = ()
    # What a loop asks of each element, where a leaf is nothing but a loop.
    body: "Clause | None" = None


def clause_of(text: str) -> Clause:
    """Cut up the text of a condition that compiles."""
    tokens = tokens_of(text)
    return _cut(tokens, DEEPEST) if tokens else Clause("leaf", 0, len(text))


def leaves(clause: Clause) -> Iterator[Clause]:
    """Yield the pieces that are not cut further, in order; bodies of loops are not entered."""
    if clause.kind == "leaf":
        yield clause
    for part in clause.parts:
        yield from leaves(part)


def _cut(tokens: _Tokens, deepest: int) -> Clause:
    while len(tokens) > 2 and tokens[0][0] == "(" and _end_of(tokens, 0) == len(tokens) - 1:
        tokens = tokens[1:-1]
    start, end = tokens[0].start(), tokens[-1].end()
    outer = list(_outer(tokens))
    if deepest == 0 or any(tokens[at][0] == "?" for at in outer):
        return Clause("leaf", start, end)
    for operator in ("||", "&&"):
        pieces = _split(tokens, outer, operator)
        if len(pieces) > 1 and all(pieces):
            parts = tuple(_cut(piece, deepest - 1) for piece in pieces)
            return Clause("and" if operator == "&&" else "or", start, end, parts)
    if _is_turned_round(tokens, outer):
        return Clause("not", start, end, (_cut(tokens[1:], deepest - 1),))
    body = _body(tokens)
    return Clause("leaf", start, end, (), _cut(body, deepest - 1) if body else None)


def _outer(tokens: _Tokens) -> Iterator[int]:
    """Yield the tokens that are outside all brackets."""
    depth = 0
    for at, token in enumerate(tokens):
        depth -= token[0] in _CLOSING
        if depth == 0:
            yield at
        depth += token[0] in _OPENING


def _end_of(tokens: _Tokens, at: int) -> int:
    """Return where the bracket that opens at `at` closes."""
    depth = 0
    for place in range(at, len(tokens)):
        depth += (tokens[place][0] in _OPENING) - (tokens[place][0] in _CLOSING)
        if depth == 0:
            return place
    return len(tokens)


def _split(tokens: _Tokens, outer: Sequence[int], operator: str) -> list[_Tokens]:
    """Return what stands between the operators `&&`, or `||`."""
    pieces, begun = [], 0
    for at in outer:
        if tokens[at][0] == operator:
            pieces.append(tokens[begun:at])
            begun = at + 1
    return [*pieces, tokens[begun:]]


def _is_turned_round(tokens: _Tokens, outer: Sequence[int]) -> bool:
    if tokens[0][0] != "!" or len(tokens) < 2:
        return False
    return not any(tokens[at][0] in _BETWEEN for at in outer if at > 0)


def _body(tokens: _Tokens) -> _Tokens:
    """Return the body of the loop that these tokens are; empty if they are not exactly one loop."""
    for at in _outer(tokens):
        named = at > 0 and tokens[at - 1][0] == "." and tokens[at][0] in _LOOPS
        if named and _end_of(tokens, at + 1) == len(tokens) - 1 and tokens[at + 3][0] == ",":
            return tokens[at + 4 : -1]
    return ()
