"""Find and read the DMARC record for a domain (RFC 7489 6.3 and 6.6.3).

The domain's own is asked for, and at the same time that of its organisational domain, which
counts where the domain has none.  Only a wrong `p` or `sp` is an error in a record: whatever
else cannot be read is skipped (6.3).

Some owners want only a part of what fails to be treated as they say: pct= (6.6.4), which
RFC 9989 has replaced by t=y for "none of it yet".  Both are honoured.  Such an owner says that
some genuine mail still fails, and being stricter than asked would lose it; a forged message that
falls outside the percentage is treated one step milder, and a policy that does not want this
asks for `auth.dmarc` alone.
"""

import asyncio
import re
from dataclasses import dataclass

from pratique.milter.lookups.auth.answers import Asks, asked_name, texts
from pratique.milter.lookups.auth.domains import organizational
from pratique.milter.lookups.resolver import Reply

# Records with ten addresses for reports have 700 octets; what follows is not read.
MAX_OCTETS = 4096

_OURS = re.compile(r"v[ \t]*=[ \t]*DMARC1[ \t]*(?:;|\Z)")
_POLICIES = frozenset({"none", "quarantine", "reject"})
_REPORTING = re.compile(r"[ \t]*[A-Za-z][A-Za-z0-9+.-]*:[^ \t,]+")


@dataclass(frozen=True, slots=True)
class Policy:
    """What the owner of a domain wants."""

    # Where the record stands: the domain asked about, or its organisational domain.
    domain: str
    # "none", "quarantine" or "reject"; for domains below it, `below` applies.
    wanted: str
    below: str
    # How many of a hundred failing messages shall be treated so (6.6.4); with t=y none.
    percent: int = 100
    strict_dkim: bool = False
    strict_spf: bool = False

    def wanted_for(self, domain: str, lot: int) -> str:
        """Return what shall become of a failing message; `lot`, 0 to 99, is the message's own.

        A message outside the percentage is treated one step milder (6.6.4).
        """
        wanted = self.wanted if domain == self.domain else self.below
        if lot < self.percent:
            return wanted
        return {"reject": "quarantine"}.get(wanted, "none")


@dataclass(frozen=True, slots=True)
class Found:
    """The policy; or, without one, the word of RFC 7489 11.2."""

    policy: Policy | None = None
    word: str = ""


async def find(asks: Asks, domain: str, until: float) -> Found:
    """Find the record that holds for a domain (A-labels, lower case)."""
    above = organizational(domain)
    places = [domain] if above == domain else [domain, above]
    replies = await asyncio.gather(*(_ask(asks, place, until) for place in places))
    for place, reply in zip(places, replies, strict=True):
        found = _read_reply(place, reply)
        if found is not None:
            return found
    return Found(word="none")


async def _ask(asks: Asks, place: str, until: float) -> Reply:
    # With the prefix a domain may be too long for a name: then it has no record.
    name = asked_name(f"_dmarc.{place}")
    return await asks.ask(name, "TXT", until) if name else Reply()


def _read_reply(place: str, reply: Reply) -> Found | None:
    """Return what an answer says; None if it says nothing, and the next place counts."""
    if reply.failure:
        return Found(word="temperror")
    ours = [text for text in texts(reply) if _OURS.match(text)]
    if not ours:
        return None
    if len(ours) > 1:
        return Found(word="permerror")
    policy = read(place, ours[0])
    return Found(policy) if policy else Found(word="permerror")


def read(domain: str, text: str) -> Policy | None:
    """Return the policy of a record; None if it states no valid one (6.6.3, step 6)."""
    tags = _tags(text[:MAX_OCTETS])
    wanted = tags.get("p", "").lower()
    below = tags.get("sp", wanted).lower()
    if not {wanted, below} <= _POLICIES:
        if not _REPORTING.match(tags.get("rua", "")):
            return None
        wanted = below = "none"
    return Policy(
        domain,
        wanted,
        below,
        0 if tags.get("t", "").lower() == "y" else _percent(tags.get("pct", "")),
        tags.get("adkim", "").lower() == "s",
        tags.get("aspf", "").lower() == "s",
    )


def _percent(written: str) -> int:
    return min(100, int(written)) if re.fullmatch(r"[0-9]{1,3}", written, re.ASCII) else 100


def _tags(text: str) -> dict[str, str]:
    """Return tags and values; the first value of a tag that is repeated."""
    found: dict[str, str] = {}
    for tag in text.split(";"):
        name, equals, value = tag.partition("=")
        if equals:
            found.setdefault(name.strip().lower(), value.strip())
    return found
