"""Open 7z (7-Zip's DOC/7zFormat.txt), also behind a program that unpacks itself.

The header is read and the usual coders are run by our own readers, since libarchive knows
no encryption; a folder with another coder (PPMd, BCJ2) is read through libarchive.  With
a locked header not even names are to be seen, and one try of a password takes a twentieth
of a second by its making.

Limitations: what is locked and packed by one of those other coders wants an outside
program; an archive in several volumes is `unreadable`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar
from zlib import crc32

from pratique.scanners.budget import Budget, OverBudget
from pratique.scanners.containers.archive import Archive, fill
from pratique.scanners.containers.around import behind, carries, find, told
from pratique.scanners.containers.gather import Damaged, Gather
from pratique.scanners.containers.sevenzip import key as sevenzip_key
from pratique.scanners.containers.sevenzip.coders import (
    Locked,
    Unknown,
    Unpacker,
    is_locked,
    unknown,
)
from pratique.scanners.containers.sevenzip.header import MAGIC, File, Folder, Header, read
from pratique.scanners.keys import Keys
from pratique.scanners.part import Found, Member, Part, Reached, Recognized

# A try unpacks the first locked file so far: a wrong key fails in its first octets, or
# where it is not packed at its check sum.
_TRIED = 4 * 1024 * 1024


class Sevenzip:
    """Gives the files of a 7z archive."""

    name: ClassVar[str] = "sevenzip"
    types: ClassVar[frozenset[str]] = frozenset({"application/x-7z-compressed"})
    told_by: ClassVar[str] = "front"
    mark: ClassVar[bytes] = MAGIC
    # The letter "a" in a file named "a".
    smallest: ClassVar[bytes] = bytes.fromhex(
        "377abcaf271c00040f34f87405000000000000002a000000000000003e05c87e"
        "01000061000104060001090500070b010001212101080c0100080d010a0143be"
        "b7e800000501110500610000000000"
    )

    # Samples that the tests need not have, and why.
    lacks: ClassVar[dict[str, str]] = {}

    def recognize(self, part: Part) -> Recognized:
        """Tell by the detected type, or by the mark in a program or the like."""
        if recognized := told(part, self.types):
            return recognized
        return "within" if carries(part, MAGIC) and find(part.octets, MAGIC) >= 0 else ""

    def members(self, part: Part, budget: Budget) -> Iterator[Found]:
        """Give each file, locked ones with their names only."""
        yield from _members(part, budget, "")

    def locked(self, part: Part) -> bool:
        """Tell by the header whether it is locked, or any folder that it lists."""
        octets = _archive(part)
        try:
            folders = _read(octets, Unpacker(octets)).folders
            return any(is_locked(folder) and not unknown(folder) for folder in folders)
        except Locked:
            return True
        except (Damaged, Unknown, OverBudget):
            return False

    def unlock(self, part: Part, budget: Budget, keys: Keys) -> Iterator[Found]:
        """Give each file, if one of the words opens the first that is locked."""
        octets, cost = _archive(part), _cost(_archive(part))
        for word in keys.words(cost):
            budget.check_clock()
            if _opens(octets, word):
                keys.opened(word)
                yield from _members(part, budget, word)
                return
        yield from _members(part, budget, "")


def _archive(part: Part) -> memoryview:
    return part.octets[max(0, find(part.octets, MAGIC)) :]


def _read(octets: memoryview, unpacker: Unpacker) -> Header:
    return read(octets, lambda folder: b"".join(_bounded(unpacker.pieces(folder), 1 << 24)))


def _bounded(pieces: Iterator[bytes], most: int) -> Iterator[bytes]:
    for piece in pieces:
        most -= len(piece)
        if most < 0:
            raise Damaged("its header is too long")
        yield piece


def _cost(octets: memoryview) -> float:
    try:
        header = _read(octets, Unpacker(octets))
        for folder in filter(is_locked, header.folders):
            next(Unpacker(octets).pieces(folder), None)
    except Locked as locked:
        return sevenzip_key.cost(locked.power)
    except (Damaged, Unknown, OverBudget):
        pass
    return 1.0


def _opens(octets: memoryview, word: str) -> bool:
    """Whether the word opens the header, or else the first locked file."""
    unpacker = Unpacker(octets, word)
    try:
        try:
            header = _read(octets, Unpacker(octets))
        except Locked:
            return bool(_read(octets, unpacker)) or True
        folder = next(filter(is_locked, header.folders))
        size, sum_ = folder.files[0] if folder.files else (0, None)
        so_far, known = 0, 0
        for piece in unpacker.pieces(folder):
            known = crc32(piece[: size - so_far], known)
            so_far += len(piece)
            if so_far >= min(size, _TRIED):
                break
    except (Damaged, Unknown, OverBudget):
        return False
    return so_far < size or sum_ is None or known == sum_


@dataclass(slots=True)
class _Stream:
    """A folder's octets, of which one file after the other is taken."""

    pieces: Iterator[bytes]
    ahead: bytes = b""
    damage: str = ""

    def take(self, size: int) -> Iterator[bytes]:
        """The next octets, so many."""
        if self.damage:
            raise Damaged(self.damage)
        while size:
            try:
                piece = self.ahead or next(self.pieces, b"")
            except Damaged as damage:
                self.damage = str(damage)
                raise
            self.ahead = piece[size:]
            size -= len(piece) - len(self.ahead)
            yield piece[: len(piece) - len(self.ahead)]


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a file lies: in which folder's stream, which may not be read, and how long."""

    stream: _Stream | OverBudget | Locked
    is_locked: bool
    size: int
    sum: int | None


def _members(part: Part, budget: Budget, word: str) -> Iterator[Found]:
    octets = _archive(part)
    try:
        header = _read(octets, Unpacker(octets, word or None))
    except Locked as locked:
        part.state_unopened(f"its header is locked: {locked}", "archive_password")
        part.known.encrypted = True
        return
    except (Damaged, Unknown) as damage:
        part.state_unopened(str(damage))
        return
    opened = _Opened(part, octets, Gather(budget, len(octets)), word)
    try:
        yield from opened.members(header)
    except Damaged as damage:
        part.state_unopened(str(damage))
    yield from behind(octets, header.end, budget)


@dataclass(slots=True)
class _Opened:
    """An archive whose header was read."""

    part: Part
    octets: memoryview
    gather: Gather
    word: str

    def members(self, header: Header) -> Iterator[Found]:
        """Give each file, folder by folder."""
        lacking = next(filter(None, map(unknown, header.folders)), "")
        if lacking:
            yield from self._otherwise(header, lacking)
            return
        places = self._places(header.folders)
        for file in header.files:
            if file.is_folder:
                continue
            member = _named(file)
            place = None if file.empty else next(places, None)
            if place is not None:
                yield from self._fill(member, place)
            elif file.empty:
                yield member
            else:
                self.part.state_unopened("it lists more files than it holds")
        if next(places, None) is not None:
            self.part.state_unopened("it holds more files than it lists")

    def _places(self, folders: list[Folder]) -> Iterator["_Place"]:
        """Each file's place; a folder's stream begins where its first file is asked for."""
        unpacker = Unpacker(self.octets, self.word or None)
        for folder in folders:
            stream: _Stream | OverBudget | Locked
            try:
                stream = _Stream(unpacker.pieces(folder))
            except OverBudget as over:
                stream = over.kept()
            except Locked as locked:
                stream = Locked(locked.power)
            except Damaged as damage:
                stream = _Stream(iter(()), damage=str(damage))
            for size, sum_ in folder.files:
                yield _Place(stream, is_locked(folder), size, sum_)

    def _fill(self, member: Member, place: "_Place") -> Iterator[Found]:
        stream, size, sum_ = place.stream, place.size, place.sum
        member.encrypted = place.is_locked
        member.password = self.word if member.encrypted else ""
        if isinstance(stream, Locked):
            member.unopened, member.why = "archive_password", str(stream)
            yield member
        elif isinstance(stream, OverBudget):
            member.unopened, member.why = "over_budget", stream.detail
            yield member
            yield Reached(stream.class_, stream.detail, at=member)
        elif size > self.gather.budget.limits.part_octets:
            yield from self._step_over(member, stream, size)
        else:
            member.octets, member.why = self.gather.octets(stream.take(size))
            if not member.why and sum_ is not None and crc32(member.octets) != sum_:
                member.why = "its check sum is wrong"
            if member.why:
                member.unopened = "unreadable"
                self.part.state_unopened(member.why)
            yield member

    def _step_over(self, member: Member, stream: _Stream, size: int) -> Iterator[Found]:
        detail = f"a part of more than {self.gather.budget.limits.part_octets} octets"
        member.unopened, member.why = "over_budget", detail
        yield member
        yield Reached("part_octets", detail, at=member)
        try:
            for piece in stream.take(size):
                self.gather.charge(len(piece))
        except Damaged:
            return

    def _otherwise(self, header: Header, why: str) -> Iterator[Found]:
        """Through libarchive, which knows other coders and no passwords."""
        if any(map(is_locked, header.folders)):
            self.part.state_unopened(why, "needs_program")
            yield from map(_locked_name, (file for file in header.files if not file.is_folder))
            return
        with Archive(self.octets, "7zip") as archive:
            for file, entry in zip(header.files, archive.entries(), strict=False):
                if not file.is_folder:
                    for found in fill(_named(file), archive, entry, self.gather):
                        if isinstance(found, Member) and found.unopened == "unreadable":
                            self.part.state_unopened(f"{why}, {found.why}", "needs_program")
                        yield found


def _named(file: File) -> Member:
    return Member(step=f"sevenzip:{file.name}", name=file.name, raw_name=file.raw_name)


def _locked_name(file: File) -> Member:
    member = _named(file)
    member.encrypted, member.unopened = True, "archive_password"
    return member
