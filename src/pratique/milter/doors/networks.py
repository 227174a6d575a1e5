"""Parse an address, and tell whether it lies in a network that an admin lists."""

import functools
import ipaddress
from ipaddress import IPv4Network, IPv6Network

Networks = tuple[IPv4Network | IPv6Network, ...]


def listed(ip: str, networks: Networks) -> bool:
    """True if the address lies in one of the networks; an unknown address never does."""
    if not ip or not networks:
        return False
    address = _address(ip)
    return any(address in network for network in networks)


# Parsing takes longer than comparing, and a client is compared at each recipient.
_address = functools.lru_cache(maxsize=4096)(ipaddress.ip_address)


def plain_ip(host: str) -> str:
    """Return a peer's address as text: no scope, and plain IPv4 even on an IPv6 socket."""
    address = ipaddress.ip_address(host.partition("%")[0])
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return str(mapped or address)
