"""Open .lzma, the form that LZMA had before xz: one file, packed in one stream.

It keeps no name, no check sum, and nothing that says what it is: thirteen octets of
settings begin it (LZMA SDK, lzma.txt), of which most writers choose the same.
"""

import lzma
from collections.abc import Iterator
from typing import ClassVar

from pratique.scanners.budget import Budget
from pratique.scanners.containers.around import told
from pratique.scanners.containers.streams import MEMORY, Streams, open_stream, unpacked_names
from pratique.scanners.part import Found, Member, Part, Recognized


class LzmaAlone:
    """Gives the one file that an lzma_alone file holds."""

    name: ClassVar[str] = "lzma_alone"
    types: ClassVar[frozenset[str]] = frozenset({"application/x-lzma"})
    told_by: ClassVar[str] = "front"
    # An empty file of unknown size, packed.
    smallest: ClassVar[bytes] = bytes.fromhex("5d00008000ffffffffffffffff0083fffbffffc0000000")

    # Samples that the tests need not have, and why.
    lacks: ClassVar[dict[str, str]] = {"encrypted": "the format has no encryption"}

    def recognize(self, part: Part) -> Recognized:
        """Tell by the detected type, or by the first octets."""
        return told(part, self.types)

    def members(self, part: Part, budget: Budget) -> Iterator[Found]:
        """Give the file; then say what lies behind it."""
        name, *others = unpacked_names(part)
        member = Member(step=f"lzma_alone:{name}", name=name, names=tuple(others))
        streams = Streams(part.octets, b"no second", _unpacker)
        yield from open_stream(part, budget, streams, member)


def _unpacker() -> lzma.LZMADecompressor:
    return lzma.LZMADecompressor(format=lzma.FORMAT_ALONE, memlimit=MEMORY)
