"""Open gzip (RFC 1952): one file, packed in one or more streams that are joined.

Read with zlib and not through libarchive: zlib stops after each piece, and tells
where a stream ends, so that what lies behind the last one can be told too.

Limitation: the names that the headers may hold are shown beside those that most
unpackers make of the packed file's names, and none is known to be right.
"""

from collections.abc import Iterator
from typing import ClassVar

from pratique.scanners.budget import Budget
from pratique.scanners.containers.around import told
from pratique.scanners.containers.streams import Inflate, Streams, open_stream, unpacked_names
from pratique.scanners.part import Found, Member, Part, Reached, Recognized
from pratique.scanners.text import to_text

MAGIC = b"\x1f\x8b\x08"
# RFC 1952 2.3.1: bits of FLG, and the length of the fixed part of the header.
_EXTRA, _NAME = 4, 8
_HEADER = 10
# zlib.h, inflateInit2: 16 + 15 reads a gzip header and a window of 32 KB.
_WINDOW = 31
# No file system takes a longer name.
_LONGEST_NAME = 255


class Gzip:
    """Gives the one file that a gzip file holds."""

    name: ClassVar[str] = "gzip"
    types: ClassVar[frozenset[str]] = frozenset({"application/gzip"})
    told_by: ClassVar[str] = "front"
    # An empty file, packed: what the reader is warmed up with.
    smallest: ClassVar[bytes] = bytes.fromhex("1f8b08000000000000ff03000000000000000000")

    # Samples that the tests need not have, and why.
    lacks: ClassVar[dict[str, str]] = {"encrypted": "the format has no encryption"}

    def recognize(self, part: Part) -> Recognized:
        """Tell by the detected type, or by the first octets."""
        return told(part, self.types)

    def members(self, part: Part, budget: Budget) -> Iterator[Found]:
        """Give the file; then say what lies behind it."""
        streams = Streams(part.octets, MAGIC, lambda: Inflate(_WINDOW))
        raw = _stored_name(part.octets)
        member = Member(step="gzip:", raw_name=raw[:_LONGEST_NAME])
        for found in open_stream(part, budget, streams, member):
            if found is member:
                stored = [_stored_name(part.octets[start:]) for start in streams.starts]
                _call(member, unpacked_names(part), stored)
            yield found
            if found is member and any(len(name) > _LONGEST_NAME for name in stored):
                yield Reached("names", f"a name of more than {_LONGEST_NAME} octets", at=member)


def _call(member: Member, made: tuple[str, ...], stored: list[bytes]) -> None:
    """Name the member by what it was packed as, and by each header."""
    told = (to_text(raw[:_LONGEST_NAME])[0] for raw in stored)
    names = tuple(dict.fromkeys(name for name in (*made, *told) if name)) or ("",)
    member.step, member.name, member.names = f"gzip:{names[0]}", names[0], names[1:]


def _stored_name(octets: memoryview) -> bytes:
    """The name in a stream's header, RFC 1952 2.3; empty if there is none.

    One octet more than the longest name says that it goes on.
    """
    head = bytes(octets[: _HEADER + 2])
    if len(head) < _HEADER + 2 or not head[3] & _NAME:
        return b""
    start = _HEADER
    if head[3] & _EXTRA:
        start += 2 + int.from_bytes(head[_HEADER:], "little")
    return bytes(octets[start : start + _LONGEST_NAME + 1]).partition(b"\0")[0]
