"""Tell of which messages an engine that hides its limits is believed all the same.

clamd says "OK" where it stopped at a limit of its own, unless `AlertExceedsMax yes` stands
in its configuration, and by default it does not.  But what it would stop at, our facts know:
how large the parts of a message are, how many, and how deep they lie.  Where all of that is
well below what clamd goes through, it has seen all of it; where not, it may have stopped.

The limits are those of the clamd.conf that Debian installs, which are below ClamAV's own
(clamd.conf(5), version 1.4): MaxFileSize 25M (ClamAV: 100M), MaxScanSize 100M (400M),
MaxRecursion 16 (17), MaxFiles 10000, MaxScanTime 120 s.  StreamMaxLength is always told.
An admin who has set lower ones must have clamd tell them.

What the facts do not measure is not believed: what no reader of ours opened, and programs,
which clamd unpacks itself (UPX, NSIS).  Limitation: what it decodes in a PDF besides files
and scripts (the pages) is counted as nothing.
"""

from pratique.milter.engines.engine import Said
from pratique.scanners import facts_pb2 as facts

_MEBIBYTE = 1024 * 1024
# Half of MaxFileSize, which counts for the message as well: a Postfix takes no more than
# 10 MB unless it is told to (message_size_limit).
PART_OCTETS = 12 * _MEBIBYTE
# A third of MaxScanSize and MaxFiles.  As clamd counts, a page or a text in an archive is up
# to twice as much: it looks at the octets, and at what it made of them.
OCTETS, PARTS = 32 * _MEBIBYTE, 3000
# clamd's depth is ours and two or three more: of MaxRecursion 16 three are left.
DEPTH = 10
# A third of MaxScanTime, on a clock that also counts how long an answer was left lying.
SECONDS = 40.0

# Locked for clamd, too; or not in this message.
_NOTHING_TO_OPEN = frozenset(
    ("", "pgp", "smime", "document_password", "archive_password", "elsewhere")
)


def timed(said: Said, seconds: float) -> Said:
    """What it said within so many seconds, or that its time may have been over."""
    if seconds <= SECONDS:
        return said
    return Said(limits=(f"{said.unsure}: it took more than {SECONDS:g} s",))


def past(seen: facts.Facts) -> str:
    """Why an engine may have stopped at a limit over this message; empty if it has not."""
    if seen.limits or seen.failures:
        return "it was not seen to its end"
    # A part of unknown size (-1) is locked, or one that was not opened.
    sizes = [max(part.size, 0) for part in seen.parts]
    for what, is_so in (
        (f"more than {PARTS} parts", len(sizes) > PARTS),
        (f"a part of more than {PART_OCTETS} octets", max(sizes, default=0) > PART_OCTETS),
        (f"more than {OCTETS} octets in all", sum(sizes) > OCTETS),
    ):
        if is_so:
            return what
    return next(filter(None, map(_past, seen.parts)), "")


def _past(part: facts.Part) -> str:
    if part.depth > DEPTH:
        return f"more than {DEPTH} containers in each other"
    if part.unopened not in _NOTHING_TO_OPEN:
        return "a part that was not opened here"
    if part.kind == "executable":
        return "a program, which may be packed"
    return ""
