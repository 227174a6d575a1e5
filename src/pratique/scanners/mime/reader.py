"""The Reader: a message in, its entities out as members, each decoded when it is asked for.

`multipart.py` says where the entities are; here each leaf is decoded, named and looked
into for what a text carries: uuencoded files and returned messages.  Everything is a
generator: whoever counts the members stops the work when there are too many.

A member's step is its number among its neighbours, from 1, as IMAP counts (RFC 9051
2.3.1); the root multipart is the message itself and no member.  What a second reading
shows besides has the view `further`.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar

from pratique.scanners.budget import Budget, OverBudget
from pratique.scanners.mime import closed, encoding, inline, proof, uu
from pratique.scanners.mime.entity import MESSAGE_TYPES, READINGS, Entity
from pratique.scanners.mime.header import skip_before
from pratique.scanners.mime.multipart import Cutter, Note
from pratique.scanners.mime.names import Names, read_names
from pratique.scanners.part import Member, Oddity, Part, Reached
from pratique.scanners.text import to_text

# More uuencoded files in one text than a mail program offers to save.
UU_FILES = 64
# Nobody quotes more encrypted messages in one.
PGP_BLOCKS = 16
_SHOWN = frozenset({"text/plain", "text/html"})
_RETURNED = frozenset({*MESSAGE_TYPES, "text/rfc822-headers", "message/global-headers"})

Found = Member | Oddity | Reached


class Mime:
    """Reads a mail message, RFC 5322 and RFC 2045."""

    name: ClassVar[str] = "mime"

    def recognize(self, part: Part) -> bool:
        """Tell whether the part is a message: the mail itself, or one in it."""
        return part.known.kind == "message"

    def members(self, part: Part, budget: Budget) -> Iterator[Found]:
        """Give the entities of the message in document order, further readings last."""
        octets = bytes(part.octets)
        # Old Macs end lines with CR; a message that has nothing else is read so.
        if b"\n" not in octets and b"\r" in octets:
            octets = octets.replace(b"\r", b"\n")
            yield Oddity("mixed_line_ends", "CR alone ends the lines")
        returned = part.known.returned
        guessed = returned and "further" in part.known.views
        reading = _Reading(octets, budget, returned=returned, guessed=guessed)
        archives = sum(word != "message" for word in part.known.inside)
        for found in reading.members(part.known.depth - archives):
            # What stands inline in a text is no mail to any program: nobody differs on it.
            if not (guessed and isinstance(found, Oddity)):
                yield found


@dataclass(slots=True)
class _Reading:
    """One message while it is read."""

    octets: bytes
    budget: Budget
    returned: bool
    # The message was found inline in a text.
    guessed: bool
    # The member that an entity became; the root multipart is the message itself.
    _members: dict[Entity, Member | None] = field(default_factory=dict)
    _seen: set[tuple[int, int, str]] = field(default_factory=set)
    _names: tuple[Entity | None, Names] = (None, Names())

    def members(self, depth: int) -> Iterator[Found]:
        start = skip_before(self.octets, 0, len(self.octets))
        for entity in Cutter(self.octets, self.budget).entities(start, depth=depth):
            if isinstance(entity, Note):
                yield Oddity(*entity.odd, self._members.get(entity.entity))
            elif entity.uncut:
                yield from self._uncut(entity)
            elif entity.is_multipart:
                yield from self._container(entity)
            else:
                yield from self._leaf(entity)

    def _container(self, entity: Entity) -> Iterator[Found]:
        if entity.parent is None:
            self._members[entity] = None
        else:
            self._members[entity] = member = self._member(entity)
            yield member
        yield from self._told(entity)

    def _uncut(self, leaf: Entity) -> Iterator[Found]:
        """The whole body of a multipart in which no entity was found."""
        if self.octets[leaf.header.body : leaf.end].isspace() or leaf.header.body == leaf.end:
            return
        container = self._members.get(leaf.parent) if leaf.parent is not None else None
        if leaf.uncut == "depth":
            yield Reached("depth", f"more than {self.budget.limits.mime_depth} levels", container)
        elif not self.returned:
            # A returned message is often cut short: nobody differs on that.
            yield Oddity(leaf.uncut, "a multipart in which no part was found", container)
        yield from self._leaf(leaf)

    def _told(self, entity: Entity) -> Iterator[Oddity | Reached]:
        at = self._members[entity]
        for odd in entity.odd:
            yield Oddity(odd.class_, odd.detail, at)
        for cut in entity.cut:
            yield Reached("header", cut, at)
        names = self._names_of(entity)
        if names.cut:
            yield Reached("names", names.cut, at)
        if conflict := names.conflict():
            yield Oddity("conflicting_names", conflict, at)
        if broken := names.broken():
            yield Oddity("odd_value", f"an encoded-word that is none to all: {broken}", at)

    def _names_of(self, entity: Entity) -> Names:
        """The entity's names, read once: they are asked for twice in a row."""
        if self._names[0] is not entity:
            self._names = (entity, read_names(entity.dispositions, entity.types))
        return self._names[1]

    def _member(self, entity: Entity, step: str = "") -> Member:
        """The member for an entity, with all that its header says."""
        parent = entity.parent
        names = self._names_of(entity).readings
        first = names[0] if names else None
        # RFC 6522 3: the first part is for people.  Who claims to be a bounce is held
        # against more than that (bounces/returned.py).
        in_report = parent is not None and parent.types[0].main == b"multipart/report"
        in_report = in_report and entity.number > 1
        return Member(
            step=step or str(entity.number),
            parent=self._members.get(parent) if parent is not None else None,
            name=first.text if first is not None else "",
            names=tuple(each.text for each in names[1:]),
            raw_name=first.octets if first is not None and first.bad else b"",
            declared_type=entity.declared_type,
            disposition=_disposition(entity),
            view="further" if self.guessed else entity.view,
            returned=self.returned or (in_report and entity.declared_type in _RETURNED),
        )

    def _leaf(self, entity: Entity) -> Iterator[Found]:
        """The leaf in each reading of its transfer encoding, and what a text carries."""
        first: Member | None = None
        for name in self._encodings(entity):
            key = (entity.header.body, entity.end, name)
            if key in self._seen:
                continue
            self._seen.add(key)
            member = self._member(entity, f"{entity.number}:{name}" if first is not None else "")
            if first is not None:
                member.view = "further"
            yield from self._decoded(entity, member, name)
            if first is None:
                first = self._members[entity] = member
                yield from self._told(entity)

    def _encodings(self, entity: Entity) -> list[str]:
        """The transfer encodings to try: those that are named, and for an unknown one two."""
        tried: list[str] = []
        encoded = self.octets[entity.header.body : min(entity.end, entity.header.body + 2048)]
        for name in entity.encodings[:READINGS]:
            tried.append(name if name in encoding.KNOWN - encoding.IDENTITY else "")
            if name not in encoding.KNOWN and encoding.looks_like_base64(encoded):
                tried.append("base64")
        return list(dict.fromkeys(tried))

    def _decoded(self, entity: Entity, member: Member, name: str) -> Iterator[Found]:
        """Decode into the member, give it, then what it carries."""
        size = entity.end - entity.header.body
        try:
            self.budget.check_part_octets(encoding.bound(name, size))
            self.budget.charge_octets(encoding.bound(name, size))
            decoded, files = self._decode(entity, name, member)
        except OverBudget as over:
            if over.class_ != "part_octets":
                raise
            member.unopened, member.why = "over_budget", over.detail
            yield member
            yield Reached(over.class_, over.detail, member)
            return
        member.octets = memoryview(decoded.octets)
        member.unopened, member.why, member.encrypted, claim = closed.look(entity, decoded.octets)
        yield member
        if claim:
            yield Oddity("odd_value", claim, member)
        # A stray "=" in what is read as a text is shown as it stands by all.
        if decoded.oddity and not (decoded.alike and entity.declared_type in _SHOWN):
            yield Oddity(decoded.oddity, decoded.detail, member)
        yield from self._files(member, files)
        if entity.declared_type in MESSAGE_TYPES and name:
            yield Oddity("encoded_container", f"{entity.declared_type} in {name}", member)
        if entity.declared_type.startswith("text/"):
            yield from self._carried(member, decoded.octets)

    def _decode(
        self, entity: Entity, name: str, member: Member
    ) -> tuple[encoding.Decoded, Iterator[uu.File]]:
        """The decoded octets, and the files after the first where each has its own name."""
        encoded = self.octets[entity.header.body : entity.end]
        if name not in encoding.UUENCODE:
            return encoding.decode(encoded, name, self.budget), iter(())
        files = uu.files(encoded, self.budget, declared=True)
        first = next(files, None)
        if first is None or not first.octets:
            return encoding.Decoded(uu.bare(encoded, self.budget)), iter(())
        text, bad = to_text(first.name)
        if not member.name:
            member.name, member.raw_name = text, first.name if bad else b""
        elif text not in {member.name, *member.names}:
            member.names = (*member.names, text)
        return encoding.Decoded(first.octets), files

    def _files(self, member: Member, files: Iterator[uu.File]) -> Iterator[Found]:
        """Uuencoded files as members, up to as many as a mail program offers to save."""
        for count, file in enumerate(files):
            if count == UU_FILES or not file.octets:
                yield Reached("parts", f"more than {UU_FILES} uuencoded files", member)
                break
            yield self._file(member, file)

    def _carried(self, text: Member, octets: bytes) -> Iterator[Found]:
        """What stands in a text: uuencoded files, closed blocks, returned messages."""
        yield from self._files(text, uu.files(octets, self.budget))
        if not text.encrypted:
            yield from self._blocks(text, octets)
        if text.declared_type == "text/plain" and not self.guessed:
            yield from self._inline(text, octets)

    def _blocks(self, text: Member, octets: bytes) -> Iterator[Found]:
        """Armoured messages in the midst of a text, which itself stays open."""
        for count, (start, end) in enumerate(proof.armour_blocks(octets)):
            if count == PGP_BLOCKS:
                yield Reached("parts", f"more than {PGP_BLOCKS} OpenPGP messages", text)
                break
            self.budget.charge_octets(end - start)
            yield Member(
                step="pgp" if count == 0 else f"pgp:{count + 1}",
                octets=memoryview(octets)[start:end],
                parent=text,
                declared_type="application/pgp-encrypted",
                view=text.view,
                returned=text.returned,
                encrypted=True,
                unopened="pgp",
                why="inline OpenPGP",
            )

    def _inline(self, text: Member, octets: bytes) -> Iterator[Found]:
        for count, start in enumerate(inline.find_messages(octets, self.budget)):
            if count == inline.MESSAGES or start > inline.SEARCHED:
                detail = f"{inline.MESSAGES} messages in the first {inline.SEARCHED} octets"
                yield Reached("parts", f"more than {detail} of a text", text)
                break
            self.budget.charge_octets(len(octets) - start)
            yield Member(
                step="inline" if count == 0 else f"inline:{count + 1}",
                octets=memoryview(octets)[start:],
                parent=text,
                declared_type="message/rfc822",
                view="further",
                returned=True,
            )

    def _file(self, text: Member, file: uu.File) -> Member:
        name, bad = to_text(file.name)
        return Member(
            step=f"uu:{name}",
            octets=memoryview(file.octets),
            parent=text,
            name=name,
            raw_name=file.name if bad else b"",
            view=text.view,
            returned=text.returned,
        )


def _disposition(entity: Entity) -> str:
    """Content-Disposition's word; any but "inline" is an attachment (RFC 2183 2.8)."""
    if not entity.dispositions:
        return ""
    return "inline" if entity.dispositions[0].main == b"inline" else "attachment"
