"""Know which readers may open a part, so that not each of forty has to be asked.

Most readers are told by the type alone, or by what else the first octets are of, or by a
mark that would have to stand somewhere in the part.  A reader says so (`told_by`, `types`,
`mark`; or `signs`), and is then asked only about parts to which its answer may be yes;
one that says nothing is asked about each.  The answer itself is always the reader's own.

Of all signs but the first octets there are few together in one mail, and the same ones in
the next: so the readers that are asked for them are kept.
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache

from pratique.scanners.containers.around import carries, fronts_of
from pratique.scanners.marks import ALL
from pratique.scanners.part import ByType, Part, Reader, Signs, Unlocks, WithSigns

# So many combinations of signs are kept; a mail of ten attachments has a dozen.
KEPT = 512
# So many first octets tell which readers to ask.
_BEGIN = 2


class Openers:
    """All readers, in the order in which they are asked."""

    def __init__(self, readers: Sequence[Reader]) -> None:
        self._readers = tuple(readers)
        # None for a reader that is asked about each part.
        self._signs = [_signs_of(reader) for reader in self._readers]
        # Numbers of readers by a type that the first octets are of, and by these octets.
        self._by_front: dict[str, list[int]] = {}
        self._by_begin: dict[bytes, list[int]] = {}
        for number, signs in enumerate(self._signs):
            self._add(number, signs or Signs())
        self._kept = lru_cache(maxsize=KEPT)(self._by_words)
        # Asked of the class once: a protocol is slow to ask.
        self._unlocking = {id(one): one for one in self._readers if isinstance(one, Unlocks)}

    def _add(self, number: int, signs: Signs) -> None:
        reader = self._readers[number]
        if isinstance(reader, ByType) and reader.told_by == "front":
            for type_ in signs.types:
                self._by_front.setdefault(type_, []).append(number)
        for begin in signs.begins:
            self._by_begin.setdefault(begin[:_BEGIN], []).append(number)

    def __call__(self, part: Part) -> Iterable[Reader]:
        """The readers that may open this part."""
        known = part.known
        kept = self._kept(
            (known.type, known.kind, known.declared_type),
            part.extensions,
            part.marks,
            carried=carries(part),
        )
        more = self._by_begin.get(bytes(part.octets[:_BEGIN]), [])
        for type_ in fronts_of(part):
            more = [*more, *self._by_front.get(type_, ())]
        if not more:
            return kept.values()
        return [self._readers[number] for number in sorted({*kept, *more})]

    def _by_words(
        self,
        words: tuple[str, str, str],
        extensions: frozenset[str],
        marks: frozenset[bytes] | None,
        *,
        carried: bool,
    ) -> dict[int, Reader]:
        """The readers that are asked whatever the first octets are, by number."""
        return {
            number: self._readers[number]
            for number, signs in enumerate(self._signs)
            if signs is None
            or signs.in_words(words, extensions)
            or ((carried or not signs.carried) and _may_stand(signs.marks, marks))
        }

    def unlocks(self, reader: Reader) -> Unlocks | None:
        """The reader as one that can open what is locked, if it can."""
        return self._unlocking.get(id(reader))


def _signs_of(reader: Reader) -> Signs | None:
    """What a reader says of itself, in either way; None if it says nothing."""
    if isinstance(reader, WithSigns):
        return reader.signs
    if not isinstance(reader, ByType):
        return None
    mark: bytes = getattr(reader, "mark", b"")
    return Signs(types=reader.types, marks=(mark,) if mark else (), carried=True)


def _may_stand(wanted: tuple[bytes, ...], marks: frozenset[bytes] | None) -> bool:
    """Whether one of the marks is not known to be missing."""
    return any(marks is None or mark in marks or mark not in ALL for mark in wanted)
