"""Hold the author's domain against what SPF and DKIM have shown (RFC 7489 3.1 and 6.6.2).

The author is whoever the From field names.  With several domains in it (6.6.1) each is checked
and the worst word counts, so that a second address does not evade a record; more than four
are a `permerror`, and so is a From field in which no domain can be read.  Without a From field
there is nobody to ask about: `none`, and `mail.header_anomalies` says so.

What the owners ask for is stated as well: the strictest wish of the domains that did not pass
(6.6.1), with each record's percentage (6.6.4) drawn from the message's own octets, so that a
message that is sent again, and a policy that is tried on old mail, get the same result.

`fail` requires that both were checked.  Where SPF was not (the client is unknown, or one of
ours) and no signature helps, it cannot be told: the word stays empty.
"""

import asyncio
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from pratique.milter.lookups.auth import dmarc_record
from pratique.milter.lookups.auth.answers import Asks, in_time
from pratique.milter.lookups.auth.dkim import Checked
from pratique.milter.lookups.auth.dmarc_record import Found, Policy
from pratique.milter.lookups.auth.domains import aligned, ascii_domain
from pratique.milter.lookups.auth.spf import Answer
from pratique.scanners import facts_pb2 as facts

# Two have been seen in honest mail; each domain costs two questions.
MOST_DOMAINS = 4
# Nobody writes a From field with more addresses than this; the rest are ignored.
MOST_ADDRESSES = 20
# RFC 5321 4.5.3.1.3: no path is longer than 256 octets; no program shows what follows.
MOST_OCTETS = 1024
# A host after an at sign, full-width forms included; its last label has a letter.
_HOSTS = re.compile(
    r"[@\uff20\ufe6b]\s*((?:[\w-]{1,63}[.\u3002\uff0e\uff61])+(?=\w*[^\W\d])[\w-]{2,63})"
)
# From the worst to the best.
_ORDER = ("fail", "permerror", "temperror", "", "none", "pass")
# From the mildest to the strictest; "" is that no owner asks for anything.
_STRICTER = ("", "none", "quarantine", "reject")


@dataclass(frozen=True, slots=True)
class Author:
    """Whoever the From field names."""

    # Distinct, A-labels in lower case.
    domains: tuple[str, ...] = ()
    # Some of it names no domain, or was not read.
    unclear: bool = False

    @property
    def only(self) -> str:
        """The one domain that all its addresses share; empty if there is no such domain."""
        return self.domains[0] if len(self.domains) == 1 and not self.unclear else ""


def author_of(mail: facts.Mail) -> Author:
    """Return whom a message names as its author."""
    authors = mail.header.from_[:MOST_ADDRESSES]
    found = [ascii_domain(one.domain) for one in authors]
    anomalies = set(mail.header_anomalies)
    # A From field without a readable address still shows a name to its reader.
    unread = not found and "no_from" not in anomalies
    cut = len(mail.header.from_) > MOST_ADDRESSES or "address_list_cut" in anomalies
    unclear = unread or cut or not all(found)
    shown = [each for one in authors for each in _shown(one.address)]
    return Author(tuple(dict.fromkeys(filter(None, [*found, *shown]))), unclear or bool(shown))


def _shown(address: str) -> list[str]:
    """Return the domains that a reader sees in what is not a valid address (RFC 5322 3.4.1).

    Many programs, and people all the more, take `ceo@bank.example>` and `"ceo@bank.example"` for
    the address in it: so one octet too many does not evade a record.
    """
    local, _, domain = address.rpartition("@")
    quoted = local.startswith('"') and local.endswith('"')
    if ascii_domain(domain) and ("@" not in local or quoted):
        return []
    hosts = (found[1].rstrip(".") for found in _HOSTS.finditer(address[:MOST_OCTETS]))
    return list(filter(None, map(ascii_domain, hosts)))[:MOST_DOMAINS]


async def find_all(asks: Asks, author: Author, until: float) -> dict[str, Found]:
    """Find the record for each domain of the author."""
    domains = author.domains[:MOST_DOMAINS]
    late = Found(word="temperror")
    asked = (in_time(dmarc_record.find(asks, one, until), until, late) for one in domains)
    found = await asyncio.gather(*asked)
    return dict(zip(domains, found, strict=True))


@dataclass(frozen=True, slots=True)
class Judged:
    """The word of RFC 7489 11.2, and what the owner of the domain then wants."""

    word: str
    policy: Policy | None = None
    # "none", "quarantine" or "reject"; empty where no record says anything.
    wanted: str = ""


def lot_of(sha256: str) -> int:
    """Return the lot of a message, 0 to 99: the same each time it is inspected."""
    try:
        return int(sha256[:8] or "0", 16) % 100
    except ValueError:
        return 0


def judge(
    author: Author,
    found: dict[str, Found],
    spf: Answer | None,
    dkim: Sequence[Checked],
    lot: int = 0,
) -> Judged:
    """Judge by the worst word of all the author's domains; `spf` is None if it was not checked."""
    judged = {domain: _judge(domain, one, spf, dkim) for domain, one in found.items()}
    words = list(judged.values())
    if author.unclear or len(author.domains) > MOST_DOMAINS:
        words.append(Judged("permerror"))
    worst = min(words, key=lambda one: _ORDER.index(one.word), default=Judged("none"))
    failed = {domain: one for domain, one in found.items() if judged[domain].word != "pass"}
    return replace(worst, wanted=wanted(failed or found, lot))


def wanted(found: Mapping[str, Found], lot: int) -> str:
    """Return the strictest of what the owners of these domains ask for."""
    wishes = [one.policy.wanted_for(domain, lot) for domain, one in found.items() if one.policy]
    return max(wishes, key=_STRICTER.index, default="")


def _judge(domain: str, found: Found, spf: Answer | None, dkim: Sequence[Checked]) -> Judged:
    policy = found.policy
    if policy is None:
        return Judged(found.word)
    words = {one.word for one in dkim if aligned(one.domain, domain, strict=policy.strict_dkim)}
    if spf is not None and aligned(spf.domain, domain, strict=policy.strict_spf):
        words.add(spf.word)
    for word in ("pass", "temperror"):
        if word in words:
            return Judged(word, policy)
    return Judged("fail" if spf is not None else "", policy)
