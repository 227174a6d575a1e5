"""Unpack files that are one packed stream, or several in a row: gzip, bzip2, xz and others.

They may be joined end to end and stay one file (RFC 1952 2.2 says so for gzip), and what
lies behind the last stream is no part of the file: some unpackers warn of it, some refuse
the file, some try to read it.  Some show the first stream only, or each as a file of its
own; so where there are several, each is given beside the whole.
"""

import lzma
import zlib
from collections.abc import Callable, Iterator
from typing import Protocol

from pratique.scanners.budget import Budget, OverBudget
from pratique.scanners.containers.around import behind
from pratique.scanners.containers.gather import Damaged, Gather, pieces_of
from pratique.scanners.names import unpacked_name
from pratique.scanners.part import Found, Member, Part, Reached

# What one call may give: small against any limit, large against the cost of a call.
PIECE = 64 * 1024
# The first gulp of a stream is small: a file may be a million empty streams, and what
# a stream leaves of a gulp is copied.
_FIRST = 4 * 1024
# In which a gulp is unpacked that is damaged somewhere: some hundred calls at most.
_STEPS = (256, 1)
# How many streams one file may join: whoever packs in pieces makes one of each 64 KB at
# least (BGZF), and a thousand of these are as large as a part may be.
STREAMS = 1000
# `xz -9` wants 65 MB to unpack, and is the most that its manual page recommends.
MEMORY = 72 * 1024 * 1024
# zlib.h, inflateInit2: negative for deflate without a header, with a window of 32 KB.
_RAW = -15
_STORED, _DEFLATED = 0, 8
# CPython's _lzmamodule.c, LZMA_MEMLIMIT_ERROR.
_WANTS_MEMORY = "Memory usage limit"


class Unpacker(Protocol):
    """What `bz2` and `lzma` have in common; `Inflate` gives it to zlib."""

    @property
    def eof(self) -> bool:
        """The stream has ended."""

    @property
    def needs_input(self) -> bool:
        """Nothing is left of the last input."""

    @property
    def unused_data(self) -> bytes:
        """What of the last input lies behind the stream."""

    def decompress(self, octets: bytes, max_length: int) -> bytes:
        """Unpack at most so much."""


class Inflate:
    """zlib's unpacker in the manner of bz2's and lzma's."""

    def __init__(self, window: int) -> None:
        self._zlib = zlib.decompressobj(window)

    @property
    def eof(self) -> bool:
        """The stream has ended."""
        return self._zlib.eof

    @property
    def needs_input(self) -> bool:
        """Nothing is left of the last input."""
        return not self._zlib.unconsumed_tail

    @property
    def unused_data(self) -> bytes:
        """What of the last input lies behind the stream."""
        return self._zlib.unused_data

    def decompress(self, octets: bytes, max_length: int) -> bytes:
        """Unpack what is left of the last input, then this."""
        return self._zlib.decompress(self._zlib.unconsumed_tail + octets, max_length)


class Row(Protocol):
    """Streams in a row, as `open_stream` reads them; `Streams` says what each name means."""

    position: int
    starts: list[int]
    sizes: list[int]
    cut: bool

    def pieces(self) -> Iterator[bytes]:
        """Give what the streams hold."""


class Streams:
    """Reads one stream after another; `position` is the end of what was read.

    `starts` is where each began, `sizes` what each held; `cut` is set where there are
    more than STREAMS.
    """

    def __init__(self, octets: memoryview, magic: bytes, new: Callable[[], Unpacker]) -> None:
        self._octets = octets
        self._magic = magic
        self._new = new
        self.position = 0
        self.starts: list[int] = []
        self.sizes: list[int] = []
        self.cut = False

    def pieces(self) -> Iterator[bytes]:
        """Give what the streams hold; an empty piece at each end lets a clock be read."""
        while len(self.starts) < STREAMS:
            yield from self.first()
            yield b""
            self._skip_padding()
            self.position = skip_frames(self._octets, self.position)
            if self._take(len(self._magic)) != self._magic:
                return
        self.cut = True

    def first(self) -> Iterator[bytes]:
        """Give what the stream at hand holds, and stop at its end."""
        self.starts.append(self.position)
        self.sizes.append(0)
        for piece in self._one(self._new()):
            self.sizes[-1] += len(piece)
            yield piece

    def _one(self, unpacker: Unpacker) -> Iterator[bytes]:
        gulp, octets = _FIRST, b""
        while not unpacker.eof:
            if wants := unpacker.needs_input:
                octets = self._take(gulp)
                self.position += len(octets)
            try:
                piece = _decompress(unpacker, octets if wants else b"")
            except Damaged:
                yield from self._salvaged(self.position - len(octets))
                raise
            if wants and not octets and not piece and not unpacker.eof:
                raise Damaged("it is cut off")
            yield piece
            gulp = PIECE
        self.position -= len(unpacker.unused_data)

    def _salvaged(self, start: int) -> Iterator[bytes]:
        """What the gulp from `start` on, which does not unpack, holds before the damage.

        An unpacker gives nothing of a gulp that it fails on, and a small file is one gulp.  So
        all is unpacked again with that gulp in steps, and then the step that fails octet by
        octet; what was given is not given again.
        """
        end = self.position
        for step in _STEPS:
            unpacker, given, at = self._new(), self.sizes[-1], self.starts[-1]
            while at < end and not unpacker.eof:
                octets = b""
                if unpacker.needs_input:
                    size = min(PIECE, start - at) if at < start else step
                    octets = bytes(self._octets[at : min(at + size, end)])
                at += len(octets)
                try:
                    piece = _decompress(unpacker, octets)
                except Damaged:
                    start, end = at - len(octets), at
                    break
                yield piece[given:]
                given = max(0, given - len(piece))

    def _take(self, count: int) -> bytes:
        return bytes(self._octets[self.position : self.position + count])

    def _skip_padding(self) -> None:
        # xz pads to four octets (xz-file-format 2.2), tapes pad gzip: always with NUL.
        while (piece := self._take(PIECE)) and not piece.strip(b"\0"):
            self.position += len(piece)
        self.position += len(piece) - len(piece.lstrip(b"\0"))


def skip_frames(octets: memoryview, at: int) -> int:
    """Step over frames that hold nothing to unpack (RFC 8878 3.1.2; LZ4 has them too).

    They stand between frames, where nothing else that we know begins like them.
    """
    for _ in range(STREAMS):
        head = bytes(octets[at : at + 8])
        size = int.from_bytes(head[4:], "little")
        if len(head) < 8 or head[0] & 0xF0 != 0x50 or head[1:4] != b"\x2a\x4d\x18":
            return at
        if at + 8 + size > len(octets):
            return at
        at += 8 + size
    return at


def _decompress(unpacker: Unpacker, octets: bytes) -> bytes:
    try:
        return unpacker.decompress(octets, PIECE)
    except lzma.LZMAError as error:
        if _WANTS_MEMORY in str(error):
            raise OverBudget("part_octets", f"it wants more memory than {MEMORY} octets") from error
        raise Damaged(str(error)) from error
    except (zlib.error, OSError, EOFError, ValueError, RuntimeError) as error:
        raise Damaged(str(error)) from error


def unpack(octets: memoryview, method: int) -> Iterator[bytes]:
    """A zip member's octets in pieces, by its method (APPNOTE 4.4.5): stored or deflate."""
    if method == _STORED:
        yield from pieces_of(octets)
    elif method == _DEFLATED:
        yield from Streams(octets, b"", lambda: Inflate(_RAW)).first()
    else:
        raise Damaged(f"no reader for compression method {method}")


def unpacked_names(part: Part) -> tuple[str, ...]:
    """What the unpacked file is called, by each name that the packed one has."""
    names = (unpacked_name(name) for name in (part.known.name, *part.known.names))
    return tuple(dict.fromkeys(name for name in names if name)) or ("",)


def open_stream(part: Part, budget: Budget, streams: Row, member: Member) -> Iterator[Found]:
    """Give the one file that a packed file holds, then each stream, then what lies behind."""
    member.octets, why = Gather(budget, len(part.octets)).octets(streams.pieces())
    octets = member.octets
    if why:
        member.unopened = part.known.unopened = "unreadable"
        member.why = part.known.why = why
    if streams.cut:
        member.unopened, member.why = "over_budget", f"more than {STREAMS} streams in a row"
    # Not all join them: clamd reads the first stream of bzip2, which pbzip2 makes many of.
    member.tolerant = len(streams.starts) > 1
    yield member
    if len(streams.starts) > 1:
        yield from _apart(member, octets, streams.sizes, budget)
    if streams.cut:
        yield Reached("parts", member.why)
    elif not why:
        yield from behind(part.octets, streams.position, budget)


def _apart(member: Member, octets: memoryview, sizes: list[int], budget: Budget) -> Iterator[Found]:
    """Each stream that holds anything, as programs show it that do not join them."""
    at = 0
    for number, size in enumerate(sizes, 1):
        if 0 < size < len(octets):
            budget.charge_octets(size)
            yield Member(
                step=f"{member.step}#{number}",
                octets=octets[at : at + size],
                name=member.name,
                names=member.names,
                view="further",
            )
        at += size
