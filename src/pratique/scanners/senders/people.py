"""Know the people of ours in whose names forgers like to write.

"Doe, John", "John Q. Doe", "JOHN DOE (CEO)" and "Jоhn Dое" with two letters of another
alphabet are one man to whoever reads it.  So a name is the set of its words: in one case,
without marks on letters, with one letter for all that look like it (UTS 39), without
initials.  A display name has it if all of its words are there, and few others.

How many people there are costs nothing: each is found by its rarest word.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pratique.scanners import wall_pb2 as wall
from pratique.scanners.bounces.fold import fold
from pratique.scanners.links.scripts import skeleton
from pratique.scanners.senders.shown import says_via

# A title, a second name, "CEO of Contoso": what is longer speaks of somebody.
MORE_WORDS = 3
# Of a display name so many are looked at.
WORDS = 16
_APART = re.compile(r"[\W_]+")
_INVISIBLE = re.compile("['\u2019\u02bc`\u00b4]")
# What a forger writes for a letter, and what looks like an l; skeleton() has 0, 1 and `rn`.
_ALIKE = str.maketrans({"i": "l", "|": "l", "!": "l", "3": "e", "4": "a", "5": "s", "$": "s"})
# How names are written where there are no such letters.
_SPELLED = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ø": "oe", "å": "aa", "æ": "ae"})
# Writing whose names need no blank between their words.
_DENSE = re.compile(r"[\u2e80-\u9fff\uac00-\ud7af]")


@dataclass(frozen=True, slots=True)
class Named:
    """A person whose name stands in a display name."""

    name: str
    addresses: frozenset[str]
    # Somebody else writes for them, says the name.
    via: bool


@dataclass(frozen=True, slots=True)
class _Key:
    words: frozenset[str]
    name: str
    addresses: frozenset[str]

    def fits(self, shown: frozenset[str]) -> bool:
        """Tell whether a display name of these words has it."""
        if not self.words <= shown:
            return False
        # One word of ASCII is many people's.
        alone = len(self.words) == 1 and all(map(str.isascii, self.words))
        return len(shown) <= len(self.words) + (0 if alone else MORE_WORDS)


class People:
    """The people whom the settings name."""

    def __init__(self, people: Iterable[wall.Person]) -> None:
        keys = [key for person in people for key in _keys(person)]
        often = Counter(word for key in keys for word in key.words)
        self._by_word: dict[str, list[_Key]] = {}
        for key in keys:
            rarest = min(key.words, key=lambda word: (often[word], word))
            self._by_word.setdefault(rarest, []).append(key)

    def named(self, shown: str) -> Named | None:
        """Whose name a display name has; None if nobody's."""
        if not self._by_word:
            return None
        read = fold(shown)
        # "Ann via a list", "Ann (via Documents)".
        before = read.partition(" via ")[0].partition("(via ")[0]
        if says_via(read) and (key := self._find(before)) is not None:
            return Named(key.name, key.addresses, via=True)
        key = self._find(shown)
        return Named(key.name, key.addresses, via=False) if key is not None else None

    def _find(self, shown: str) -> _Key | None:
        words = frozenset(_words(shown)[:WORDS])
        near = (key for word in sorted(words) for key in self._by_word.get(word, ()))
        return next((key for key in near if key.fits(words)), None)


def _words(name: str) -> list[str]:
    """The words of a name, as they look; initials only where there is nothing else."""
    plain = _INVISIBLE.sub("", fold(name))
    looks = skeleton(plain).translate(_ALIKE)
    words = [word for word in _APART.split(looks) if word]
    long = [word for word in words if len(word) > 1 or not word.isascii()]
    return long if len(long) > 1 else words


def _keys(person: wall.Person) -> Iterator[_Key]:
    """Each way in which a name is written; a name without a letter is none."""
    addresses = frozenset(one.strip().lower() for one in person.addresses)
    words = _words(person.name)
    ways = {frozenset(words), frozenset(_words(fold(person.name).translate(_SPELLED)))}
    if words and all(map(_DENSE.match, words)):
        ways |= {frozenset({"".join(words)}), frozenset({"".join(reversed(words))})}
    for way in sorted(ways, key=sorted):
        if way:
            yield _Key(way, person.name, addresses)
