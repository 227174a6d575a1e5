"""Prove that a bounce answers a message of ours, or say what speaks against it.

It looks for the bounce's Message-ID in the ledger, our watermark in what it returns, our tag in
the address that it came to, and our DKIM signature in the header that it returns.  Where none of
them is found, the fact that we wrote to the address that failed is a weak proof (99.6 % of
genuine bounces have it, and so has anybody who knows with whom we correspond).

Other reports that answer a message (a vacation notice, RFC 3834) are proved in the same way,
but nothing is held against them.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import ClassVar, Protocol

from pratique.milter.lookups.bounces import candidates
from pratique.milter.lookups.bounces.candidates import Made
from pratique.milter.lookups.bounces.case import FAILED, SIGNATURES, Case, case_of
from pratique.milter.lookups.bounces.contradictions import Marked, contradictions
from pratique.milter.lookups.bounces.counted import Counted
from pratique.milter.lookups.bounces.proof import Found, Verdict, judge, weigh
from pratique.milter.mail import Envelope
from pratique.milter.sent import batv
from pratique.milter.sent.day import WINDOW
from pratique.milter.sent.domains import Domains
from pratique.milter.sent.keys import Keys
from pratique.milter.sent.ledger import Ledger
from pratique.scanners import facts_pb2 as facts

# The share of the remaining time.
_OF_DNS = 0.8


class Verifies(Protocol):
    """Verifies returned signatures: `Signatures`, or what a test hands in."""

    async def verifies(self, signature: facts.Signature, until: float) -> bool:
        """Whether the key's owner signed the header."""


@dataclass(frozen=True, slots=True)
class Ours:
    """Who we are, and what our mail bears."""

    domains: Domains
    # Without keys nothing is marked, and nothing is recognized by its mark.
    keys: Keys | None = None
    # Whether everything that bounces on a day had a watermark (sent/since.py).
    watermarked: Callable[[date], bool] = lambda _: False
    # ... and whether everything that a domain sent had a tag.
    tags: Callable[[str, date], bool] = lambda _, __: False
    # Whether a domain tags its mail now: then a tag in its addresses claims to be ours.
    has_tags: Callable[[str], bool] = lambda _: False
    window: timedelta = timedelta(days=WINDOW)
    # Whether the ledger has everything, from whatever host, that could bounce at that time.
    complete: Callable[[datetime], bool] = lambda _: False


class Bounces:
    """Recognizes our own mail."""

    name: ClassVar[str] = "bounces"

    def __init__(self, ledger: Ledger, ours: Ours, signatures: Verifies | None = None) -> None:
        self._ledger = ledger
        self._ours = ours
        self._signatures = signatures
        self._counted = Counted(ledger)

    async def prove(self, seen: facts.Facts, envelope: Envelope, until: float) -> None:
        """State `verified`, and evidence, no later than `until` of the loop's clock."""
        case = case_of(seen, envelope, self._ours.domains)
        if case is None or not case.recipients or envelope.direction == "outbound":
            return
        try:
            async with asyncio.timeout_at(until):
                verdict = await self._judged(case, envelope.queue_id, until)
        except TimeoutError:
            detail = "what we sent: the ledger did not answer in time"
            seen.failures.add(class_="engine_away", part=-1, detail=detail)
            return
        seen.bounce.verified = verdict.verified
        seen.bounce.evidence.extend(verdict.evidence)

    async def _judged(self, tagged: Case, transaction: str, until: float) -> Verdict:
        keys = self._ours.keys
        tag = self._by_tag(tagged, keys) if keys is not None else Made()
        case = _untagged(tagged)
        known = await candidates.in_ledger(case, self._ledger, self._ours.window)
        mark = candidates.by_watermark(case, keys, known) if keys is not None else Made()
        found = [*known, *mark.found, *tag.found]
        if all(one.fault for one in found):
            found += await self._signed(case, until)
        uses = [await self._uses(transaction, one) for one in found]
        verdict = judge(zip(found, uses, strict=True))
        if verdict.verified:
            return verdict
        if not case.claimed:
            return Verdict(verified=False, evidence=())
        evidence = [weigh("mark_bad", bad) for bad in (mark.bad, tag.bad) if bad]
        marked = Marked(self._ours.watermarked(case.at.date()), self._expects_tag(tagged))
        against = contradictions(case, self._ours.domains, marked, self._ours.window)
        told = {one.kind for one in verdict.evidence}
        evidence += [one for one in against if one.kind not in told]
        wrote = await self._wrote_to(case)
        evidence += wrote
        if not (found or wrote):
            evidence += self._never_sent(case)
        return Verdict(verified=False, evidence=(*verdict.evidence, *evidence))

    def _by_tag(self, case: Case, keys: Keys) -> Made:
        """Find tags of ours.  A bad one may be another server's, in a domain that does not tag."""
        made = candidates.by_tag(case, keys)
        domain = case.owner.rpartition("@")[2]
        return replace(made, bad=made.bad if self._ours.has_tags(domain) else "")

    def _expects_tag(self, case: Case) -> bool:
        """Whether its recipient sends with a tag; an address that has one cannot bear another."""
        domain = case.owner.rpartition("@")[2]
        return batv.is_taggable(case.owner) and self._ours.tags(domain, case.at.date())

    async def _uses(self, transaction: str, one: Found) -> list[int]:
        """Count its uses, one number per limit; what proves nothing uses nothing."""
        limits = () if one.fault else one.limits
        return [await self._counted.uses(transaction, key) for key, _ in limits]

    async def _signed(self, case: Case, until: float) -> list[Found]:
        """Find signatures of ours that verify; DNS is asked about no others."""
        if self._signatures is None:
            return []
        # Leave time to ask the ledger if DNS is late, so that this is not a failure.
        now = asyncio.get_running_loop().time()
        until = now + _OF_DNS * (until - now)
        ours = [
            one
            for one in case.returned.signatures[:SIGNATURES]
            if not one.problem and self._ours.domains.has(one.domain)
        ]
        verified = await asyncio.gather(*(self._signatures.verifies(one, until) for one in ours))
        return [
            candidates.signed(case, one, self._ours.window)
            for one, holds in zip(ours, verified, strict=True)
            if holds
        ]

    def _never_sent(self, case: Case) -> list[facts.Evidence]:
        """Where the ledger is complete, what it does not have was never sent."""
        answers = case.dressed and (case.returned.message_ids or case.returned.failed)
        if not (answers and self._ours.complete(case.at)):
            return []
        return [weigh("never_sent", "the ledger has nothing of it")]

    async def _wrote_to(self, case: Case) -> list[facts.Evidence]:
        """Look for the weak proof: we recently wrote to an address that failed."""
        if not case.owner:
            return []
        for failed in case.returned.failed[:FAILED]:
            last = await self._ledger.last_to(failed, case.owner)
            if last is not None and timedelta(0) <= case.at - last <= self._ours.window:
                return [weigh("sent_recipient", failed)]
        return []


def _untagged(case: Case) -> Case:
    """Return the case with all tags removed from its recipients, our own and others'."""
    return replace(case, recipients=tuple(dict.fromkeys(map(batv.bare, case.recipients))))
