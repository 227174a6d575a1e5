"""Open tar: v7, ustar, pax (POSIX.1-2001) and GNU tar, through libarchive.

A tar file ends at two blocks of zeros, and whoever joins two of them hides the second
from most readers and shows it to some (`tar --ignore-zeros`).  So libarchive is told to
read on, and a second archive is shown like the first.  A name may be said twice too, in
an entry's own header and in one that extends it (pax, GNU tar): both are shown.

Limitations: a link is stated with its name and without octets; folders are not stated.
"""

import re
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import ClassVar

from pratique.scanners.budget import Budget
from pratique.scanners.containers.archive import Archive, Entry, fill, fill_from
from pratique.scanners.containers.around import behind, skip_zeros, told
from pratique.scanners.containers.gather import Damaged, Gather, pieces_of
from pratique.scanners.part import Found, Member, Part, Recognized
from pratique.scanners.signatures import is_tar_header as is_header
from pratique.scanners.text import to_text

_BLOCK = 512
# Files: of POSIX, of old, contiguous.
_FILES = frozenset({b"0", b"\0", b"7"})
# GNU tar: a folder with a list of its files, and the rest of a file from another volume.
_STEPPED_OVER = frozenset({b"D", b"M"})
# Links, devices, folders, pipes (POSIX.1-1988 10.1.1).
_WITHOUT = frozenset({b"1", b"2", b"3", b"4", b"5", b"6"})
# How often reading begins anew behind damage: the archive is known to be damaged then.
_RESTARTS = 16
# A name that extends a header: PATH_MAX, and what else pax says.
_LONGEST_NAME = 16 * 1024
# pax: x and g; GNU tar: the long name and the long link.  Of each an entry has one.
_SIZED = re.compile(rb" (?:size|GNU\.sparse\.[a-z.]+)=")
_EXTENDING, _EXTENDED = frozenset({b"x", b"g", b"X", b"L", b"K"}), 8


class Tar:
    """Gives the files of a tar archive."""

    name: ClassVar[str] = "tar"
    types: ClassVar[frozenset[str]] = frozenset({"application/x-tar"})
    told_by: ClassVar[str] = "front"
    # An empty file named "a" in a v7 header, checksum and all.
    smallest: ClassVar[bytes] = (
        b"a".ljust(100, b"\0") + b"0000644\0" + b"0000000\0" * 2 + b"00000000000\0" * 2
        + b"004657\0 0"
    ).ljust(1536, b"\0")  # fmt: skip

    # Samples that the tests need not have, and why.
    lacks: ClassVar[dict[str, str]] = {"encrypted": "the format has no encryption"}

    def recognize(self, part: Part) -> Recognized:
        """Tell by the detected type, or by the first octets."""
        return told(part, self.types)

    def members(self, part: Part, budget: Budget) -> Iterator[Found]:
        """Give each entry that is no folder, in order; then what lies behind the end.

        Behind a damaged header some unpackers look for the next whole one, so we do.
        """
        opened = _Opened(part, Gather(budget, len(part.octets)))
        at = 0
        for _ in range(_RESTARTS):
            damage = yield from opened.entries(at)
            if damage:
                part.state_unopened(damage)
            at = _next_header(part.octets, opened.reached + _BLOCK, budget) if damage else 0
            if not at:
                break
        if not part.known.unopened:
            yield from behind(part.octets, opened.reached, budget)


@dataclass(slots=True)
class _Opened:
    """An archive that is being read; `reached` is how far."""

    part: Part
    gather: Gather
    reached: int = 0
    # A reader that does not know all of this has lost its way by now.
    _is_odd: bool = False

    def entries(self, start: int) -> Generator[Found, None, str]:
        """Give each entry from there on; return what stopped it before the end."""
        octets = self.part.octets[start:]
        options = b"tar:read_concatenated_archives"
        with Archive(_whole_blocks(octets), "tar", "empty", options=options) as archive:
            try:
                for entry in archive.entries():
                    self.gather.budget.check_clock()
                    self._is_odd |= start > 0 or _is_odd(octets, entry.position)
                    for found in _member(archive, entry, self.gather, octets):
                        if isinstance(found, Member):
                            found.tolerant |= self._is_odd
                        yield found
            except Damaged as damage:
                self.reached = start + archive.reached()
                return "" if _ended(octets, archive.reached()) else str(damage)
            self.reached = start + archive.reached()
        return ""


def _next_header(octets: memoryview, at: int, budget: Budget) -> int:
    """The next block that is a header by its check sum; 0 if there is none."""
    for place in range(at // _BLOCK * _BLOCK, len(octets) - _BLOCK + 1, _BLOCK):
        if is_header(bytes(octets[place : place + _BLOCK])):
            return place
        if not place % (_BLOCK * 256):
            budget.check_clock()
    return 0


def _member(archive: Archive, entry: Entry, gather: Gather, octets: memoryview) -> Iterator[Found]:
    at = _own_header(octets, entry.position)
    kept = _kept(octets, at)
    if entry.folder and not kept:
        return
    said = [entry.raw_name, *_names(octets, entry.position, at)]
    name, *others = dict.fromkeys(to_text(raw)[0] for raw in said if raw) or ("",)
    member = Member(step=f"tar:{name}", name=name, names=tuple(others), raw_name=entry.raw_name)
    # Others know no such entry, or step over it.
    member.tolerant = bytes(octets[at + 156 : at + 157]) not in _FILES or not entry.raw_name
    if entry.regular and not kept:
        yield from fill(member, archive, entry, gather)
    else:
        yield from fill_from(member, pieces_of(kept), len(kept), gather)


def _kept(octets: memoryview, at: int) -> memoryview:
    """The octets of an entry that libarchive takes for no file and steps over.

    Links, folders and devices have none; where some say that they have, and no header
    stands in their place, they are octets to some reader.
    """
    header = bytes(octets[at : at + _BLOCK])
    size = _size(header) if header[156:157] in _STEPPED_OVER | _WITHOUT else 0
    following = bytes(octets[at + _BLOCK : at + 2 * _BLOCK])
    if header[156:157] in _WITHOUT and (is_header(following) or not following.strip(b"\0")):
        size = 0
    return octets[at + _BLOCK : at + _BLOCK + size]


def _size(header: bytes) -> int:
    """The size that a header says, in octal; what is none counts as nothing."""
    digits = header[124:136].strip(b" \0")
    return int(digits, 8) if digits and not digits.strip(b"01234567") else 0


def _whole_blocks(octets: memoryview) -> memoryview:
    """Without a last piece of zeros: libarchive calls it a cut header."""
    end = len(octets) // _BLOCK * _BLOCK
    return octets if bytes(octets[end:]).strip(b"\0") else octets[:end]


def _ended(octets: memoryview, at: int) -> bool:
    """Whether the archive has its end there, or right before; then it is not damaged."""
    return any(
        bytes(octets[start : start + _BLOCK]) == bytes(_BLOCK) for start in (at, at - _BLOCK)
    )


def _own_header(octets: memoryview, at: int) -> int:
    """Where an entry's own header is, behind those that extend it."""
    at = skip_zeros(octets, at) // _BLOCK * _BLOCK
    for _ in range(_EXTENDED):
        header = bytes(octets[at : at + _BLOCK])
        if header[156:157] not in _EXTENDING:
            break
        at += _BLOCK + -(-_size(header) // _BLOCK) * _BLOCK
    return at


def _is_odd(octets: memoryview, position: int) -> bool:
    """Whether only some know that an entry is there, or how long it is.

    It stands behind the end of a first archive; its size is a binary number, as GNU tar has
    it, or is said by pax; its file is sparse.
    """
    start = skip_zeros(octets, position) // _BLOCK * _BLOCK
    own = _own_header(octets, position)
    binary = any(octets[at + 124] & 0x80 for at in (start, own) if at + _BLOCK <= len(octets))
    said = bytes(octets[start : min(own, start + _LONGEST_NAME)])
    sparse = bytes(octets[own + 156 : own + 157]) == b"S"
    return start > position or binary or sparse or _SIZED.search(said) is not None


def _names(octets: memoryview, start: int, own: int) -> Iterator[bytes]:
    """Every name that is said for an entry, by what extends its header and by itself."""
    at = skip_zeros(octets, start) // _BLOCK * _BLOCK
    for _ in range(_EXTENDED):
        if at >= own:
            break
        header = bytes(octets[at : at + _BLOCK])
        size = _size(header)
        text = bytes(octets[at + _BLOCK : at + _BLOCK + min(size, _LONGEST_NAME)])
        if header[156:157] == b"L":
            yield text.partition(b"\0")[0]
        elif header[156:157] in {b"x", b"X", b"g"}:
            # pax(1), "pax Extended Header": length, blank, keyword, "=", value, newline.
            for key, mark, value in (line.partition(b"=") for line in text.split(b"\n")):
                if mark and key.endswith((b" path", b" GNU.sparse.name")):
                    yield value
        at += _BLOCK + -(-size // _BLOCK) * _BLOCK
    yield _name(bytes(octets[own : own + _BLOCK]))


def _name(header: bytes) -> bytes:
    """The name in a header itself: a reader that does not know what extends it shows this one."""
    name, prefix = (field.partition(b"\0")[0] for field in (header[:100], header[345:500]))
    # POSIX.1-1988; what GNU tar keeps in the place of the prefix is something else.
    return prefix + b"/" + name if prefix and header[257:263] == b"ustar\0" else name
