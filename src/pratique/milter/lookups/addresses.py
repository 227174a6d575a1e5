"""State what a strict reader says against an envelope's addresses; refuse none of them.

email-validator follows RFC 5321 and 6531 to the letter.  Real mail does not: mobile
carriers hand out addresses with two dots in a row, and their mail must arrive.  So at
the door its objections are facts, for a policy to weigh; only where an admin writes an
address (configuration, lists, command line) is it refused.
"""

from collections.abc import Iterator

from email_validator import EmailNotValidError, validate_email

from pratique.milter.mail import Envelope, Forward
from pratique.scanners import facts_pb2 as facts

# Each costs some 30 microseconds; a message to more recipients is rare, and its first
# hundred addresses tell as much.
MAX_CHECKED = 100


def problems(envelope: Envelope) -> Iterator[facts.AddressProblem]:
    """One fact for each address that does not keep to the letter."""
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
    """What a strict reader says against an address; empty if nothing."""
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
    """A recipient as a policy sees it: the domain in lower case."""
    local, at, _ = forward.address.rpartition("@")
    address = f"{local}@{forward.domain}" if at else forward.address
    return facts.Recipient(address=address, domain=forward.domain)
