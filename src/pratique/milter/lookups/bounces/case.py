"""Put together what a bounce is judged by: to whom it came, when, from where, and what it says.

What the message says is in its facts, where a worker stated it; to whom it came is known only
to the envelope.  A bounce goes to the reverse-path of what it answers (RFC 3464 2), so its one
recipient is the sender of the message that has to be found.  Where no envelope says to whom it
came (a file that is inspected), its To field does, provided that it has exactly one address.
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
# A worker states no more (facts.proto, Returned), but the limits are enforced here too, since
# strangers chose what it read.
MESSAGE_IDS, MARKS, FAILED, RECIPIENTS, SIGNATURES = 4, 4, 20, 50, 4


@dataclass(frozen=True, slots=True)
class Case:
    """A bounce, or another report that answers a message."""

    # Each recipient once, as names.address writes it.
    recipients: tuple[str, ...]
    # The number of recipients in the envelope.
    count: int
    at: datetime
    returned: facts.Returned
    # It presents itself as a bounce, not as another report.
    claimed: bool
    # It has what only programs write into bounces, and the null reverse-path.
    formal: bool
    # It looks like a bounce: people write about failures too, and some are called postmaster.
    dressed: bool
    # It comes from a host that is not ours and that may be a stranger's.
    outside: bool
    # The addresses that it says it could not reach, or that answer.
    named: tuple[str, ...]

    @property
    def owner(self) -> str:
        """Whose message it answers, if it is genuine; empty where it goes to several."""
        return self.recipients[0] if len(self.recipients) == 1 else ""


def case_of(seen: facts.Facts, envelope: Envelope, ours: Domains) -> Case | None:
    """Build the case; None for a message whose form answers none of ours."""
    bounce = seen.bounce
    if not bounce.claimed and bounce.other not in _ANSWERS:
        return None
    # `inspect` without a recipient sets one with an empty address.
    written = [one.tagged or one.address for one in envelope.recipients if one.address]
    if not written and len(seen.mail.header.to) == 1:
        written = [seen.mail.header.to[0].address]
    # What cannot be parsed still counts as a recipient: one of two is not the only one.
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
    """Judge by what only servers write, or by two signs together that people write as well."""
    if kinds & {"structure", "returned_header"}:
        return True
    return len(kinds & {"daemon_author", "subject_words"}) + (envelope.reverse_path == "") > 1


def _named(seen: facts.Facts) -> tuple[str, ...]:
    """Name who failed and whom the returned header names; in a reply, name who answers."""
    returned = seen.bounce.returned
    if seen.bounce.claimed:
        listed: Iterable[str] = (*returned.failed[:FAILED], *returned.recipients[:RECIPIENTS])
    else:
        listed = (one.address for one in seen.mail.header.from_[:FAILED])
    return tuple(dict.fromkeys(one for address in listed if (one := names.address(address))))


def _is_outside(envelope: Envelope, ours: Domains) -> bool:
    """Whether the client is a stranger; a client that is not known does not count as one."""
    client = envelope.client
    if envelope.direction != "inbound" or envelope.authenticated or ours.has(client.name):
        return False
    return may_be_a_stranger(client.ip)
