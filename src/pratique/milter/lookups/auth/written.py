"""Write our own Authentication-Results field (RFC 8601 2.2): what was found, for the next reader.

It contains only words and domains that were parsed before, in ASCII, and nothing else that a
stranger wrote.
"""

import re
from collections.abc import Iterator

from pratique.milter.lookups.auth.domains import ascii_domain, domain_of
from pratique.scanners import facts_pb2 as facts

# A token, RFC 2045 5.1: results and domains consist of these.
_TOKEN = re.compile(r"[a-z0-9._-]+")


def results_field(seen: facts.Facts, authserv_id: str) -> str:
    """Return the body of the field, folded; `none` where nothing was checked (RFC 8601 2.2)."""
    lines = list(_results(seen)) or ["none"]
    return ";\r\n\t".join([authserv_id, *lines])


def _results(seen: facts.Facts) -> Iterator[str]:
    auth = seen.auth
    if auth.spf:
        yield _spf(seen)
    for one in auth.dkim:
        yield _result("dkim", one.result, "header.d", one.domain)
    if auth.dmarc:
        authors = {ascii_domain(one.domain) for one in seen.mail.header.from_[:2]}
        yield _result("dmarc", auth.dmarc, "header.from", *authors)
    if auth.arc:
        yield _result("arc", auth.arc, "", "")


def _spf(seen: facts.Facts) -> str:
    """Name what was checked: the reverse-path, or HELO if that is null (RFC 8601 2.7.2)."""
    if reverse_path := seen.envelope.reverse_path:
        return _result("spf", seen.auth.spf, "smtp.mailfrom", domain_of(reverse_path))
    return _result("spf", seen.auth.spf, "smtp.helo", ascii_domain(seen.envelope.client.helo))


def _result(method: str, word: str, about: str, *domains: str) -> str:
    """Return one result; with its property if that is a single domain."""
    written = f"{method}={word if _TOKEN.fullmatch(word) else 'none'}"
    if len(domains) == 1 and _TOKEN.fullmatch(domains[0]):
        return f"{written} {about}={domains[0]}"
    return written
