"""Report what became of a message, and count what the journal and the ledger could not keep."""

from collections.abc import Callable
from functools import partial

from pratique.milter import counters, logs
from pratique.milter.became import Became, Tell
from pratique.milter.journal.entry import Entry, PolicyText
from pratique.milter.journal.journal import Journal
from pratique.milter.sent.our_mail import OurMail


def everybody(*told: Tell) -> Tell:
    """Return a function that tells all of these, in this order."""

    def tell(became: Became) -> None:
        for each in told:
            each(became)

    return tell


def log_of(privacy: str) -> Tell:
    """Have the log show of a message what the journal would keep, as far as names go."""
    return partial(logs.tell, hides=privacy == "hashed")


def journal_of(journal: Journal, policy: PolicyText) -> Tell:
    """Have the journal keep a message, and count what it could not keep."""
    count = _counting(counters.JOURNAL_LOST.inc, counters.JOURNAL_TROUBLES.inc)

    def tell(became: Became) -> None:
        entry = Entry(
            envelope=became.envelope,
            facts=became.facts,
            verdicts=became.verdicts,
            action=became.action,
            rule=became.rule,
            outcome=became.outcome,
            reply=became.reply,
            milliseconds=became.milliseconds,
            policy=policy,
            held_as=became.held_as,
            outcomes=became.outcomes if became.differs else (),
            shadowed=became.shadowed,
        )
        journal.write(entry)
        count(journal.dropped, journal.troubles)

    return tell


def ledger_of(our_mail: OurMail | None) -> Tell:
    """Count what the ledger of sent mail could not keep."""
    count = _counting(counters.LEDGER_LOST.inc, counters.LEDGER_TROUBLES.inc)

    def tell(_: Became) -> None:
        if our_mail is not None:
            count(our_mail.ledger.dropped, our_mail.ledger.troubles)

    return tell


def _counting(*counted: Callable[[float], None]) -> Callable[..., None]:
    """Return a function that raises counters by as much as the totals it is given have risen."""
    before = [0] * len(counted)

    def count(*now: int) -> None:
        if list(now) != before:
            for rise, old, new in zip(counted, before, now, strict=True):
                rise(new - old)
            before[:] = now

    return count
