"""Open xz (the .xz file format 1.0): one file, packed in one or more joined streams.

It keeps no name: the member is called as the packed file without its last extension.

Limitation: a stream that wants more memory to be unpacked than `xz -9` does is not
unpacked, and the file is `unreadable`; the old .lzma format is not read.
"""

import lzma
from collections.abc import Iterator
from typing import ClassVar

from pratique.scanners.budget import Budget
from pratique.scanners.containers.around import told
from pratique.scanners.containers.streams import MEMORY, Streams, open_stream, unpacked_names
from pratique.scanners.part import Found, Member, Part, Recognized

# xz-file-format 2.1.1.1
MAGIC = b"\xfd7zXZ\0"


class Xz:
    """Gives the one file that an xz file holds."""

    name: ClassVar[str] = "xz"
    types: ClassVar[frozenset[str]] = frozenset({"application/x-xz"})
    told_by: ClassVar[str] = "front"
    # An empty file, packed: what the reader is warmed up with.
    smallest: ClassVar[bytes] = bytes.fromhex(
        "fd377a585a000004e6d6b446000000001cdf44211fb6f37d010000000004595a"
    )

    # Samples that the tests need not have, and why.
    lacks: ClassVar[dict[str, str]] = {"encrypted": "the format has no encryption"}

    def recognize(self, part: Part) -> Recognized:
        """Tell by the detected type, or by the first octets."""
        return told(part, self.types)

    def members(self, part: Part, budget: Budget) -> Iterator[Found]:
        """Give the file; then say what lies behind it."""
        name, *others = unpacked_names(part)
        member = Member(step=f"xz:{name}", name=name, names=tuple(others))
        streams = Streams(part.octets, MAGIC, _unpacker)
        yield from open_stream(part, budget, streams, member)


def _unpacker() -> lzma.LZMADecompressor:
    return lzma.LZMADecompressor(format=lzma.FORMAT_XZ, memlimit=MEMORY)
