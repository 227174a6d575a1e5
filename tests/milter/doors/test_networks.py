"""An address as a socket tells it, and as an admin lists networks."""

from ipaddress import ip_network

import pytest

from pratique.milter.doors.networks import listed, plain_ip

LISTED = (ip_network("192.0.2.0/24"), ip_network("2001:db8::/32"))


@pytest.mark.parametrize(
    ("host", "ip"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:DB8::1", "2001:db8::1"),
        ("fe80::1%eth0", "fe80::1"),
    ],
)
def test_a_peer_is_known_by_its_plain_address(host, ip):
    assert plain_ip(host) == ip


@pytest.mark.parametrize("ip", ["192.0.2.0", "192.0.2.255", "2001:db8::1"])
def test_an_address_in_a_listed_network_is_listed(ip):
    assert listed(ip, LISTED)


@pytest.mark.parametrize("ip", ["192.0.1.255", "192.0.3.0", "2001:db9::", ""])
def test_no_other_is_and_an_unknown_one_never(ip):
    assert not listed(ip, LISTED)
    assert not listed("192.0.2.1", ())
