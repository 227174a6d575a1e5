"""Read a zip file in every way that some unpacker reads it, and say where these differ.

First come the members that directories name, as `zip_plan.py` finds them; then what lies
in the octets that these turn out not to need: further directories, and headers that no
directory names, which readers of streams and repairing ones show.  What is left belongs
to nothing, and is stated.
"""

from collections.abc import Iterator

from pratique.scanners import kinds
from pratique.scanners.budget import Budget
from pratique.scanners.containers.gather import Gather
from pratique.scanners.containers.zip.content import Content, Contents
from pratique.scanners.containers.zip.descriptors import descriptor
from pratique.scanners.containers.zip.members import Place, unsaid
from pratique.scanners.containers.zip.methods import EVERYWHERE
from pratique.scanners.containers.zip.plan import Plan, comments, records
from pratique.scanners.containers.zip.spans import Spans
from pratique.scanners.containers.zip.tables import Listed, header
from pratique.scanners.keys import Keys
from pratique.scanners.part import Found, Member, Oddity, Part, Reached

# So many odd places of one kind are told one by one; the rest are as odd.
_TOLD = 16
# What pads files: tapes and mail programs append it, Android's tools align with it.
_PADDING = b"\0\r\n"
# What a file may begin with before its first member: the marks of a file that was split,
# or was to be (APPNOTE 8.5.3 and 8.5.4), and the line that has Python run an archive.
_SPLIT, _SCRIPT, _LINE = (b"PK\x07\x08", b"PK00"), b"#!", 256
# Android's signatures lie between the members and the directory ("APK Signature Scheme
# v2"): 8 octets of length, pairs, the length again, and these words.
_SIGNED = b"APK Sig Block 42"
_LONGEST_NAME = 4096
# Flags that unpackers know or pass over (APPNOTE 4.4.4): how hard it was packed, sizes behind
# it, UTF-8.  At others some stop: encryption, patches, masked headers, what is reserved.
_FLAGS = 0x080E


class ZipReader:
    """Reads one zip file."""

    def __init__(self, part: Part, budget: Budget, keys: Keys | None = None) -> None:
        self._part = part
        self._octets = part.octets
        self._budget = budget
        self._keys = keys
        self._plan = Plan(part.octets, budget.limits.parts)
        gather = Gather(budget, len(part.octets))
        self._contents = Contents(part.octets, gather, self._plan, keys)
        # What belongs to something; and what members needed, where nothing else can lie.
        self._known = Spans()
        self._verified = Spans()
        self._ranges: list[tuple[int, int]] = []
        # Where readers of streams go on, that are led astray by the length in a header.
        self._astray: list[int] = []
        self._done: set[int] = set()
        self._called: dict[bytes, tuple[int, int]] = {}
        self._odd = self._plan.odd
        # A document of another format may hold a whole zip (an embedded workbook): what is
        # around it is the document.
        self._around = part.known.kind == "document" and bytes(part.octets[:2]) != b"PK"

    def found(self) -> Iterator[Found]:
        """Give all members, and then what is odd about the whole."""
        plan = self._plan
        if not plan.whole:
            self._part.state_unopened("it has no directory")
        if self._keys is not None:
            for comment in comments(self._octets, plan.directories):
                self._keys.note(comment)
        yield from self._places(list(plan.places.values()))
        yield from self._places(plan.late(self._verified))
        if not self._around:
            yield from self._hidden()
        yield from self._strange()

    def _places(self, places: list[Place]) -> Iterator[Found]:
        # What is locked comes last: the word that opens it may stand in another member.
        last = self._keys is not None
        for place in sorted(places, key=lambda each: (last and each.encrypted, each.offset)):
            yield from self._place(place)

    def _hidden(self) -> Iterator[Found]:
        """What no directory names, and a reader of streams finds."""
        self._done = set(self._plan.places)
        for offset in self._plan.hidden(self._verified, self._done):
            yield from self._unlisted(offset)
        # Each of these may lead on to another.
        for end in self._astray:
            following = self._plan.following(end)
            if following is not None and following not in self._done:
                yield from self._unlisted(following, led=True)

    def _unlisted(self, offset: int, *, led: bool = False) -> Iterator[Found]:
        self._done.add(offset)
        before = header(self._octets, offset)
        if before is None:
            return
        place = Place(offset, before, view="further")
        if not self._is_header(before) and not self._is_proven(place):
            return
        if self._plan.whole:
            self._odd["members that no directory lists"] = None
        yield from self._place(place)
        if led:
            self._astray.append(self._ranges[-1][1] if self._ranges else len(self._octets))

    def _is_header(self, before: Listed) -> bool:
        """Programs that unpack have its signature in them, and something else behind it."""
        named = 0 < len(before.raw_name) <= _LONGEST_NAME
        written = not any(octet < 32 and octet for octet in before.raw_name)
        return named and written and before.body <= len(self._octets)

    def _is_proven(self, place: Place) -> bool:
        """Whether its checksum holds: then it is a member, whatever it is called."""
        self._budget.check_clock()
        if not any(place.sums) or place.encrypted:
            return False
        return self._contents.of(place)[0].right

    def _place(self, place: Place) -> Iterator[Found]:
        """Give what one header and the entries that point to it hold."""
        self._budget.check_clock()
        if place.before is None:
            if not self._around:
                yield from self._missing(place)
            return
        if not place.holds:
            self._take(place, None)
            if not place.folder:
                member = self._member(place, Content(place.tables[0]))
                yield member
                yield from self._contradictions(place, Content(place.tables[0]), member)
            return
        contents = self._contents.of(place)
        self._take(place, contents[0])
        if place.folder and len(contents) == 1 and not contents[0].octets:
            return
        for number, content in enumerate(contents):
            member = self._member(place, content, first=not number)
            yield member
            if content.over is not None:
                yield Reached(content.over.class_, content.over.detail, at=member)
            if not number:
                yield from self._contradictions(place, content, member)

    def _missing(self, place: Place) -> Iterator[Found]:
        said = place.said[0]
        why = "it lies in another volume" if said.elsewhere else "it has no header"
        yield self._member(place, Content(said, unopened="unreadable", why=why))
        self._part.state_unopened(f"a member of it: {why}")

    def _member(self, place: Place, content: Content, *, first: bool = True) -> Member:
        name, *others = place.names
        return Member(
            step=f"zip:{name}",
            name=name,
            names=tuple(others),
            octets=content.octets,
            raw_name=place.raw_names[0],
            view=place.view if first else "further",
            encrypted=place.encrypted and content.lie != "encryption",
            tolerant=self._is_tolerant(place, content),
            password=content.password,
            unopened=content.unopened,
            why=content.why,
        )

    def _is_tolerant(self, place: Place, content: Content) -> bool:
        """Whether some unpacker may not come to a member, or not unpack it."""
        astray = not self._plan.whole or bool(self._odd) or bool(place.contradictions())
        flagged = any(each.flags & ~_FLAGS or each.extra.is_large for each in place.tables)
        return astray or flagged or content.said.method not in EVERYWHERE or not content.right

    def _take(self, place: Place, content: Content | None) -> None:
        """Account for what a member takes up."""
        edge = place.edge if place.edge is not None else len(self._octets)
        needed = edge if content is None else place.body + content.read
        behind, lies = descriptor(self._octets, place, content, needed)
        if lies:
            self._odd["a descriptor that says otherwise than the directory"] = None
        broken = content is not None and content.unopened == "unreadable"
        if not broken:
            # A reader of streams goes on where the shortest reading ends.
            self._verified.add(place.body, min(needed, edge))
        self._known.add(place.offset, max(behind, place.claim) if broken else behind)
        self._ranges.append((place.offset, max(place.claim, needed)))
        before = place.before
        if before is not None and not unsaid(before) and place.body + before.packed != needed:
            self._astray.append(place.body + before.packed)

    def _contradictions(self, place: Place, content: Content, member: Member) -> Iterator[Found]:
        words = place.contradictions()
        words += [content.lie] if content.lie else []
        if words:
            detail = f"the tables say otherwise of it: {', '.join(words)}"
            yield Oddity("archive_directories", detail, at=member)
        if content.complete and place.holds and not content.right:
            wrong = "checksum" if content.size_fits else "size"
            detail = f"its {wrong} is not what the tables say"
            yield Oddity("archive_checksum", detail, at=member)
        told = place.tables[0].sum, place.tables[0].size
        if self._called.setdefault(place.raw_names[0], told) != told:
            self._odd["members of the same name"] = None

    def _strange(self) -> Iterator[Found]:
        """State what is odd about the file as a whole."""
        if self._overlap():
            yield Oddity("archive_overlap", "members that share octets")
        for words in list(self._odd)[:_TOLD]:
            yield Oddity("archive_directories", words)
        if self._plan.whole and not self._around:
            for start, stop in self._strangers()[:_TOLD]:
                detail = f"octets {start} to {stop} belong to no member"
                yield Oddity("extra_octets", detail)
        if self._plan.cut:
            yield Reached("parts", self._plan.cut)

    def _overlap(self) -> bool:
        reached = 0
        for start, stop in sorted(self._ranges):
            if start < reached:
                return True
            reached = max(reached, stop)
        return False

    def _strangers(self) -> list[tuple[int, int]]:
        """The octets that belong to nothing, and are neither padding nor known to be here."""
        for start, stop in records(self._octets, self._plan.directories):
            self._known.add(start, stop)
        holes = self._known.holes(0, len(self._octets))
        return [hole for hole in holes if not self._harmless(*hole)]

    def _harmless(self, start: int, stop: int) -> bool:
        octets = bytes(self._octets[start:stop]).strip(_PADDING)
        if not octets:
            return True
        if start == 0:
            program = kinds.of_type(self._part.known.type) == "executable"
            line = octets.startswith(_SCRIPT) and b"\n" not in octets and stop <= _LINE
            return program or line or octets in _SPLIT
        # "APK Signing Block": its length counts all but the first eight octets.
        length = int.from_bytes(self._octets[start : start + 8], "little")
        begins = any(stop == each.start for each in self._plan.directories)
        return octets.endswith(_SIGNED) and length == stop - start - 8 and begins
