"""State what comes too often: mail of one client of ours, and false bounces to one of our users.

Of outgoing mail the recipients, and the messages in which something was found, are counted for
whoever sends it: a worm writes to hundreds within minutes.  Of incoming mail those bounces are
counted that nothing proves: where somebody forges mail in a user's name, the bounces of other
servers come to that user by the thousand.

Each message is counted once, whatever becomes of it; one that is deferred and brought again
counts again.
"""

import ipaddress
from collections.abc import Callable
from datetime import datetime
from typing import ClassVar

from pratique.milter.alerts.lately import Lately, Window
from pratique.milter.mail import Envelope
from pratique.milter.sections.bursts import BurstsSection
from pratique.milter.sent import names
from pratique.scanners.facts_pb2 import Facts

# Ten minutes: a worm shows itself, and a person has not written to so many yet.
OF_CLIENTS = Window(seconds=600)
# An hour; what is usual is that of the last week.
OF_BOUNCES = Window(seconds=3600, memory=168)
# So many times of what is usual are a flood.
TIMES_USUAL = 5

FOUND = frozenset({"suspicious", "malicious"})


def _never(_now: datetime) -> bool:
    return False


class Bursts:
    """Counts, and states what it counted."""

    name: ClassVar[str] = "bursts"

    def __init__(
        self,
        lately: Lately,
        section: BurstsSection,
        settled: Callable[[datetime], bool] = _never,
    ) -> None:
        """`settled`: all mail of ours that can still be bounced has what proves its bounces.

        Until it has, most genuine bounces are not proved, and no number of them is a flood: so
        a policy is told none.
        """
        self._lately = lately
        self._flood_an_hour = section.flood_an_hour
        self._settled = settled

    def state(self, seen: Facts, envelope: Envelope) -> None:
        """Count a message, once, and state what there is of late with it."""
        if envelope.direction == "outbound":
            self._outgoing(seen, envelope)
        elif seen.bounce.claimed and not seen.bounce.verified:
            self._false_bounce(seen, envelope)

    def _outgoing(self, seen: Facts, envelope: Envelope) -> None:
        who = client_of(envelope)
        if not who:
            return
        now, client = envelope.received_at.timestamp(), seen.envelope.client
        many, found = len(envelope.recipients), int(has_finding(seen))
        recipients = self._lately.count(("recipients", who), many, OF_CLIENTS, now)
        findings = self._lately.count(("findings", who), found, OF_CLIENTS, now)
        client.recent_recipients, client.recent_findings = recipients.lately, findings.lately

    def _false_bounce(self, seen: Facts, envelope: Envelope) -> None:
        # One to several is none: a bounce has one recipient (RFC 3464 2).
        whose = names.address(envelope.recipients[0].address) if envelope.recipients else ""
        if not whose or len(envelope.recipients) > 1:
            return
        now = envelope.received_at.timestamp()
        counted = self._lately.count(("bounces", whose), 1, OF_BOUNCES, now)
        if not self._settled(envelope.received_at):
            # Counted, and not stated: that nothing proves it says nothing of it yet.
            return
        most = max(self._flood_an_hour, TIMES_USUAL * counted.usual)
        seen.bounce.lately, seen.bounce.flood = counted.lately, counted.lately > most


def restate(again: Facts, first: Facts) -> None:
    """State the same of what became of a message by a rewrite: it is not counted again."""
    if first.envelope.client.recent_recipients:
        client, counted = again.envelope.client, first.envelope.client
        client.recent_recipients = counted.recent_recipients
        client.recent_findings = counted.recent_findings
    if first.bounce.lately:
        again.bounce.lately, again.bounce.flood = first.bounce.lately, first.bounce.flood


def has_finding(seen: Facts) -> bool:
    """Whether something suspicious or malicious was found."""
    return any(one.severity in FOUND for one in seen.findings)


def client_of(envelope: Envelope) -> str:
    """Whose outgoing mail it is: whom it proved to be, else its address; empty for nobody.

    Of IPv6 it is the network of 64 bits: a host there takes another address when it likes
    (RFC 8981).
    """
    if envelope.authenticated:
        return envelope.authenticated.lower()
    try:
        address = ipaddress.ip_address(envelope.client.ip)
    except ValueError:
        return ""
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(ipaddress.ip_network((int(address) >> 64 << 64, 64)))
