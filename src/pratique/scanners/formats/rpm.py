"""Open RPM packages: two headers of no use to us, then a packed cpio archive to the end.

The form is that of RPM's "Package File Format": a lead of 96 octets, a signature and a
header, each an index and a store whose sizes it says itself, the first filled up to
eight octets.  What they hold is text about the package; scripts that run when it is
installed stand in the header and are given with it, as one member.

libarchive steps over zeros of any count behind each header, and over further headers; RPM
does not.  Where the contents begin elsewhere for it, they are given from there as well.
"""

from collections.abc import Iterator
from typing import ClassVar

from pratique.scanners.budget import Budget
from pratique.scanners.containers.around import skip_zeros, told
from pratique.scanners.containers.gather import Gather
from pratique.scanners.containers.stored import Giver
from pratique.scanners.part import Found, Member, Oddity, Part, Recognized

_LEAD, _MAGIC = 96, b"\x8e\xad\xe8\x01"


class Rpm:
    """Gives the packed archive of a package, and its header."""

    name: ClassVar[str] = "rpm"
    types: ClassVar[frozenset[str]] = frozenset({"application/x-rpm"})
    told_by: ClassVar[str] = "front"
    # Two empty headers, and nothing behind them.
    smallest: ClassVar[bytes] = (
        b"\xed\xab\xee\xdb\3\0".ljust(_LEAD, b"\0") + (_MAGIC + bytes(12)) * 2
    )

    # Samples that the tests need not have, and why.
    lacks: ClassVar[dict[str, str]] = {
        "encrypted": "the format has no encryption",
        "bomb": "what is packed in it is opened as a part of its own",
    }

    def recognize(self, part: Part) -> Recognized:
        """Tell by the detected type, or by the first octets."""
        return told(part, self.types)

    def members(self, part: Part, budget: Budget) -> Iterator[Found]:
        """Give the header and what lies behind it."""
        giver = Giver(part, Gather(budget, len(part.octets)))
        first = _behind(part.octets, _LEAD)
        start = -(-first // 8) * 8
        end = _behind(part.octets, start) if first else 0
        if not end or end > len(part.octets):
            giver.mark("its headers are cut off")
            return
        yield from giver.slice(Member("rpm:header"), start, end - start)
        yield from giver.slice(Member("rpm:contents", name="contents"), end, len(part.octets) - end)
        other = _loosely(part.octets, budget)
        if other != end:
            further = Member("rpm:contents#2", name="contents", view="further")
            yield from giver.slice(further, other, len(part.octets) - other)
            yield Oddity("extra_octets", "octets that are contents to some")


def _loosely(octets: memoryview, budget: Budget) -> int:
    """Where the contents begin, if any count of zeros and of headers may stand before them."""
    at = _LEAD
    while end := _behind(octets, at):
        budget.check_clock()
        at = skip_zeros(octets, min(end, len(octets)))
    return at


def _behind(octets: memoryview, at: int) -> int:
    """Where a header ends; 0 if there is none."""
    head = bytes(octets[at : at + 16])
    if len(head) < 16 or not head.startswith(_MAGIC):
        return 0
    entries, store = (int.from_bytes(head[n : n + 4], "big") for n in (8, 12))
    return at + 16 + entries * 16 + store
