"""Cut a multipart's body into its entities, RFC 2046 5.1, in one pass.

A delimiter is a line of `--`, the boundary and perhaps blanks (transport padding); with
`--` after the boundary it is the last.  The boundaries of all multiparts that are open
stand in one table, and each line that begins with `--` and what these have in common
is looked up there.  So no octet is searched twice, however deep the nesting: a line that
belongs to an outer multipart ends the inner ones, as RFC 2046 5.1.2 wants it.  There is
no recursion.

This is the standard's reading and no other.  What else other programs would read is
sought by `views.py` in the places that are kept for it here: entities that fail the gate
(`Entity.odd`), and the `gaps` before the first delimiter and after the last one, where
RFC 2046 5.1.1 says that nothing is and some programs show what is.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import takewhile
from typing import NamedTuple

from pratique.scanners.budget import Budget
from pratique.scanners.mime.entity import Entity, Odd, body_of, default_type, read_said
from pratique.scanners.mime.header import Header, read_header

# Lines that only look like delimiters are counted, and the clock is read this often.
_CLOCK = 1024
_FIELD = re.compile(rb"content-", re.IGNORECASE)
# Octets of a header's line, its CR included.  clamd cuts one some octets before a thousand and
# takes the rest for the body; RFC 5322 2.1.1 allows 998.
_LINE = 990
# A line that may be a delimiter, without the blanks and the CR at its end.
_DASHES = re.compile(rb"\n--((?>[^\n \t\r]++|[ \t\r]++(?!\n|\Z))*+)")


class _Mark(NamedTuple):
    """A delimiter line, and which of the open multiparts it belongs to."""

    start: int
    end: int
    place: int
    last: bool
    # Blanks stand behind it.
    padded: bool


class Note(NamedTuple):
    """What is odd about an entity that was given before."""

    entity: Entity
    odd: Odd


class Gap(NamedTuple):
    """A multipart's octets that stand in no entity, from `start` to `end`."""

    entity: Entity
    start: int
    end: int


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
    # What stands in no entity and is not blank, as far as was read.
    gaps: list[Gap] = field(default_factory=list)
    _open: list[_Open] = field(default_factory=list)
    _index: dict[bytes, list[int]] = field(default_factory=dict)

    def entities(self, start: int, *, depth: int) -> Iterator[Entity | Note]:
        """The message's own entity, then those in it."""
        end = len(self.octets)
        root = self._read(start, end)
        root.depth, root.end = depth, end
        yield root
        if not root.is_multipart:
            return
        if root.boundaries:
            self._push(root)
            yield from self._cut(root)
            yield from self._finish(root)
        else:
            yield self._uncut(root, "missing_boundary", end)

    def _cut(self, root: Entity) -> Iterator[Entity | Note]:
        """The entities: a container when it begins, a leaf when its end is known."""
        leaf: Entity | None = None
        inside, at, end = root, root.header.body, root.end
        while self._open:
            mark = self._next(at, end)
            stop = mark.start if mark is not None else end
            if leaf is not None:
                self._end_leaf(leaf, stop if mark is None else self._before_line_end(stop))
                yield leaf
            elif stop > at:
                self._look_outside(inside, at, stop)
            if mark is None:
                yield from self._close(0, stop)
                return
            inside, at, leaf = self._open[mark.place].entity, mark.end, None
            keep = mark.place if mark.last else mark.place + 1
            if keep < len(self._open):
                # Behind the last delimiter of all there is nothing that would be hidden.
                ended_by = mark.place if keep else -1
                yield from self._close(keep, stop, ended_by)
            if not mark.last:
                inside = self._read(at, end, parent=inside)
                inside.aside = inside.aside or mark.padded
                leaf, at = self._enter(inside), inside.header.body
                if inside.said.is_multipart:
                    yield inside
        self._look_outside(root, at, end)

    def _read(self, start: int, end: int, *, parent: Entity | None = None) -> Entity:
        """The entity whose header begins at `start`."""
        body, text = read_header(
            self.octets, start, end, limits=self.budget.limits, is_delimiter=self._is_delimiter
        )
        said = read_said(text, default_type(parent))
        entity = Entity(Header(start, body, text), said, [*said.odd], parent=parent)
        if body - start > _LINE:
            entity.aside = max(map(len, self.octets[start:body].split(b"\n"))) > _LINE
        if parent is not None:
            parent.children += 1
            entity.number, entity.depth = parent.children, parent.depth + 1
        return entity

    def _enter(self, entity: Entity) -> Entity | None:
        """Open a multipart and give None, or give the leaf that begins here."""
        if not entity.said.is_multipart:
            return entity
        if entity.depth > self.budget.limits.mime_depth:
            return body_of(entity, "depth")
        if not entity.boundaries:
            return body_of(entity, "missing_boundary")
        self._push(entity)
        return None

    def _push(self, entity: Entity) -> None:
        boundary = entity.boundaries[0]
        shared = _shared(self._open[-1].shared, boundary) if self._open else boundary
        places = self._index.setdefault(boundary, [])
        if places:
            entity.odd.append(Odd("nested_boundary", "the boundary of an outer multipart"))
        places.append(len(self._open))
        self._open.append(_Open(entity, boundary, shared))

    def _close(self, keep: int, stop: int, ended_by: int = -1) -> Iterator[Entity | Note]:
        """Close the open multiparts but the outer `keep`, innermost first.

        `ended_by` is the place of the multipart whose delimiter stands here; -1 is the end.
        """
        while len(self._open) > keep:
            closed = self._open.pop()
            places = self._index[closed.boundary]
            places.pop()
            if not places:
                del self._index[closed.boundary]
            entity = closed.entity
            if entity.end < 0:
                entity.end = stop
                yield from self._finish(entity)
            if entity.children and 0 <= ended_by < len(self._open):
                yield Note(entity, Odd("unclosed_multipart", "an outer delimiter ended it"))

    def _finish(self, multipart: Entity) -> Iterator[Entity]:
        """What a multipart gives once its end is known: its whole body, if it was not cut."""
        if multipart.children == 0:
            yield self._uncut(multipart, "unused_boundary", multipart.end)

    def _uncut(self, multipart: Entity, why: str, end: int) -> Entity:
        leaf = body_of(multipart, why)
        self._end_leaf(leaf, end)
        return leaf

    def _end_leaf(self, leaf: Entity, end: int) -> None:
        leaf.end = max(leaf.header.body, end)
        if leaf.uncut and leaf.parent is not None:
            leaf.parent.end = leaf.end

    def _look_outside(self, multipart: Entity, start: int, end: int) -> None:
        """Keep what stands before the first delimiter or after the last, if anything does."""
        if end - start > 2 and not self.octets[start:end].isspace():
            self.gaps.append(Gap(multipart, start, end))
            multipart.aside = multipart.aside or _FIELD.search(self.octets, start, end) is not None

    def _next(self, at: int, end: int) -> _Mark | None:
        """The first delimiter line of an open multipart at or after `at`, where a line begins."""
        if at == 0 and (mark := self._mark(0, end)) is not None:
            return mark
        # One octet is found as fast as memory is read, and of base64, which may be 25 MB, none
        # is a dash.
        dash = self.octets.find(b"-", at, end)
        if dash < 0:
            return None
        needle = b"\n--" + self._open[-1].shared
        hit = self.octets.find(needle, max(dash - 1, 0), end)
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
        whole = self.octets[start + 2 : stop]
        line, after = whole.rstrip(b" \t\r"), min(stop + 1, end)
        padded = len(line) < len(whole.rstrip(b"\r"))
        if (places := self._index.get(line)) is not None:
            return _Mark(start, after, places[-1], last=False, padded=padded)
        if line.endswith(b"--") and (places := self._index.get(line[:-2])) is not None:
            return _Mark(start, after, places[-1], last=True, padded=padded)
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
