"""Open tar: v7, ustar, pax (POSIX.1-2001) and GNU tar, through libarchive.

A tar file ends at two blocks of zeros, and whoever joins two of them hides the second
from most readers and shows it to some (`tar --ignore-zeros`).  So libarchive is told to
read on, and a second archive is shown like the first.  A name may be said twice too, in
an entry's own header and in one that extends it (pax, GNU tar): both are shown.

Limitations: a link is stated with its name and without octets; folders are not stated.
"""

from collections.abc import Iterator
from typing import ClassVar

from pratique.scanners.archive import Archive, Entry, fill, fill_from
from pratique.scanners.budget import Budget
from pratique.scanners.gather import Damaged, Gather
from pratique.scanners.part import Found, Member, Oddity, Part
from pratique.scanners.text import to_text

_BLOCK = 512
_PIECE = 64 * 1024
# GNU tar: a folder with a list of its files, and the rest of a file from another volume.
_STEPPED_OVER = frozenset({b"D", b"M"})
# pax: x and g; GNU tar: the long name and the long link.  Of each an entry has one.
_EXTENDING, _EXTENDED = frozenset({b"x", b"g", b"X", b"L", b"K"}), 8


class Tar:
    """Gives the files of a tar archive."""

    name: ClassVar[str] = "tar"
    types: ClassVar[frozenset[str]] = frozenset({"application/x-tar"})
    # An empty file named "a" in a v7 header, checksum and all.
    smallest: ClassVar[bytes] = (
        b"a".ljust(100, b"\0") + b"0000644\0" + b"0000000\0" * 2 + b"00000000000\0" * 2
        + b"004657\0 0"
    ).ljust(1536, b"\0")  # fmt: skip

    # Samples that the tests need not have, and why.
    lacks: ClassVar[dict[str, str]] = {"encrypted": "the format has no encryption"}

    def recognize(self, part: Part) -> bool:
        """Tell by the detected type."""
        return part.known.type in self.types

    def members(self, part: Part, budget: Budget) -> Iterator[Found]:
        """Give each entry that is no folder, in order; then say what lies behind the end."""
        gather = Gather(budget, len(part.octets))
        options = b"tar:read_concatenated_archives"
        with Archive(_whole_blocks(part.octets), "tar", "empty", options=options) as archive:
            try:
                for entry in archive.entries():
                    budget.check_clock()
                    yield from _member(archive, entry, gather, part.octets)
            except Damaged as damage:
                if not _ended(part.octets, archive.reached()):
                    part.known.unopened, part.known.why = "unreadable", str(damage)
                    return
            behind = _skip_zeros(part.octets, archive.reached())
        if behind < len(part.octets):
            detail = f"{len(part.octets) - behind} octets behind its end"
            yield Oddity("extra_octets", detail)


def _member(archive: Archive, entry: Entry, gather: Gather, octets: memoryview) -> Iterator[Found]:
    at = _own_header(octets, entry.position)
    kept = _kept(octets, at)
    if entry.folder and not kept:
        return
    own = _name(bytes(octets[at : at + _BLOCK]))
    name, *others = dict.fromkeys(to_text(raw)[0] for raw in (entry.raw_name, own) if raw) or ("",)
    member = Member(step=f"tar:{name}", name=name, names=tuple(others), raw_name=entry.raw_name)
    if entry.regular:
        yield from fill(member, archive, entry, gather)
    else:
        yield from fill_from(member, _pieces(kept), len(kept), gather)


def _pieces(octets: memoryview) -> Iterator[bytes]:
    for start in range(0, len(octets), _PIECE):
        yield bytes(octets[start : start + _PIECE])


def _kept(octets: memoryview, at: int) -> memoryview:
    """The octets of an entry that libarchive takes for no file and steps over."""
    header = bytes(octets[at : at + _BLOCK])
    size = _size(header) if header[156:157] in _STEPPED_OVER else 0
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


def _skip_zeros(octets: memoryview, at: int) -> int:
    """The next place that is not zero."""
    while (piece := bytes(octets[at : at + _PIECE])) and not piece.strip(b"\0"):
        at += len(piece)
    return at + len(piece) - len(piece.lstrip(b"\0"))


def _own_header(octets: memoryview, at: int) -> int:
    """Where an entry's own header is, behind those that extend it."""
    at = _skip_zeros(octets, at) // _BLOCK * _BLOCK
    for _ in range(_EXTENDED):
        header = bytes(octets[at : at + _BLOCK])
        if header[156:157] not in _EXTENDING:
            break
        at += _BLOCK + -(-_size(header) // _BLOCK) * _BLOCK
    return at


def _name(header: bytes) -> bytes:
    """The name in a header itself: who does not know what extends it shows this one."""
    name, prefix = (field.partition(b"\0")[0] for field in (header[:100], header[345:500]))
    # POSIX.1-1988; what GNU tar keeps in the place of the prefix is something else.
    return prefix + b"/" + name if prefix and header[257:263] == b"ustar\0" else name
