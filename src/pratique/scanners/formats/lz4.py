"""Open LZ4 frames (lz4_Frame_format.md 1.6): one file, in one or more frames that are joined.

It keeps no name: the member is called as the packed file without its last extension.

What lz4 wrote before 1.4 ("legacy frame") is a row of blocks without an end.

Limitation: a frame that wants a dictionary is `unreadable`.
"""

from collections.abc import Iterator
from typing import ClassVar

from lz4.block import LZ4BlockError, decompress
from lz4.frame import LZ4FrameDecompressor

from pratique.scanners.budget import Budget
from pratique.scanners.containers.around import told
from pratique.scanners.containers.gather import Damaged, Gather
from pratique.scanners.containers.stored import Giver
from pratique.scanners.containers.streams import Streams, open_stream, skip_frames, unpacked_names
from pratique.scanners.part import Found, Member, Part, Recognized

MAGIC, LEGACY = b"\x04\x22\x4d\x18", b"\x02\x21\x4c\x18"
# lz4_Frame_format.md, "Legacy frame": a block becomes 8 MB, or less if it is the last.
_BLOCK = 8 * 1024 * 1024


class _Unpacker:
    """LZ4's unpacker in the manner of bz2's: what is unused is octets from the beginning."""

    def __init__(self) -> None:
        self._frame = LZ4FrameDecompressor()

    @property
    def eof(self) -> bool:
        """The frame has ended."""
        return bool(self._frame.eof)

    @property
    def needs_input(self) -> bool:
        """Nothing is left of the last input."""
        return bool(self._frame.needs_input)

    @property
    def unused_data(self) -> bytes:
        """What of the last input lies behind the frame."""
        return self._frame.unused_data or b""

    def decompress(self, octets: bytes, max_length: int) -> bytes:
        """Unpack at most so much."""
        return bytes(self._frame.decompress(octets, max_length))


class Lz4:
    """Gives the one file that an lz4 file holds."""

    name: ClassVar[str] = "lz4"
    types: ClassVar[frozenset[str]] = frozenset({"application/x-lz4"})
    told_by: ClassVar[str] = "front"
    # An empty file, packed.
    smallest: ClassVar[bytes] = bytes.fromhex("04224d1860408200000000")

    # Samples that the tests need not have, and why.
    lacks: ClassVar[dict[str, str]] = {"encrypted": "the format has no encryption"}

    def recognize(self, part: Part) -> Recognized:
        """Tell by the detected type, or by the first octets."""
        return told(part, self.types)

    def members(self, part: Part, budget: Budget) -> Iterator[Found]:
        """Give the file; then say what lies behind it."""
        name, *others = unpacked_names(part)
        member = Member(step=f"lz4:{name}", name=name, names=tuple(others))
        if bytes(part.octets[:4]) == LEGACY:
            giver = Giver(part, Gather(budget, len(part.octets)))
            yield from giver.pieces(member, _legacy(part.octets), None)
            return
        streams = Streams(part.octets, MAGIC, _Unpacker)
        streams.position = skip_frames(part.octets, 0)
        yield from open_stream(part, budget, streams, member)


def _legacy(octets: memoryview) -> Iterator[bytes]:
    at = len(LEGACY)
    while at < len(octets):
        head = bytes(octets[at : at + 4])
        size, at = int.from_bytes(head, "little"), at + 4
        if head == LEGACY:
            continue
        block = octets[at : at + size]
        if len(head) < 4 or len(block) < size or not size:
            raise Damaged("it is cut off")
        try:
            yield decompress(block, uncompressed_size=_BLOCK)
        except (LZ4BlockError, ValueError) as error:
            raise Damaged(str(error)) from error
        at += size
