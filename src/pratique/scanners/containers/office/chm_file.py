"""Read Microsoft's compiled help: a directory of names, and what is packed with LZX.

No specification was published; this follows the one that Matthew Russotto found out, as
all free readers do.  A header (ITSF) names a directory (ITSP) of chunks (PMGL) of a fixed
size, in which each name has a section, a place and a length.  Section 0 is stored; section
1 is one stream of LZX, which starts anew every so many frames of 32 KB.

libarchive unpacks LZX, but only from cabinets ([MS-CAB]).  A run of frames between two new
starts is exactly what a cabinet calls a folder, so one is written around each, in memory.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from pratique.scanners.budget import Budget
from pratique.scanners.containers.archive import Archive
from pratique.scanners.containers.gather import Damaged

_HEADER, _DIRECTORY = 0x60, 0x54
_CHUNK_HEAD = 20
_CONTROL = "::DataSpace/Storage/MSCompressed/ControlData"
_CONTENT = "::DataSpace/Storage/MSCompressed/Content"
_RESETS = (
    "::DataSpace/Storage/MSCompressed/Transform/{7FC28940-9D31-11D0-9B27-00A0C91E9C7C}"
    "/InstanceData/ResetTable"
)
_FRAME = 0x8000
_LZX = 3
# [MS-CAB] 2.2: LZX has windows of 32 KB to 2 MB.
_WINDOWS = {1 << bits: bits for bits in range(15, 22)}
# Writers start anew at each frame or two; the largest window has sixty-four.
_LONGEST_RUN = 1024
# A frame that could not be packed is this much longer (libmspack has the same number).
_LONGEST_FRAME = _FRAME + 6144


@dataclass(frozen=True, slots=True)
class Listed:
    """A name of the directory."""

    name: str
    section: int
    at: int
    size: int


class Help:
    """A compiled help file."""

    def __init__(self, octets: memoryview, budget: Budget) -> None:
        self._octets = octets
        self._budget = budget
        try:
            directory, size = struct.unpack_from("<QQ", octets, 0x48)
            (self._content,) = struct.unpack_from("<Q", octets, 0x58)
            # No place in memory is a number of 64 bits, so what lies outside is cut first.
            chunk, count = struct.unpack_from("<I24xI", octets[directory : directory + 0x30], 0x10)
        except struct.error as error:
            raise Damaged("it is cut off") from error
        if bytes(octets[directory : directory + 4]) != b"ITSP" or not 64 <= chunk <= 1 << 20:
            raise Damaged("it has no directory")
        if directory + size > len(octets):
            raise Damaged("its directory is cut off")
        self._chunks = directory + _DIRECTORY, chunk, min(count, size // chunk)
        self.damage = ""

    def listed(self) -> Iterator[Listed]:
        """Every name, in the order of the chunks."""
        start, size, count = self._chunks
        for number in range(count):
            self._budget.check_clock()
            chunk = bytes(self._octets[start + number * size : start + (number + 1) * size])
            if chunk[:4] == b"PMGL" and len(chunk) == size:
                yield from self._names(chunk)

    def _names(self, chunk: bytes) -> Iterator[Listed]:
        (free,) = struct.unpack_from("<I", chunk, 4)
        at, end = _CHUNK_HEAD, max(_CHUNK_HEAD, len(chunk) - free)
        while at < end:
            length, at = _number(chunk, at)
            name, at = chunk[at : at + length].decode("utf-8", "replace"), at + length
            section, at = _number(chunk, at)
            place, at = _number(chunk, at)
            size, at = _number(chunk, at)
            if at > end:
                self.damage = "a chunk of its directory is damaged"
                return
            yield Listed(name, section, place, size)

    def stored(self, one: Listed) -> memoryview:
        """What a name of section 0 holds."""
        begin = self._content + one.at
        return self._octets[begin : begin + one.size]

    def unpacked(self, names: dict[str, Listed]) -> Iterator[bytes]:
        """Section 1 from its first octet on; `Damaged` where it cannot be read on."""
        try:
            control = bytes(self.stored(names[_CONTROL]))
            table = bytes(self.stored(names[_RESETS]))
            content = self.stored(names[_CONTENT])
            version, interval, window = struct.unpack_from("<III", control, 8)
            count, _, head, length = struct.unpack_from("<IIIQ", table, 4)
            places = [one for (one,) in struct.iter_unpack("<Q", table[head : head + 8 * count])]
        except (KeyError, struct.error) as error:
            raise Damaged("it does not say how it is packed") from error
        if version >= 2:
            interval, window = interval * _FRAME, window * _FRAME
        run = interval // _FRAME
        if window not in _WINDOWS or interval % _FRAME or not 0 < run <= _LONGEST_RUN or not places:
            raise Damaged("it does not say how it is packed")
        places = [min(place, len(content)) for place in places] + [len(content)]
        yield from self._runs(content, places, (run, _WINDOWS[window], length))

    def _runs(
        self, content: memoryview, places: list[int], way: tuple[int, int, int]
    ) -> Iterator[bytes]:
        """Run after run of frames, each as a cabinet of its own."""
        run, bits, length = way
        frames = len(places) - 1
        for first in range(0, frames, run):
            self._budget.check_clock()
            held = [bytes(content[places[at] : places[at + 1]])
                    for at in range(first, min(first + run, frames))]  # fmt: skip
            size = min(len(held) * _FRAME, max(0, length - first * _FRAME))
            if any(len(frame) > _LONGEST_FRAME for frame in held) or not all(held):
                raise Damaged("a frame of it is damaged")
            with Archive(_cabinet(held, size, bits), "cab") as archive:
                for _ in archive.entries():
                    yield from archive.pieces()


def _number(chunk: bytes, at: int) -> tuple[int, int]:
    """A number of seven bits an octet, the highest first, and where it ends."""
    number = 0
    for octet in chunk[at : at + 10]:
        number, at = number << 7 | octet & 0x7F, at + 1
        if not octet & 0x80:
            return number, at
    return 0, len(chunk) + 1


def _cabinet(frames: list[bytes], size: int, bits: int) -> bytes:
    """[MS-CAB] 2: a header, a folder, a file, and each frame as a block."""
    sizes = [min(_FRAME, max(0, size - at * _FRAME)) for at in range(len(frames))]
    # A checksum of 0 is none.
    blocks = b"".join(struct.pack("<IHH", 0, len(frame), one) + frame
                      for frame, one in zip(frames, sizes, strict=True))  # fmt: skip
    file = struct.pack("<IIHHHH", size, 0, 0, 33, 0, 0x20) + b"a\0"
    start = 36 + 8 + len(file)
    folder = struct.pack("<IHH", start, len(frames), _LZX | bits << 8)
    head = struct.pack("<4x I 4x I 4x BB HHHHH", start + len(blocks), 44, 3, 1, 1, 1, 0, 0, 0)
    return b"MSCF" + head + folder + file + blocks
