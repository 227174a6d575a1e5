"""Write the command lines of one transaction, with what the next hop understands.

Parameters are passed on only if the next hop announced them.  Without 8BITMIME the
content goes out as it is and BODY is left out: servers today accept eight bits, and
re-encoding would break signatures.  Without SMTPUTF8 there is no such way out (550 5.6.7).
"""

from collections.abc import Container, Mapping, Sequence

from pratique.milter.mail import Envelope, Forward
from pratique.milter.next_hop.wire import path, xforward

# Parameters that are named differently from their extension (RFC 6152, RFC 3461).
_EXTENSIONS = {"BODY": "8BITMIME", "RET": "DSN", "ENVID": "DSN", "NOTIFY": "DSN", "ORCPT": "DSN"}


def client_lines(envelope: Envelope, announced: Mapping[str, str]) -> list[bytes]:
    """Return lines about the client; the transaction does not depend on the replies."""
    attributes = announced.get("XFORWARD")
    return xforward(envelope, frozenset(attributes.split())) if attributes else []


def mail_line(envelope: Envelope, announced: Container[str]) -> bytes:
    """Return MAIL."""
    return _line(b"MAIL FROM:", envelope.reverse_path or "", envelope.parameters, announced)


def rcpt_line(forward: Forward, announced: Container[str]) -> bytes:
    """Return RCPT."""
    return _line(b"RCPT TO:", forward.address, forward.parameters, announced)


def _line(verb: bytes, address: str, parameters: Sequence[str], announced: Container[str]) -> bytes:
    if not parameters:
        return verb + path(address) + b"\r\n"
    understood = (
        b" " + parameter.encode("ascii")
        for parameter in parameters
        if _extension(parameter.partition("=")[0].upper()) in announced
    )
    return verb + path(address) + b"".join(understood) + b"\r\n"


def _extension(keyword: str) -> str:
    """Return the EHLO keyword that a parameter belongs to."""
    return _EXTENSIONS.get(keyword, keyword)
