"""What settings are written in: sizes, durations, addresses, sockets."""

import pytest
from pydantic import TypeAdapter, ValidationError

from pratique.milter import config_types


@pytest.mark.parametrize(
    ("kind", "written", "read"),
    [
        (config_types.Octets, "50MB", 50 * 1024**2),
        (config_types.Octets, "64 kb", 64 * 1024),
        (config_types.Octets, "1", 1),
        (config_types.Octets, 7, 7),
        (config_types.Seconds, "7d", 7 * 86400.0),
        (config_types.Seconds, "1.5m", 90.0),
        (config_types.Seconds, 3, 3.0),
        (config_types.Domain, ".Example.org", ".example.org"),
        (config_types.MilterSocket, "unix:/run/m.sock", "unix:/run/m.sock"),
        (config_types.MilterSocket, "inet:[::1]:8891", "inet:[::1]:8891"),
        (config_types.Mode, "0660", "0660"),
    ],
)
def test_what_an_admin_writes_is_read(kind, written, read):
    assert TypeAdapter(kind).validate_python(written) == read


@pytest.mark.parametrize(
    ("written", "right"),
    [
        ("10.0.0.1/8", "write '10.0.0.0/8'"),
        ("2001:db8::1/32", "write '2001:db8::/32'"),
        ("10.0.0.300", "write '192.0.2.0/24', "),
        ("", "write '192.0.2.0/24', "),
    ],
)
def test_of_what_is_no_network_it_is_told_what_would_be_one(written, right):
    with pytest.raises(ValidationError, match=f"{written!r} is no network; {right}"):
        TypeAdapter(config_types.Network).validate_python(written)


@pytest.mark.parametrize(
    ("kind", "written"),
    [
        (config_types.Octets, "50 MiB"),
        (config_types.Octets, "-1"),
        (config_types.Seconds, "1 week"),
        (config_types.Address, "localhost"),
        (config_types.Address, "localhost:99999"),
        (config_types.ListeningAddress, "localhost:25"),
        (config_types.Network, "10.0.0.1/8"),
        (config_types.Domain, "exa mple"),
        (config_types.MilterSocket, "/run/m.sock"),
        (config_types.MilterSocket, "unix:run/m.sock"),
        (config_types.MilterSocket, "inet:8891@127.0.0.1"),
        (config_types.Mode, "0999"),
        (config_types.Mode, "660660"),
    ],
)
def test_what_is_none_is_refused(kind, written):
    with pytest.raises(ValidationError):
        TypeAdapter(kind).validate_python(written)


@pytest.mark.parametrize(
    ("written", "split"),
    [
        ("127.0.0.1:25", ("127.0.0.1", 25)),
        ("[::1]:25", ("::1", 25)),
        ("mx.example:25", ("mx.example", 25)),
    ],
)
def test_an_address_is_host_and_port(written, split):
    assert config_types.split_address(written) == split
