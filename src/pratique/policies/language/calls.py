"""Find calls of our functions with literal arguments, so that CEL need not hand them over.

Each text that CEL hands to one of our functions leaks itself and some 50 octets in the process,
a list of texts 240, and a text that a function returns 40 (cel-expr-python 0.1.3, measured):
some 70 MB after 200,000 messages.  A function without arguments that returns a truth value leaks
nothing.  The arguments of nearly every call are literals, the same for each message, or plain
fields, which can be read without CEL.  So such a call becomes one of a function that has them
built in:

    any_kind(["executable", "script"]) && mail.size > 0           ->   any_0() && mail.size > 0
    in_list(envelope.reverse_path, "partners")                    ->   any_0()
    domain_of(envelope.reverse_path) == "x.example" && a          ->   any_0() && a

What an admin wrote is compiled as it stands first, so faults and their places are those of the
admin's text.  Only strings, comments, names and brackets need to be told apart for this (the
lexis of github.com/google/cel-spec, langdef.md); what is not understood stays as it is.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Self

from pratique.policies.language.texts import TEXT

_TOKEN = re.compile(
    rf"(?s:(?P<string>{TEXT}))|//[^\n]*|(?P<word>[A-Za-z_]\w*)|\s+|&&|\|\||[=!<>]=|(?s:.)"
)
_SPACE = re.compile(r"\s+|//[^\n]*")

SEARCHES = ("any_kind", "any_name")
COMPARISONS = ("in_list", "cidr")
DOMAIN_OF = "domain_of"
# How `domain_of(x)` may be compared.
_SIGNS = ("==", "!=", "in")
# Between these a comparison stands alone: nothing binds more tightly.
_BEFORE, _AFTER = ("(", "&&", "||"), (")", "&&", "||")
# They give another meaning to the name that is their first argument.
_LOOPS = ("exists", "exists_one", "all", "map", "filter")


def tokens_of(text: str) -> tuple[re.Match[str], ...]:
    """Return the tokens of an expression, without spaces and comments."""
    return tuple(each for each in _TOKEN.finditer(text) if not _SPACE.fullmatch(each[0]))


@dataclass(frozen=True, slots=True)
class Source:
    """A text that is read from the facts: a field, or the domain in it."""

    path: str
    of_domain: bool = False


@dataclass(frozen=True, slots=True)
class Call:
    """A call that needs nothing but the facts."""

    # One of SEARCHES or COMPARISONS, or a sign that follows `domain_of`.
    function: str
    # The literal, as it is written.
    literal: str
    source: Source | None = None


@dataclass(frozen=True, slots=True)
class _Tokens:
    tokens: tuple[re.Match[str], ...]
    # Names that stand for something other than a fact.
    hidden: frozenset[str]

    @classmethod
    def of(cls, text: str) -> Self:
        """Return the tokens of a text, without spaces and comments."""
        found = tokens_of(text)
        loops = zip(found, found[1:], found[2:], found[3:], strict=False)
        hidden = (
            name[0]
            for word, bracket, name, comma in loops
            if word[0] in _LOOPS and bracket[0] == "(" and comma[0] == ","
        )
        return cls(found, frozenset(hidden))

    def at(self, place: int) -> str:
        """Return the token at a place; "" if there is none."""
        return self.tokens[place][0] if 0 <= place < len(self.tokens) else ""

    def is_word(self, place: int) -> bool:
        return 0 <= place < len(self.tokens) and bool(self.tokens[place]["word"])

    def is_string(self, place: int) -> bool:
        return 0 <= place < len(self.tokens) and bool(self.tokens[place]["string"])

    def literal(self, first: int) -> int | None:
        """Return where the literal that begins here ends: a string, or a list of strings."""
        if self.is_string(first):
            return first
        if self.at(first) != "[":
            return None
        for place in range(first + 1, len(self.tokens)):
            if self.at(place) == "]":
                return place
            if not (self.is_string(place) or self.at(place) == ","):
                return None
        return None

    def source(self, first: int) -> tuple[Source, int] | None:
        """Return the text of the facts that begins here, and where it ends."""
        if self.at(first) == DOMAIN_OF and self.at(first + 1) == "(":
            inner = self.source(first + 2)
            if inner is None or inner[0].of_domain or self.at(inner[1] + 1) != ")":
                return None
            return Source(inner[0].path, of_domain=True), inner[1] + 1
        if not self.is_word(first) or self.at(first) in self.hidden:
            return None
        last = first
        while self.at(last + 1) == "." and self.is_word(last + 2):
            last += 2
        return Source("".join(each[0] for each in self.tokens[first : last + 1])), last


def with_built_in(text: str, built_in: Callable[[Call], str | None]) -> str:
    """Replace each call that needs only the facts by what `built_in` returns.

    A call for which it returns None stays.
    """
    tokens = _Tokens.of(text)
    pieces, kept_from = [], 0
    for call, start, end in _calls(text, tokens):
        spelled = built_in(call)
        if spelled is not None:
            pieces += [text[kept_from:start], spelled]
            kept_from = end
    return "".join((*pieces, text[kept_from:]))


def _calls(text: str, tokens: _Tokens) -> Iterator[tuple[Call, int, int]]:
    """Yield each call, with its first character and the one after its last."""
    place = 0
    while place < len(tokens.tokens):
        found = _call(text, tokens, place)
        if found is None:
            place += 1
            continue
        call, last = found
        yield call, tokens.tokens[place].start(), tokens.tokens[last].end()
        place = last + 1


def _call(text: str, tokens: _Tokens, place: int) -> tuple[Call, int] | None:
    """Return the call that begins at a token, and its last token."""
    name = tokens.at(place)
    if tokens.at(place + 1) != "(" or tokens.at(place - 1) == ".":
        return None
    if name in SEARCHES:
        return _ended(text, tokens, place + 2, Call(name, ""))
    if name in COMPARISONS:
        found = tokens.source(place + 2)
        if found is None or tokens.at(found[1] + 1) != "," or not tokens.is_string(found[1] + 2):
            return None
        return _ended(text, tokens, found[1] + 2, Call(name, "", found[0]))
    return _domain(text, tokens, place) if name == DOMAIN_OF else None


def _ended(text: str, tokens: _Tokens, first: int, call: Call) -> tuple[Call, int] | None:
    """Return the call with the literal that begins here, if that is its last argument."""
    last = tokens.literal(first)
    if last is None or tokens.at(last + 1) != ")":
        return None
    return _with(call, text, tokens.tokens[first : last + 1]), last + 1


def _domain(text: str, tokens: _Tokens, place: int) -> tuple[Call, int] | None:
    """Return `domain_of(x) == "y"`, where it is a condition of its own."""
    found = tokens.source(place)
    if found is None or (place and tokens.at(place - 1) not in _BEFORE):
        return None
    sign, first = tokens.at(found[1] + 1), found[1] + 2
    last = tokens.literal(first)
    if sign not in _SIGNS or last is None or (sign == "in") is tokens.is_string(first):
        return None
    if last + 1 < len(tokens.tokens) and tokens.at(last + 1) not in _AFTER:
        return None
    return _with(Call(sign, "", found[0]), text, tokens.tokens[first : last + 1]), last


def _with(call: Call, text: str, literal: Sequence[re.Match[str]]) -> Call:
    return Call(call.function, text[literal[0].start() : literal[-1].end()], call.source)
