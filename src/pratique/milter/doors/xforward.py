"""Take what a Postfix in front of us says of its client (Postfix XFORWARD_README).

Attributes are NAME=value words, the value in xtext (RFC 3461 4).  They describe one
transaction: Postfix says them again before each.  They end up in facts, the log and the
Received field, so each is held to a grammar of its own; a value that breaks it refuses
the whole command.  [UNAVAILABLE] and [TEMPUNAVAIL] are values that are not known.
"""

import ipaddress
import re
from collections.abc import Mapping

from pratique.milter.doors.command import CommandError
from pratique.milter.mail import Client
from pratique.milter.next_hop import Reply

ATTRIBUTES = ("NAME", "ADDR", "PORT", "PROTO", "HELO", "IDENT", "SOURCE")
# XFORWARD_README: no attribute value is longer than 255 octets.
MAX_VALUE = 255

BAD_SYNTAX = Reply(501, ("5.5.4 syntax: XFORWARD attribute=value...",))
BAD_VALUE = Reply(501, ("5.5.4 bad XFORWARD attribute value",))

_UNKNOWN = frozenset({"[UNAVAILABLE]", "[TEMPUNAVAIL]"})
_XTEXT = re.compile(r"(?:[!-*,-<>-~]|\+[0-9A-F]{2})+")
_HEX = re.compile(r"\+([0-9A-F]{2})")
_HOST = re.compile(r"[A-Za-z0-9_.:\[\]-]+")
_GRAMMAR: Mapping[str, re.Pattern[str]] = {
    "NAME": _HOST,
    # A Postfix's client says in HELO what it wants: printable, no space is all we ask.
    "HELO": re.compile(r"[!-~]+"),
    "PORT": re.compile(r"[0-9]{1,5}"),
    "PROTO": re.compile(r"[A-Za-z0-9]{1,20}"),
    # What that Postfix calls the message: letters and digits, but other servers send it too.
    "IDENT": re.compile(r"[!-~]+"),
    "SOURCE": re.compile(r"LOCAL|REMOTE", re.IGNORECASE),
}


def parse_xforward(argument: str) -> dict[str, str]:
    """Read the attributes; unknown values are empty.  Raises CommandError."""
    attributes: dict[str, str] = {}
    for word in argument.split():
        name, equals, value = word.partition("=")
        if not equals or name.upper() not in ATTRIBUTES:
            raise CommandError(BAD_SYNTAX)
        attributes[name.upper()] = _value(name.upper(), value)
    if not attributes:
        raise CommandError(BAD_SYNTAX)
    return attributes


def forwarded_client(attributes: Mapping[str, str]) -> Client:
    """The client that these attributes speak of."""
    return Client(
        ip=attributes.get("ADDR", ""),
        name=attributes.get("NAME", ""),
        helo=attributes.get("HELO", ""),
        source=attributes.get("SOURCE", "").upper(),
    )


def _value(name: str, coded: str) -> str:
    if len(coded) > 3 * MAX_VALUE or not _XTEXT.fullmatch(coded):
        raise CommandError(BAD_VALUE)
    value = _HEX.sub(lambda found: chr(int(found[1], 16)), coded)
    if value.upper() in _UNKNOWN:
        return ""
    if name == "ADDR":
        return _address(value)
    if len(value) > MAX_VALUE or not _GRAMMAR[name].fullmatch(value):
        raise CommandError(BAD_VALUE)
    return value


def _address(value: str) -> str:
    six = value[:5].upper() == "IPV6:"
    if "%" in value:
        # A scope would be taken, and may be any text.
        raise CommandError(BAD_VALUE)
    try:
        address = ipaddress.IPv6Address(value[5:]) if six else ipaddress.IPv4Address(value)
    except ValueError:
        raise CommandError(BAD_VALUE) from None
    return str(address)
