"""Know which clamd answers, which database it has, and whether it tells its limits.

`VERSION` says "ClamAV 1.4.6/27500/Thu Nov 20 08:35:01 2026"; without a database of
ClamAV's own only the first of these.  The date is written in clamd's own time zone, which is
taken for ours.

Where clamd stops at a limit of its own (MaxScanSize, MaxFiles, MaxRecursion, ...) it answers
"OK", unless `AlertExceedsMax yes` stands in its configuration.  Nobody outside can ask for
that setting; so it is tried out, on a file that is packed more often than any clamd unpacks.
What that does not try: whether the limits are any good, and those which are never told
(MaxEmbeddedPE, MaxHTMLNormalize, PCREMaxFileSize, ...).
"""

import asyncio
import binascii
import contextlib
import re
from dataclasses import dataclass
from datetime import datetime

from google.protobuf.timestamp_pb2 import Timestamp

from pratique.milter.content import content_of
from pratique.milter.engines.clamd import Clamd
from pratique.milter.engines.troubles import Away, NoAnswer

# The names under which clamd tells a limit.
LIMITS = "Heuristics.Limits.Exceeded"
# MaxRecursion is 100 at most (clamd.conf(5), CLI_MAX_MAXREC_LEVEL).
_LAYERS = 120

_VERSION = re.compile(rb"ClamAV ([!-.0-~]{1,64})(?:/(\d{1,10})/([ -~]{1,40}))?\0")


@dataclass(frozen=True, slots=True)
class Version:
    """What a finding says of the clamd that found it."""

    engine: str = ""
    database: str = ""
    date: Timestamp | None = None
    # It tells when it stops at a limit.
    tells_limits: bool = False

    def __str__(self) -> str:
        database = f"database {self.database} of " if self.database else "a database of its own"
        day = f"{self.date.ToDatetime():%Y-%m-%d}" if self.date else ""
        return f"ClamAV {self.engine}, {database}{day}"


def packed() -> bytes:
    """A few octets of ours, packed so often that no clamd unpacks them all."""
    octets = b"packed"
    for _ in range(_LAYERS):
        octets = _layer(octets)
    return octets


def _layer(octets: bytes) -> bytes:
    """A gzip file (RFC 1952) with one block that is only stored (RFC 1951 3.2.4)."""
    size, end = len(octets), binascii.crc32(octets).to_bytes(4, "little")
    block = size.to_bytes(2, "little") + (size ^ 0xFFFF).to_bytes(2, "little") + octets
    return b"\x1f\x8b\x08\0\0\0\0\0\0\xff\x01" + block + end + size.to_bytes(4, "little")


async def ask(clamd: Clamd) -> Version:
    """Ask clamd what it is.  Raises Away, Closed or NoAnswer."""
    try:
        async with asyncio.timeout(clamd.patience):
            octets = await clamd.version()
            with contextlib.closing(content_of([packed()])) as trial:
                answer = await clamd.scan(trial)
    except TimeoutError as error:
        # All its threads are busy, or it is stopped; no message is to blame.
        why = f"clamd at {clamd.address} does not say within {clamd.patience:g} s what it is"
        raise Away(why) from error
    return read(octets, tells_limits=answer.name.startswith(LIMITS))


def read(octets: bytes, *, tells_limits: bool = False) -> Version:
    """What an answer to VERSION says.  Raises NoAnswer."""
    found = _VERSION.fullmatch(octets)
    if found is None:
        raise NoAnswer(f"this is no version: {octets[:100]!r}")
    engine, database, date = (each.decode("ascii") if each else "" for each in found.groups())
    return Version(engine, database, _timestamp(date), tells_limits)


def _timestamp(written: str) -> Timestamp | None:
    """The instant of "Thu Nov 20 08:35:01 2026"; None if it is no such date."""
    stamp = Timestamp()
    try:
        # As clamd writes it: in its local time, without a zone.
        stamp.FromDatetime(datetime.strptime(written, "%a %b %d %H:%M:%S %Y").astimezone())
    except (ValueError, OverflowError):
        return None
    return stamp
