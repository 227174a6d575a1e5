"""Read the header of the PROXY protocol, versions 1 and 2: octets in, the client's address out.

A load balancer in front of us opens the connection, so its address is all that the kernel
reports; before the first octet of SMTP it says in a header who its client is (haproxy's
proxy-protocol.txt, March 2020).  Only a peer that an admin lists is expected to send it, and
it must: without a header its clients could not be told from itself.

What it says gives rights, so each value is held to its grammar, and one that breaks it ends
the connection.  A health check by the balancer itself (LOCAL) is from the peer.  A
client that it cannot name (UNKNOWN, AF_UNSPEC, AF_UNIX) is unknown: taking the balancer's
address instead would give any client the balancer's rights.
"""

import ipaddress
import re
from dataclasses import dataclass

# proxy-protocol.txt 2.1: the longest line has 107 characters, with its CRLF.
MAX_LINE = 107
# What follows the first 16 octets: addresses are 216 at most (AF_UNIX), then come extensions
# (TLV), which are skipped: a name of 255, a unique id of 128, and data of a client's
# certificate.  The field could say 65,535, which no sender does.
MAX_REST = 2048

_SIGNATURE = b"\r\n\r\n\x00\r\nQUIT\n"
_START = len(_SIGNATURE) + 4
_PORT = re.compile(r"0|[1-9][0-9]{0,4}")
# Version 2: the length of the addresses by family and transport.
_LENGTHS = {0x00: 0, 0x11: 12, 0x21: 36, 0x31: 216}
_IP_LENGTHS = {0x1: 4, 0x2: 16}


class ProxyError(Exception):
    """What came is not a header; says why, for the log."""


@dataclass(frozen=True, slots=True)
class Announced:
    """What a header says, and its length in octets."""

    length: int
    # The client's address; empty if unknown.
    ip: str = ""
    # True if there is no client: the peer speaks for itself.
    local: bool = False


def read(octets: bytes) -> Announced | None:
    """Return the header that begins these octets; None: more are needed.  Raises ProxyError."""
    if octets[: len(_SIGNATURE)] == _SIGNATURE[: len(octets)]:
        return _version_2(octets)
    if octets[:6] == b"PROXY "[: len(octets)]:
        return _version_1(octets)
    raise ProxyError("it does not begin with a PROXY header")


def _version_1(octets: bytes) -> Announced | None:
    end = octets.find(b"\r\n", 0, MAX_LINE)
    if end < 0:
        if len(octets) >= MAX_LINE:
            raise ProxyError(f"its PROXY line is longer than {MAX_LINE} octets")
        return None
    try:
        family, *rest = octets[6:end].decode("ascii").split(" ")
    except UnicodeDecodeError:
        raise ProxyError("its PROXY line is not ASCII") from None
    if family == "UNKNOWN":
        return Announced(end + 2)
    if family not in {"TCP4", "TCP6"} or len(rest) != 4:
        raise ProxyError("its PROXY line does not say: TCP4 or TCP6, two addresses, two ports")
    source, target, *ports = rest
    _written(target, family)
    if not all(_PORT.fullmatch(port) and int(port) < 2**16 for port in ports):
        raise ProxyError("its PROXY line has a port that is none")
    return Announced(end + 2, _written(source, family))


def _written(address: str, family: str) -> str:
    """Return an address of a PROXY line as we write it."""
    kind = ipaddress.IPv4Address if family == "TCP4" else ipaddress.IPv6Address
    try:
        # A scope (fe80::1%eth0) would refer to an interface of another machine.
        return _plain(kind(address if "%" not in address else ""))
    except ipaddress.AddressValueError:
        raise ProxyError(f"its PROXY line has an address that is no {family} address") from None


def _version_2(octets: bytes) -> Announced | None:
    if len(octets) < _START:
        return None
    command, family = octets[12], octets[13]
    length = int.from_bytes(octets[14:16])
    if length > MAX_REST:
        raise ProxyError(f"its PROXY header says {length} octets, more than {MAX_REST}")
    if command not in {0x20, 0x21}:
        raise ProxyError(f"its PROXY header has version and command {command:#04x}")
    if len(octets) < _START + length:
        return None
    if command == 0x20:
        return Announced(_START + length, local=True)
    if family not in _LENGTHS:
        raise ProxyError(f"its PROXY header has family and transport {family:#04x}")
    if length < _LENGTHS[family]:
        raise ProxyError("its PROXY header is shorter than its addresses")
    size = _IP_LENGTHS.get(family >> 4, 0)
    if not size:
        return Announced(_START + length)
    return Announced(_START + length, _plain(ipaddress.ip_address(octets[_START : _START + size])))


def _plain(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> str:
    """Return plain IPv4 even if it is written as IPv6, as for a peer of a socket."""
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return str(mapped or address)
