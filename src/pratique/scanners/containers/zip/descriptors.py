"""Read what stands behind a zip member that was written as a stream.

APPNOTE 4.3.9: its checksum and two sizes, of 8 octets each under zip64 and else of 4, with
a signature before them or not; only the octets themselves tell which of the four it is.
Readers of streams believe it, readers of the directory never look at it.
"""

import struct
import zlib

from pratique.scanners.containers.zip.content import Content
from pratique.scanners.containers.zip.members import Place
from pratique.scanners.containers.zip.tables import signature

_SIGNATURE = b"PK\x07\x08"
_FORMS = (
    (4, struct.Struct("<III")),
    (4, struct.Struct("<IQQ")),
    (0, struct.Struct("<III")),
    (0, struct.Struct("<IQQ")),
)
# What may follow a member: the next one, the directory, and what may stand between.
_RECORD = b"PK"


def descriptor(
    octets: memoryview, place: Place, content: Content | None, end: int
) -> tuple[int, bool]:
    """Where the descriptor behind a member ends, and whether it says something else."""
    if place.agreed or not any(each.streamed for each in place.tables):
        return end, False
    signed = signature(octets, end) == _SIGNATURE
    for skipped, form in _FORMS:
        if bool(skipped) != signed or end + skipped + form.size > len(octets):
            continue
        said = form.unpack_from(octets, end + skipped)
        if _fits(said, place, content, end - place.body):
            return end + skipped + form.size, False
    if not signed:
        return end, False
    return end + _length(octets, end), True


def _fits(said: tuple[int, int, int], place: Place, content: Content | None, read: int) -> bool:
    sum_, packed, size = said
    sums, sizes = {*place.sums}, {*place.sizes}
    if content is not None and content.complete:
        sums.add(zlib.crc32(content.octets))
        sizes.add(len(content.octets))
    return sum_ in (sums or {0}) and packed == read and size in (sizes or {0})


def _length(octets: memoryview, end: int) -> int:
    """How long a descriptor is whose numbers are wrong: up to the next record."""
    lengths = [skipped + form.size for skipped, form in _FORMS if skipped]
    fits = (each for each in lengths if bytes(octets[end + each : end + each + 2]) == _RECORD)
    return next(fits, lengths[0])
