"""State what a strict reader says against an envelope's addresses; refuse none of them.

email-validator follows RFC 5321 and 6531 to the letter.  Real mail does not: mobile
carriers hand out addresses with two dots in a row, and their mail must arrive.  So at
the door its objections are facts, for a policy to weigh; an address is refused only where
an admin writes it (configuration, lists, command line).
"""

import re
from collections.abc import Iterator
from functools import lru_cache

from email_validator import EmailNotValidError, validate_email

from pratique.milter.mail import Envelope, Forward
from pratique.scanners import facts_pb2 as facts

# An address that is not cached costs some 100 microseconds.  A message to more recipients is
# rare, and its first hundred addresses tell as much.
MAX_CHECKED = 100

# A local part that nobody objects to, whatever the domain: a dot-string in ASCII of at most
# 64 octets (RFC 5321 4.1.2 and 4.5.3.1.1).
_PLAIN = re.compile(r"(?=[^@]{1,64}\Z)[A-Za-z0-9_+=-]+(?:\.[A-Za-z0-9_+=-]+)*")
# With such a local part only the domain is checked, and the result is kept: domains are few.
# A path has 256 octets with its brackets (RFC 5321 4.5.3.1.3).
_LONGEST, _KEPT = 254, 4096


def problems(envelope: Envelope) -> Iterator[facts.AddressProblem]:
    """Yield one fact for each address that breaks the rules."""
    addresses = [forward.address for forward in envelope.recipients[:MAX_CHECKED]]
    if envelope.reverse_path:
        addresses.insert(0, envelope.reverse_path)
    for address in addresses:
        # `postmaster` needs no domain, RFC 5321 4.5.1.
        if address and address.lower() != "postmaster":
            objection = objection_to(address)
            if objection:
                yield facts.AddressProblem(address=address, detail=objection)


def objection_to(address: str) -> str:
    """Return what a strict reader says against an address; empty if nothing."""
    local, _, domain = address.rpartition("@")
    if len(address) <= _LONGEST and address.isascii() and _PLAIN.fullmatch(local):
        return _objection_to_domain(domain)
    return _objection_to(address)


@lru_cache(maxsize=_KEPT)
def _objection_to_domain(domain: str) -> str:
    return _objection_to(f"a@{domain}")


def _objection_to(address: str) -> str:
    try:
        validate_email(
            address,
            check_deliverability=False,
            allow_quoted_local=True,
            allow_domain_literal=True,
            test_environment=True,
        )
    except EmailNotValidError as error:
        return str(error)
    return ""


def to_facts(forward: Forward) -> facts.Recipient:
    """Return a recipient as a policy sees it, with the domain in lower case."""
    local, at, _ = forward.address.rpartition("@")
    address = f"{local}@{forward.domain}" if at else forward.address
    return facts.Recipient(address=address, domain=forward.domain)
