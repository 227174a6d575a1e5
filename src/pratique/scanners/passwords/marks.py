"""Take a text apart into what a person would copy: quoted words, bracketed ones, tokens.

Every pattern reads a bounded piece from each place on, so a text costs what its length
says.  A token is given in several forms, because a full stop after it may be the end of
the sentence or of the password; the likelier form comes first.
"""

import re
from collections.abc import Iterator

from pratique.scanners.passwords.page import CLOSES, OPENS

# Longer ones are no words that people copy out of a mail.
LONGEST = 64

_PAIRS = "“”", "„“", "„”", "«»", "»«", "「」", "『』", "‘’", "‚‘", "‹›", OPENS + CLOSES
_BRACKETS = "【】", "[]", "()", "<>", "《》", "〈〉", "〔〕", "{}", "（）", "［］"
_SAME = '"', "`", "″", "＂", "*", "_", "|", "~"


def _between(opens: str, closes: str) -> str:
    return (
        rf"{re.escape(opens)}([^{re.escape(opens + closes)}\n]{{1,{LONGEST}}}){re.escape(closes)}"
    )


_QUOTED = re.compile(
    "|".join(
        (
            *(_between(*pair) for pair in _PAIRS),
            *(_between(mark, mark) for mark in _SAME[:4]),
            # An apostrophe inside a word quotes nothing.
            rf"(?<!\w)'([^'\n]{{1,{LONGEST}}})'(?!\w)",
        )
    )
)
_BRACKETED = re.compile(
    "|".join(
        (
            *(_between(*pair) for pair in _BRACKETS),
            *(_between(mark, mark) for mark in _SAME[4:]),
        )
    )
)
_TOKEN = re.compile(rf"\S{{1,{2 * LONGEST}}}")
_AROUND = "\"'`“”„‟‘’‚‹›«»「」『』【】〈〉《》〔〕（）［］()[]{}<>*_~|＂″" + OPENS + CLOSES
_STOPS = ".,;:!?。、，．；：！？…"
# With these at its end a token is more often a sentence's last than a password.
_LIKELY_STOPS = tuple(".,;:。、，；：…")
_PLAIN_RUN = re.compile(r"[!-~]+")
# Letters of scripts without blanks between their words, and what Hangul adds to words.
_UNSPACED = re.compile(r"[\u2e80-\ua4cf\uac00-\ud7af\uf900-\ufaff\uff00-\uffef]")
_SPELT = re.compile(r"\s*(\S(?: \S){2,31})(?!\S)")


def quoted(text: str) -> Iterator[str]:
    """What stands in quotes, or is set apart."""
    yield from (one for found in _QUOTED.finditer(text) if (one := _inner(found)))


def bracketed(text: str) -> Iterator[str]:
    """What stands in brackets, or between two marks of plain text's emphasis."""
    yield from (one for found in _BRACKETED.finditer(text) if (one := _inner(found)))


def _inner(found: re.Match[str]) -> str:
    return (found[found.lastindex] if found.lastindex else "").strip(OPENS + CLOSES + " \t")


def tokens(text: str) -> Iterator[str]:
    """Every token as it is most likely meant."""
    for found in _TOKEN.finditer(text):
        yield from forms(found[0])


def raw_tokens(text: str) -> Iterator[str]:
    """Every token with the marks that stand around it."""
    yield from (found[0] for found in _TOKEN.finditer(text) if len(found[0]) <= LONGEST)


def spelt(text: str) -> str:
    """What stands at the beginning letter by letter ("4 7 1 1"), joined; empty if nothing."""
    found = _SPELT.match(text)
    return found[1].replace(" ", "") if found is not None else ""


def forms(token: str) -> Iterator[str]:
    """A token as it may be meant, without the marks around it, the likelier form first."""
    bare = token.strip(_AROUND)
    shorn = token.strip(_AROUND + _STOPS)
    found = [shorn, bare] if bare.endswith(_LIKELY_STOPS) else [bare, shorn]
    if _UNSPACED.search(token):
        # "はabc123です": the plain run is what was meant.
        plain = (run.strip(_AROUND + _STOPS) for run in _PLAIN_RUN.findall(bare))
        found = [*plain, *found]
    # One or two marks are what is left of a sentence.
    yield from (one for one in dict.fromkeys(found) if 0 < len(one) <= LONGEST and _says(one))


def _says(token: str) -> bool:
    return len(token) > 2 or any(map(str.isalnum, token))


def is_unspaced(token: str) -> bool:
    """Tell whether a token is of a script that puts no blanks between its words."""
    return _UNSPACED.search(token) is not None


def looks_chosen(token: str) -> bool:
    """Tell whether a token is one that somebody made up: digits, or letters of both sizes."""
    if not 2 < len(token) <= LONGEST or "://" in token:
        return False
    if any(each.isdigit() for each in token):
        return True
    inside = token[1:]
    return inside != inside.lower() and inside != inside.upper()
