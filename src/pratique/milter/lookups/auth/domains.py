"""Compare domains: as DNS writes them, and by who registered them (RFC 7489 3.1 and 3.2).

The organisational domain is one label below the public suffix; the list of these is
publicsuffix.org's, its section of private suffixes (`github.io`) counted, so that one customer
of such a host is never aligned with another.
"""

from functools import cache

import idna
from publicsuffixlist import PublicSuffixList

from pratique.milter.lookups.auth.answers import LONGEST_NAME, asked_name


@cache
def _suffixes() -> PublicSuffixList:
    return PublicSuffixList()


def load() -> None:
    """Read the list of public suffixes now: it takes some 30 ms, which no message shall wait."""
    _suffixes()


def ascii_domain(domain: str) -> str:
    """A domain with A-labels, in lower case (RFC 5891 5); empty if it is none.

    A name of one label, and an address literal (RFC 5321 4.1.3), is nobody's domain.
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
    """The domain of an address, as `ascii_domain` has it."""
    return ascii_domain(address.rpartition("@")[2])


def organizational(domain: str) -> str:
    """The domain that somebody registered; a public suffix itself is its own."""
    return str(_suffixes().privatesuffix(domain) or domain)


def aligned(one: str, other: str, *, strict: bool) -> bool:
    """Whether two domains (A-labels, lower case) belong together, RFC 7489 3.1."""
    if not one or not other:
        return False
    if one == other:
        return True
    return not strict and organizational(one) == organizational(other)
