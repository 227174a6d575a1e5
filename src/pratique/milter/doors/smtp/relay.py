"""Decide who may send where, so that nobody uses us as an open relay.

A recipient is taken from any client if its domain is ours, and from a client in
`relay_from` whatever the domain.  Where a stranger writes to one of our domains, the local part
must not route: `user%elsewhere@ours`, `elsewhere!user@ours`, `"user@elsewhere"@ours`
and `user:elsewhere@ours` are old forms of "send this on" (RFC 1123 5.2.16, RFC 5321
F.2), and a server behind us may still honour them.  `postmaster` always passes (RFC 5321
4.5.1).  An address literal is never ours: an admin who wants its mail says so in `relay_from`.

The client is the peer of the TCP connection, or the one that a listed peer names by PROXY or
XCLIENT.  What XFORWARD says of it is for the log and the policy; it gives no rights.
"""

import functools
from collections.abc import Iterable

import idna

from pratique.milter.doors.networks import Networks, listed

_ROUTES = frozenset("%!@:")


class Relay:
    """The rule of one listener."""

    def __init__(self, domains: Iterable[str], relay_from: Networks) -> None:
        ours = frozenset(_canonical(domain) for domain in domains)
        self._domains = frozenset(domain for domain in ours if not domain.startswith("."))
        self._parents = ours - self._domains
        # The lookup takes longer than all else here, and is repeated for each recipient.
        self._may_relay = functools.lru_cache(maxsize=4096)(lambda ip: listed(ip, relay_from))

    def allows(self, client_ip: str, recipient: str) -> bool:
        """Tell whether this client may send to this recipient (a parsed address)."""
        if recipient.lower() == "postmaster" or self._may_relay(client_ip):
            return True
        local, _, domain = recipient.rpartition("@")
        return bool(local) and self._is_ours(domain) and _ROUTES.isdisjoint(local)

    def _is_ours(self, domain: str) -> bool:
        canonical = _canonical(domain)
        if canonical in self._domains:
            return True
        labels = canonical.split(".")
        # At most 128 labels fit into 255 octets.
        return any("." + ".".join(labels[cut:]) in self._parents for cut in range(1, len(labels)))


def _canonical(domain: str) -> str:
    """Return the domain in lower case, as A-labels (RFC 5891).

    Returns "" if it is not a valid name, which is nobody's domain.
    """
    if domain.isascii():
        return domain.lower()
    dot = "." if domain.startswith(".") else ""
    try:
        return dot + idna.encode(domain.removeprefix("."), uts46=True).decode("ascii")
    except idna.IDNAError:
        return ""
