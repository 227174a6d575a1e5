"""Count what one message may cost, and stop the work where it costs more.

Every loop over a stranger's octets charges this budget *before* it does the work, so
that a bomb costs what the limit says and not what the bomb says.  A limit that is
reached is a fact (`Limit`, and `unopened = "over_budget"` on the part that was being
opened): never silence.

Where the numbers come from: the surveyed defaults of amavis, ClamAV, rspamd, Strelka
and the mail libraries.  They are set so that real mail stays a factor of ten below.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

from pratique.scanners import wall_pb2 as wall

# ClamAV scans 100 to 400 MB of one message by default, amavis 300 MB; 256 MB holds the
# largest mail that anybody accepts (100 MB) twice over and passes in a few seconds.
OCTETS = 256 * 1024 * 1024
# A part is held in memory whole, twice while it is decoded; four such fit a worker.
PART_OCTETS = 64 * 1024 * 1024
# ClamAV and Dovecot stop at 10,000 objects, rspamd at 10,000 MIME parts.
PARTS = 10_000
# MIME-tools stops at 1,000 MIME parts, Go too, rspamd and Dovecot at 10,000; no mail that a
# person writes has a hundred, and a digest of a busy list a few hundred.
MIME_PARTS = 2000
# Postfix counts 100 levels (mime_nesting_limit), Dovecot too.
MIME_DEPTH = 100
# amavis 14, ClamAV 17, Strelka 15: nobody packs a file sixteen times in earnest.
ARCHIVE_DEPTH = 16
# Deflate reaches 1032:1 on zeros; documents stay below 50:1.  The ratio alone proves
# nothing on small members, so it counts from RATIO_FROM decoded octets on.
RATIO = 200
RATIO_FROM = 8 * 1024 * 1024
# The readers' and scanners' own clock; the parent's deadline stands behind it.
SECONDS = 20.0
# Postfix keeps 102,400 octets of a field (header_size_limit) and cuts the rest; of 623 mails
# that people collected for being odd, the longest header has 13 KB.
HEADER_OCTETS = 128 * 1024
HEADER_FIELDS = 1000


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of one message, all inclusive: so much is still allowed."""

    octets: int = OCTETS
    part_octets: int = PART_OCTETS
    parts: int = PARTS
    mime_depth: int = MIME_DEPTH
    archive_depth: int = ARCHIVE_DEPTH
    ratio: int = RATIO
    seconds: float = SECONDS
    header_octets: int = HEADER_OCTETS
    header_fields: int = HEADER_FIELDS
    mime_parts: int = MIME_PARTS

    @classmethod
    def from_wall(cls, budget: wall.Budget) -> "Limits":
        """The limits that the parent asked for; a zero is the default."""
        asked = {field.name: value for field, value in budget.ListFields()}
        return cls(**asked)


class OverBudget(Exception):
    """A limit was reached: its word of `Limits`, and which number met which."""

    def __init__(self, class_: str, detail: str) -> None:
        super().__init__(detail)
        self.class_ = class_
        self.detail = detail

    def kept(self) -> "OverBudget":
        """The same fact, to be told later: no longer with all that the frames it crossed hold."""
        return OverBudget(self.class_, self.detail)


class Budget:
    """What is left for one message."""

    def __init__(self, limits: Limits, clock: Callable[[], float] = time.monotonic) -> None:
        self.limits = limits
        self._clock = clock
        self._end = clock() + limits.seconds
        self._octets = 0
        self._parts = 0
        self._mime_parts = 0

    def charge_octets(self, count: int) -> None:
        """Account for octets that are about to be decoded."""
        self.check_clock()
        if self._octets + count > self.limits.octets:
            raise OverBudget("octets", f"more than {self.limits.octets} octets in all")
        self._octets += count

    @property
    def charged_octets(self) -> int:
        """How many octets were accounted for so far."""
        return self._octets

    def charge_part(self) -> None:
        """Account for one more part."""
        self.check_clock()
        if self._parts + 1 > self.limits.parts:
            raise OverBudget("parts", f"more than {self.limits.parts} parts")
        self._parts += 1

    def take_mime_part(self) -> bool:
        """Account for one more entity of a message; False if that is one too many."""
        self._mime_parts += 1
        return self._mime_parts <= self.limits.mime_parts

    def check_part_octets(self, count: int) -> None:
        """Hold the size of one part, as far as it is decoded, against its limit."""
        if count > self.limits.part_octets:
            raise OverBudget("part_octets", f"a part of more than {self.limits.part_octets} octets")

    def check_ratio(self, packed: int, unpacked: int) -> None:
        """Hold what came out of a container against what went in."""
        if unpacked > RATIO_FROM and unpacked > packed * self.limits.ratio:
            raise OverBudget("ratio", f"more than {self.limits.ratio} octets for each packed one")

    def check_clock(self) -> None:
        """Hold the time against its limit."""
        if self._clock() > self._end:
            raise OverBudget("seconds", f"more than {self.limits.seconds:g} seconds")
