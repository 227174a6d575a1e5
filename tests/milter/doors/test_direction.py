"""Which way mail goes, and who could pass for a client of ours."""

from ipaddress import ip_network

import pytest

from pratique.milter.doors.direction import THIS_HOST, direction_of
from pratique.milter.mail import Client

OURS = (ip_network("10.0.0.0/8"), ip_network("2001:db8:1::/48"))
KNOWN = {
    "a client of ours": (Client("10.1.2.3"), "", "outbound"),
    "one with IPv6": (Client("2001:db8:1::9"), "", "outbound"),
    "one next door": (Client("11.1.2.3"), "", "inbound"),
    "whoever has logged in": (Client("192.0.2.1"), "ann", "outbound"),
    "one without an address that has": (Client(), "ann", "outbound"),
    "nobody known": (Client(), "", "inbound"),
    "one that greets as ours": (Client("192.0.2.1", "h.example", "10.1.2.3"), "", "inbound"),
    "this host": (THIS_HOST, "", "outbound"),
    "one that a Postfix of ours takes for its own": (
        Client("192.0.2.1", source="LOCAL"), "", "inbound",
    ),
    "one that is somewhere": (Client(source="REMOTE"), "", "inbound"),
}  # fmt: skip


@pytest.mark.parametrize(("client", "login", "way"), KNOWN.values(), ids=KNOWN)
def test_the_client_tells(client, login, way):
    assert direction_of("by_client", OURS, client, login) == way


@pytest.mark.parametrize("setting", ["inbound", "outbound"])
@pytest.mark.parametrize("client", [Client("10.1.2.3"), Client("192.0.2.1"), THIS_HOST, Client()])
def test_a_setting_that_says_so_knows_better(setting, client):
    assert direction_of(setting, OURS, client, "ann") == setting


def test_without_networks_an_address_is_nobodys():
    assert direction_of("by_client", (), Client("10.1.2.3"), "") == "inbound"


# In a session

EHLO, MAIL = "EHLO x", "MAIL FROM:<a@b.example>"
SAID = {
    "the peer": ((), {}, "outbound"),
    "a proxy that says nothing": ((), {"xforward_from": True}, "inbound"),
    "a proxy that may name and does not": ((), {"xclient_from": True}, "inbound"),
    "a stranger by XFORWARD": (("XFORWARD ADDR=192.0.2.1",), {"xforward_from": True}, "inbound"),
    "one of ours by XFORWARD": (("XFORWARD ADDR=127.0.0.7",), {"xforward_from": True}, "outbound"),
    "sendmail behind a Postfix": (("XFORWARD SOURCE=LOCAL",), {"xforward_from": True}, "outbound"),
    "a stranger by XCLIENT": (("XCLIENT ADDR=192.0.2.1",), {"xclient_from": True}, "inbound"),
    "one without a name": (("XCLIENT ADDR=[UNAVAILABLE]",), {"xclient_from": True}, "inbound"),
    "one of ours by XCLIENT": (("XCLIENT ADDR=127.0.0.7",), {"xclient_from": True}, "outbound"),
    "a login": (("XCLIENT ADDR=192.0.2.1 LOGIN=ann",), {"xclient_from": True}, "outbound"),
}


@pytest.mark.parametrize(("lines", "rights", "way"), SAID.values(), ids=SAID)
async def test_a_session_takes_who_speaks_not_who_hands_on(open_door, loopback, lines, rights, way):
    listed = dict.fromkeys(rights, loopback)
    door = await open_door(direction="by_client", own_networks=loopback, **listed)
    client = await door.client()
    await client.hear()
    for line in (*lines, EHLO, MAIL) if "xclient_from" in rights else (EHLO, *lines, MAIL):
        assert (await client.ask(line))[0] == "2"
    assert door.hop.envelopes[0].direction == way


async def test_what_was_said_of_one_message_says_nothing_of_the_next(open_door, loopback):
    door = await open_door(direction="by_client", own_networks=loopback, xforward_from=loopback)
    client = await door.client()
    await client.hear()
    for line in (EHLO, "XFORWARD SOURCE=LOCAL", MAIL, "RSET", MAIL):
        assert (await client.ask(line)).startswith("250")
    assert [each.direction for each in door.hop.envelopes] == ["outbound", "inbound"]


@pytest.mark.parametrize("line", ["XCLIENT LOGIN=ann", "XFORWARD SOURCE=LOCAL"])
async def test_a_stranger_cannot_say_that_he_is_ours(open_door, line):
    door = await open_door(direction="by_client", own_networks=OURS)
    client = await door.client()
    await client.hear()
    await client.ask(EHLO)
    assert (await client.ask(line)).startswith("550")
    await client.ask(MAIL)
    assert door.hop.envelopes[0].direction == "inbound"
