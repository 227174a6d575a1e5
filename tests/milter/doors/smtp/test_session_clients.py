"""A proxy names the client whose place it takes (XCLIENT), and nobody else may."""

import pytest

from pratique.milter.mail import Client

GOOD = b"Subject: x\r\n\r\nhello\r\n.\r\n"
EHLO, MAIL, RCPT = "EHLO x", "MAIL FROM:<a@b.example>", "RCPT TO:<b@corp.example>"
NAMED = "XCLIENT NAME=spike.example ADDR=192.0.2.1 PORT=1234"
BANNER = "220 mx.corp.example ESMTP"


@pytest.fixture
def said(open_door, loopback):
    """Have a door whose peers may name clients, and say lines to it; the door, what it heard."""

    async def make(*lines, **settings):
        door = await open_door(**({"xclient_from": loopback} | settings))
        client = await door.client()
        assert await client.hear() == BANNER
        return door, [await client.ask(line) for line in lines]

    return make


async def test_a_named_client_is_the_client(said):
    door, heard = await said(EHLO, NAMED, "EHLO client.example", MAIL, RCPT)
    assert "XCLIENT NAME ADDR PORT PROTO HELO LOGIN DESTADDR DESTPORT" in heard[0]
    assert heard[1] == BANNER
    assert heard[2].startswith("250-")
    (envelope,) = door.hop.envelopes
    assert envelope.client == Client("192.0.2.1", "spike.example", "client.example")
    assert (envelope.authenticated, envelope.protocol) == ("", "ESMTP")


async def test_a_client_is_named_for_all_that_follows(said):
    door, heard = await said(EHLO, NAMED, EHLO, MAIL, "RSET", MAIL, EHLO, MAIL)
    assert [reply[:3] for reply in heard[3:]] == ["250"] * 5
    assert {envelope.client.ip for envelope in door.hop.envelopes} == {"192.0.2.1"}


async def test_the_conversation_begins_anew(said):
    _, heard = await said(EHLO, NAMED, MAIL, EHLO, MAIL)
    assert [reply[:3] for reply in heard] == ["250", "220", "503", "250", "250"]


async def test_a_helo_and_a_protocol_may_be_named_too(said):
    door, heard = await said(NAMED + " HELO=client.example PROTO=ESMTP", MAIL)
    assert heard == [BANNER, "250 2.0.0 mail fine"]
    (envelope,) = door.hop.envelopes
    assert (envelope.client.helo, envelope.protocol) == ("client.example", "ESMTP")


async def test_a_login_is_an_identity_until_it_is_taken_back(said):
    taken_back = "XCLIENT LOGIN=[UNAVAILABLE]"
    lines = (NAMED, "XCLIENT LOGIN=ann+40corp.example", EHLO, MAIL, taken_back, "RSET", taken_back)
    door, heard = await said(*lines, EHLO, MAIL)
    assert [reply[:3] for reply in heard[3:7]] == ["250", "503", "250", "220"]
    assert [one.authenticated for one in door.hop.envelopes] == ["ann@corp.example", ""]


@pytest.mark.parametrize(
    ("named", "relays"),
    [
        ("ADDR=192.0.2.1", False),
        ("ADDR=[UNAVAILABLE]", False),
        ("ADDR=[TEMPUNAVAIL]", False),
        ("NAME=localhost", False),
        ("LOGIN=ann", False),
        ("ADDR=127.0.0.7", True),
        ("ADDR=IPV6:::ffff:127.0.0.7", True),
        ("ADDR=IPV6:2001:db8::1", False),
    ],
)
async def test_the_right_to_relay_is_the_named_clients(said, loopback, named, relays):
    elsewhere = "RCPT TO:<b@elsewhere.example>"
    lines = (EHLO, f"XCLIENT {named}", EHLO, MAIL, elsewhere)
    _, heard = await said(*lines, relay_from=loopback, domains=())
    assert heard[-1].startswith("250" if relays else "550 5.7.1")


async def test_a_proxy_that_names_nobody_relays_by_its_own_right(said, loopback):
    door, heard = await said(EHLO, MAIL, "RCPT TO:<b@elsewhere.example>", relay_from=loopback)
    assert heard[-1].startswith("250")
    assert door.hop.envelopes[0].client == Client()


@pytest.mark.parametrize("line", [NAMED, "XCLIENT", "XCLIENT nonsense", "xclient addr=::1"])
async def test_a_stranger_may_name_nobody(said, line):
    door, heard = await said(EHLO, line, MAIL, xclient_from=())
    assert "XCLIENT" not in heard[0]
    assert heard[1:] == ["550 5.7.0 not authorized", "250 2.0.0 mail fine"]
    assert door.hop.envelopes[0].client == Client("127.0.0.1", "", "x")


@pytest.mark.parametrize(
    "line", ["XCLIENT", "XCLIENT ADDR=x", "XCLIENT NAME=a ADDR=1.2.3.4 LOGIN=+00", "XCLIENT FOO=1"]
)
async def test_what_breaks_the_grammar_names_nobody(said, line):
    door, heard = await said(NAMED, line, EHLO, MAIL)
    assert heard[1].startswith("501 5.5.4 ")
    assert door.hop.envelopes[0].client.ip == "192.0.2.1"


async def test_no_client_is_named_within_a_transaction(said):
    _, heard = await said(EHLO, MAIL, NAMED)
    assert heard[-1] == "503 5.5.1 not in a mail transaction"


async def test_after_a_stranger_was_named_nothing_may_be_forwarded(said, loopback):
    _, heard = await said(EHLO, NAMED, EHLO, "XFORWARD NAME=x", xforward_from=loopback)
    assert "XFORWARD" in heard[0]
    assert "XFORWARD" not in heard[2]
    assert heard[3] == "550 5.7.0 not authorized"


async def test_what_was_pipelined_after_xclient_is_said_by_the_named_client(said, open_door):
    door, _ = await said()
    client = await door.client()
    client.say(NAMED, EHLO, MAIL, RCPT, "DATA")
    client.send(GOOD)
    client.say("QUIT")
    heard = await client.hear_all()
    assert [reply[:3] for reply in heard] == ["220"] * 2 + ["250"] * 3 + ["354", "250", "221"]
    assert door.taken[0].envelope.client.ip == "192.0.2.1"


async def test_the_limits_of_a_client_are_the_named_clients(open_door, loopback):
    door = await open_door(xclient_from=loopback, max_connections_per_client=2)
    clients = [await door.client() for _ in range(4)]
    heard = []
    for client in clients:
        await client.hear()
        heard.append(await client.ask(NAMED))
    assert heard[:2] == [BANNER] * 2
    assert [reply[:3] for reply in heard[2:]] == ["421"] * 2
    # Who is named anew makes room for another.
    assert await clients[0].ask("XCLIENT ADDR=192.0.2.2") == BANNER
    last = await door.client()
    await last.hear()
    assert await last.ask(NAMED) == BANNER
