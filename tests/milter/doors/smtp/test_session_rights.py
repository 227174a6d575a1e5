"""What a peer may do in a session: send to elsewhere, and say who its client is."""

import pytest

from pratique.milter.mail import Client, Forward

GOOD = b"Subject: x\r\n\r\nhello\r\n"
EHLO, MAIL, RCPT = "EHLO x", "MAIL FROM:<a@b.example>", "RCPT TO:<b@corp.example>"


FORWARDED = "XFORWARD NAME=spike.example ADDR=192.0.2.1 HELO=helo.example PROTO=SMTP"


async def test_a_listed_peer_says_who_its_client_is(open_door, loopback):
    door = await open_door(xforward_from=loopback)
    client = await door.client()
    await client.hear()
    assert "250 XFORWARD NAME ADDR PORT PROTO HELO IDENT SOURCE" in await client.ask(EHLO)
    assert await client.ask(FORWARDED) == "250 2.0.0 ok"
    await client.ask(MAIL)
    assert (await client.ask(FORWARDED)).startswith("503 5.5.1 ")
    await client.ask(RCPT)
    await client.message(GOOD + b".\r\n")
    assert door.taken[0].envelope.client == Client("192.0.2.1", "spike.example", "helo.example")


async def test_a_listed_peer_says_what_it_calls_the_message(open_door, loopback):
    door = await open_door(xforward_from=loopback)
    client = await door.client()
    await client.hear()
    for line in (EHLO, "XFORWARD IDENT=4bXq1y0Zz0z", MAIL, "RSET", MAIL):
        assert (await client.ask(line)).startswith("250")
    assert [envelope.mta_id for envelope in door.hop.envelopes] == ["4bXq1y0Zz0z", ""]


async def test_what_was_forwarded_holds_for_one_transaction(open_door, loopback):
    door = await open_door(xforward_from=loopback)
    client = await door.client()
    await client.hear()
    for line in (EHLO, FORWARDED, MAIL, "RSET", MAIL, "RSET", FORWARDED, MAIL):
        assert (await client.ask(line)).startswith("250")
    known = Client("192.0.2.1", "spike.example", "helo.example")
    assert [envelope.client for envelope in door.hop.envelopes] == [known, Client(), known]


async def test_a_client_behind_a_silent_proxy_is_unknown(open_door, loopback):
    door = await open_door(xforward_from=loopback)
    client = await door.client()
    await client.envelope()
    assert door.hop.envelopes[0].client == Client()


async def test_a_listed_peer_may_hand_on_wishes_for_notifications(open_door, loopback):
    door = await open_door(xforward_from=loopback)
    client = await door.client()
    await client.hear()
    for line in (EHLO, MAIL + " RET=HDRS", RCPT + " NOTIFY=NEVER"):
        assert (await client.ask(line)).startswith("250")
    await client.message(GOOD + b".\r\n")
    envelope = door.taken[0].envelope
    assert envelope.parameters == ("RET=HDRS",)
    assert envelope.recipients == (Forward("b@corp.example", ("NOTIFY=NEVER",)),)


async def test_a_forwarded_address_gives_no_right_to_relay(open_door, loopback):
    door = await open_door(xforward_from=loopback, domains=(), relay_from=())
    client = await door.client()
    await client.hear()
    for line in (EHLO, "XFORWARD ADDR=127.0.0.1 NAME=localhost", MAIL):
        assert (await client.ask(line)).startswith("250")
    assert (await client.ask("RCPT TO:<b@elsewhere.example>")).startswith("550 5.7.1 ")


async def test_a_peer_in_relay_from_may_send_anywhere(open_door, loopback):
    door = await open_door(domains=(), relay_from=loopback)
    client = await door.client()
    assert (await client.envelope("b@elsewhere.example"))[1].startswith("250 ")


PROBES = [
    "<b@elsewhere.example>",
    "<b%elsewhere.example@corp.example>",
    "<b%elsewhere.example@mx.corp.example>",
    "<elsewhere.example!b@corp.example>",
    "<elsewhere.example!b>",
    "<b%elsewhere.example>",
    '<"b@elsewhere.example"@corp.example>',
    '<"b@elsewhere.example">',
    '<"b%elsewhere.example"@corp.example>',
    '<"elsewhere.example!b"@corp.example>',
    '<"b\\@elsewhere.example"@corp.example>',
    "<@corp.example:b@elsewhere.example>",
    "<@corp.example,@mx.corp.example:b@elsewhere.example>",
    "<@[127.0.0.1]:b@elsewhere.example>",
    "<b@[127.0.0.1]>",
    "<b@[192.0.2.1]>",
    "<b%elsewhere.example@[127.0.0.1]>",
    "<b@elsewhere.example@corp.example>",
    "<b@corp.example@elsewhere.example>",
    "<b@elsewhere.example%corp.example>",
    "<b@corp.example.elsewhere.example>",
    "<b@elsewhere-corp.example>",
    "<b@corp.example> <b@elsewhere.example>",
    "<b@corp.example>,<b@elsewhere.example>",
    "<b@corp.example> ORCPT=rfc822;b@elsewhere.example",
    "<b@elsewhere.example\x00@corp.example>",
    "<b@corp.example\rRCPT TO:<b@elsewhere.example>",
    "<b@corp.example\nRCPT TO:<b@elsewhere.example>",
    "b@elsewhere.example",
    "<b@elsewhere.example",
    "<b@corp.example\x00.elsewhere.example>",
    "<b@elsewhere.example>@corp.example",
    "<b:elsewhere.example@corp.example>",
    "<postmaster@elsewhere.example>",
    "<postmaster%elsewhere.example@corp.example>",
    "<>",
    "< b@elsewhere.example>",
    "<mailto:b@elsewhere.example>",
]


@pytest.mark.parametrize("probe", PROBES)
async def test_no_trick_gets_mail_through_to_elsewhere(open_door, probe):
    door = await open_door()
    client = await door.client()
    await client.hear()
    client.say(EHLO, MAIL, f"RCPT TO:{probe}", "DATA", "QUIT")
    replies = await client.hear_all()
    assert not any(reply.startswith("354") for reply in replies)
    assert not any(event.startswith("RCPT") for event in door.hop.events)


@pytest.mark.parametrize("mail", [f"MAIL FROM:{path}" for path in ("<>", "<x@corp.example>")])
async def test_no_reverse_path_opens_the_relay(open_door, mail):
    client = await (await open_door()).client()
    await client.hear()
    await client.ask(EHLO)
    await client.ask(mail)
    assert (await client.ask("RCPT TO:<b@elsewhere.example>")).startswith("550 5.7.1 ")


async def test_what_was_offered_before_xclient_is_offered_no_more(open_door, loopback):
    door = await open_door(xclient_from=loopback)
    door.hop.announced = frozenset({"DSN"})
    client = await door.client()
    await client.hear()
    assert "250-DSN" in (await client.ask(EHLO)).split("\n")
    assert (await client.ask("XCLIENT ADDR=192.0.2.1 HELO=x"))[:3] == "220"
    assert (await client.ask(f"{MAIL} RET=HDRS"))[:3] == "555"
    assert (await client.ask(MAIL))[:3] == "250"
