"""Stamp held mail of ours anew when an admin releases it: it leaves today, whenever it was held.

A stamp holds for a week, and mail is held for longer.  So the mark that stands in front of it is
made again, its row is written once more, and the next hop hears the reverse-path with a tag, as
it does of what was never held.  The Message-ID stays: who has a copy shall know it again.

Keys are opened for mail of ours alone: what came in is released without them.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from pratique.milter.mail import Forward
from pratique.milter.quarantine.record import Record
from pratique.milter.sections.sent import SentSection
from pratique.milter.sent import batv, keyring, names, watermark
from pratique.milter.sent.day import day_of
from pratique.milter.sent.kept import KeptLedger
from pratique.milter.sent.tags import Tags
from pratique.milter.sent.writer import Keep

_MARK = re.compile(rb"^(%b: )[^\r\n]*" % watermark.FIELD.encode("ascii"), re.MULTILINE)
_OWN_ID = re.compile(rb"^Message-ID: (<[^\r\n]*>)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Restamping:
    """Stamps what is released, if it is mail of ours and there are keys."""

    section: SentSection
    state: Path
    domains: tuple[str, ...] = ()
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)

    async def __call__(self, record: Record, recipients: Sequence[Forward]) -> Record:
        """The record of what goes out now.  Raises KeysError and NoKeyError."""
        envelope = record.envelope
        if envelope.direction != "outbound" or not envelope.reverse_path:
            return record
        ring, now = keyring.read(self.section, self.state), self.clock()
        if ring is None:
            return record
        keys, message_id = ring.keys(self.section), _message_id(record)
        keep = Keep(self.section.keep_days, self.section.octets_a_day, ring.hashes)
        path = batv.bare(names.address(envelope.reverse_path))
        ledger = KeptLedger(self.state / "sent", keep)
        try:
            await ledger.record(message_id, path, [one.address for one in recipients], now)
        finally:
            ledger.close()
        mark = watermark.mark(keys, day_of(now), message_id, path).encode("ascii")
        prepend = _MARK.sub(rb"\g<1>" + mark, record.prepend) if mark else record.prepend
        tagged = Tags(keys, self.section, self.domains).outgoing(envelope.reverse_path, now)
        return replace(record, prepend=prepend, envelope=replace(envelope, reverse_path=tagged))


def _message_id(record: Record) -> str:
    """That it came with, or that we put in front."""
    if came := record.facts.mail.message_id:
        return came
    ours = _OWN_ID.search(record.prepend)
    return ours[1].decode("ascii", "replace") if ours is not None else ""
