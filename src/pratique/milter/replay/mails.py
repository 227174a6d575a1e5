"""Compare two policies over the messages of a folder.

The messages are scanned by workers, as `pratique inspect` does it: nothing is known of their
envelopes, and each has one recipient with an empty address.
"""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime

from pratique.milter.config import Settings
from pratique.milter.journal.glance import Glance, Judged
from pratique.milter.journal.pages import Unread
from pratique.milter.judging import weigh
from pratique.milter.mail import Envelope, Forward
from pratique.milter.replay.deciding import by_policy, changes, example_of
from pratique.milter.replay.sides import Chosen
from pratique.milter.replay.tally import Tally
from pratique.milter.seeing import Seen, look, messages_in
from pratique.policies import danger

_NOTHING = Judged((), "", "")


def compared(folder: str, settings: Settings, sides: tuple[Chosen, Chosen], examples: int) -> Tally:
    """Compare both policies over all messages of a folder, `*.eml`.

    Raises NurseryUnfit or NurseryLost if no worker can be had.
    """
    seen = asyncio.run(_seen(messages_in([folder]), settings))
    return held(seen, sides, examples)


def held(seen: Sequence[Seen], sides: tuple[Chosen, Chosen], examples: int) -> Tally:
    """Compare both policies over messages that were scanned."""
    tally = Tally(examples)
    before, after = (by_policy(side.load()) for side in sides)
    for one in seen:
        if one.error:
            tally.name([Unread(one.file, one.error)])
            continue
        message = _as_journaled(one)
        found = changes(before(message), after(message), message.addresses)
        day = message.received_at.date().isoformat()
        tally.count(found, day, example_of(message) if found else None)
    return tally


async def _seen(files: Sequence[str], settings: Settings) -> list[Seen]:
    envelope = Envelope("replay", datetime.now(UTC), recipients=(Forward(""),), door="inspect")
    return [one async for one in look(files, settings, envelope, lambda: b"")]


def _as_journaled(seen: Seen) -> Glance:
    weigh(seen.facts)
    known = danger.reduce(seen.facts)
    moment = known.envelope.received_at.ToDatetime(UTC)
    return Glance(seen.file, moment, "", _NOTHING, ("",), (0,), known, is_hashed=False)
