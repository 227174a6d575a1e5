"""Read the attributes of XFORWARD and XCLIENT (Postfix XFORWARD_README, XCLIENT_README).

They are NAME=value words, the value in xtext (RFC 3461 4).  They end up in facts, the
log and the Received field, and with XCLIENT they give rights, so each is held to its own
grammar; a value that breaks it makes the whole command refused.  [UNAVAILABLE] and
[TEMPUNAVAIL] stand for values that are not known.
"""

import ipaddress
import re
from collections.abc import Callable, Mapping

from pratique.milter.doors.smtp.command import CommandError
from pratique.milter.next_hop import Reply

# XFORWARD_README: no attribute value is longer than 255 octets.
MAX_VALUE = 255

BAD_SYNTAX = Reply(501, ("5.5.4 syntax: attribute=value...",))
BAD_VALUE = Reply(501, ("5.5.4 bad attribute value",))

_UNKNOWN = frozenset({"[UNAVAILABLE]", "[TEMPUNAVAIL]"})
_XTEXT = re.compile(r"(?:[!-*,-<>-~]|\+[0-9A-F]{2})+")
_HEX = re.compile(r"\+([0-9A-F]{2})")

# Returns a value as we keep it; raises ValueError if it is not valid.
Grammar = Callable[[str], str]


def of(pattern: str) -> Grammar:
    """Return a grammar of what matches the pattern, in any case."""
    whole = re.compile(pattern, re.IGNORECASE | re.ASCII)

    def read(value: str) -> str:
        if not whole.fullmatch(value):
            raise ValueError(value)
        return value

    return read


def address(value: str) -> str:
    """Read an IPv4 address, or an IPv6 address after "IPV6:"."""
    six = value[:5].upper() == "IPV6:"
    if "%" in value:
        # A scope would be accepted, and may be any text.
        raise ValueError(value)
    found = ipaddress.IPv6Address(value[5:]) if six else ipaddress.IPv4Address(value)
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return str(mapped or found)


def port(value: str) -> str:
    """Read a number of 16 bits."""
    if not re.fullmatch(r"[0-9]{1,5}", value) or int(value) > 65535:
        raise ValueError(value)
    return value


# RFC 1123 2.1 plus the underscore, which real names have; a name that is all digits and dots
# is an address (Postfix's valid_hostname does the same in both).
_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
host_name = of(rf"(?![0-9.]+\Z){_LABEL}(?:\.{_LABEL})*\.?")


def helo(value: str) -> str:
    """Read what a client called itself: a Postfix takes any single word."""
    if " " in value or not value.isprintable():
        raise ValueError(value)
    return value


def read(argument: str, grammars: Mapping[str, Grammar]) -> dict[str, str]:
    """Return the attributes by name; unknown values are empty.  Raises CommandError."""
    attributes: dict[str, str] = {}
    for word in argument.split(" "):
        if not word:
            continue
        name, equals, coded = word.partition("=")
        if not equals or name.upper() not in grammars:
            raise CommandError(BAD_SYNTAX)
        attributes[name.upper()] = _value(coded, grammars[name.upper()])
    if not attributes:
        raise CommandError(BAD_SYNTAX)
    return attributes


def _value(coded: str, grammar: Grammar) -> str:
    if len(coded) > 3 * MAX_VALUE or not _XTEXT.fullmatch(coded):
        raise CommandError(BAD_VALUE)
    octets = _HEX.sub(lambda found: chr(int(found[1], 16)), coded).encode("latin-1")
    try:
        value = octets.decode("utf-8")
        if value.upper() in _UNKNOWN:
            return ""
        if len(octets) > MAX_VALUE:
            raise CommandError(BAD_VALUE)
        return grammar(value)
    except ValueError:
        raise CommandError(BAD_VALUE) from None
