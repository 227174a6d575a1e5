"""Find what is packed behind something else: a gzip, a tar or a disc image after a picture.

Unpackers that look for marks (7-Zip does for all of its forms) open a file at the first
archive in it.  The readers of zip, 7z, RAR, cabinets, LHA and ARJ look for themselves; the
other forms have marks so short that chance makes them, so each is tried before it is
believed.  What is found is a further view of the part, and opened like any other.
"""

import bz2
import lzma
import zlib
from collections.abc import Callable, Iterator
from typing import ClassVar

from zstandard import ZstdDecompressor, ZstdError

from pratique.scanners.budget import Budget
from pratique.scanners.containers.around import carries, find_all
from pratique.scanners.containers.disks.iso_tables import SECTOR
from pratique.scanners.containers.gather import Damaged, Gather
from pratique.scanners.containers.stored import Giver
from pratique.scanners.containers.streams import MEMORY, PIECE, Inflate, Streams, Unpacker
from pratique.scanners.formats.zstd import frame_end
from pratique.scanners.part import Found, Member, Part, Recognized, Signs
from pratique.scanners.signatures import detect, is_tar_header

# How often one mark is tried: chance makes three octets of it once in 16 MB.
_TRIES = 16
# A stream that breaks is one if so much came out of it before; chance seldom makes so much.
_PROVED = 512
# Where its own mark stands in a form (POSIX.1-1988 10.1.1, ECMA-119 8.1).
_TAR, _DISC = 257, 0x8001
_CD = b"CD001"
# Gives where it ends that begins there; zero if nothing does.
_Ends = Callable[[memoryview, Budget], int]


def _stream(magic: bytes, new: Callable[[], Unpacker]) -> _Ends:
    def ends(octets: memoryview, budget: Budget) -> int:
        streams = Streams(octets, magic, new)
        unpacked = 0
        try:
            for piece in streams.pieces():
                budget.charge_octets(len(piece))
                budget.check_part_octets(unpacked := unpacked + len(piece))
        except Damaged:
            return len(octets) if _is_proved(new(), octets) else 0
        return streams.position

    return ends


def _is_proved(unpacker: Unpacker, octets: memoryview) -> bool:
    """Whether enough comes out, where what follows it does not matter."""
    try:
        return len(unpacker.decompress(bytes(octets[:PIECE]), _PROVED)) == _PROVED
    except (zlib.error, lzma.LZMAError, OSError, ValueError):
        return False


def _zstd(octets: memoryview, budget: Budget) -> int:
    end, whole = frame_end(octets, 0, budget)
    try:
        reader = ZstdDecompressor(max_window_size=MEMORY).stream_reader(octets[:end])
        return end if reader.read(PIECE) and whole else 0
    except ZstdError:
        return 0


def _of_type(type_: str) -> _Ends:
    def ends(octets: memoryview, _budget: Budget) -> int:
        return len(octets) if detect(octets) == type_ else 0

    return ends


def _disc(octets: memoryview, _budget: Budget) -> int:
    """ECMA-119 8: a descriptor of a known kind, and another behind it."""
    kinds = [octets[at - 1] for at in (_DISC, _DISC + SECTOR) if bytes(octets[at : at + 5]) == _CD]
    return len(octets) if len(kinds) == 2 and set(kinds) <= {0, 1, 2, 3, 255} else 0


def _tar(octets: memoryview, _budget: Budget) -> int:
    return len(octets) if is_tar_header(bytes(octets[:512])) else 0


_GZIP, _BZIP2, _XZ, _ZSTD = b"\x1f\x8b\x08", b"BZh", b"\xfd7zXZ\0", b"\x28\xb5\x2f\xfd"
# A name, a mark, how many octets stand before it in the form, and the trial.
_FORMS: tuple[tuple[str, bytes, int, _Ends], ...] = (
    ("gzip", _GZIP, 0, _stream(_GZIP, lambda: Inflate(31))),
    # The first block has a mark of its own, behind one that is too short to look for.
    ("bzip2", b"1AY&SY", 4, _stream(_BZIP2, bz2.BZ2Decompressor)),
    ("xz", _XZ, 0, _stream(_XZ, lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=MEMORY))),
    ("zstd", _ZSTD, 0, _zstd),
    ("tar", b"ustar", _TAR, _tar),
    ("cpio", b"070701", 0, _of_type("application/x-cpio")),
    ("cpio-old", b"070707", 0, _of_type("application/x-cpio")),
    ("disc", _CD + b"\1", _DISC, _disc),
)


class Carried:
    """Gives what begins somewhere in a part of another form."""

    name: ClassVar[str] = "carried"
    signs: ClassVar[Signs] = Signs(marks=tuple(mark for _, mark, _, _ in _FORMS), carried=True)

    def recognize(self, part: Part) -> Recognized:
        """Tell by any of the marks, behind the first octet."""
        if not carries(part):
            return ""
        marks = [mark for _, mark, _, _ in _FORMS if not part.lacks(mark)]
        places = (place for mark in marks for place in find_all(part.octets, mark, 2))
        return "within" if any(place > 0 for place in places) else ""

    def members(self, part: Part, budget: Budget) -> Iterator[Found]:
        """Give the first of each form that stands the trial."""
        giver = Giver(part, Gather(budget, len(part.octets)))
        for name, mark, before, ends in _FORMS:
            for place in () if part.lacks(mark) else find_all(part.octets, mark, _TRIES):
                budget.check_clock()
                at = place - before
                size = ends(part.octets[at:], budget) if at > 0 else 0
                if size:
                    yield from giver.slice(Member(f"carried:{name}", view="further"), at, size)
                    break
