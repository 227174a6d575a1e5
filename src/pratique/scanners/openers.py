"""Know which readers may open a part, so that not each of forty has to be asked.

Most readers are told by the type alone, or by what else the first octets are of, or by a
mark that would have to stand somewhere in the part.  A reader says so (`told_by`, `types`,
`mark`), and is then asked only about parts to which its answer may be yes; whoever says
nothing is asked about each.  The answer itself is always the reader's own.
"""

from collections.abc import Iterable, Sequence

from pratique.scanners.containers.around import carries, fronts_of
from pratique.scanners.part import Part, Reader, Unlocks


class Openers:
    """All readers, in the order in which they are asked."""

    def __init__(self, readers: Sequence[Reader]) -> None:
        self._readers = tuple(readers)
        # Numbers of readers: those asked about each part, by type, by what is in front.
        self._always: list[int] = []
        self._by_type: dict[str, list[int]] = {}
        self._by_front: dict[str, list[int]] = {}
        self._by_mark: list[tuple[bytes, int]] = []
        for number, reader in enumerate(self._readers):
            self._add(number, reader)
        # Asked of the class once: a protocol is slow to ask.
        self._unlocking = {id(one): one for one in self._readers if isinstance(one, Unlocks)}

    def _add(self, number: int, reader: Reader) -> None:
        told_by = getattr(reader, "told_by", "")
        if not told_by:
            self._always.append(number)
            return
        # Only who has `told_by` has this: part.py, `Reader`.
        for type_ in reader.types:  # type: ignore[attr-defined]
            self._by_type.setdefault(type_, []).append(number)
            if told_by == "front":
                self._by_front.setdefault(type_, []).append(number)
        if mark := getattr(reader, "mark", b""):
            self._by_mark.append((mark, number))

    def __call__(self, part: Part) -> Iterable[Reader]:
        """The readers that may open this part."""
        numbers = {*self._always, *self._by_type.get(part.known.type, ())}
        for type_ in fronts_of(part):
            numbers.update(self._by_front.get(type_, ()))
        if carries(part):
            numbers.update(number for mark, number in self._by_mark if not part.lacks(mark))
        return [self._readers[number] for number in sorted(numbers)]

    def unlocks(self, reader: Reader) -> Unlocks | None:
        """The reader as one that can open what is locked, if it can."""
        return self._unlocking.get(id(reader))
