"""Read the domain of an address in the header as hosts are compared.

What stands there is a stranger's: comments and quotes in it, invisible characters, a dot at
its end, letters that NFKC makes others of.  Mail programs show most of that as a plain
address, so it is compared as one.
"""

import re
from functools import lru_cache

from pratique.scanners import facts_pb2 as facts
from pratique.scanners.bounces.fold import fold
from pratique.scanners.links.host import is_address, registrable, to_ascii

# A dozen domains stand in a header, and most of them in the next one too; each has at most
# 1,024 octets (mime/mail.py).
_KEPT = 1024
_COMMENT = re.compile(r"\([^()]{0,998}\)")
_HOST = re.compile(r"[^\s\"'<>()\[\],;:\\@]+")


@lru_cache(_KEPT)
def host_of(written: str) -> str:
    """A domain in A-labels (RFC 5891); empty if there is none."""
    plain = written if written.isascii() else fold(written)
    if "(" in plain:
        plain = _COMMENT.sub("", plain)
    found = _HOST.search(plain)
    return to_ascii(found[0].strip(".").lower()) if found is not None else ""


def domain_of(address: facts.Address) -> str:
    """Whose an address is, as far as its domain tells."""
    return host_of(address.domain)


def organisation(host: str) -> str:
    """The organisational domain (RFC 7489 3.2); the host itself where the list has none."""
    return host if is_address(host) else registrable(host) or host
