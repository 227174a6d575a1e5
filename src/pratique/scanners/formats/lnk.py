"""Open Windows' shortcuts ([MS-SHLLINK]): what they start, and what hides in them.

A shortcut names a program and hands it arguments; a worm in one is its arguments.  So
these are parts, as texts, and whoever looks at texts sees them.  Windows stops at the
block that ends the extra ones (2.5), and what stands behind it is a stranger's: a part as
well, and stated as an ambiguity, for other programs (the one in the arguments, say) read it.
"""

import struct
from collections.abc import Iterator
from typing import ClassVar

from pratique.scanners.budget import Budget
from pratique.scanners.containers.gather import Damaged
from pratique.scanners.containers.lnk_file import BEGINS, HEADER, LnkFile
from pratique.scanners.containers.members import fitted
from pratique.scanners.part import Found, Member, Oddity, Part, Recognized, Signs


class Lnk:
    """Gives what a shortcut starts, and what stands behind it."""

    name: ClassVar[str] = "lnk"
    signs: ClassVar[Signs] = Signs(begins=(BEGINS,))
    smallest: ClassVar[bytes] = BEGINS.ljust(HEADER, b"\0") + bytes(4)

    # Samples that the tests need not have, and why.
    lacks: ClassVar[dict[str, str]] = {
        "encrypted": "the format has no encryption",
        "bomb": "nothing in it is packed, nested or counted: each string has 65,535 characters",
    }

    def recognize(self, part: Part) -> Recognized:
        """Tell by the header."""
        return "whole" if bytes(part.octets[: len(BEGINS)]) == BEGINS else ""

    def members(self, part: Part, budget: Budget) -> Iterator[Found]:
        """Give the target, each string, and what stands behind the end."""
        octets = bytes(part.octets)
        reading = LnkFile(octets)
        texts: list[tuple[str, str]] = []
        try:
            for told in reading.texts():
                texts.append(told)
        except (Damaged, struct.error):
            part.known.unopened, part.known.why = "unreadable", "it is cut off"
        for name, text in texts:
            raw = text.encode("utf-8", "replace")
            budget.charge_octets(len(raw))
            yield from fitted(Member(f"lnk:{name}", memoryview(raw), name=name), budget)
        behind = memoryview(octets)[reading.at :]
        if not part.known.unopened and bytes(behind).strip(b"\0"):
            member = Member("lnk:behind its end", behind)
            yield from fitted(member, budget)
            yield Oddity("extra_octets", f"{len(behind)} octets behind its end")
