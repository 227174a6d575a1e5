"""Open what one process has of the mail that we send: keys, ledger, and who we are.

What stamps mail and what proves its bounces get the same object.  Without keys there is none:
nothing is stamped, nothing is remembered, and no bounce is proved.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from pratique.milter.sections.sent import SentSection
from pratique.milter.sent import keyring, since
from pratique.milter.sent.kept import KeptLedger
from pratique.milter.sent.keyring import Keyring
from pratique.milter.sent.keys import Keys
from pratique.milter.sent.ledger import Ledger
from pratique.milter.sent.since import Since
from pratique.milter.sent.writer import Keep

_DEFAULTS = SentSection()
# The host that made a key may be a day ahead.
_ZONES = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class OurMail:
    """What is known of mail that we send."""

    ledger: Ledger
    # In lower case; a domain stands for all below it.
    domains: tuple[str, ...]
    # Without keys nothing is marked, and nothing is recognized by its mark.
    keys: Keys | None = None
    section: SentSection = _DEFAULTS
    # The admin says that all mail of our domains passes through this ledger.
    complete: bool = False
    # Since when it is stamped.
    since: Since = field(default_factory=Since)

    def knows_all(self, at: datetime) -> bool:
        """Whether mail that could come back at this time and is not in the ledger was not sent."""
        return self.complete and self.ledger.is_whole(at)

    def tagged(self, domain: str, today: date) -> bool:
        """Whether everything that bounces today to one of our domains was sent with a tag."""
        table = self.section.batv_of(domain)
        return table is not None and self.since.tagged(table.domain, today)


@contextmanager
def open_our_mail(
    section: SentSection,
    state: Path,
    domains: tuple[str, ...],
    ring: Keyring | None = None,
) -> Iterator[OurMail | None]:
    """Open all of it, until the end; None without keys.

    The secrets are read unless they are passed in.  Raises KeysError and NoKeyError.
    """
    ring = ring or keyring.read(section, state)
    if section.keys is None or ring is None:
        since.forget(state)
        yield None
        return
    keys, keep = ring.keys(section), Keep(section.keep_days, section.octets_a_day, ring.hashes)
    ledger = KeptLedger(state / "sent", keep)
    try:
        today = datetime.now(UTC).date()
        # A machine that wakes up in 1970 must not note that everything has been stamped since then.
        is_believed = today >= keys.signing.made_on - _ZONES
        ours = (*domains, *section.networks)
        tagged = [each.domain for each in section.batv]
        began = since.noted(state, tagged, today, ours) if is_believed else Since()
        if section.complete and is_believed:
            ledger.whole.begin(ours)
        else:
            ledger.whole.forget()
        yield OurMail(ledger, domains, keys, section, section.complete, began)
    finally:
        ledger.close()
