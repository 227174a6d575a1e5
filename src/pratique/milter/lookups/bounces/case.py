"""Put together what a bounce is judged by: to whom it came, when, from where, and what it says.

All that the message says is in its facts, where a worker stated it; to whom it came only the
envelope knows.  A bounce goes to the reverse-path of what it answers (RFC 3464 2), so its one
recipient is the sender of the message that has to be found.  Where nobody says to whom it
came (a file that is looked at), its field To does, as far as it has one address.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from pratique.milter.lookups.strangers import may_be_a_stranger
from pratique.milter.mail import Envelope
from pratique.milter.sent import names
from pratique.milter.sent.domains import Domains
from pratique.scanners import facts_pb2 as facts

# Reports that answer one message, and may be proved as a bounce is.
_ANSWERS = frozenset({"automatic_reply", "disposition_notification"})
# A worker states no more (facts.proto, Returned); it is a stranger's mouth all the same.
MESSAGE_IDS, MARKS, FAILED, RECIPIENTS, SIGNATURES = 4, 4, 20, 50, 4


@dataclass(frozen=True, slots=True)
class Case:
    """A bounce, or another report that answers a message."""

    # Each recipient once, as names.address has it.
    recipients: tuple[str, ...]
    # How many the envelope has.
    count: int
    at: datetime
    returned: facts.Returned
    # It gives itself for a bounce, and no other report.
    claimed: bool
    # It has what only programs make for bounces, and the null reverse-path.
    formal: bool
    # It is dressed as one: people write of failures as well, and some are called postmaster.
    dressed: bool
    # It comes from a host that is neither ours nor known to us.
    outside: bool
    # The addresses that it says it could not reach, or that answer.
    named: tuple[str, ...]

    @property
    def owner(self) -> str:
        """Whose message it answers, if it is true; empty where it goes to several."""
        return self.recipients[0] if len(self.recipients) == 1 else ""


def case_of(seen: facts.Facts, envelope: Envelope, ours: Domains) -> Case | None:
    """The case; None for a message that answers none of ours by its form."""
    bounce = seen.bounce
    if not bounce.claimed and bounce.other not in _ANSWERS:
        return None
    # `inspect` without a recipient has one with an empty address.
    written = [one.tagged or one.address for one in envelope.recipients if one.address]
    if not written and len(seen.mail.header.to) == 1:
        written = [seen.mail.header.to[0].address]
    # What is no address is somebody all the same: one of two is not the only one.
    recipients = dict.fromkeys(map(names.address, written))
    kinds = {one.kind for one in bounce.evidence}
    return Case(
        recipients=tuple(recipients),
        count=len(envelope.recipients),
        at=envelope.received_at.astimezone(UTC),
        returned=bounce.returned,
        claimed=bounce.claimed,
        formal="structure" in kinds and envelope.reverse_path == "",
        dressed=_is_dressed(kinds, envelope),
        outside=_is_outside(envelope, ours),
        named=_named(seen),
    )


def _is_dressed(kinds: set[str], envelope: Envelope) -> bool:
    """By what only servers write, or by two things together that others write as well."""
    if kinds & {"structure", "returned_header"}:
        return True
    return len(kinds & {"daemon_author", "subject_words"}) + (envelope.reverse_path == "") > 1


def _named(seen: facts.Facts) -> tuple[str, ...]:
    """Who failed, and to whom the returned header says it went; who answers, in a reply."""
    returned = seen.bounce.returned
    if seen.bounce.claimed:
        listed: Iterable[str] = (*returned.failed[:FAILED], *returned.recipients[:RECIPIENTS])
    else:
        listed = (one.address for one in seen.mail.header.from_[:FAILED])
    return tuple(dict.fromkeys(one for address in listed if (one := names.address(address))))


def _is_outside(envelope: Envelope, ours: Domains) -> bool:
    """Whether its client is a stranger; one that is not known is none."""
    client = envelope.client
    if envelope.direction != "inbound" or envelope.authenticated or ours.has(client.name):
        return False
    return may_be_a_stranger(client.ip)
