"""Compare domains: as DNS writes them, and by who registered them (RFC 7489 3.1 and 3.2).

The organisational domain is one label below the public suffix.  The list of suffixes is
publicsuffix.org's, including its private section (`github.io`), so that one customer of such a
host is never aligned with another.
"""

from functools import cache

import idna
from publicsuffixlist import PublicSuffixList

from pratique.milter.lookups.auth.answers import LONGEST_NAME, asked_name


@cache
def _suffixes() -> PublicSuffixList:
    return PublicSuffixList()


def load() -> None:
    """Read the list of public suffixes now: no message shall wait the 30 ms that it takes."""
    _suffixes()


def ascii_domain(domain: str) -> str:
    """Return a domain with A-labels, in lower case (RFC 5891 5); empty if it is not a domain.

    A name of one label and an address literal (RFC 5321 4.1.3) are nobody's domain.
    """
    domain = domain.strip().removesuffix(".").lower()
    if not 0 < len(domain) <= LONGEST_NAME:
        return ""
    if not domain.isascii():
        try:
            domain = idna.encode(domain, uts46=True).decode("ascii").lower()
        except (idna.IDNAError, UnicodeError):
            return ""
    return domain if "." in domain and asked_name(domain) == domain else ""


def domain_of(address: str) -> str:
    """Return the domain of an address, in the form that `ascii_domain` gives it."""
    return ascii_domain(address.rpartition("@")[2])


def organizational(domain: str) -> str:
    """Return the registered domain of a name; for a public suffix, the suffix itself."""
    return str(_suffixes().privatesuffix(domain) or domain)


def aligned(one: str, other: str, *, strict: bool) -> bool:
    """Whether two domains (A-labels, lower case) are aligned, RFC 7489 3.1."""
    if not one or not other:
        return False
    if one == other:
        return True
    return not strict and organizational(one) == organizational(other)
