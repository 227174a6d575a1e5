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

from pratique.scanners import zip_tables
from pratique.scanners.archive import Archive, Entry, fill
from pratique.scanners.budget import Budget
from pratique.scanners.gather import Damaged, Gather
from pratique.scanners.part import Found, Member, Oddity, Part
from pratique.scanners.text import to_text
from pratique.scanners.zip_tables import End, Listed

# A file that hides members in more places than this is not looked through to the end,
# and says so; nobody has shown one with more than three.
_PLACES = 16
_BEGINS = (b"PK\x03\x04", b"PK\x05\x06", b"PK00PK\x03\x04")
# APPNOTE 4.4.4, bit 0 of the general purpose flag.
_ENCRYPTED = 1


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
        """Tell by the beginning, or by a directory at the very end.

        The second finds an archive behind a program, a picture or a document; in other
        containers a zip file may lie last by chance.
        """
        if part.known.kind in {"message", "multipart", "disk_image", "shortcut"}:
            return False
        if bytes(part.octets[:8]).startswith(_BEGINS):
            return True
        end = zip_tables.find_end(part.octets) if part.known.kind != "archive" else None
        return end is not None and end.closes_file

    def members(self, part: Part, budget: Budget) -> Iterator[Found]:
        """Give what the directory shows, then what only the headers show."""
        gather = Gather(budget, len(part.octets))
        end = zip_tables.find_end(part.octets)
        if end is None:
            part.known.unopened, part.known.why = "unreadable", "it has no directory"
            yield from _further(part, gather, [(0, len(part.octets))])
            return
        entries = list(_bounded(zip_tables.listed(part.octets, end), budget))
        entries.sort(key=lambda entry: entry.offset)
        if end.count:
            yield from _shown(part, gather, entries)
        yield from _compare(part, gather, end, entries)


def _bounded(entries: Iterator[Listed], budget: Budget) -> Iterator[Listed]:
    """No more entries than parts are allowed: the walk stops there anyway."""
    for number, entry in enumerate(entries):
        if number > budget.limits.parts:
            return
        yield entry


def _shown(part: Part, gather: Gather, entries: list[Listed]) -> Iterator[Found]:
    """The view of the directory, as libarchive reads it."""
    by_offset = list({entry.offset: entry for entry in entries}.values())
    count = 0
    with Archive(part.octets, "zip") as archive:
        try:
            for entry in archive.entries():
                at_hand = by_offset[count] if count < len(by_offset) else None
                count += 1
                yield from _member(_One(archive, entry, at_hand), gather, "standard")
        except Damaged as damage:
            part.known.unopened, part.known.why = "unreadable", str(damage)
            return
    if count != len(entries):
        yield Oddity(
            "archive_directories", f"{len(entries)} in the directory, {count} by their headers"
        )


@dataclass(frozen=True, slots=True)
class _One:
    """An entry with what the directory says of it."""

    archive: Archive
    entry: Entry
    listed: Listed | None


def _member(one: _One, gather: Gather, view: str) -> Iterator[Found]:
    gather.budget.check_clock()
    if one.entry.folder:
        return
    raw = one.entry.raw_name or (one.listed.raw_name if one.listed else b"")
    candidates = _names(raw)
    differ = one.listed is not None and one.listed.raw_name not in {raw, b""}
    if differ and one.listed:
        candidates += _names(one.listed.raw_name)
    name, *others = dict.fromkeys(candidates)
    member = Member(step=f"zip:{name}", name=name, names=tuple(others), raw_name=raw, view=view)
    if one.entry.encrypted or (one.listed and one.listed.flags & _ENCRYPTED):
        member.encrypted, member.unopened = True, "archive_password"
        member.why = "it wants a password"
        yield member
    else:
        yield from fill(member, one.archive, one.entry, gather)
    if differ:
        yield Oddity("archive_directories", "its header has another name", at=member)


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
    behind = len(part.octets) - end.behind
    if bytes(part.octets[behind:]).strip(b"\0\r\n"):
        gaps.append((behind, len(part.octets)))
    hiding = [gap for gap in gaps if _headers(part.octets, gap)]
    for start, stop in gaps:
        if bytes(part.octets[start:stop]).strip(b"\0\r\n"):
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
                part.known.unopened, part.known.why = "unreadable", "members in too many places"
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
                yield from _member(_One(archive, entry, None), gather, "further")
        except Damaged as damage:
            part.known.unopened, part.known.why = "unreadable", str(damage)
        return max(reached, start + archive.reached())
