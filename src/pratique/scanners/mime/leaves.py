"""Make members of entities: decoded, named, and with all that a decoder may make of them.

The octets of a leaf are charged to the budget before they are decoded.  Where the encoding
is broken, the first decoding is the standard's as far as it goes, and every other one that
some decoder makes (`decoders.py`) comes after it as a further view.  All further views of
one message together cost at most FURTHER times its size: past that the message says that
something was not looked at.
"""

import hashlib
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field

from pratique.scanners.budget import Budget, OverBudget
from pratique.scanners.mime import closed, encoding, runs, uu
from pratique.scanners.mime.carried import carried, files
from pratique.scanners.mime.decoders import decodings
from pratique.scanners.mime.entity import MESSAGE_TYPES, Entity, Odd
from pratique.scanners.mime.views import Leaf
from pratique.scanners.part import Found, Member, Oddity, Reached
from pratique.scanners.text import to_text

# Further views are decoded up to so many times the message's size, and a little for small
# ones: four encodings of everything, more than any message of the case sets needs.
FURTHER = 4
_FURTHER_AT_LEAST = 64 * 1024
# A line of base64 and a little.
_RUN_OCTETS = 60
_SHOWN = frozenset({"text/plain", "text/html"})
# What a text consists of, ESC of ISO-2022-JP too; a file that is none shows it soon.
_OF_TEXT = bytes([*range(7, 14), 27, *range(32, 127), *range(128, 256)])
_SOON = 4096
# The last one some servers write for the first (bounces/outline.py).
_HEADERS = "text/rfc822-headers", "message/global-headers", "message/rfc822-headers"
_RETURNED = frozenset({*MESSAGE_TYPES, *_HEADERS})


@dataclass(slots=True)
class Leaves:
    """Makes the members of one message."""

    octets: bytes
    budget: Budget
    returned: bool
    # The message was found inline in a text.
    guessed: bool
    # Its line ends were others.
    recast: bool = False
    # The member that a container became; the root multipart is the message itself.
    given: dict[Entity, Member | None] = field(default_factory=dict)
    _spare: int = field(init=False)
    _said_so: bool = False
    # Base64 that nobody declared, in which text; and what was given of further views.
    _runs: list[tuple[Member, bytes]] = field(default_factory=list)
    _further: set[bytes] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._spare = FURTHER * len(self.octets) + _FURTHER_AT_LEAST

    def oddity(self, odd: Odd, entity: Entity) -> Oddity:
        """What is odd about an entity that was given."""
        return Oddity(odd.class_, odd.detail, self.given.get(entity))

    def container(self, entity: Entity) -> Member | None:
        """The member that holds an entity."""
        return self.given.get(entity.parent) if entity.parent is not None else None

    def told(self, entity: Entity, at: Member | None) -> Iterator[Oddity | Reached]:
        """What is odd about an entity, and what of its header was not read."""
        said = entity.said
        for odd in entity.odd:
            yield Oddity(odd.class_, odd.detail, at)
        for cut in said.cut:
            yield Reached("parts" if "boundary" in cut else "header", cut, at)
        if not said.named:
            return
        names = said.names
        if names.cut:
            yield Reached("names", names.cut, at)
        if conflict := names.conflict():
            yield Oddity("conflicting_names", conflict, at)
        if odd_name := names.odd():
            yield Oddity("odd_name", odd_name, at)
        if broken := names.broken():
            yield Oddity("odd_value", f"an encoded-word that is none to all: {broken}", at)

    def member(self, entity: Entity, step: str = "") -> Member:
        """The member for an entity, with all that its header says."""
        parent, said = entity.parent, entity.said
        member = Member(
            step or str(entity.number),
            parent=self.given.get(parent) if parent is not None else None,
            declared_type=said.declared_type,
            charset=said.charset,
            view="further" if self.guessed else entity.view,
            returned=self.returned,
        )
        if said.dispositions:
            # Any word but "inline" is an attachment (RFC 2183 2.8).
            inline = said.dispositions[0].main == b"inline"
            member.disposition = "inline" if inline else "attachment"
        readings = said.names.readings
        if readings:
            first = readings[0]
            member.name, member.names = first.text, tuple(each.text for each in readings[1:])
            member.raw_name = first.octets if first.bad else b""
        if parent is not None and entity.number > 1 and said.declared_type in _RETURNED:
            # RFC 6522 3: the first part is for people.  What claims to be a bounce is held
            # against more than that (bounces/returned.py).
            member.returned |= parent.said.types[0].main == b"multipart/report"
        return member

    def give(self, entity: Entity, name: str) -> Iterator[Found]:
        """The leaf by the standard, what is odd about it, and what it carries."""
        member = self.member(entity)
        yield from self._decoded(entity, member, name)
        yield from self.told(entity, member)

    def further(self, entity: Entity, leaf: Leaf, *, same: bool) -> Iterator[Found]:
        """A leaf of a further view."""
        step = f"{entity.number}:{leaf.encoding or 'plain'}" if same else ""
        if not (yield from self._affords(leaf.end - leaf.start, self.container(entity))):
            return
        member = self.member(entity, step)
        if leaf.whole:
            yield from self._whole(leaf, member)
        else:
            yield from self._decoded(entity, member, leaf.encoding)

    def outside(self, multipart: Entity, text: bytes) -> Iterator[Found]:
        """A preamble or an epilogue that holds no part, but perhaps what nobody declared."""
        if next(runs.find_runs(text), None) is None:
            return
        multipart.children += 1
        member = Member(
            str(multipart.children),
            octets=memoryview(text),
            parent=self.given.get(multipart),
            declared_type="text/plain",
            view="further",
            returned=self.returned,
        )
        yield member
        self._look_for_runs(member, text)

    def undeclared(self) -> Iterator[Found]:
        """What base64 that nobody declared would be; nobody differs on it.

        It comes last: what a further view gave, with its name, is not given again.
        """
        counts: dict[int, int] = {}
        for text, run in self._runs:
            count = counts[id(text)] = counts.get(id(text), 0) + 1
            if count > runs.RUNS:
                if count == runs.RUNS + 1:
                    most = f"more than {runs.RUNS} runs of base64 in a text"
                    yield Reached("parts", most, text)
                continue
            size = encoding.bound("base64", len(run))
            self.budget.check_part_octets(size)
            self.budget.charge_octets(size)
            octets = encoding.decode_streams(run)
            if self._is_new(octets):
                yield Member(
                    step="base64" if count == 1 else f"base64:{count}",
                    octets=memoryview(octets),
                    parent=text,
                    view="further",
                    returned=text.returned,
                )

    def _look_for_runs(self, text: Member, octets: bytes) -> None:
        """Keep them for later; one more than are given, so that it is told."""
        for count, run in enumerate(runs.find_runs(octets)):
            self._runs.append((text, run))
            if count == runs.RUNS:
                break

    def _is_new(self, octets: bytes) -> bool:
        """Whether no further view had these octets."""
        key = hashlib.blake2b(octets).digest()
        known = key in self._further
        self._further.add(key)
        return not known

    def _affords(self, size: int, container: Member | None) -> Generator[Found, None, bool]:
        """Whether a further view may be decoded; the first that may not is told."""
        self._spare -= size
        if self._spare >= 0:
            return True
        if not self._said_so:
            self._said_so = True
            yield Reached("parts", f"further views of more than {FURTHER} messages", container)
        return False

    def _whole(self, leaf: Leaf, member: Member) -> Iterator[Found]:
        """A multipart that is encoded as a whole: decoded it is one, to be read anew."""
        encoded = self.octets[leaf.start : leaf.end]
        self.budget.charge_octets(encoding.bound(leaf.encoding, len(encoded)))
        decoded = encoding.decode(encoded, leaf.encoding, self.budget).octets
        if b"--" not in decoded:
            return
        value = next(each for each in leaf.said.types if each.main.startswith(b"multipart/"))
        named = [each for each in leaf.said.boundaries if each and b"--" + each in decoded]
        boundary = b'; boundary="' + named[0] + b'"' if named else b""
        head = b"Content-Type: " + value.main + boundary + b"\r\n\r\n"
        member.declared_type, member.octets = "message/rfc822", memoryview(head + decoded)
        yield member

    def _decoded(self, entity: Entity, member: Member, name: str) -> Iterator[Found]:
        """Decode into the member, give it, then what it carries."""
        start, end = entity.header.body, entity.end
        encoded = memoryview(self.octets)[start:end]
        try:
            bound = encoding.bound(name, len(encoded))
            self.budget.check_part_octets(bound)
            self.budget.charge_octets(bound)
            decoded, found = self._decode(encoded, name, member)
        except OverBudget as over:
            if over.class_ != "part_octets":
                raise
            member.unopened, member.why = "over_budget", over.detail
            yield member
            yield Reached(over.class_, over.detail, member)
            return
        octets = decoded.octets
        if entity.view != "standard":
            self._is_new(octets)
        member.octets = memoryview(octets)
        member.unopened, member.why, member.encrypted, claim = closed.look(entity, octets)
        member.tolerant = self._is_tolerant(entity, decoded, name)
        if name == "base64" and not member.tolerant:
            member.encoded = start, end
        yield member
        if claim:
            yield Oddity("odd_value", claim, member)
        yield from self._broken(member, decoded, name, encoded)
        yield from files(member, found)
        inline = len(octets)
        for each in carried(member, octets, self.budget, guessed=self.guessed):
            if isinstance(each, Member) and each.declared_type in MESSAGE_TYPES:
                inline = min(inline, len(octets) - len(each.octets))
            yield each
        # A message within is read as one, and looked through then.
        whole = member.encrypted or member.declared_type in MESSAGE_TYPES
        if name != "base64" and len(octets) > _RUN_OCTETS and not whole:
            # What stands in an inline message is found when that is read.
            self._look_for_runs(member, octets[:inline])

    def _is_tolerant(self, entity: Entity, decoded: encoding.Decoded, name: str) -> bool:
        """Whether some reader may not come to a leaf, or decodes it otherwise."""
        odd = self.recast or entity.is_odd or entity.is_aside or bool(decoded.oddity)
        return odd or name in encoding.UUENCODE or _is_raw(name, decoded.octets)

    def _broken(
        self, member: Member, decoded: encoding.Decoded, name: str, encoded: memoryview
    ) -> Iterator[Found]:
        """What is odd about an encoding, and what other decoders make of it."""
        # A stray "=" in what is read as a text is shown as it stands by all; and what is
        # returned is often cut short.
        if not decoded.oddity or (decoded.alike and member.declared_type in _SHOWN):
            return
        if self.returned and decoded.detail.startswith("not padded"):
            return
        if member.view == "standard":
            yield Oddity(decoded.oddity, decoded.detail, member)
        count = 1
        self._is_new(decoded.octets)
        for octets in decodings(bytes(encoded), name):
            if not self._is_new(octets):
                continue
            count += 1
            if not (yield from self._affords(len(octets), member)):
                break
            self.budget.charge_octets(len(octets))
            yield Member(
                f"{member.step}:{count}",
                octets=memoryview(octets),
                parent=member.parent,
                name=member.name,
                names=member.names,
                declared_type=member.declared_type,
                disposition=member.disposition,
                view="further",
                returned=member.returned,
            )

    def _decode(
        self, written: memoryview, name: str, member: Member
    ) -> tuple[encoding.Decoded, Iterator[uu.File]]:
        """The decoded octets, and the files after the first where each has its own name."""
        plain = encoding.decode_plain(written) if name == "base64" else None
        if plain is not None:
            return encoding.Decoded(plain), iter(())
        encoded = bytes(written)
        if name not in encoding.UUENCODE:
            return encoding.decode(encoded, name, self.budget), iter(())
        found = uu.files(encoded, self.budget, declared=True)
        first = next(found, None)
        if first is None or not first.octets:
            return encoding.Decoded(uu.bare(encoded, self.budget)), iter(())
        text, bad = to_text(first.name)
        if not member.name:
            member.name, member.raw_name = text, first.name if bad else b""
        elif text not in {member.name, *member.names}:
            member.names = (*member.names, text)
        return encoding.Decoded(first.octets), found


def _is_raw(name: str, octets: bytes) -> bool:
    """Whether a file stands in the message as it is: many read by lines, or up to a NUL."""
    if name not in encoding.IDENTITY:
        return False
    return b"\0" in octets or bool(octets[:_SOON].translate(None, _OF_TEXT))
