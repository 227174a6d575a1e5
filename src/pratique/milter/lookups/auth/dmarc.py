"""Hold the author's domain against what SPF and DKIM have shown (RFC 7489 3.1 and 6.6.2).

The author is whom the From field names.  With several domains in it (6.6.1) each is looked at
and the worst word counts, so that nobody evades a record by a second address; more than four
is `permerror`, and so is a From field in which no domain can be read.  Without any From there
is nobody to ask about: `none`, and `mail.header_anomalies` says so.

What the owners ask for is said beside it: the strictest wish of the domains that did not pass
(6.6.1), with each record's percentage (6.6.4) drawn by the message's own octets, so that a
message that comes again, and a policy that is tried on old mail, meet the same.

`fail` needs that both were looked at.  Where SPF was not (the client is unknown, or one of
ours) and no signature helps, nobody can tell: the word stays empty.
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

# Two addresses have been seen in honest mail; each domain costs two questions.
MOST_DOMAINS = 4
# A From field with more than that is none that a person wrote; the others are not looked at.
MOST_ADDRESSES = 20
# RFC 5321 4.5.3.1.3: no path is longer than 256 octets; what stands behind is shown to nobody.
MOST_OCTETS = 1024
# A host behind an at sign, of full width too; its last label has a letter.
_HOSTS = re.compile(
    r"[@\uff20\ufe6b]\s*((?:[\w-]{1,63}[.\u3002\uff0e\uff61])+(?=\w*[^\W\d])[\w-]{2,63})"
)
# From the worst to the best.
_ORDER = ("fail", "permerror", "temperror", "", "none", "pass")
# From the mildest to the strictest; "" is that nobody asks for anything.
_STRICTER = ("", "none", "quarantine", "reject")


@dataclass(frozen=True, slots=True)
class Author:
    """Whom the From field names."""

    # Distinct, A-labels in lower case.
    domains: tuple[str, ...] = ()
    # Something in it names no domain, or was not read.
    unclear: bool = False

    @property
    def only(self) -> str:
        """The one domain that all of it is of; empty where that is not so."""
        return self.domains[0] if len(self.domains) == 1 and not self.unclear else ""


def author_of(mail: facts.Mail) -> Author:
    """Whom a message names as its author."""
    authors = mail.header.from_[:MOST_ADDRESSES]
    found = [ascii_domain(one.domain) for one in authors]
    anomalies = set(mail.header_anomalies)
    # A From field in which nobody finds an address still shows a name to its reader.
    unread = not found and "no_from" not in anomalies
    cut = len(mail.header.from_) > MOST_ADDRESSES or "address_list_cut" in anomalies
    unclear = unread or cut or not all(found)
    shown = [each for one in authors for each in _shown(one.address)]
    return Author(tuple(dict.fromkeys(filter(None, [*found, *shown]))), unclear or bool(shown))


def _shown(address: str) -> list[str]:
    """Domains that a reader sees in what is no address (RFC 5322 3.4.1).

    Of `ceo@bank.example>` and `"ceo@bank.example"` many programs make the address in it, and
    people all the more: so nobody evades a record by an octet too many.
    """
    local, _, domain = address.rpartition("@")
    quoted = local.startswith('"') and local.endswith('"')
    if ascii_domain(domain) and ("@" not in local or quoted):
        return []
    hosts = (found[1].rstrip(".") for found in _HOSTS.finditer(address[:MOST_OCTETS]))
    return list(filter(None, map(ascii_domain, hosts)))[:MOST_DOMAINS]


async def find_all(asks: Asks, author: Author, until: float) -> dict[str, Found]:
    """The record for each domain of the author."""
    domains = author.domains[:MOST_DOMAINS]
    late = Found(word="temperror")
    asked = (in_time(dmarc_record.find(asks, one, until), until, late) for one in domains)
    found = await asyncio.gather(*asked)
    return dict(zip(domains, found, strict=True))


@dataclass(frozen=True, slots=True)
class Judged:
    """The word of RFC 7489 11.2, and what the owner of the domain wants then."""

    word: str
    policy: Policy | None = None
    # "none", "quarantine" or "reject"; empty where no record says anything.
    wanted: str = ""


def lot_of(sha256: str) -> int:
    """The lot of a message, 0 to 99: the same each time it is looked at."""
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
    """The worst word for all domains of the author; `spf` is None where nobody looked."""
    judged = {domain: _judge(domain, one, spf, dkim) for domain, one in found.items()}
    words = list(judged.values())
    if author.unclear or len(author.domains) > MOST_DOMAINS:
        words.append(Judged("permerror"))
    worst = min(words, key=lambda one: _ORDER.index(one.word), default=Judged("none"))
    failed = {domain: one for domain, one in found.items() if judged[domain].word != "pass"}
    return replace(worst, wanted=wanted(failed or found, lot))


def wanted(found: Mapping[str, Found], lot: int) -> str:
    """The strictest of what the owners of these domains ask for."""
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
