"""Open zip (PKWARE's APPNOTE 6.3), and what is built on it, through libarchive.

Most readers believe the directory at the end, and so this view comes first.  Where the
headers before the members tell of more (a gap that the directory leaves out, a second
archive before or behind), these are read as a stream from there, and their members are
given as a further view, with the ambiguity stated.

Limitations: compression methods that libarchive lacks (Deflate64, PKWARE's own) make a
member `unreadable`; no password is tried; a split archive is `unreadable`.
"""

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import ClassVar

from pratique.scanners import kinds, zip_tables
from pratique.scanners.archive import Archive, Entry, fill, fill_from
from pratique.scanners.budget import Budget
from pratique.scanners.gather import Damaged, Gather
from pratique.scanners.names import extension
from pratique.scanners.part import Found, Member, Oddity, Part
from pratique.scanners.streams import unpack
from pratique.scanners.text import to_text
from pratique.scanners.zip_tables import End, Listed

# A file that hides members in more places than this is not looked through to the end,
# and says so; nobody has shown one with more than three.
_PLACES = 16
_BEGINS = (b"PK\x03\x04", b"PK\x05\x06", b"PK00PK\x03\x04")
# What names and declarations make a zip file of.
_EXTENSIONS = frozenset({"zip", "zipx"})
_DECLARED = frozenset({"application/zip", "application/x-zip", "application/x-zip-compressed"})
# APPNOTE 4.4.5: how many octets nothing becomes by deflate, bzip2, LZMA, zstd, and xz.
# Java and Python pack the nothing in a folder too.
_NOTHING = {8: 5, 12: 14, 14: 20, 93: 13, 95: 32}


class Zip:
    """Gives the files of a zip archive."""

    name: ClassVar[str] = "zip"
    # An empty file named "a", stored.
    smallest: ClassVar[bytes] = bytes.fromhex(
        "504b03040a00000000000000210000000000000000000000000001000000"
        "61504b01020a000a00000000000000210000000000000000000000000001"
        "000000000000000000000000000000000061504b05060000000001000100"
        "2f0000001f0000000000"
    )

    # Samples that the tests need not have, and why.
    lacks: ClassVar[dict[str, str]] = {}

    def recognize(self, part: Part) -> bool:
        """Tell by the beginning, by a directory anywhere, or by what it is said to be.

        A directory finds an archive behind a program, a picture or a document, with or
        without more behind it.  A message and its multiparts hold archives as parts.
        """
        if part.known.kind in {"message", "multipart"}:
            return False
        if bytes(part.octets[:8]).startswith(_BEGINS) or _said(part):
            return True
        end = zip_tables.find_end(part.octets)
        return (end is not None and end.lists) or zip_tables.too_many_ends(part.octets)

    def members(self, part: Part, budget: Budget) -> Iterator[Found]:
        """Give what the directory shows, then what only the headers show."""
        # What is another container too keeps why that one was not opened.
        if part.known.type not in kinds.UNKNOWN | {"application/zip"}:
            part.known.unopened, part.known.why = kinds.unopened(part.known.type, part.known.kind)
        gather = Gather(budget, len(part.octets))
        end = zip_tables.find_end(part.octets)
        if end is None:
            _unreadable(part, "it has no directory")
            yield from _further(part, gather, [(0, len(part.octets))])
            return
        entries = list(_bounded(zip_tables.listed(part.octets, end), budget))
        entries.sort(key=lambda entry: entry.offset)
        yield from _counted(end, entries, budget)
        if entries:
            yield from _shown(part, gather, end, entries)
        yield from _compare(part, gather, end, entries)


def _said(part: Part) -> bool:
    """Whether a person is told that it is a zip file; the type alone is often wrong."""
    if any(extension(name) in _EXTENSIONS for name in (part.known.name, *part.known.names)):
        return len(part.octets) > 0
    return part.known.type in kinds.UNKNOWN and part.known.declared_type in _DECLARED


def _unreadable(part: Part, why: str) -> None:
    if not part.known.unopened:
        part.known.unopened, part.known.why = "unreadable", why


def _bounded(entries: Iterator[Listed], budget: Budget) -> Iterator[Listed]:
    """No more entries than parts are allowed: the walk stops there anyway."""
    for number, entry in enumerate(entries):
        budget.check_clock()
        if number > budget.limits.parts:
            return
        yield entry


def _counted(end: End, entries: list[Listed], budget: Budget) -> Iterator[Found]:
    """State an end record that does not fit: some readers believe its count."""
    # Old writers let the count of 16 bits run over.
    wrong = (end.count - len(entries)) & 0xFFFF
    if wrong and len(entries) <= budget.limits.parts:
        detail = f"{len(entries)} in the directory, {end.count} by its end record"
        yield Oddity("archive_directories", detail)
    if end.behind < 0:
        yield Oddity("archive_directories", "its comment is longer than the file")


def _shown(part: Part, gather: Gather, end: End, entries: list[Listed]) -> Iterator[Found]:
    """The view of the directory, as libarchive reads it."""
    by_offset = list({entry.offset: entry for entry in entries}.values())
    count = 0
    with Archive(zip_tables.repaired(part.octets, end, len(entries)), "zip") as archive:
        try:
            for entry in archive.entries():
                at_hand = by_offset[count] if count < len(by_offset) else None
                before = zip_tables.header(part.octets, at_hand.offset) if at_hand else None
                count += 1
                one = _One(part.octets, archive, entry, at_hand, before)
                yield from _member(one, gather, "standard")
        except Damaged as damage:
            _unreadable(part, str(damage))
            return
    if count != len(entries):
        yield Oddity(
            "archive_directories", f"{len(entries)} in the directory, {count} by their headers"
        )


@dataclass(frozen=True, slots=True)
class _One:
    """An entry with what the directory and the header before it say of it."""

    octets: memoryview
    archive: Archive
    entry: Entry
    listed: Listed | None
    before: Listed | None

    @property
    def tables(self) -> list[Listed]:
        """What is said of it, the directory's word first."""
        return [each for each in (self.listed, self.before) if each is not None]

    @property
    def raw_names(self) -> list[bytes]:
        """Its names: as libarchive has it, and as each table has it."""
        told = [name for each in self.tables for name in (each.raw_name, each.other_name) if name]
        # To what has the attributes of a folder libarchive adds a slash.
        first = [] if told and self.entry.folder else [self.entry.raw_name]
        return [name for name in dict.fromkeys(first + told) if name] or [b""]

    @property
    def folder(self) -> bool:
        """A folder by all of its names, and empty in both tables: so nothing is lost."""
        slashed = all(name.endswith((b"/", b"\\")) for name in self.raw_names)
        return slashed and not any(_holds(each) for each in self.tables)

    @property
    def encrypted(self) -> bool:
        """Any of those who tell of it says so."""
        said = any(each.flags & zip_tables.ENCRYPTED for each in self.tables)
        return self.entry.encrypted or said

    def odd(self) -> str:
        """How the tables tell differently of it, in words."""
        words = []
        if self.listed is not None and self.before is not None:
            words = zip_tables.differences(self.listed, self.before)
        if self.entry.folder or any(name.endswith(b"/") for name in self.raw_names):
            words.append("folder or file")
        if any(each.crowded for each in self.tables):
            words.append("too many extra fields")
        return ", ".join(words)


def _holds(said: Listed) -> bool:
    return bool(said.size) or said.packed > _NOTHING.get(said.method, 0)


def _member(one: _One, gather: Gather, view: str) -> Iterator[Found]:
    gather.budget.check_clock()
    if one.folder:
        return
    member = _called(one, view)
    if one.encrypted:
        member.encrypted, member.unopened = True, "archive_password"
        member.why = "it wants a password"
        yield member
    elif one.listed is not None and not any(_holds(each) for each in one.tables):
        # libarchive cannot read the nothing that LZMA packed.
        yield member
    elif one.entry.regular:
        yield from fill(member, one.archive, one.entry, gather)
    else:
        # For libarchive what is no file has no octets; an unpacker writes them all the same.
        yield from _by_table(one, member, gather, None)
    odd = one.odd()
    if odd:
        yield Oddity("archive_directories", f"its header says otherwise: {odd}", at=member)
    if len({each.method for each in one.tables}) > 1 and not one.encrypted:
        for said in one.tables:
            yield from _by_table(one, _called(one, "further"), gather, said.method)


def _called(one: _One, view: str) -> Member:
    raws = one.raw_names
    name, *others = dict.fromkeys(name for raw in raws for name in _names(raw))
    return Member(step=f"zip:{name}", name=name, names=tuple(others), raw_name=raws[0], view=view)


def _by_table(one: _One, member: Member, gather: Gather, method: int | None) -> Iterator[Found]:
    """The member's octets from its place in the file, read by a method or by its own."""
    if one.before is None:
        member.unopened, member.why = "unreadable", "it has no header"
        yield member
        return
    said = one.tables[0]
    behind = one.before.body + said.packed
    if said.flags & zip_tables.STREAMED and not said.packed:
        behind = len(one.octets)
    body = one.octets[one.before.body : behind]
    yield from fill_from(
        member, unpack(body, said.method if method is None else method), len(body), gather
    )


def _names(raw: bytes) -> list[str]:
    """The names that readers show.  APPNOTE 4.4.4 has UTF-8 by a flag and else code page
    437, but in Japan everybody writes code page 932 and no flag.
    """
    text, bad = to_text(raw)
    if not bad:
        return [text]
    return [name for name, bad in (to_text(raw, "cp932"), to_text(raw, "cp437")) if not bad] or [
        text
    ]


def _compare(part: Part, gather: Gather, end: End, entries: list[Listed]) -> Iterator[Found]:
    """State what lies outside of what the directory covers."""
    gaps = list(zip_tables.gaps(part.octets, end, entries))
    behind = len(part.octets) - max(0, end.behind)
    if bytes(part.octets[behind:]).strip(b"\0\r\n"):
        gaps.append((behind, len(part.octets)))
    hiding = [gap for gap in gaps if _headers(part.octets, gap)]
    for start, stop in gaps:
        # A document of another format may hold a whole zip (an embedded workbook): what is
        # around it is the document.  Its members are seen all the same.
        around = part.known.kind == "document" and bytes(part.octets[:2]) != b"PK"
        if not around and bytes(part.octets[start:stop]).strip(b"\0\r\n"):
            yield Oddity("extra_octets", f"octets {start} to {stop} belong to no member")
    if hiding:
        yield Oddity("archive_directories", "members that the directory does not list")
        yield from _further(part, gather, hiding)


def _headers(octets: memoryview, gap: tuple[int, int]) -> bool:
    return zip_tables.HEADER in bytes(octets[gap[0] : gap[1]])


def _further(part: Part, gather: Gather, gaps: list[tuple[int, int]]) -> Iterator[Found]:
    """What a reader of streams finds in each place that the directory leaves out."""
    places = 0
    for start, stop in gaps:
        at = _next_header(part.octets, start, stop)
        while at >= 0:
            places += 1
            if places > _PLACES:
                _unreadable(part, "members in too many places")
                return
            reached = yield from _stream(part, gather, at, stop)
            at = _next_header(part.octets, max(reached, at) + 1, stop)


def _next_header(octets: memoryview, start: int, stop: int) -> int:
    found = bytes(octets[start:stop]).find(zip_tables.HEADER)
    return start + found if found >= 0 else -1


def _stream(part: Part, gather: Gather, start: int, stop: int) -> Generator[Found, None, int]:
    """The members from one place on; returns how far they reach."""
    reached = start
    with Archive(part.octets[start:stop], "zip_streamable") as archive:
        try:
            for entry in archive.entries():
                reached = start + entry.position
                before = zip_tables.header(part.octets, reached)
                one = _One(part.octets, archive, entry, None, before)
                yield from _member(one, gather, "further")
        except Damaged as damage:
            _unreadable(part, str(damage))
        return max(reached, start + archive.reached())
