"""Say who a message is proved to come from: the one name that an allow-list may compare with.

It is the address in From, and only where the owner of its domain has signed this very message:

  1. From has exactly one address; nothing in the header lets another program see another one
     (`several_from`, `repeated_field`, `not_a_field`, `nul`, ...), and it was read to its end.
  2. A DKIM signature passes over the whole body (l= is not enough), and its key is not a test
     key (t=y).
  3. Its d= is the domain of From; or DMARC passes, and d= is aligned with it as its record
     wants.

SPF alone is not enough, though it is for DMARC.  Records of thousands of domains let whole
hosting services send, and anybody who rents a place there passes for each of them; a record
may end in "+all".  An admin who knows better sets `spf_authenticates`; then DMARC's pass by SPF
is enough, where an address or a network (/8 at most) that the record names has matched, and not
`all`, `exists` or `ptr`.

What is proved is the domain: who writes for whom within it is up to its owner.  ARC proves
nothing here, nor does SMTP AUTH: the user who logged in is in `envelope.authenticated`, and may
write any From.  In doubt the name is empty, and matches no entry of a list.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from pratique.milter.lookups.auth.dkim import Checked
from pratique.milter.lookups.auth.dmarc import Judged
from pratique.milter.lookups.auth.domains import aligned, ascii_domain, domain_of
from pratique.milter.lookups.auth.spf import Answer
from pratique.scanners import facts_pb2 as facts

# Words of HeaderAnomalies: with one of these two programs may show two authors, or a field was
# added to what was signed.
_UNSURE = frozenset(
    {"several_from", "no_from", "repeated_field", "not_a_field", "nul", "address_list_cut"}
)
# Words of Ambiguities: with one of these, in any part, two programs may show two authors too.
_DIFFERENT = frozenset({"header_end", "nul_in_header", "mixed_line_ends"})
# RFC 5321 4.5.3.1.3: a path of 256 octets has two angle brackets.
_LONGEST = 254


@dataclass(frozen=True, slots=True)
class Shown:
    """What was found out about a message."""

    spf: Answer | None
    dkim: Sequence[Checked]
    dmarc: Judged
    # The admin accepts DMARC's pass by SPF as proof.
    spf_authenticates: bool = False


def is_sure(seen: facts.Facts) -> bool:
    """Whether the whole header was read, and every program reads the same fields in it.

    Anybody who has a signed message may write fields above it, enough of them that the signed From
    is no longer read: then the From that is seen is the forger's.
    """
    unread = any(one.class_ == "header" for one in seen.limits)
    return not (unread or any(one.class_ in _DIFFERENT for one in seen.ambiguities))


def authenticated_as(mail: facts.Mail, shown: Shown) -> str:
    """Return the address that a message is proved to come from; empty if none."""
    if len(mail.header.from_) != 1 or _UNSURE & set(mail.header_anomalies):
        return ""
    author = mail.header.from_[0]
    domain = ascii_domain(author.domain)
    if not domain or domain != domain_of(author.address) or not _plain(author.address):
        return ""
    proved = _by_dkim(domain, shown) or (shown.spf_authenticates and _by_spf(domain, shown))
    return author.address if proved else ""


def _plain(address: str) -> bool:
    """Whether an address hides nothing: no octets that could not be read, no blanks.

    A second @ is legal between quotes (RFC 5322 3.4.1), and elsewhere a trick.
    """
    local = address.rpartition("@")[0]
    if "@" in local and not (local.startswith('"') and local.endswith('"')):
        return False
    return (
        len(address) <= _LONGEST and address.isprintable() and not set(address) & set(" \ufffd<>")
    )


def _by_dkim(domain: str, shown: Shown) -> bool:
    signers = [one.domain for one in shown.dkim if one.word == "pass" and not one.testing]
    if domain in signers:
        return True
    if shown.dmarc.word != "pass":
        return False
    strict = shown.dmarc.policy is not None and shown.dmarc.policy.strict_dkim
    return any(aligned(one, domain, strict=strict) for one in signers)


def _by_spf(domain: str, shown: Shown) -> bool:
    spf, policy = shown.spf, shown.dmarc.policy
    if spf is None or policy is None or shown.dmarc.word != "pass":
        return False
    return (
        spf.word == "pass" and spf.named and aligned(spf.domain, domain, strict=policy.strict_spf)
    )
