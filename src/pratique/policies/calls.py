"""Find calls of our functions whose argument is written out, so that CEL need not hand it over.

Each argument that CEL hands to a function of ours leaves 48 octets behind in the process,
a list 240 (cel-expr-python 0.1.3, measured): some 70 MB after 200,000 messages.  A function
without an argument leaves nothing.  The argument of nearly every call is a literal, the same
for each message, so such a call becomes one of a function that has it built in:

    any_kind(["executable", "script"]) && mail.size > 0   ->   any_0() && mail.size > 0

What an admin wrote is compiled as it stands first, so faults and places in it are those of
his text.  Only strings, comments and brackets need to be told apart for this (the lexis of
github.com/google/cel-spec, langdef.md); what is not understood stays as it is.
"""

import re
from collections.abc import Callable, Iterator, Sequence

_STRING = (
    r"[bB]?[rR]\"{3}(?:[^\"]|\"(?!\"\"))*\"{3}|[bB]?[rR]'{3}(?:[^']|'(?!''))*'{3}"
    r"|[bB]?[rR]\"[^\"\n]*\"|[bB]?[rR]'[^'\n]*'"
    r"|[bB]?\"{3}(?:\\.|[^\\\"]|\"(?!\"\"))*\"{3}|[bB]?'{3}(?:\\.|[^\\']|'(?!''))*'{3}"
    r"|[bB]?\"(?:\\.|[^\\\"\n])*\"|[bB]?'(?:\\.|[^\\'\n])*'"
)
_TOKEN = re.compile(rf"(?s:(?P<string>{_STRING}))|//[^\n]*|(?P<word>[A-Za-z_]\w*)|\s+|(?s:.)")
_SPACE = re.compile(r"\s+|//[^\n]*")


def with_built_in(
    text: str, functions: Sequence[str], built_in: Callable[[str, str], str | None]
) -> str:
    """The text with each call that has a literal argument as `built_in` spells it.

    `built_in` is given the function's name and the argument's text; None: it stays.
    """
    tokens = [found for found in _TOKEN.finditer(text) if not _SPACE.fullmatch(found[0])]
    pieces, kept_from = [], 0
    for name, argument, start, end in _calls(tokens, functions):
        spelled = built_in(name, text[slice(*argument)])
        if spelled is not None:
            pieces += [text[kept_from:start], spelled]
            kept_from = end
    return "".join((*pieces, text[kept_from:]))


def _calls(
    tokens: Sequence[re.Match[str]], functions: Sequence[str]
) -> Iterator[tuple[str, tuple[int, int], int, int]]:
    """Name, place of the argument, start and end of each call with a literal argument."""
    for at, word in enumerate(tokens):
        called = word["word"] in functions and _is(tokens, at + 1, "(")
        if not called or _is(tokens, at - 1, "."):
            continue
        last = _literal(tokens, at + 2)
        if last is not None and _is(tokens, last + 1, ")"):
            argument = tokens[at + 2].start(), tokens[last].end()
            yield word["word"], argument, word.start(), tokens[last + 1].end()


def _literal(tokens: Sequence[re.Match[str]], at: int) -> int | None:
    """Where the literal that begins here ends: a string, or a list of strings."""
    if at < len(tokens) and tokens[at]["string"]:
        return at
    if not _is(tokens, at, "["):
        return None
    for number in range(at + 1, len(tokens)):
        if _is(tokens, number, "]"):
            return number
        if not (tokens[number]["string"] or _is(tokens, number, ",")):
            return None
    return None


def _is(tokens: Sequence[re.Match[str]], at: int, text: str) -> bool:
    return 0 <= at < len(tokens) and tokens[at][0] == text
