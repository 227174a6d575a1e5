"""Find out who a message comes from: all questions at the same time, within its time.

What one of our servers in front has found out, and says in a field that is to be believed
(trusted.py), is taken over; the rest is asked here.  A fact left empty was not checked:

  * nothing is checked of outgoing mail: it is signed later, or by another server;
  * SPF is not where the client is unknown, has logged in, has a private address, or is one of
    our servers: its address is in no stranger's record, and each message would fail;
  * nothing of the header is where no worker has read the message.

Nothing is asked again about a message that we have changed ourselves, if `auth` already says
who checked it: what was found of the original holds, and no signature covers the new one.

Nothing is raised, and nothing is waited for beyond the time: what is not answered by then is
`temperror`.  Each signature and each record has its own timeout, so that a stranger's slow
servers make nobody else's answer late.
"""

import asyncio
import ipaddress
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from pratique.milter.config import Settings
from pratique.milter.lookups.auth import arc, dkim, dmarc, domains, trusted
from pratique.milter.lookups.auth.answers import LATE, Asks, in_time
from pratique.milter.lookups.auth.dkim import Checked
from pratique.milter.lookups.auth.dmarc import Author, Judged
from pratique.milter.lookups.auth.dmarc_record import Found
from pratique.milter.lookups.auth.identity import Shown, authenticated_as, is_sure
from pratique.milter.lookups.auth.spf import Answer, Sending, check_host, sending
from pratique.milter.lookups.auth.trusted import Believed, Trust
from pratique.milter.lookups.resolver import Resolver
from pratique.milter.lookups.strangers import may_be_a_stranger
from pratique.milter.sections.authentication import AuthenticationSection
from pratique.scanners import facts_pb2 as facts

log = logging.getLogger("pratique.lookups")

# Who checked, in `auth.checker`, along with the authserv-ids that are believed.
OURSELVES = "pratique"


@dataclass(frozen=True, slots=True)
class AuthenticationSettings:
    """What the settings say."""

    trust: Trust = field(default_factory=Trust)
    # If False, only the word of servers in front counts.
    ask: bool = True
    spf_authenticates: bool = False


def settings_of(section: AuthenticationSection) -> AuthenticationSettings:
    """Read the settings as an admin writes them."""
    trust = Trust(
        section.authserv_id or "",
        frozenset(section.trusted_authserv_ids),
        tuple(ipaddress.ip_network(one) for one in section.trusted_networks),
        frozenset(section.trusted_listeners),
    )
    return AuthenticationSettings(trust, section.ask, section.spf_authenticates)


@dataclass(frozen=True, slots=True)
class _Answers:
    """All that is known, from whatever source; None for what was not checked."""

    spf: Answer | None
    dkim: tuple[Checked, ...] | None
    records: dict[str, Found] | None
    arc: str | None


def authentication_of(settings: Settings, resolver: Resolver) -> "Authentication | None":
    """Build what the settings ask for; None where they ask for nothing."""
    section = settings.authentication
    return Authentication(settings_of(section), resolver) if section is not None else None


class Authentication:
    """SPF, DKIM, DMARC and ARC."""

    name: ClassVar[str] = "authentication"

    def __init__(self, settings: AuthenticationSettings, asks: Asks) -> None:
        self._settings = settings
        self._asks = asks
        # Done now, so that the first message need not wait.
        domains.load()

    async def add(self, seen: facts.Facts, until: float) -> None:
        """Fill `auth`, and name forged fields in `mail.foreign_fields`."""
        _name_forged(self._settings.trust, seen)
        if seen.mail.direction == "outbound" or seen.auth.checker:
            return
        author = dmarc.author_of(seen.mail)
        told = trusted.believed(self._settings.trust, seen, author.only)
        found = await self._asked(seen, told, author, until)
        self._fill(seen, told, found, author)

    async def _asked(
        self, seen: facts.Facts, told: Believed, author: Author, until: float
    ) -> _Answers:
        """Ask what no server in front has said."""
        if not self._settings.ask:
            return _Answers(told.spf, told.dkim, None, told.arc)
        at = _received_at(seen)
        read = bool(seen.parts or seen.mail.header.from_)
        spf, checked, records, chain = await asyncio.gather(
            self._spf(seen, told, until),
            self._dkim(seen.signatures, told, at, until) if read else _nothing(),
            self._records(author, told, until) if read else _nothing(),
            self._arc(seen.signatures, told, at, until) if read else _nothing(),
        )
        return _Answers(spf, checked, records, chain)

    async def _spf(self, seen: facts.Facts, told: Believed, until: float) -> Answer | None:
        if told.spf is not None:
            return told.spf
        about = _sending(self._settings.trust, seen)
        if about is None:
            return None
        late = Answer("temperror", about.domain, LATE)
        return await in_time(check_host(self._asks, about, until), until, late)

    async def _dkim(
        self, signatures: Sequence[facts.Signature], told: Believed, at: int | None, until: float
    ) -> tuple[Checked, ...]:
        ours = [one for one in signatures if one.kind == "dkim"][: dkim.MOST]
        if told.dkim is not None:
            return trusted.held(told.dkim, ours)
        return await dkim.check_all(self._asks, ours, at, until)

    async def _records(
        self, author: Author, told: Believed, until: float
    ) -> dict[str, Found] | None:
        if told.dmarc not in {None, "fail"}:
            return None
        # A server in front says what failed, but not what the domain's owner then wants.
        return await dmarc.find_all(self._asks, author, until)

    async def _arc(
        self, signatures: Sequence[facts.Signature], told: Believed, at: int | None, until: float
    ) -> str:
        if told.arc is not None:
            return told.arc
        return await in_time(arc.validate(self._asks, signatures, at, until), until, "temperror")

    def _fill(self, seen: facts.Facts, told: Believed, found: _Answers, author: Author) -> None:
        lot = dmarc.lot_of(seen.mail.sha256)
        judged = Judged(told.dmarc or "", wanted=dmarc.wanted(found.records or {}, lot))
        if told.dmarc is None and found.records is not None:
            judged = dmarc.judge(author, found.records, found.spf, found.dkim or (), lot)
        _tell_why(seen, found)
        shown = Shown(found.spf, found.dkim or (), judged, self._settings.spf_authenticates)
        auth = seen.auth
        auth.spf = found.spf.word if found.spf else ""
        auth.dkim.extend(
            facts.DkimResult(domain=one.domain, result=one.word) for one in found.dkim or ()
        )
        auth.dmarc, auth.arc = judged.word, found.arc or ""
        auth.dmarc_policy = judged.wanted
        auth.authenticated_as = authenticated_as(seen.mail, shown) if is_sure(seen) else ""
        asked = [OURSELVES] if self._settings.ask else []
        auth.checker = ", ".join([*told.checkers, *asked])


def _tell_why(seen: facts.Facts, found: _Answers) -> None:
    """Log the reason for each word, for an admin who wonders."""
    for one in (found.spf, *(found.dkim or ())):
        if one is not None and one.why:
            log.debug("%s: %r: %s: %s", seen.envelope.queue_id, one.domain, one.word, one.why)


async def _nothing() -> None:
    """Stand in for a question that is not asked."""


def _received_at(seen: facts.Facts) -> int | None:
    return seen.envelope.received_at.seconds if seen.envelope.HasField("received_at") else None


def _sending(trust: Trust, seen: facts.Facts) -> Sending | None:
    """Return whom to ask SPF about; None where the answer would mean nothing."""
    envelope = seen.envelope
    client = envelope.client
    if not envelope.HasField("reverse_path") or envelope.authenticated:
        return None
    if trust.is_ours(client.ip) or not may_be_a_stranger(client.ip):
        return None
    return sending(client.ip, envelope.reverse_path, client.helo)


def _name_forged(trust: Trust, seen: facts.Facts) -> None:
    """Mark fields that claim to be ours for removal before delivery, where they can be cut out.

    Cuts are listed in the order of the content, and none lies within another.
    """
    new = [
        facts.ForeignField(name=trusted.NAME, start=one.start, end=one.end)
        for one in trusted.forged(trust, seen)
    ]
    if not new:
        return
    told = sorted([*seen.mail.foreign_fields, *new], key=lambda one: (one.start, one.end))
    del seen.mail.foreign_fields[:]
    reached = 0
    for one in told:
        if reached <= one.start < one.end:
            seen.mail.foreign_fields.append(one)
            reached = one.end
