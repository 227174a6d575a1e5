"""Open MacBinary (I, II and III): a header of 128 octets, the data fork, the resource fork.

The form has no signature to speak of, so a file is one only where everything fits: the
zeros, the name, and either the checksum of the header (II and III) or the lengths of the
forks, each filled up to 128 octets, which then are the whole file.
"""

from binascii import crc_hqx
from collections.abc import Iterator
from typing import ClassVar

from pratique.scanners.budget import Budget
from pratique.scanners.containers.gather import Gather
from pratique.scanners.containers.macintosh.forks import Fork, give
from pratique.scanners.containers.macintosh.header import BLOCK, Header, read_header
from pratique.scanners.part import Found, Part, Recognized


def _smallest() -> bytes:
    header = bytearray(BLOCK)
    header[1:3], header[122:124] = b"\1a", b"\x81\x81"
    header[124:126] = crc_hqx(header[:124], 0).to_bytes(2, "big")
    return bytes(header)


class Macbinary:
    """Gives the forks of the file."""

    name: ClassVar[str] = "macbinary"
    types: ClassVar[frozenset[str]] = frozenset({"application/x-macbinary"})
    told_by: ClassVar[str] = "type"
    smallest: ClassVar[bytes] = _smallest()

    # Samples that the tests need not have, and why.
    lacks: ClassVar[dict[str, str]] = {
        "encrypted": "the form has no encryption",
        "bomb": "it does not compress, and has two forks",
    }

    def recognize(self, part: Part) -> Recognized:
        """Tell by the detected type."""
        return "whole" if part.known.type in self.types else ""

    def members(self, part: Part, budget: Budget) -> Iterator[Found]:
        """Give the data fork, then the resource fork."""
        gather = Gather(budget, len(part.octets))
        header = read_header(part.octets) or Header(b"", 0, 0, 0)
        starts = header.contents_start, header.resources_start
        forks = zip(starts, (header.contents, header.resources), strict=True)
        for number, (start, size) in enumerate(forks):
            content = part.octets[start : start + size]
            if len(content) < size:
                part.known.unopened, part.known.why = "unreadable", "it is cut off"
            if size or not number:
                yield from give(Fork(self.name, header.raw_name, content, bool(number)), gather)
        if not header.raw_name:
            part.known.unopened, part.known.why = "unreadable", "its header is damaged"
