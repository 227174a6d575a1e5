"""Ask lists with TLSH digests about a part, whose own digest is computed once, if at all.

It is not computed of what no list can have near: lists know which lengths they have.  Nor of
the message and of what only holds others together: base64 has a likeness of its own, and what
it carries is asked about anyway.
"""

from collections.abc import Callable, Sequence

from pratique.scanners.budget import Budget
from pratique.scanners.hash_list import HashList, Record
from pratique.scanners.near.digest import LEAST
from pratique.scanners.near.library import Library
from pratique.scanners.near.search import Match, Near
from pratique.scanners.part import Part

_HOLDS_OTHERS = frozenset({"message", "multipart"})


class NearLists:
    """The lists that have TLSH digests.  Raises NoLibrary."""

    def __init__(self, lists: Sequence[HashList]) -> None:
        self._library = Library()
        self._near = {one: Near(one) for one in lists if one.counts["tlsh"]}

    def about(self, part: Part, budget: Budget) -> "AboutPart | None":
        """What answers for a part; None where no list can have anything near."""
        size = len(part.octets)
        if size < LEAST or part.known.kind in _HOLDS_OTHERS:
            return None
        able = {listed: one for listed, one in self._near.items() if one.reaches(size)}
        digest = self._library.digest(part.octets, budget) if able else None
        return AboutPart(able, digest) if digest else None


class AboutPart:
    """A part's digest, and the lists that may have one near it."""

    def __init__(self, near: dict[HashList, Near], digest: bytes) -> None:
        self._near, self._digest = near, digest

    def nearest(self, listed: HashList, holds: Callable[[Record], bool]) -> Match | None:
        """What is nearest on a list, of what holds."""
        near = self._near.get(listed)
        return None if near is None else near.nearest(self._digest, holds)
