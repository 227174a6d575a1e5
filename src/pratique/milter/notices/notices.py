"""Tell who a rule wants told, once the reply of a message is decided.

Nothing here waits or raises where a message does: what is to be said is put together, a thread
writes it down (writer.py), and it is sent later (dispatch.py).
"""

import asyncio
import contextlib
import logging
import secrets
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

from pratique.milter.alerts.emergencies import Alert
from pratique.milter.became import Became
from pratique.milter.keeping import kept
from pratique.milter.next_hop import NextHop
from pratique.milter.notices import wording
from pratique.milter.notices.dispatch import Dispatch
from pratique.milter.notices.outbox import Outbox
from pratique.milter.notices.own_ids import KEY_OCTETS, OwnIds
from pratique.milter.notices.writer import Telling, Writer
from pratique.milter.sections.notices import NoticesSection
from pratique.policies.verdict import Notice

log = logging.getLogger("pratique.notices")

# How long the end of a door waits for what is to be written, and for what is being sent.
CLOSE_SECONDS = 5.0
# Different notices of one message: rules times addresses of a policy that people read.
MOST = 50


class Notices:
    """What a door tells of its messages."""

    def __init__(self, section: NoticesSection, ids: OwnIds, writer: Writer) -> None:
        self._section = section
        self._known = section.known
        self._ids = ids
        self._writer = writer

    def tell(self, became: Became) -> None:
        """Have those told whom the verdicts name; nothing of a notice of ours, or of its bounce."""
        if not any(verdict.notices for verdict in became.verdicts):
            return
        seen = became.facts
        if self._ids.has((seen.mail.message_id, *seen.bounce.returned.message_ids)):
            log.info("%s: a notice of ours: nobody is told", became.envelope.queue_id)
            return
        for notice, places in _notices(became).items():
            # can_do.py refuses such a policy; this is for one that came another way.
            if notice.address.lower() not in self._known:
                log.error("<%s> is not told: [notices] addresses lacks it", notice.address)
                continue
            envelope = became.envelope
            letter = wording.of_message(became, notice, tuple(places))
            about, at = envelope.queue_id, envelope.received_at
            self._writer.put(Telling(notice.address, notice.rule, about, at, letter))

    def alert(self, alert: Alert) -> None:
        """Tell all of an alert."""
        letter, now = wording.of_alert(alert), datetime.now(UTC)
        for address in self._section.addresses:
            self._writer.put(Telling(address, f"alert {alert.kind}", alert.queue_id, now, letter))


def _notices(became: Became) -> dict[Notice, list[int]]:
    """Each that is told, once, and for which recipients."""
    found: dict[Notice, list[int]] = {}
    for place, verdict in enumerate(became.verdicts):
        for notice in verdict.notices:
            if notice in found or len(found) < MOST:
                found.setdefault(notice, []).append(place)
    return found


@contextlib.asynccontextmanager
async def open_notices(
    section: NoticesSection, folder: Path, hop: NextHop, host: str
) -> AsyncIterator[Notices | None]:
    """Who tells, and what sends beside it; None: nobody may be told."""
    if not section.addresses:
        yield None
        return
    outbox = Outbox(folder)
    ids = OwnIds(await asyncio.to_thread(_key, outbox), host)
    writer = Writer(outbox, ids, section.author or f"pratique@{host}", section.per_hour)
    dispatch = Dispatch(outbox, hop)
    sending = asyncio.create_task(kept("notices", dispatch.run))
    try:
        yield Notices(section, ids, writer)
    finally:
        await asyncio.to_thread(writer.close, CLOSE_SECONDS)
        sending.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await sending
        dispatch.close()


def _key(outbox: Outbox) -> bytes:
    try:
        return outbox.prepare()
    except OSError as error:
        # Mail goes on; what cannot be written is told and counted as it comes.
        log.error("%s: notices cannot be written: %s", outbox.folder, error)
        return secrets.token_bytes(KEY_OCTETS)
