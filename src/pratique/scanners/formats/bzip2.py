"""Open bzip2: one file, packed in one or more streams that are joined.

The format has no standard of its own; what bzip2 1.0 writes and its manual says holds.
It keeps no name: the member is called as the packed file without its last extension.
"""

from bz2 import BZ2Decompressor
from collections.abc import Iterator
from typing import ClassVar

from pratique.scanners.budget import Budget
from pratique.scanners.containers.around import told
from pratique.scanners.containers.streams import Streams, open_stream, unpacked_names
from pratique.scanners.part import Found, Member, Part, Recognized

MAGIC = b"BZh"


class Bzip2:
    """Gives the one file that a bzip2 file holds."""

    name: ClassVar[str] = "bzip2"
    types: ClassVar[frozenset[str]] = frozenset({"application/x-bzip2"})
    told_by: ClassVar[str] = "front"
    # An empty file, packed: what the reader is warmed up with.
    smallest: ClassVar[bytes] = bytes.fromhex("425a683917724538509000000000")

    # Samples that the tests need not have, and why.
    lacks: ClassVar[dict[str, str]] = {"encrypted": "the format has no encryption"}

    def recognize(self, part: Part) -> Recognized:
        """Tell by the detected type, or by the first octets."""
        return told(part, self.types)

    def members(self, part: Part, budget: Budget) -> Iterator[Found]:
        """Give the file; then say what lies behind it."""
        name, *others = unpacked_names(part)
        member = Member(step=f"bzip2:{name}", name=name, names=tuple(others))
        streams = Streams(part.octets, MAGIC, BZ2Decompressor)
        yield from open_stream(part, budget, streams, member)
