"""Open zstd (RFC 8878): one file, packed in one or more frames that are joined.

The library's unpacker gives all that a piece of input becomes, which may be a thousand
times as much, or reads pieces of a stated size and then does not tell where the frame
ended.  So the frames are found by their blocks, which say their sizes (3.1.1.2), and each
is read for itself.  Frames that hold nothing to unpack (3.1.2) are stepped over.

Limitation: a frame that wants a dictionary is `unreadable`.
"""

from collections.abc import Iterator
from typing import ClassVar

from zstandard import ZstdDecompressor, ZstdError

from pratique.scanners.budget import Budget, OverBudget
from pratique.scanners.containers.around import skip_zeros, told
from pratique.scanners.containers.gather import Damaged
from pratique.scanners.containers.streams import (
    PIECE,
    STREAMS,
    open_stream,
    skip_frames,
    unpacked_names,
)
from pratique.scanners.part import Found, Member, Part, Recognized

MAGIC = b"\x28\xb5\x2f\xfd"
# What `zstd --ultra -22` wants, and what its unpacker allows without being asked.
_WINDOW = 128 * 1024 * 1024


class _Frames:
    """Reads one frame after another; see `Streams`."""

    def __init__(self, octets: memoryview, budget: Budget) -> None:
        self._octets = octets
        self._budget = budget
        self.position = skip_frames(octets, 0)
        self.starts: list[int] = []
        self.sizes: list[int] = []
        self.cut = False

    def pieces(self) -> Iterator[bytes]:
        """Give what the frames hold; an empty piece at each end lets a clock be read."""
        while not self.starts or self._begins():
            if len(self.starts) >= STREAMS:
                self.cut = True
                return
            self.starts.append(self.position)
            self.sizes.append(0)
            for piece in self._one():
                self.sizes[-1] += len(piece)
                yield piece
            yield b""
            self.position = skip_zeros(self._octets, self.position)
            self.position = skip_frames(self._octets, self.position)

    def _begins(self) -> bool:
        return bytes(self._octets[self.position : self.position + len(MAGIC)]) == MAGIC

    def _one(self) -> Iterator[bytes]:
        end, whole = frame_end(self._octets, self.position, self._budget)
        frame = self._octets[self.position : end]
        reader = ZstdDecompressor(max_window_size=_WINDOW).stream_reader(frame)
        try:
            while piece := reader.read(PIECE):
                yield piece
        except ZstdError as error:
            if "too much memory" in str(error):
                raise OverBudget("part_octets", f"a window of more than {_WINDOW}") from error
            raise Damaged(str(error)) from error
        if not whole:
            raise Damaged("it is cut off")
        self.position = end


def frame_end(octets: memoryview, at: int, budget: Budget) -> tuple[int, bool]:
    """Where the frame ends that begins there, and whether it is whole."""
    flags = octets[at + 4] if at + 4 < len(octets) else 0
    single = flags >> 5 & 1
    # RFC 8878 3.1.1.1.1: how many octets the size and the dictionary's number take.
    sizes = (single, 2, 4, 8)[flags >> 6] + (0, 1, 2, 4)[flags & 3]
    at += 5 + (0 if single else 1) + sizes
    last = 0
    while not last and at + 3 <= len(octets):
        block = int.from_bytes(octets[at : at + 3], "little")
        last = block & 1
        budget.check_clock()
        # 3.1.1.2.2: a block of one octet, repeated, says how often.
        at += 3 + (1 if block >> 1 & 3 == 1 else block >> 3)
    end = at + (4 if flags & 4 else 0)
    return min(end, len(octets)), bool(last) and end <= len(octets)


class Zstd:
    """Gives the one file that a zstd file holds."""

    name: ClassVar[str] = "zstd"
    types: ClassVar[frozenset[str]] = frozenset({"application/zstd"})
    told_by: ClassVar[str] = "front"
    # An empty file, packed.
    smallest: ClassVar[bytes] = bytes.fromhex("28b52ffd2000010000")

    # Samples that the tests need not have, and why.
    lacks: ClassVar[dict[str, str]] = {"encrypted": "the format has no encryption"}

    def recognize(self, part: Part) -> Recognized:
        """Tell by the detected type, or by the first octets."""
        return told(part, self.types)

    def members(self, part: Part, budget: Budget) -> Iterator[Found]:
        """Give the file; then say what lies behind it."""
        name, *others = unpacked_names(part)
        member = Member(step=f"zstd:{name}", name=name, names=tuple(others))
        yield from open_stream(part, budget, _Frames(part.octets, budget), member)
