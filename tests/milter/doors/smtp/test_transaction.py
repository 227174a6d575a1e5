"""One message from MAIL to the reply: what is passed through, and what LMTP says at its end."""

import pytest

from pratique.milter.doors.smtp.ending import Fault
from pratique.milter.mail import Forward
from pratique.milter.next_hop import Reply

CONTENT = b"Subject: x\r\n\r\nhello\r\n.\r\n"
EHLO, LHLO, MAIL = "EHLO x", "LHLO x", "MAIL FROM:<a@b.example>"
B, C = "RCPT TO:<b@corp.example>", "RCPT TO:<c@corp.example>"
ALL = frozenset({"8BITMIME", "SMTPUTF8", "DSN"})
NO = Reply(550, ("5.1.1 no such user",))


async def said_to(door, *lines):
    client = await door.client()
    await client.hear()
    return client, [await client.ask(line) for line in lines]


async def test_wishes_for_notifications_go_to_a_next_hop_that_has_them(open_door):
    door = await open_door()
    door.hop.announced = ALL
    asked = (MAIL + " RET=HDRS ENVID=Q1", B + " NOTIFY=DELAY ORCPT=rfc822;b+2Bx@corp.example")
    client, heard = await said_to(door, EHLO, *asked)
    assert "250-DSN" in heard[0].split("\n")
    assert (await client.message(CONTENT)).startswith("250")
    envelope = door.taken[0].envelope
    assert envelope.parameters == ("RET=HDRS", "ENVID=Q1")
    (forward,) = envelope.recipients
    assert forward.parameters == ("NOTIFY=DELAY", "ORCPT=rfc822;b+2Bx@corp.example")


@pytest.mark.parametrize("line", [MAIL + " RET=HDRS", MAIL + " ENVID=x"])
async def test_without_it_they_are_unknown_parameters(open_door, line):
    _, heard = await said_to(await open_door(), EHLO, line)
    assert "DSN" not in heard[0]
    assert heard[1] == "555 5.5.4 parameter not recognized"


async def test_they_are_taken_only_after_they_were_announced(open_door):
    door = await open_door()
    door.hop.announced = ALL
    _, heard = await said_to(door, "HELO x", MAIL + " RET=HDRS", EHLO, MAIL + " RET=HDRS")
    assert [reply[:3] for reply in heard] == ["250", "555", "250", "250"]


async def test_utf8_that_the_next_hop_does_not_take_is_refused_by_it(open_door):
    door = await open_door()
    door.hop.announced = frozenset({"8BITMIME"})
    door.hop.answers["MAIL"] = [Reply(550, ("5.6.7 next hop does not take SMTPUTF8",))]
    _, heard = await said_to(door, EHLO, "MAIL FROM:<jörg@b.example> SMTPUTF8")
    assert "SMTPUTF8" not in heard[0]
    assert heard[1].startswith("550 5.6.7")


@pytest.mark.parametrize(
    ("form", "content", "code"),
    [
        (Fault.LONG_LINE, b"x" * 998 + b"\r\n.\r\n", "250"),
        (Fault.LONG_LINE, b"x" * 999 + b"\r\n.\r\n", "550 5.6.0"),
        (Fault.EIGHT_BIT_HEADER, b"X: \xe4\r\n\r\n.\r\n", "550 5.6.7"),
        (Fault.EIGHT_BIT_HEADER, b"X: a\r\n\r\n\xe4\r\n.\r\n", "250"),
        (Fault.NUL, b"X: a\r\n\r\n\0\r\n.\r\n", "550 5.6.0"),
        (Fault.NUL, b"X: a\r\n\r\n\x01\r\n.\r\n", "250"),
    ],
)
async def test_an_unwanted_form_is_refused_and_the_session_goes_on(open_door, form, content, code):
    door = await open_door(unwanted_forms=frozenset({form}))
    client, _ = await said_to(door, EHLO, MAIL, B)
    assert (await client.message(content)).startswith(code)
    assert len(door.taken) == (code == "250")
    assert (await client.ask(MAIL)).startswith("250")


async def test_by_default_real_mail_passes_octet_by_octet(open_door):
    door = await open_door()
    content = b"Subject: \xe4\0\r\n" + b"x" * 5000 + b"\0\r\n\r\n\xff\r\n"
    client, _ = await said_to(door, EHLO, MAIL, B)
    assert (await client.message(content + b".\r\n")).startswith("250")
    assert door.hop.messages == [content]


async def test_with_smtputf8_a_header_may_have_eight_bits(open_door):
    door = await open_door(unwanted_forms=frozenset({Fault.EIGHT_BIT_HEADER, Fault.NUL}))
    client, _ = await said_to(door, EHLO, MAIL + " SMTPUTF8", B)
    assert (await client.message("Subject: ä\r\n\r\n.\r\n".encode())).startswith("250")


# LMTP (RFC 2033)


@pytest.fixture
def lmtp(open_door):
    """Open a door that speaks LMTP."""

    async def make(take=None, **settings):
        return await open_door(take, lmtp=True, **settings)

    return make


async def test_lmtp_begins_with_lhlo_alone(lmtp):
    door = await lmtp()
    client = await door.client()
    assert await client.hear() == "220 mx.corp.example LMTP"
    for line in (EHLO, "HELO x"):
        assert (await client.ask(line)).startswith("500 5.5.1")
    assert (await client.ask(MAIL)).startswith("503 5.5.1")
    offered = await client.ask(LHLO)
    assert {"250-PIPELINING", "250-8BITMIME", "250 ENHANCEDSTATUSCODES"} <= set(offered.split("\n"))


async def test_smtp_has_no_lhlo(open_door):
    _, heard = await said_to(await open_door(), LHLO)
    assert heard == ["500 5.5.1 command not recognized"]


async def test_each_recipient_has_a_reply_of_its_own(lmtp):
    async def take(content, envelope, downstream):
        return Reply(451, ("4.3.0 later",), (Reply(250, ("2.0.0 b",)), Reply(452, ("4.2.2 c",))))

    client, _ = await said_to(await lmtp(take), LHLO, MAIL, B, C)
    assert await client.message(CONTENT) == "250 2.0.0 b"
    assert await client.hear() == "452 4.2.2 c"
    assert await client.ask("NOOP") == "250 2.0.0 ok"


async def test_one_reply_for_all_is_said_for_each_accepted_recipient(lmtp):
    door = await lmtp()
    door.hop.answers["c@corp.example"] = [NO]
    client, heard = await said_to(door, LHLO, MAIL, B, C, "RCPT TO:<d@corp.example>")
    assert [reply[:3] for reply in heard[2:]] == ["250", "550", "250"]
    assert await client.message(CONTENT) == "250 2.0.0 . fine"
    assert await client.hear() == "250 2.0.0 . fine"
    assert await client.ask("NOOP") == "250 2.0.0 ok"
    envelope = door.taken[0].envelope
    assert envelope.recipients == (Forward("b@corp.example"), Forward("d@corp.example"))
    assert envelope.protocol == "LMTP"


async def test_replies_that_fit_not_the_recipients_are_not_said(lmtp):
    async def take(content, envelope, downstream):
        return Reply(451, ("4.3.0 later",), (Reply(250, ("2.0.0 b",)),))

    client, _ = await said_to(await lmtp(take), LHLO, MAIL, B, C)
    assert await client.message(CONTENT) == "451 4.3.0 later"
    assert await client.hear() == "451 4.3.0 later"


@pytest.mark.parametrize(
    "content", [b"a\nb\r\n.\r\n", b"x" * 2000 + b"\r\n.\r\n"], ids=["bare", "large"]
)
async def test_what_is_refused_is_refused_for_each(lmtp, content):
    client, _ = await said_to(await lmtp(max_size=1000), LHLO, MAIL, B, C)
    first = await client.message(content)
    assert first.startswith("55")
    assert await client.hear() == first


async def test_without_recipients_there_is_no_content(lmtp):
    door = await lmtp()
    door.hop.answers["b@corp.example"] = [NO]
    _, heard = await said_to(door, LHLO, MAIL, B, "DATA")
    assert heard[-1].startswith("503 5.5.1")


async def test_behind_a_queue_no_recipient_is_refused(lmtp):
    async def take(content, envelope, downstream):
        return Reply(554, ("5.7.1 no",), (Reply(250, ("2.0.0 b",)), Reply(554, ("5.7.1 no",))))

    client, _ = await said_to(await lmtp(take, reply="queue"), LHLO, MAIL, B, C)
    assert await client.message(CONTENT) == "250 2.0.0 b"
    assert await client.hear() == "451 4.7.1 no"


async def test_a_client_named_in_lmtp_hears_the_banner_of_lmtp(lmtp, loopback):
    door = await lmtp(xclient_from=loopback)
    _, heard = await said_to(door, LHLO, "XCLIENT ADDR=192.0.2.1 PROTO=LMTP", LHLO, MAIL)
    assert heard[1] == "220 mx.corp.example LMTP"
    assert door.hop.envelopes[0].client.ip == "192.0.2.1"
