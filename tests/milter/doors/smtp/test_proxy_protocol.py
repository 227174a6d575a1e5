"""PROXY headers: what balancers send, at every cut, at the limits, and what breaks the grammar."""

import ipaddress

import pytest

from pratique.milter.doors.smtp.proxy_protocol import (
    MAX_LINE,
    MAX_REST,
    Announced,
    ProxyError,
    read,
)

SIGNATURE = b"\r\n\r\n\x00\r\nQUIT\n"
FOUR = ipaddress.ip_address("192.0.2.7").packed + ipaddress.ip_address("192.0.2.1").packed
SIX = ipaddress.ip_address("2001:db8::7").packed + ipaddress.ip_address("2001:db8::1").packed
PORTS = b"\x1f\x90\x00\x19"


def version_2(command, family, rest):
    return SIGNATURE + bytes([command, family]) + len(rest).to_bytes(2) + rest


LINE = b"PROXY TCP4 192.0.2.7 192.0.2.1 56324 25\r\n"
GOOD = [
    (LINE, "192.0.2.7", False),
    (b"PROXY TCP6 2001:db8::7 2001:DB8:0::1 65535 0\r\n", "2001:db8::7", False),
    (b"PROXY TCP6 ::ffff:192.0.2.7 ::1 1 2\r\n", "192.0.2.7", False),
    (b"PROXY UNKNOWN\r\n", "", False),
    (b"PROXY UNKNOWN ffff::1 whatever 1 2\r\n", "", False),
    (version_2(0x21, 0x11, FOUR + PORTS), "192.0.2.7", False),
    (version_2(0x21, 0x21, SIX + PORTS), "2001:db8::7", False),
    (version_2(0x21, 0x11, FOUR + PORTS + b"\x04\x00\x03abc"), "192.0.2.7", False),
    (version_2(0x21, 0x31, b"\0" * 216), "", False),
    (version_2(0x21, 0x00, b""), "", False),
    (version_2(0x20, 0x00, b""), "", True),
    (version_2(0x20, 0x11, FOUR + PORTS), "", True),
]


@pytest.mark.parametrize(("header", "ip", "local"), GOOD)
def test_a_header_names_its_client_and_its_own_length(header, ip, local):
    expected = Announced(len(header), ip, local)
    assert read(header) == expected
    assert read(header + b"EHLO x\r\n") == expected


@pytest.mark.parametrize("header", [header for header, _, _ in GOOD])
def test_a_header_that_is_cut_anywhere_wants_more(header):
    assert [read(header[:cut]) for cut in range(len(header))] == [None] * len(header)


@pytest.mark.parametrize(
    "header",
    [
        b"EHLO x\r\n",
        b"proxy TCP4 192.0.2.7 192.0.2.1 56324 25\r\n",
        b"\r\n\r\nEHLO",
        b"PROXY\r\n",
        b"PROXY \r\n",
        b"PROXY TCP4\r\n",
        b"PROXY TCP5 192.0.2.7 192.0.2.1 56324 25\r\n",
        b"PROXY TCP4 192.0.2.7 192.0.2.1 56324\r\n",
        b"PROXY TCP4 192.0.2.7 192.0.2.1 56324 25 26\r\n",
        b"PROXY TCP4  192.0.2.7 192.0.2.1 56324 25\r\n",
        b"PROXY TCP4 192.0.2.07 192.0.2.1 56324 25\r\n",
        b"PROXY TCP4 2001:db8::7 192.0.2.1 56324 25\r\n",
        b"PROXY TCP4 192.0.2.7 nobody 56324 25\r\n",
        b"PROXY TCP6 192.0.2.7 ::1 56324 25\r\n",
        b"PROXY TCP5 2001:db8::7 ::1 56324 25\r\n",
        b"PROXY TCP6 fe80::1%eth0 ::1 56324 25\r\n",
        b"PROXY TCP4 192.0.2.7 192.0.2.1 65536 25\r\n",
        b"PROXY TCP4 192.0.2.7 192.0.2.1 56324 -1\r\n",
        b"PROXY TCP4 192.0.2.7 192.0.2.1 056324 25\r\n",
        b"PROXY TCP4 192.0.2.7 192.0.2.1 56324 25\n\r\n",
        "PROXY TCP4 192.0.2.7 192.0.2.1 ٥ 25\r\n".encode(),
        version_2(0x11, 0x11, FOUR + PORTS),
        version_2(0x22, 0x11, FOUR + PORTS),
        version_2(0x21, 0x11, FOUR + PORTS[:3]),
        version_2(0x21, 0x12, FOUR + PORTS),
        version_2(0x21, 0x41, FOUR + PORTS),
        version_2(0x21, 0x21, FOUR + PORTS),
    ],
)
def test_what_breaks_the_grammar_is_no_header(header):
    with pytest.raises(ProxyError):
        read(header)


def test_a_line_may_have_107_octets_and_no_more():
    filled = b"PROXY UNKNOWN " + b"x" * (MAX_LINE - 16)
    assert read(filled + b"\r\n") == Announced(MAX_LINE)
    assert read(filled[: MAX_LINE - 1]) is None
    for longer in (filled + b"x\r\n", filled + b"xx"):
        with pytest.raises(ProxyError, match="longer than 107"):
            read(longer)


def test_extensions_are_skipped_up_to_a_limit():
    most = version_2(0x21, 0x11, (FOUR + PORTS).ljust(MAX_REST, b"\0"))
    assert read(most) == Announced(16 + MAX_REST, "192.0.2.7")
    with pytest.raises(ProxyError, match="2049 octets"):
        read(SIGNATURE + b"\x21\x11" + (MAX_REST + 1).to_bytes(2))
