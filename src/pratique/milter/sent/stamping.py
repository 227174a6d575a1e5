"""Stamp an outgoing message: what is put in front of it, and what is recorded of it.

    Message-ID             where there is none: what comes back is matched by it (RFC 5322 3.6.4)
    X-Pratique-Watermark   over that Message-ID and the reverse-path
    a row of the ledger    who sent it to whom, before it goes

Both stamps are over the plain reverse-path: a tag is made anew each day, by us or by a server
behind us, and what comes back to one is compared without it.  The null reverse-path has no
bounces, so its mail gets neither mark nor row, though it may get a Message-ID.

Only a worker knows whether there is a Message-ID.  A second one would be worse than none (RFC
5322 3.6 has at most one), so it is added only where the whole header was read and has no such
field.  An empty one stays, and that message gets no mark.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from pratique.milter.mail import Envelope
from pratique.milter.sent import batv, names, watermark
from pratique.milter.sent.day import day_of
from pratique.milter.sent.domains import Domains
from pratique.milter.sent.our_mail import OurMail
from pratique.scanners import facts_pb2 as facts

# What may follow the "@" of a Message-ID and is a name in the DNS: RFC 5322 3.6.4, id-right.
_HOST = re.compile(r"[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*")
# The field is there, but empty (facts.proto, HeaderAnomalies).
_EMPTY = "empty_message_id"


@dataclass(frozen=True, slots=True)
class Stamping:
    """Stamps mail with what a process has of it."""

    our_mail: OurMail
    # What follows the "@" of a Message-ID where neither sender nor author is in our domains.
    host: str

    async def stamped(
        self, seen: facts.Facts, envelope: Envelope, recipients: Iterable[str]
    ) -> bytes:
        """Return the fields to put in front; by then the recipients are on record."""
        stated, fields = seen.mail.message_id, ""
        if lacks_message_id(seen):
            stated = names.fresh_message_id(self._domain(seen, envelope), envelope.queue_id)
            fields = f"Message-ID: {stated}\r\n"
        if not envelope.reverse_path:
            return fields.encode("ascii")
        path = batv.bare(names.address(envelope.reverse_path))
        if mark := self._mark(envelope, stated, path):
            fields += f"{watermark.FIELD}: {mark}\r\n"
        await self.our_mail.ledger.record(stated, path, recipients, envelope.received_at)
        return fields.encode("ascii")

    def _mark(self, envelope: Envelope, message_id: str, path: str) -> str:
        keys = self.our_mail.keys
        return watermark.mark(keys, _day(envelope), message_id, path) if keys is not None else ""

    def _domain(self, seen: facts.Facts, envelope: Envelope) -> str:
        """Return the domain for a new Message-ID: the sender's, if it is ours."""
        ours, authors = Domains(self.our_mail.domains), seen.mail.header.from_
        written = (envelope.reverse_path or "", *(one.address for one in authors[:1]))
        for address in written:
            domain = names.address(address).rpartition("@")[2]
            if _HOST.fullmatch(domain) and ours.has(domain):
                return domain
        return self.host


def _day(envelope: Envelope) -> int:
    return day_of(envelope.received_at)


def lacks_message_id(seen: facts.Facts) -> bool:
    """Whether the header is known to have no such field, so that one may be added."""
    mail = seen.mail
    if mail.message_id or _EMPTY in mail.header_anomalies:
        return False
    # A signature over an absent field forbids adding it (RFC 6376 5.4.2).
    if any("message-id" in one.fields for one in seen.signatures):
        return False
    # False if the header was not read, or not to its end.
    is_cut = any(one.class_ == "header" for one in seen.limits)
    return mail.HasField("header") and not is_cut
