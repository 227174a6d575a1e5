"""Cut a multipart's body into its entities, RFC 2046 5.1, in one pass.

A delimiter is a line of `--`, the boundary and perhaps blanks (transport padding); with
`--` after the boundary it is the last.  The boundaries of all multiparts that are open
stand in one table, and each line that begins with `--` and what these have in common
is looked up there.  So no octet is searched twice, however deep the nesting: a line that
belongs to an outer multipart ends the inner ones, as RFC 2046 5.1.2 wants it.  There is
no recursion.

What other programs would read besides goes to `further`: the same body by another
boundary, or parts that stand before the first delimiter or after the last one, where
RFC 2046 5.1.1 says that nothing is and some programs show what is.  Such a second cut
is charged to the budget by its octets, which bounds all of them together.
"""

import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import takewhile
from typing import NamedTuple

from pratique.scanners.budget import Budget
from pratique.scanners.mime.entity import (
    READINGS,
    Entity,
    Odd,
    body_of,
    read_boundaries,
    read_entity,
)
from pratique.scanners.mime.header import read_header

# Lines that only look like delimiters are counted, and the clock is read this often.
_CLOCK = 1024
# A line that may be a delimiter, without the blanks and the CR at its end.
_DASHES = re.compile(rb"\n--((?:[^\n \t\r]++|[ \t\r]++(?!\n|\Z))*+)")
# A line like a delimiter with a MIME field after it.
_PART = re.compile(rb"\n--([^\n]{1,200})\n(?=[Cc][Oo][Nn][Tt][Ee][Nn][Tt]-)")


class _Mark(NamedTuple):
    """A delimiter line, and which of the open multiparts it belongs to."""

    start: int
    end: int
    place: int
    last: bool


class _Cut(NamedTuple):
    """A body to be cut: the octets from `start` to `end`, by `boundary`."""

    entity: Entity
    boundary: bytes
    start: int
    end: int
    view: str


class Note(NamedTuple):
    """What is odd about an entity that was given before."""

    entity: Entity
    odd: Odd


@dataclass(slots=True)
class _Open:
    """A multipart that is open, and what all boundaries from the first to its have in front."""

    entity: Entity
    boundary: bytes
    shared: bytes


@dataclass(slots=True)
class Cutter:
    """Cuts one message into entities, parents before children."""

    octets: bytes
    budget: Budget
    _further: deque[_Cut] = field(default_factory=deque)
    _noted: set[tuple[bytes, int, int]] = field(default_factory=set)
    _open: list[_Open] = field(default_factory=list)
    _index: dict[bytes, list[int]] = field(default_factory=dict)

    def entities(self, start: int, *, depth: int) -> Iterator[Entity | Note]:
        """The message's own entity, then those in it, then those of further readings."""
        end = len(self.octets)
        root = self._read(start, end)
        root.depth, root.end = depth, end
        if not root.is_multipart:
            self._end_leaf(root, end)
        yield root
        if root.is_multipart:
            yield from self._whole(root)
        while self._further:
            cut = self._further.popleft()
            self.budget.charge_octets(cut.end - cut.start)
            yield from self._cut(cut)

    def _whole(self, root: Entity) -> Iterator[Entity | Note]:
        if root.boundaries:
            cut = _Cut(root, root.boundaries[0], root.header.body, root.end, root.view)
            yield from self._cut(cut)
            yield from self._finish(root)
        else:
            leaf = body_of(root, "missing_boundary")
            self._end_leaf(leaf, root.end)
            yield leaf

    def _cut(self, cut: _Cut) -> Iterator[Entity | Note]:
        """The entities: a container when it begins, a leaf when its end is known."""
        self._push(cut.entity, cut.boundary)
        leaf: Entity | None = None
        inside, at = cut.entity, cut.start
        while self._open:
            mark = self._next(at, cut.end)
            stop = mark.start if mark is not None else cut.end
            if leaf is not None:
                self._end_leaf(leaf, stop if mark is None else self._before_line_end(stop))
                yield leaf
            elif cut.view == "standard":
                yield from self._look_outside(inside, at, stop)
            if mark is None:
                yield from self._close(0, stop)
                return
            inside, at, leaf = self._open[mark.place].entity, mark.end, None
            yield from self._close(mark.place if mark.last else mark.place + 1, stop)
            if not mark.last:
                inside = self._read(at, cut.end, parent=inside, view=cut.view)
                leaf, at = self._enter(inside), inside.header.body
                if inside.is_multipart:
                    yield inside
        if cut.view == "standard":
            yield from self._look_outside(cut.entity, at, cut.end)

    def _read(
        self, start: int, end: int, *, parent: Entity | None = None, view: str = "standard"
    ) -> Entity:
        """The entity whose header begins at `start`."""
        header = read_header(
            self.octets, start, end, limits=self.budget.limits, is_delimiter=self._is_delimiter
        )
        nul = self.octets.find(b"\0", header.start, header.body) >= 0
        entity = read_entity(header, parent=parent, nul=nul)
        entity.view = view
        if parent is not None:
            parent.children += 1
            entity.number, entity.depth = parent.children, parent.depth + 1
        return entity

    def _enter(self, entity: Entity) -> Entity | None:
        """Open a multipart and give None, or give the leaf that begins here."""
        if not entity.is_multipart:
            return entity
        if entity.depth > self.budget.limits.mime_depth:
            return body_of(entity, "depth")
        if not entity.boundaries:
            return body_of(entity, "missing_boundary")
        self._push(entity, entity.boundaries[0])
        return None

    def _push(self, entity: Entity, boundary: bytes) -> None:
        shared = _shared(self._open[-1].shared, boundary) if self._open else boundary
        places = self._index.setdefault(boundary, [])
        if places:
            entity.odd.append(Odd("nested_boundary", "the boundary of an outer multipart"))
        places.append(len(self._open))
        self._open.append(_Open(entity, boundary, shared))

    def _close(self, keep: int, stop: int) -> Iterator[Entity]:
        """Close the open multiparts but the outer `keep`, innermost first."""
        while len(self._open) > keep:
            closed = self._open.pop()
            places = self._index[closed.boundary]
            places.pop()
            if not places:
                del self._index[closed.boundary]
            if closed.entity.end < 0:
                closed.entity.end = stop
                yield from self._finish(closed.entity)

    def _finish(self, multipart: Entity) -> Iterator[Entity]:
        """What a multipart gives once its end is known: further cuts, or its whole body."""
        self._cut_again(multipart)
        if multipart.children == 0:
            leaf = body_of(multipart, "unused_boundary")
            self._end_leaf(leaf, multipart.end)
            yield leaf

    def _end_leaf(self, leaf: Entity, end: int) -> None:
        leaf.end = max(leaf.header.body, end)
        if leaf.parent is not None and leaf.uncut:
            leaf.parent.end = leaf.end
            found = _PART.search(self.octets, max(leaf.header.body - 1, 0), leaf.end)
            if found is not None and leaf.uncut != "depth":
                self._cut_further(leaf.parent, found[1].rstrip(b" \t\r"))
        elif leaf.boundaries or len(leaf.types) > 1:
            self._cut_again(leaf)

    def _cut_again(self, entity: Entity) -> None:
        """Note the cuts by boundaries that some programs take instead of the first."""
        rest = entity.boundaries[1:] if entity.is_multipart else entity.boundaries
        for boundary in rest:
            self._cut_further(entity, boundary)
        for value in entity.types[1:READINGS]:
            if value.main.startswith(b"multipart/"):
                for boundary in read_boundaries(value)[:1]:
                    self._cut_further(entity, boundary)

    def _cut_further(self, entity: Entity, boundary: bytes) -> None:
        cut = _Cut(entity, boundary, entity.header.body, entity.end, "further")
        delimiter = b"\n--" + boundary
        if self.octets.find(delimiter, max(cut.start - 1, 0), cut.end) >= 0:
            if not entity.is_multipart and len(entity.types) == 1:
                entity.odd.append(Odd("odd_value", "a boundary on no multipart, and it occurs"))
            self._note_further(cut)

    def _note_further(self, cut: _Cut) -> None:
        if cut[1:4] not in self._noted:
            self._noted.add(cut[1:4])
            self._further.append(cut)

    def _look_outside(self, multipart: Entity, start: int, end: int) -> Iterator[Note]:
        """Note what looks like a part before the first delimiter or after the last."""
        found = _PART.search(self.octets, max(start - 1, 0), end)
        if found is None:
            return
        boundary, stop = found[1].rstrip(b" \t\r"), self._before_line_end(end)
        self._note_further(_Cut(multipart, boundary, start, stop, "further"))
        yield Note(multipart, Odd("part_outside", "a part outside of the delimiters"))

    def _next(self, at: int, end: int) -> _Mark | None:
        """The first delimiter line of an open multipart at or after `at`, where a line begins."""
        if at == 0 and (mark := self._mark(0, end)) is not None:
            return mark
        needle = b"\n--" + self._open[-1].shared
        hit = self.octets.find(needle, max(at - 1, 0), end)
        for _ in range(_CLOCK):
            if hit < 0:
                return None
            mark = self._mark(hit + 1, end)
            if mark is not None:
                return mark
            hit = self.octets.find(needle, hit + len(needle), end)
        return self._next_of_many(hit, end) if hit >= 0 else None

    def _next_of_many(self, at: int, end: int) -> _Mark | None:
        """The same where very many lines look like delimiters: each line is read in C."""
        known = self._index
        for count, found in enumerate(_DASHES.finditer(self.octets, at, end)):
            line = found[1]
            if (line in known or line[:-2] in known) and (
                mark := self._mark(found.start() + 1, end)
            ) is not None:
                return mark
            if count % _CLOCK == 0:
                self.budget.check_clock()
        return None

    def _mark(self, start: int, end: int) -> _Mark | None:
        """The delimiter line that begins at `start`, if it is one."""
        if not self.octets.startswith(b"--", start):
            return None
        line_end = self.octets.find(b"\n", start, end)
        stop = end if line_end < 0 else line_end
        line = self.octets[start + 2 : stop].rstrip(b" \t\r")
        after = min(stop + 1, end)
        if (places := self._index.get(line)) is not None:
            return _Mark(start, after, places[-1], last=False)
        if line.endswith(b"--") and (places := self._index.get(line[:-2])) is not None:
            return _Mark(start, after, places[-1], last=True)
        return None

    def _is_delimiter(self, start: int) -> bool:
        return bool(self._open) and self._mark(start, len(self.octets)) is not None

    def _before_line_end(self, at: int) -> int:
        """Without the line end before a delimiter: it belongs to that (RFC 2046 5.1.1)."""
        if self.octets.endswith(b"\r\n", 0, at):
            return at - 2
        return at - 1 if self.octets.endswith(b"\n", 0, at) else at


def _shared(one: bytes, other: bytes) -> bytes:
    """What both have in front, as far as RFC 2046 lets a boundary reach."""
    same = takewhile(lambda pair: pair[0] == pair[1], zip(one[:70], other[:70], strict=False))
    return one[: sum(1 for _ in same)]
