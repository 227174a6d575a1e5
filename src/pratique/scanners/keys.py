"""Offer the words with which a locked part may open: the message often says its own.

Worms since Bagle (2004) put a program in a locked archive and write the password beside
it, so that no filter looks in; honest senders do the same.  Whoever reads the mail can
open the archive, so we try what a reader would try.  A reader of a locked form asks
`words` for candidates, the most likely first, and tells `opened` which one it was.

Each try costs time that a stranger chose, so tries end: after so many, after so many
seconds for one locked part, and after so many for all of a message.  `limit` then says
so in words, and the part stays locked, which is a fact of its own.  A word that stands
only in a picture, in another mail or in a telephone call is out of reach.

Nothing is read before the first locked part asks: mail without any pays a copy only.
"""

import hashlib
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from pratique.scanners.mime.words import decode_words
from pratique.scanners.passwords.candidates import Rank, Ranked, in_name, in_subject, in_text, usual
from pratique.scanners.passwords.page import without_unseen
from pratique.scanners.passwords.reading import readings
from pratique.scanners.passwords.words import PASSWORD, small

if TYPE_CHECKING:  # a reader's protocol names this module in turn
    from pratique.scanners.part import Part

# Zip of either encryption refuses a wrong word in less than 0.5 ms: so many cost 0.1 s.
TRIES = 200
# For one locked part: 12 tries of an Office document (160 ms each, by its making), 30 of
# a 7z archive (60 ms each).
SECONDS = 2.0
# For all of a message's: a quarter of what a message may take at all (budget.SECONDS).
SECONDS_IN_ALL = 5.0
# What dear tries leave to cheap ones, all of which are made in a fraction of that: or a few
# archives that are slow by their making would have the next one stay locked.
CHEAP, SECONDS_FOR_CHEAP = 0.002, 1.0
# Texts whose octets are kept.  A mail has two, a thread with its attached mails ten.
TEXTS = 32
# What is read of one text: a mail's own words are a few KB, and what it quotes stands
# below them.  Its end is read too, or a long beginning would hide it.
HEAD, TAIL = 32 * 1024, 16 * 1024
# So many are read like that (0.1 s each, if they are made to be slow), the rest is skimmed.
LONG_TEXTS = 4
SKIMMED = 2 * 1024
# A text inside an archive is a note to its reader when it is short, and few of them are.
NOTE, NOTES = 8 * 1024, 8
# Attached mails whose subjects are read, and how far their headers are.
MAILS, HEADER = 8, 16 * 1024
# File names that are kept: an archive's first members are the ones that were sent.
NAMES = 64
# An opened archive's word opens the next; nobody sends more than a few of them.
OPENED = 16
# What the tries for one part may spend on the admin's list before the message's own words.
_SHARE = 3
_ALL_SPENT = f"{SECONDS_IN_ALL:g} seconds of tries in one message"
# The kinds (kinds.py) of what a mail program shows as text.
_READ = frozenset({"text", "html"})
_SUBJECT = re.compile(
    rb"^subject[ \t]{0,9}:([^\r\n]{0,998}(?:\r?\n[ \t][^\r\n]{0,998}){0,9})",
    re.IGNORECASE | re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class _Text:
    """A text whose words are still to be found, and its name."""

    octets: bytes
    charset: str = ""
    page: bool = False
    name: str = ""

    @property
    def told(self) -> bool:
        """Whether its name speaks of a password."""
        return PASSWORD.search(small(self.name)) is not None


class Keys:
    """The words that one message offers, and how many tries are left."""

    def __init__(
        self, configured: Sequence[str] = (), clock: Callable[[], float] = time.monotonic
    ) -> None:
        # Why the last `words` ended before its words did; empty if it did not.
        self.limit = ""
        self._configured = [word for word in configured if word]
        self._clock = clock
        self._spent = 0.0
        self._opened: list[str] = []
        self._subject = ""
        self._names: dict[str, None] = {}
        # Digests of the texts taken so far, and those whose words are still to be found.
        self._seen: set[str] = set()
        self._texts: list[_Text] = []
        self._notes = 0
        # What each text says.
        self._in_texts: list[list[Ranked]] = []
        # The beginnings of attached mails.
        self._mails: dict[bytes, None] = {}
        # All words of the message, until there are more.
        self._found: list[Ranked] | None = None

    def mail(self, subject: str) -> None:
        """Take the subject of the message."""
        self._subject = subject
        self._found = None

    def name(self, name: str) -> None:
        """Take the name of a file in the message."""
        if name and len(self._names) < NAMES:
            self._names[name] = None
            self._found = None

    def look(self, part: "Part") -> None:
        """Take a text that a person would read, or a mail's subject; else nothing."""
        known = part.known
        self.name(known.name)
        if known.kind == "message" and len(self._mails) < MAILS:
            self._mails[bytes(part.octets[:HEADER])] = None
            self._found = None
        if known.kind not in _READ or not self._has_room(part):
            return
        head, tail = (HEAD, TAIL) if len(self._seen) < LONG_TEXTS else (SKIMMED, SKIMMED)
        page = known.kind == "html"
        octets = _cut(part.octets, head, tail, page=page)
        whole = len(octets) == len(part.octets)
        self._take(_Text(octets, part.charset, page, known.name), known.sha256 if whole else "")

    def note(self, octets: memoryview) -> None:
        """Take what an archiver shows beside the members: the comment of an archive."""
        if len(octets) and self._notes < NOTES and len(self._seen) < TEXTS:
            self._notes += 1
            self._take(_Text(bytes(octets[:NOTE])))

    def _take(self, text: _Text, sha256: str = "") -> None:
        digest = sha256 or hashlib.sha256(text.octets).hexdigest()
        if digest not in self._seen:
            self._seen.add(digest)
            self._texts.append(text)
            self._found = None

    def _has_room(self, part: "Part") -> bool:
        if any(container != "message" for container in part.known.inside):
            self._notes += 1
            if len(part.octets) > NOTE or self._notes > NOTES:
                return False
        return len(self._seen) < TEXTS

    def words(self, cost: float) -> Iterator[str]:
        """Give candidates for one locked part; one try is said to take `cost` seconds."""
        in_all = SECONDS_IN_ALL + (SECONDS_FOR_CHEAP if cost <= CHEAP else 0)
        self.limit = _ALL_SPENT if self._spent >= in_all else ""
        if self.limit:
            return
        tries = min(TRIES, max(1, int(SECONDS / max(cost, 1e-6))))
        began = self._clock()
        candidates = self._candidates(tries)
        self._spent += self._clock() - began
        end = self._spent + SECONDS
        for count, (word, rank) in enumerate(candidates.items()):
            if count >= tries and rank is Rank.usual:
                return  # not a word of the message's, so nothing of it is left
            if count >= tries:
                self.limit = f"more words to try than {tries}"
            elif self._spent >= in_all:
                self.limit = _ALL_SPENT
            elif self._spent >= end:
                self.limit = f"{SECONDS:g} seconds of tries on one part"
            if self.limit:
                return
            yield from self._timed(word)

    def _timed(self, word: str) -> Iterator[str]:
        began = self._clock()
        try:
            yield word
        finally:
            self._spent += self._clock() - began

    def opened(self, word: str) -> None:
        """Remember what opened a part: it comes first for the next."""
        if word in self._opened:
            self._opened.remove(word)
        self._opened.insert(0, word)
        del self._opened[OPENED:]

    def _candidates(self, tries: int) -> dict[str, Rank]:
        """Each word once, most likely first; the admin's do not use all the tries up."""
        share = max(1, tries // _SHARE)
        words = dict.fromkeys((*self._opened, *self._configured[:share]), Rank.told)
        for rank, word in self._find():
            words.setdefault(word, rank)
        words |= {word: Rank.made_up for word in self._configured[share:] if word not in words}
        for rank, word in usual():
            words.setdefault(word, rank)
        return words

    def _find(self) -> list[Ranked]:
        """The words of the message, by rank and then as they were found; as many as are tried."""
        self._in_texts += (_in(text) for text in self._texts)
        self._texts.clear()
        if self._found is None:
            subjects = (self._subject, *map(_subject_of, self._mails))
            titles = (list(in_subject(subject)) for subject in dict.fromkeys(subjects))
            named = [each for name in self._names for each in in_name(name)]
            self._found = _in_turn([*self._in_texts, *titles, named])
        return self._found


def _likeliest(ranked: list[Ranked]) -> list[Ranked]:
    """Each word once, and one more than are tried, so that it is noticed."""
    words: dict[str, Rank] = {}
    for rank, word in sorted(ranked, key=lambda each: each[0]):
        words.setdefault(word, rank)
    return [(rank, word) for word, rank in islice(words.items(), TRIES + 1)]


def _in(text: _Text) -> list[Ranked]:
    """The likeliest words of one text, in each charset that it may be in."""
    found: list[Ranked] = []
    told = text.told
    for reading in readings(text.octets, text.charset, page=text.page):
        # A file "password.txt" may hold the word alone.
        said = f"password:\n{reading}" if told else reading
        found = _likeliest([*found, *in_text(said)])
    return found


def _in_turn(sources: list[list[Ranked]]) -> list[Ranked]:
    """The words of all, each source in its turn within a rank.

    Else the text that nobody is shown, beside a page, could hold so many words that none of
    the page's is tried.
    """
    turns: list[tuple[Rank, int, str]] = []
    for source in sources:
        counts: Counter[Rank] = Counter()
        for rank, word in source:
            turns.append((rank, counts[rank], word))
            counts[rank] += 1
    turns.sort(key=lambda each: each[:2])
    return _likeliest([(rank, word) for rank, _, word in turns])


def _subject_of(head: bytes) -> str:
    """The subject of a mail that begins like this."""
    found = _SUBJECT.search(head)
    return decode_words(found[1])[0] if found is not None else ""


def _cut(octets: memoryview, head: int, tail: int, *, page: bool) -> bytes:
    """What is read of a text."""
    if len(octets) <= head + tail:
        return bytes(octets)
    if page:
        # A page may begin with more style than that, and hold pictures between its words.
        octets = memoryview(without_unseen(octets))
        if len(octets) <= head + tail:
            return bytes(octets)
    # The lines between keep a word that the cut ends apart from one that it begins.
    return bytes(octets[:head]) + b"\n\n" + bytes(octets[-tail:])
