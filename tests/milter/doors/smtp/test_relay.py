"""No open relay: who may send where, and every trick that we know of."""

from ipaddress import ip_network

import pytest

from pratique.milter.doors.smtp.relay import Relay

STRANGER, FRIEND = "198.51.100.9", "192.0.2.7"
RELAY = Relay(
    ("Corp.example", ".sub.example", "bücher.example"),
    (ip_network("192.0.2.0/24"), ip_network("2001:db8::/32")),
)


@pytest.mark.parametrize(
    "recipient",
    [
        "a@corp.example",
        "a@CORP.Example",
        "a@x.sub.example",
        "a@y.x.sub.example",
        '"a b"@corp.example',
        "a+tag@corp.example",
        "a@xn--bcher-kva.example",
        "a@BÜCHER.example",
        "postmaster",
        "PostMaster",
        "Postmaster@corp.example",
    ],
)
def test_a_stranger_may_write_to_us(recipient):
    assert RELAY.allows(STRANGER, recipient)


TRICKS = [
    "a@elsewhere.example",
    "a%elsewhere.example@corp.example",
    "a%elsewhere.example%corp.example@corp.example",
    "elsewhere.example!a@corp.example",
    "corp.example!elsewhere.example!a@corp.example",
    '"a@elsewhere.example"@corp.example',
    '"a%elsewhere.example"@corp.example',
    '"elsewhere.example!a"@corp.example',
    '"a\\@elsewhere.example"@corp.example',
    '"@corp.example:a@elsewhere.example"@corp.example',
    '"a:elsewhere.example"@corp.example',
    '"a@corp.example"@elsewhere.example',
    "a%corp.example@elsewhere.example",
    "a@[127.0.0.1]",
    "a@[192.0.2.1]",
    "a@[IPv6:::1]",
    "a@[corp.example]",
    "a@corp.example.elsewhere.example",
    "a@elsewhere-corp.example",
    "a@xcorp.example",
    "a@sub.example",
    "a@x.corp.example",
    "a@xsub.example",
    "a@example",
    "a",
    "a%elsewhere.example",
    "elsewhere.example!a",
    "postmaster%elsewhere.example",
    "postmaster@elsewhere.example",
    "postmaster@[192.0.2.1]",
    "a@corp\u3002example\u3002elsewhere.example",
    "a@\u200dcorp.example.",
    "a@c\u043erp.example",
]


@pytest.mark.parametrize("recipient", TRICKS)
def test_a_stranger_may_not_write_through_us(recipient):
    assert not RELAY.allows(STRANGER, recipient)
    assert not RELAY.allows("", recipient)


@pytest.mark.parametrize("recipient", TRICKS)
def test_a_friend_may_write_anywhere(recipient):
    assert RELAY.allows(FRIEND, recipient)
    assert RELAY.allows("2001:db8::7", recipient)


def test_a_listener_with_nothing_set_takes_mail_for_nobody_but_postmaster():
    nothing = Relay((), ())
    assert nothing.allows(STRANGER, "postmaster")
    assert not nothing.allows(STRANGER, "a@corp.example")
    assert not nothing.allows(STRANGER, "postmaster@corp.example")
    assert not nothing.allows(STRANGER, "a")
