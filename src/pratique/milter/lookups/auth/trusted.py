"""Tell which Authentication-Results fields are believed, and which are forged (RFC 8601 5).

Anybody can write such a field.  One is believed only if both hold:

  * its authserv-id is one that the settings name, and
  * one of our own servers handed the message in: a client whose address is in the networks of
    the settings, or one on a listener where only such a server speaks (where XFORWARD or
    XCLIENT names the stranger before it, the client's address says nothing about that).

So the server that hands in must remove what strangers write under its name, as RFC 8601 5
demands and OpenDKIM, rspamd and authentication_milter do.  For each method the topmost field
counts: a server adds its field above what came with the message, and a forged one that it
overlooked lies below.

A field with our own authserv-id, or with a trusted one from elsewhere, claims to be ours and
is not: it is forged, and is cut out before delivery (`mail.foreign_fields`).
"""

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from pratique.milter.lookups.auth.dkim import MOST, Checked
from pratique.milter.lookups.auth.domains import ascii_domain, domain_of
from pratique.milter.lookups.auth.spf import Answer
from pratique.scanners import facts_pb2 as facts

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

NAME = "Authentication-Results"
# A server writes ten results about a message, or fifty about one with many signatures.
MOST_RESULTS = 100
# RFC 8601 2.7; other words mean nothing (2.7.6: "unknown results are to be ignored").
_WORDS = frozenset({"pass", "fail", "softfail", "neutral", "policy", "none"})
_ERRORS = frozenset({"temperror", "permerror"})
# Which words of each method may get into `Facts.auth`.
_METHODS = {
    "spf": _WORDS | _ERRORS,
    "dkim": (_WORDS | _ERRORS) - {"softfail"},
    "dmarc": frozenset({"none", "pass", "fail"}) | _ERRORS,
    "arc": frozenset({"none", "pass", "fail"}),
}


@dataclass(frozen=True, slots=True)
class Trust:
    """Whose word counts."""

    # Our own authserv-id, RFC 8601 2.5; empty if there is none.
    authserv_id: str = ""
    # Those of our servers in front of this one.
    authserv_ids: frozenset[str] = frozenset()
    networks: tuple[Network, ...] = ()
    listeners: frozenset[str] = frozenset()

    def is_ours(self, ip: str) -> bool:
        """Whether an address belongs to one of our servers."""
        try:
            address = ipaddress.ip_address(ip)
        except ValueError:
            return False
        return any(address in network for network in self.networks)

    def handed_in(self, envelope: facts.Envelope) -> bool:
        """Whether one of our servers handed a message in."""
        return envelope.door in self.listeners or self.is_ours(envelope.client.ip)


@dataclass(slots=True)
class Believed:
    """What our servers in front have found out; None where they do not say."""

    spf: Answer | None = None
    dkim: tuple[Checked, ...] | None = None
    dmarc: str | None = None
    arc: str | None = None
    # The authserv-ids whose results are here.
    checkers: list[str] = field(default_factory=list)


def believed(trust: Trust, seen: facts.Facts, author: str) -> Believed:
    """Return what trusted fields state; `author` is the domain of From."""
    told = Believed()
    if not trust.handed_in(seen.envelope):
        return told
    taken: set[str] = set()
    for stated in seen.stated_results:
        if stated.authserv_id in trust.authserv_ids:
            new = {one.method for one in stated.results} - taken
            if _take(told, stated, new, author):
                told.checkers.append(stated.authserv_id)
            taken |= new
    told.checkers[:] = dict.fromkeys(told.checkers)
    return told


def _take(told: Believed, stated: facts.StatedResults, new: set[str], author: str) -> bool:
    """Take what a field says of methods that no field above it spoke of."""
    said = stated.results[:MOST_RESULTS]
    results = {method: _of(said, method) for method in new & set(_METHODS)}
    if found := results.get("spf"):
        told.spf = Answer(found[0].result, _spf_domain(found[0]))
    if found := results.get("dkim"):
        told.dkim = tuple(Checked(_dkim_domain(one), one.result) for one in found[:MOST])
    # A result about an author other than the one seen here is about another message.
    if found := [one for one in results.get("dmarc", []) if _about(one, author)]:
        told.dmarc = found[0].result
    if found := results.get("arc"):
        told.arc = found[0].result
    return any(results.values())


def _of(results: Iterable[facts.StatedResult], method: str) -> list[facts.StatedResult]:
    return [one for one in results if one.method == method and one.result in _METHODS[method]]


def _about(result: facts.StatedResult, author: str) -> bool:
    return bool(author) and domain_of(result.properties.get("header.from", "")) == author


def held(checked: Iterable[Checked], stated: Iterable[facts.Signature]) -> tuple[Checked, ...]:
    """Check what a server says of signatures against what stands in the message.

    A server that accepts l= passes what is only partly signed; here that proves nothing (dkim.py),
    so a domain with such a signature in the message has none that passes.
    """
    partly = {one.domain for one in stated if one.body_length >= 0}
    return tuple(
        replace(one, word="policy") if one.word == "pass" and one.domain in partly else one
        for one in checked
    )


def _spf_domain(result: facts.StatedResult) -> str:
    told = result.properties
    return domain_of(told.get("smtp.mailfrom", "") or told.get("smtp.helo", ""))


def _dkim_domain(result: facts.StatedResult) -> str:
    told = result.properties
    return ascii_domain(told.get("header.d", "")) or domain_of(told.get("header.i", ""))


def forged(trust: Trust, seen: facts.Facts) -> list[facts.StatedResults]:
    """Return the fields that claim to be ours and are not."""
    ours = {trust.authserv_id} - {""}
    if not trust.handed_in(seen.envelope):
        ours |= trust.authserv_ids
    # A name with the final dot of an absolute name is the same name (RFC 1034 3.1).
    return [one for one in seen.stated_results if one.authserv_id.removesuffix(".") in ours]
