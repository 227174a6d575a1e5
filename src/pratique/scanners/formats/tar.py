"""Open tar: v7, ustar, pax (POSIX.1-2001) and GNU tar, through libarchive.

A tar file ends at two blocks of zeros, and whoever joins two of them hides the second
from most readers and shows it to some (`tar --ignore-zeros`).  So libarchive is told to
read on, and a second archive is shown like the first.

Limitations: a link is stated with its name and without octets; folders are not stated.
"""

from collections.abc import Iterator
from typing import ClassVar

from pratique.scanners.archive import Archive, Entry, fill
from pratique.scanners.budget import Budget
from pratique.scanners.gather import Damaged, Gather
from pratique.scanners.part import Found, Member, Part
from pratique.scanners.text import to_text


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
        """Give each entry that is no folder, in order."""
        gather = Gather(budget, len(part.octets))
        options = b"tar:read_concatenated_archives"
        with Archive(part.octets, "tar", "empty", options=options) as archive:
            try:
                for entry in archive.entries():
                    budget.check_clock()
                    if not entry.folder:
                        yield from _member(archive, entry, gather)
            except Damaged as damage:
                part.known.unopened, part.known.why = "unreadable", str(damage)


def _member(archive: Archive, entry: Entry, gather: Gather) -> Iterator[Found]:
    name = to_text(entry.raw_name)[0]
    member = Member(step=f"tar:{name}", name=name, raw_name=entry.raw_name)
    if entry.regular:
        yield from fill(member, archive, entry, gather)
    else:
        yield member
