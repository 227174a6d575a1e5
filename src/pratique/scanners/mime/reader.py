"""The Reader: a message in, its entities out as members, each decoded when it is asked for.

`multipart.py` says where the entities are by the standard; here each leaf is decoded, named
and searched for what its text carries (`carried.py`).  What fails a gate on the way is told as
an oddity, and its place is kept; when the standard's reading is through, these places are read
again in every other way (`views.py`), outermost first, and what is new comes as members of the
view `further`.  Ordinary mail has no such places, and costs one pass.

A member's step is its number among its neighbours, from 1, as IMAP counts (RFC 9051
2.3.1); the root multipart is the message itself and no member.  Everything is a
generator: whoever counts the members stops the work when there are too many.
"""

from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from typing import ClassVar

from pratique.scanners.budget import Budget
from pratique.scanners.mime import encoding
from pratique.scanners.mime.entity import HEADER_TYPES, Entity, Odd, default_type
from pratique.scanners.mime.header import Header, skip_before
from pratique.scanners.mime.inline import find_messages
from pratique.scanners.mime.leaves import Leaves
from pratique.scanners.mime.multipart import Cutter, Gap, Note
from pratique.scanners.mime.sections import begins_cut, continues
from pratique.scanners.mime.uu import files as uuencoded
from pratique.scanners.mime.views import Boundaries, Leaf, Over, Stretch, Views, near, place
from pratique.scanners.part import Found, Oddity, Part, Reached, Recognized, Signs, as_bytes

# Places that are read again; each is cheap, and a mail with more has one oddity often.
STRETCHES = 1000


class Mime:
    """Reads a mail message, RFC 5322 and RFC 2045."""

    name: ClassVar[str] = "mime"
    signs: ClassVar[Signs] = Signs(kinds=frozenset({"message"}))

    def recognize(self, part: Part) -> Recognized:
        """Tell whether the part is a message: the mail itself, or one in it."""
        return "whole" if part.known.kind == "message" else ""

    def members(self, part: Part, budget: Budget) -> Iterator[Found]:
        """Give the entities of the message in document order, further readings last."""
        octets = as_bytes(part.octets)
        # Old Macs end lines with CR; a message that has nothing else is read so.
        if recast := b"\n" not in octets and b"\r" in octets:
            octets = octets.replace(b"\r", b"\n")
            yield Oddity("mixed_line_ends", "CR alone ends the lines")
        returned = part.known.returned
        guessed = returned and "further" in part.known.views
        reading = _Reading(octets, budget, Leaves(octets, budget, returned, guessed, recast))
        archives = sum(word != "message" for word in part.known.inside)
        for found in reading.members(part.known.depth - archives):
            # What stands inline in a text is no mail to any program: nobody differs on it.
            if not (guessed and isinstance(found, Oddity)):
                yield found


@dataclass(slots=True)
class _Again:
    """A place that is read again, and the entity that it belongs to."""

    stretch: Stretch
    entity: Entity
    parent: Entity


@dataclass(slots=True)
class _Reading:
    """One message while it is read."""

    octets: bytes
    budget: Budget
    leaves: Leaves
    _again: list[_Again] = field(default_factory=list)
    # Places of the leaves that were given, and the boundaries around a multipart's parts.
    _given: list[tuple[int, int, str]] = field(default_factory=list)
    _around: dict[Entity, Boundaries] = field(default_factory=dict)

    def members(self, depth: int) -> Iterator[Found]:
        start = skip_before(self.octets, 0, len(self.octets))
        cutter = Cutter(self.octets, self.budget)
        for entity in cutter.entities(start, depth=depth):
            if isinstance(entity, Note):
                yield self.leaves.oddity(entity.odd, entity.entity)
                continue
            if not self.budget.take_mime_part():
                most = f"more than {self.budget.limits.mime_parts} MIME parts"
                yield Reached("parts", most, self.leaves.container(entity))
                break
            if entity.parent is None:
                self._look_before(entity)
            if entity.said.is_multipart:
                yield from self._container(entity)
            else:
                yield from self._leaf(entity)
        for gap in cutter.gaps:
            whole = gap.start == gap.entity.header.body and gap.end == gap.entity.end
            if not whole:  # else it was given as the body of what has no parts
                yield from self._gap(gap)
        if not self.leaves.guessed:
            yield from self._further()
        yield from self.leaves.undeclared()

    def _look_before(self, root: Entity) -> None:
        """What stands before the header is passed over by some and ends it for others."""
        before = self.octets[: root.header.start]
        if b"content-" not in root.header.text.lower():
            return
        if before.startswith(b"\xef\xbb\xbf"):
            root.odd.append(Odd("malformed_field", "a byte order mark before the first field"))
        elif before.startswith((b"\r", b"\n")):
            root.odd.append(Odd("header_end", "empty lines before the header"))

    def _container(self, entity: Entity) -> Iterator[Found]:
        if entity.parent is None:
            self.leaves.given[entity] = member = None
        else:
            self.leaves.given[entity] = member = self.leaves.member(entity)
            yield member
        yield from self.leaves.told(entity, member)
        if entity.odd:
            self._read_again(entity)

    def _leaf(self, entity: Entity) -> Iterator[Found]:
        """A leaf by the standard: its first encoding."""
        if entity.uncut and (yield from self._uncut(entity)):
            return
        name = entity.said.encodings[0]
        name = name if name in encoding.KNOWN else ""
        self._given.append((entity.header.body, entity.end, name))
        if name in encoding.UUENCODE and not self._has_file(entity):
            entity.odd.append(Odd("unknown_transfer_encoding", f"{name}, and no file begins"))
        if self._is_cut_elsewhere(entity) or entity.odd:
            self._read_again(entity)
        else:
            self._look_behind(entity)
        yield from self.leaves.give(entity, name)

    def _look_behind(self, leaf: Entity) -> None:
        """Read again what is odd to nobody, but holds more to some than the standard says."""
        body, end = leaf.header.body, leaf.end
        if leaf.said.broken:
            # Some readers begin the body at a line that is no field.
            if not self.octets[body:end].strip():
                leaf.odd.append(Odd("header_end", "the header runs into its body"))
            self._read_again(leaf)
        elif not leaf.uncut and begins_cut(self.octets, body, end):
            # A multipart that lost its header, which some bounces did; what they return is
            # found as every message that stands inline.
            returned = find_messages(self.octets[body:end], self.budget)
            self._read_again(leaf, body + next(returned, end - body))

    def _has_file(self, leaf: Entity) -> bool:
        found = uuencoded(self.octets[leaf.header.body : leaf.end], self.budget, declared=True)
        return next(found, None) is not None

    def _uncut(self, leaf: Entity) -> Generator[Found, None, bool]:
        """The whole body of a multipart in which no entity was found; True if it is blank."""
        body, multipart = leaf.header.body, leaf.parent
        if multipart is None or leaf.end - body < 1 or self.octets[body : leaf.end].isspace():
            return True
        container = self.leaves.given.get(multipart)
        if leaf.uncut == "depth":
            yield Reached("depth", f"more than {self.budget.limits.mime_depth} levels", container)
        elif not self.leaves.returned:
            # A returned message is often cut short: nobody differs on that.
            yield Oddity(leaf.uncut, "a multipart in which no part was found", container)
        if leaf.uncut != "depth" and not multipart.odd:
            self._read_again(multipart)
        return False

    def _is_cut_elsewhere(self, leaf: Entity) -> bool:
        """Tell whether some reader ends the leaf or its header at another place."""
        body, end = leaf.header.body, leaf.end
        if not leaf.declared_type.startswith(HEADER_TYPES) and continues(self.octets, body, end):
            leaf.odd.append(Odd("header_end", "structural fields behind the empty line"))
        if (
            leaf.parent is not None
            and not leaf.uncut
            and near(self.octets, body, end, self._boundaries(leaf.parent))
        ):
            leaf.odd.append(Odd("odd_delimiter", "a line that is a delimiter to some readers"))
        elif leaf.said.mentioned and near(self.octets, body, end, _named(leaf.said.mentioned)):
            leaf.odd.append(Odd("odd_value", "a boundary on no multipart, and it occurs"))
        return bool(leaf.odd)

    def _boundaries(self, parent: Entity) -> Boundaries:
        """The boundaries of a multipart and of those around it, read once."""
        known = self._around.get(parent)
        if known is None:
            known = self._around[parent] = Boundaries()
            above: Entity | None = parent
            while above is not None:
                known.add(above.boundaries[:1])
                above = above.parent
        return known

    def _gap(self, gap: Gap) -> Iterator[Found]:
        """What stands before the first delimiter or after the last."""
        known = self._boundaries(gap.entity)
        text = self.octets[gap.start : gap.end]
        lower = text.lower()
        fields = b"\ncontent-" in b"\n" + lower.replace(b"\r", b"\n")
        files = b"begin" in lower and next(uuencoded(text, self.budget), None) is not None
        odd = fields or files or near(self.octets, gap.start, gap.end, known)
        if odd and not self.leaves.returned:
            yield self.leaves.oddity(
                Odd("part_outside", "a part outside of the delimiters"), gap.entity
            )
        if odd:
            bare = not text.lstrip(b" \t\r\n").lower().startswith(b"content-")
            outer = tuple(known.known)
            stretch = Stretch(gap.start, gap.end, outer, default_type(None), bare)
            self._again.append(_Again(stretch, gap.entity, gap.entity))
        else:
            yield from self.leaves.outside(gap.entity, text)

    def _read_again(self, entity: Entity, end: int | None = None) -> None:
        outer = self._boundaries(entity.parent).known if entity.parent is not None else ()
        default = default_type(entity.parent)
        end = entity.end if end is None else end
        stretch = Stretch(entity.header.start, end, tuple(outer), default)
        self._again.append(_Again(stretch, entity, entity.parent or entity))

    def _further(self) -> Iterator[Found]:
        """Read again what failed a gate, outermost first, and nothing twice."""
        if not self._again:
            return
        views = Views(self.octets, self.budget, {place(self.octets, each) for each in self._given})
        waiting = sorted(self._again, key=lambda each: (each.stretch.start, -self._end(each)))
        read_to = -1
        for count, again in enumerate(waiting):
            end = self._end(again)
            if end <= read_to:
                continue
            container = self.leaves.container(again.entity)
            if count == STRETCHES:
                yield Reached("parts", f"more than {STRETCHES} ambiguous places", container)
                break
            read_to = end
            try:
                for leaf in views.read(again.stretch._replace(end=end)):
                    yield from self._view(again, leaf)
            except Over as over:
                yield Reached("parts", str(over), container)

    def _end(self, again: _Again) -> int:
        """Where it ends, which of a multipart is known only when it was read."""
        bare = again.stretch.end >= 0
        return again.stretch.end if bare else max(again.entity.end, again.stretch.start)

    def _view(self, again: _Again, leaf: Leaf) -> Iterator[Found]:
        """A leaf of a further view as a member."""
        parent = again.parent
        same = again.entity.header.body == leaf.start and again.entity is not parent
        if not same:
            parent.children = max(parent.children, int(parent.parent is None)) + 1
        entity = Entity(
            Header(leaf.start, leaf.start),
            leaf.said,
            [],
            end=leaf.end,
            parent=parent if parent.said.is_multipart else None,
            number=again.entity.number if same else parent.children,
            depth=parent.depth + 1,
            view="further",
        )
        yield from self.leaves.further(entity, leaf, same=same)


def _named(boundaries: list[bytes]) -> Boundaries:
    named = Boundaries()
    named.add(boundaries)
    return named
