"""Check and expand the macros of SPF (RFC 7208 7): what a record makes of the envelope.

A macro-string is text with `%{letter}` in it.  The letters c, r and t are for explanations only,
which are never asked for here, so they are errors (7.2).  An expanded name that is too long
loses labels on the left until it fits (7.3).
"""

import re
from collections.abc import Iterator, Mapping
from urllib.parse import quote

from pratique.milter.lookups.auth.answers import LONGEST_NAME

# macro-expand and macro-literal, RFC 7208 7.1.
_MACRO = re.compile(r"%(?:\{([slodiphv])([0-9]*)(r?)([.\-+,/_=]*)\}|([%_-]))", re.IGNORECASE)
_TOKEN = re.compile(
    r"%\{[slodiphv][0-9]*r?[.\-+,/_=]*\}|%[%_-]|[\x21-\x24\x26-\x7e]+", re.IGNORECASE
)
_LITERALS = {"%": "%", "_": " ", "-": "%20"}
# A label at the end of a name: letters, digits and hyphens, not digits alone (7.1, toplabel).
_LABEL = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?")


def is_macro_string(text: str) -> bool:
    """Whether this is a macro-string; the empty string is one too."""
    return all(good for _, good in _tokens(text))


def _tokens(text: str) -> Iterator[tuple[str, bool]]:
    """Split it into tokens, and say whether each is allowed."""
    at = 0
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            yield text[at:], False
            return
        # 7.1: DIGIT is "1 or more", and a number of labels is never 0.
        yield found.group(), not re.match(r"%\{.0+\D", found.group())
        at = found.end()


def is_domain_spec(text: str) -> bool:
    """Whether this is a domain-spec: it ends in a macro, or in a dot and a label."""
    tokens = list(_tokens(text))
    if not tokens or not all(good for _, good in tokens):
        return False
    if tokens[-1][0].startswith("%{"):
        return True
    _, dot, last = text.removesuffix(".").rpartition(".")
    return bool(dot and _LABEL.fullmatch(last) and not last.isdigit())


def letters(text: str) -> set[str]:
    """Return the letters of the macros in a text, in lower case."""
    return {found.group(1).lower() for found in _MACRO.finditer(text) if found.group(1)}


def expand(text: str, values: Mapping[str, str]) -> str:
    """Return a domain-spec as a name; `values` has what each letter stands for."""

    def replaced(found: re.Match[str]) -> str:
        letter, labels, turned, delimiters, literal = found.groups()
        if literal:
            return _LITERALS[literal]
        value = _transformed(values[letter.lower()], labels, bool(turned), delimiters)
        # 7.3: an upper-case letter asks for URL escaping (RFC 3986 2.1).
        return quote(value, safe="") if letter.isupper() else value

    return _cut(_MACRO.sub(replaced, text))


def _transformed(value: str, labels: str, turned: bool, delimiters: str) -> str:
    """Return the right-most labels of a value, reversed if so asked."""
    parts = re.split(f"[{re.escape(delimiters or '.')}]", value)
    if turned:
        parts.reverse()
    # No name has more than 127 labels; a number of five digits or more is not even read.
    count = int(labels) if labels and len(labels) < 5 else len(parts)
    return ".".join(parts[-min(count, len(parts)) :])


def _cut(name: str) -> str:
    name = name.removesuffix(".")
    if len(name) <= LONGEST_NAME:
        return name
    # Cut all at once: a thousand macros make a hundred thousand labels, and other mail waits.
    end = name[-LONGEST_NAME - 1 :]
    return end.partition(".")[2] if "." in end else name.rpartition(".")[2]
