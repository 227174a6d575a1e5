"""A private address is no stranger's, in either spelling, and neither is none at all."""

import pytest

from pratique.milter.lookups.strangers import may_be_a_stranger


@pytest.mark.parametrize("ip", ["192.0.2.1", "8.8.8.8", "172.32.0.0", "2001:db8::1", "100.128.0.0"])
def test_who_has_a_public_address_may_be_one(ip):
    assert may_be_a_stranger(ip)


@pytest.mark.parametrize(
    "ip",
    [
        "10.0.0.1", "172.16.0.0", "172.31.255.255", "192.168.1.1", "100.64.0.0", "127.0.0.1",
        "169.254.0.1", "fc00::1", "fe80::1", "::1", "::ffff:10.0.0.1", "", "unknown", "10.0.0.1/8",
    ],
)  # fmt: skip
def test_who_has_a_private_one_or_none_is_none(ip):
    assert not may_be_a_stranger(ip)


def test_a_public_address_may_be_written_as_one_of_ipv6():
    assert may_be_a_stranger("::ffff:192.0.2.1")
