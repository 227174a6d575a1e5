"""Read the words that settings are written in: sizes, durations, addresses, networks.

Each type turns what an admin writes ("50MB", "7d", "[::1]:25") into what code reckons
with, or says what would be right.
"""

import ipaddress
import re
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field

_UNITS = {"": 1, "B": 1, "KB": 1024, "MB": 1024**2, "GB": 1024**3}
_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}

# RFC 5321 4.5.3.1.7: a receiver takes at least 64 KiB; past 2 GiB a memfd is no place.
LARGEST = 2 * 1024**3


def _octets(value: object) -> object:
    """Read "50MB"; a bare number is octets."""
    if not isinstance(value, str):
        return value
    match = re.fullmatch(r"(\d{1,12})\s*([KMG]?B)?", value.strip(), re.IGNORECASE)
    if match is None:
        raise ValueError(f"{value!r} is no size; write 65536, '64KB', '50MB' or '1GB'")
    return int(match[1]) * _UNITS[(match[2] or "").upper()]


def _seconds(value: object) -> object:
    """Read "25s" or "7d"; a bare number is seconds."""
    if not isinstance(value, str):
        return value
    match = re.fullmatch(r"(\d{1,9}(?:\.\d{1,3})?)\s*([smhd]?)", value.strip())
    if match is None:
        raise ValueError(f"{value!r} is no duration; write 30, '25s', '5m', '2h' or '7d'")
    return float(match[1]) * _SECONDS[match[2]]


def _address(value: str) -> str:
    host, colon, port = value.rpartition(":")
    if not colon or not port.isdigit() or not 0 <= int(port) <= 65535 or not host:
        raise ValueError(f"{value!r} is no address; write '127.0.0.1:10025' or '[::1]:25'")
    return value


def _listening_address(value: str) -> str:
    host, _ = split_address(_address(value))
    try:
        ipaddress.ip_address(host)
    except ValueError:
        raise ValueError(f"{host!r} is no IP address; a listener needs one") from None
    return value


def _milter_socket(value: str) -> str:
    kind, _, where = value.partition(":")
    if kind == "unix" and where.startswith("/"):
        # sockaddr_un holds 108 octets, the closing NUL among them (unix(7)).
        if len(where.encode()) > 107:
            raise ValueError(f"{where!r} is longer than the 107 octets that a socket's path may be")
    elif kind == "inet":
        _listening_address(where)
    else:
        raise ValueError(
            f"{value!r} is no milter socket; write it as Postfix does: "
            "'unix:/run/pratique/milter.sock' or 'inet:127.0.0.1:8891'"
        )
    return value


def _smtp_socket(value: str) -> str:
    return _server(value) if value.startswith("unix:") else _listening_address(value)


def _server(value: str) -> str:
    kind, _, path = value.partition(":")
    if kind != "unix":
        return _address(value)
    if not path.startswith("/") or len(path.encode()) > 107:
        raise ValueError(
            f"{value!r} is no socket; write 'unix:' and a path that begins with '/', of 107 octets "
            "at most"
        )
    return value


def _mode(value: str) -> str:
    if not re.fullmatch(r"0?[0-7]{3}", value):
        raise ValueError(f"{value!r} are no permissions; write '0660'")
    return value


def _network(value: str) -> str:
    try:
        ipaddress.ip_network(value)
    except ValueError:
        raise ValueError(f"{value!r} is no network; write {_network_meant(value)}") from None
    return value


def _network_meant(value: str) -> str:
    """An address with a mask means, as a rule, the network that it lies in."""
    try:
        return repr(str(ipaddress.ip_network(value, strict=False)))
    except ValueError:
        return "'192.0.2.0/24', '2001:db8::/32' or '192.0.2.7'"


def _domain(value: str) -> str:
    name = value.lower().removeprefix(".")
    if not re.fullmatch(r"[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*", name) or len(name) > 253:
        raise ValueError(
            f"{value!r} is no domain; write 'example.org', or '.example.org' for its subdomains "
            "(international names in their xn-- form)"
        )
    return value.lower()


def split_address(address: str) -> tuple[str, int]:
    """Host and port of "host:port" or "[v6]:port"."""
    host, _, port = address.rpartition(":")
    return host.removeprefix("[").removesuffix("]"), int(port)


Octets = Annotated[int, BeforeValidator(_octets)]
Seconds = Annotated[float, BeforeValidator(_seconds)]
Address = Annotated[str, AfterValidator(_address)]
ListeningAddress = Annotated[str, AfterValidator(_listening_address)]
# Where a mail server of ours listens: a name or an address with a port, or a unix socket.
Server = Annotated[str, AfterValidator(_server)]
# Where we listen: an IP address with a port, or a unix socket.
SmtpSocket = Annotated[str, AfterValidator(_smtp_socket)]
MilterSocket = Annotated[str, AfterValidator(_milter_socket)]
Mode = Annotated[str, AfterValidator(_mode)]
Network = Annotated[str, AfterValidator(_network)]
Domain = Annotated[str, AfterValidator(_domain)]
HostName = Annotated[str, AfterValidator(_domain)]
Folder = Annotated[Path, Field(strict=False)]
