"""Find the words of a message that may be passwords, and rank them.

What stands right behind a password word ("Password: ...", "Das Kennwort lautet ...",
「パスワードは...です」) is the likeliest, then what stands around it, what is quoted anywhere,
numbers, and at last whatever looks made up.  A rank says only in which order words are
tried, so a wrong one costs a try and nothing else; and a rank holds a bounded number of
words, or a text full of noise would hide the one behind.
"""

import re
from collections.abc import Iterator
from enum import IntEnum
from itertools import islice

from pratique.scanners.passwords.marks import (
    LONGEST,
    bracketed,
    forms,
    is_unspaced,
    looks_chosen,
    quoted,
    raw_tokens,
    spelt,
    tokens,
)
from pratique.scanners.passwords.page import unmark
from pratique.scanners.passwords.words import COLON, FILLERS, LINK, PASSWORD, small

# What is read before and behind a password word: the rest of its line and three lines more.
BEFORE, BEHIND, LINES = 80, 320, 3
# Tokens of such a line: a password is not farther from the word.
TOKENS = 24
# Password words of one text, and words of each further kind: more are never tried.
HITS, EACH = 60, 200
# As many are looked at, to choose those of which something is told.
_LOOKED_AT = 2000
# Everybody's passwords, and the ones under which samples are sent to a virus desk.
USUAL = "infected", "1234", "12345", "123456", "123", "0000", "1111", "password", "malware", "virus"

# Letters that fonts draw as Latin ones, one for one: "Pаssword" with a Cyrillic а.
_ALIKE = str.maketrans("аеорсухіјѕԁһԛԝӏοανιρτκυ", "aeopcyxijsdhqwloaviptku")
_NUMBER = re.compile(r"(?<![\w.,-])\d{3,16}(?![\w-])")
# Up to twelve letters and blanks stand between a password word and its colon.
_COLON_NEAR = re.compile(r"[\w \t]{0,12}[:=：＝]")
_DIGITS = re.compile(r"\d{3,16}")
_STEPS = re.compile(r"[\W_]+")


class Rank(IntEnum):
    """How likely a word is; the smaller, the sooner it is tried."""

    # Said to be the password: behind a colon, in quotes, behind "is".
    told = 0
    # Beside the password word, and not a word of every day.
    beside = 1
    # Before it: "4711 is the password".
    before = 2
    quoted = 3
    number = 4
    # Beside the password word, any word.
    near = 5
    subject = 6
    file = 7
    made_up = 8
    usual = 9


Ranked = tuple[Rank, str]


def in_text(text: str) -> Iterator[Ranked]:
    """Words of a text that may have marks (page.py)."""
    plain = unmark(text)
    for view in dict.fromkeys((text, plain)):
        for start, end in _hits(view):
            yield from _around(view, start, end)
    yield from ((Rank.quoted, word) for word in islice(quoted(text), EACH))
    yield from ((Rank.number, found[0]) for found in islice(_NUMBER.finditer(plain), EACH))
    yield from ((Rank.made_up, word) for word in islice(_made_up(plain), EACH))


def in_subject(subject: str) -> Iterator[Ranked]:
    """Words of a subject."""
    subject = subject[: 4 * BEHIND]
    yield from ((rank, word) for rank, word in in_text(subject) if rank < Rank.quoted)
    yield from ((Rank.subject, word) for word in islice(quoted(subject), EACH))
    yield from ((Rank.subject, word) for word in islice(tokens(subject), EACH))


def in_name(name: str) -> Iterator[Ranked]:
    """Words of a file's name: its stem, its digits, its steps."""
    name = name[-4 * LONGEST :].replace("\\", "/").rpartition("/")[2]
    stem = name.rpartition(".")[0] or name
    found = [stem, stem.partition(".")[0], *_DIGITS.findall(stem), *_STEPS.split(stem), name]
    yield from ((Rank.file, word) for word in found if 2 < len(word) <= LONGEST)


def usual() -> Iterator[Ranked]:
    """What people take who do not think of a password."""
    yield from ((Rank.usual, word) for word in USUAL)


def _hits(text: str) -> Iterator[tuple[int, int]]:
    """Where password words stand."""
    plain = small(text)
    drawn = plain.translate(_ALIKE)
    for read in dict.fromkeys((plain, drawn)):
        found = [match.span() for match in islice(PASSWORD.finditer(read), _LOOKED_AT)]
        yield from _chosen(read, found) if len(found) > HITS else found


def _chosen(read: str, found: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """If there are too many, those before a colon, and the first and the last of these."""
    told = [span for span in found if _COLON_NEAR.match(read, span[1])]
    if len(told) > HITS:
        return [*told[: HITS // 2], *told[-HITS // 2 :]]
    return list(dict.fromkeys((*told, *found)))[:HITS]


def _around(text: str, start: int, end: int) -> Iterator[Ranked]:
    """Words around one password word."""
    lines = text[end : end + BEHIND].split("\n")
    line, below = lines[0], [one for one in lines[1:] if one.strip()][:LINES]
    yield from _told(line)
    if below and not any(map(str.isalnum, _last(line))):
        yield from _first(below[0])
    for one in (line, *below):
        yield from _beside(one, Rank.beside)
    yield from _beside(text[max(0, start - BEFORE) : start].rpartition("\n")[2], Rank.before)


def _told(line: str) -> Iterator[Ranked]:
    """What the rest of a line says the password to be."""
    for mark in islice(COLON.finditer(line), 3):
        yield from _first(line[mark.end() :])
    yield from ((Rank.told, word) for word in islice((*quoted(line), *bracketed(line)), 3))
    rests = [line[link.end() :] for link in islice(LINK.finditer(small(line)), 3)]
    for rank, word in (each for rest in (*rests, line) for each in _first(rest)):
        if word.lower() not in FILLERS:
            # Without a colon a word of every day is more likely the sentence's next.
            sure = rank is Rank.told and looks_chosen(word) and not is_unspaced(word)
            yield (Rank.told if sure else Rank.before), word


def _first(text: str) -> Iterator[Ranked]:
    """What a text begins with: its first token, and all of its line."""
    line = unmark(text).strip()
    if together := spelt(line):
        yield Rank.told, together
    for token in line.split(maxsplit=1)[:1]:
        yield from ((Rank.told, word) for word in forms(token))
    if " " in line and len(line) <= LONGEST:
        yield from ((Rank.before, whole) for whole in (line, line.rstrip(" .。")))


def _beside(line: str, rank: Rank) -> Iterator[Ranked]:
    """What a line says that speaks of a password somewhere else."""
    yield from ((rank, word) for word in (*quoted(line), *bracketed(line)))
    plain = unmark(line)
    for word in islice(tokens(plain), TOKENS):
        if word.lower() not in FILLERS:
            chosen = looks_chosen(word) and not is_unspaced(word)
            yield (rank if chosen else Rank.near), word
    yield from ((Rank.near, word) for word in islice(raw_tokens(plain), TOKENS))


def _last(line: str) -> str:
    """What a line says behind its last colon, or its last link; all of it without these."""
    return LINK.sub("", small(COLON.split(line)[-1]))


def _made_up(text: str) -> Iterator[str]:
    """Tokens of letters and digits."""
    for token in raw_tokens(text):
        if looks_chosen(token) and any(map(str.isalpha, token)) and any(map(str.isdigit, token)):
            yield from forms(token)
