"""Tell a client that may be a stranger from one whose address no stranger comes from.  Pure.

Nobody publishes a record about a private address, and nobody on the Internet has one; a client
whose address is unknown cannot be asked about either.  Python counts the addresses for
documentation (RFC 5737) as private, but nobody else does, so the networks are written out.
"""

import ipaddress

# RFC 1918, RFC 4193, RFC 6598, link-local (RFC 3927, RFC 4291 2.5.6), and the host itself.
_PRIVATE = tuple(
    ipaddress.ip_network(one)
    for one in (
        "10.0.0.0/8 172.16.0.0/12 192.168.0.0/16 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16"
        " fc00::/7 fe80::/10 ::1/128"
    ).split()
)


def may_be_a_stranger(ip: str) -> bool:
    """Return False for a private address, and for what is not an address."""
    try:
        address = ipaddress.ip_address(ip)
    except ValueError:
        return False
    # RFC 4291 2.5.5.2: the same host.
    plain = getattr(address, "ipv4_mapped", None) or address
    return not any(plain in network for network in _PRIVATE)
