"""Commands, their order, and what the next hop says: conversations on a real socket."""

import asyncio
from dataclasses import replace

import pytest

from pratique.milter.mail import Client, Forward
from pratique.milter.next_hop import Reply

GOOD = b"Subject: x\r\n\r\nhello\r\n"


async def test_a_message_goes_the_whole_way(open_door):
    door = await open_door()
    client = await door.client()
    replies = await client.envelope("b@corp.example", "c@corp.example")
    assert replies == [
        "250 2.0.0 mail fine",
        "250 2.0.0 b@corp.example fine",
        "250 2.0.0 c@corp.example fine",
    ]
    assert await client.message(b"..dot\r\n" + GOOD + b".\r\n") == "250 2.0.0 . fine"
    assert await client.ask("QUIT") == "221 2.0.0 bye"
    assert await client.hear() == ""
    assert door.hop.messages == [b".dot\r\n" + GOOD]
    (taken,) = door.taken
    envelope = taken.envelope
    assert envelope.recipients == (Forward("b@corp.example"), Forward("c@corp.example"))
    assert envelope.client == Client("127.0.0.1", "", "client.example")
    assert (envelope.door, envelope.protocol, envelope.reverse_path) == (
        "mx",
        "ESMTP",
        "a@elsewhere.example",
    )
    assert envelope.queue_id == door.hop.envelopes[0].queue_id


async def test_what_is_announced(open_door):
    client = await (await open_door(max_size=12345)).client()
    assert await client.hear() == "220 mx.corp.example ESMTP"
    assert await client.ask("EHLO x") == (
        "250-mx.corp.example\n250-PIPELINING\n250-SIZE 12345\n250-8BITMIME\n"
        "250-SMTPUTF8\n250 ENHANCEDSTATUSCODES"
    )
    assert await client.ask("HELO x") == "250 mx.corp.example"


EHLO, MAIL, RCPT = "EHLO x", "MAIL FROM:<a@b.example>", "RCPT TO:<b@corp.example>"


@pytest.mark.parametrize(
    ("before", "line", "reply"),
    [
        ([], "MAIL FROM:<a@b.example>", "503 5.5.1 "),
        ([], "RCPT TO:<b@corp.example>", "503 5.5.1 "),
        ([], "DATA", "503 5.5.1 "),
        ([], "EHLO", "501 5.5.4 "),
        ([], "EHLO a b", "501 5.5.4 "),
        ([], f"EHLO {'x' * 256}", "501 5.5.4 "),
        ([], f"EHLO {'x' * 255}", "250-"),
        ([], "HELO", "501 5.5.4 "),
        ([], "EHLO b\u00fccher.example", "500 5.5.2 "),
        ([], "STARTTLS", "502 5.5.1 "),
        ([], "AUTH PLAIN AGEAYg==", "502 5.5.1 "),
        ([], "EXPN staff", "502 5.5.1 "),
        ([], "VRFY root", "252 2.5.0 "),
        ([], "HELP", "214 2.0.0 "),
        ([], "NOOP whatever", "250 2.0.0 "),
        ([], "RSET", "250 2.0.0 "),
        ([], "RSET now", "501 5.5.4 "),
        ([], "", "500 5.5.1 "),
        ([], "MAILFROM:<a@b.example>", "500 5.5.1 "),
        ([], "XFORWARD NAME=a", "550 5.7.0 "),
        ([], "M\u00c4IL", "500 5.5.1 "),
        ([EHLO], "RCPT TO:<b@corp.example>", "503 5.5.1 "),
        ([EHLO], "DATA", "503 5.5.1 "),
        ([EHLO], "MAIL FROM:a@b.example", "501 5.1.7 "),
        ([EHLO], "MAIL", "501 5.5.4 "),
        ([EHLO], "MAIL FROM:<a@b.example> SIZE=99999999999", "552 5.3.4 "),
        ([EHLO], "MAIL FROM:<a@b.example> RET=HDRS", "555 5.5.4 "),
        ([EHLO], "MAIL FROM:<j\u00f6rg@b.example>", "553 5.6.7 "),
        ([EHLO], "MAIL FROM:<j\u00f6rg@b.example> SMTPUTF8", "250 2."),
        ([EHLO], "mail from:<>", "250 2."),
        ([EHLO, MAIL], "MAIL FROM:<a@b.example>", "503 5.5.1 "),
        ([EHLO, MAIL], "DATA", "503 5.5.1 "),
        ([EHLO, MAIL], "RCPT TO:<>", "501 5.1.3 "),
        ([EHLO, MAIL], "RCPT TO:<b@corp.example> NOTIFY=NEVER", "555 5.5.4 "),
        ([EHLO, MAIL], "RCPT TO:<j\u00f6rg@corp.example>", "553 5.6.7 "),
        ([EHLO, MAIL], "RCPT TO:<b@elsewhere.example>", "550 5.7.1 "),
        ([EHLO, MAIL], "rcpt to:<PostMaster>", "250 2."),
        ([EHLO, MAIL, RCPT], "DATA now", "501 5.5.4 "),
        ([EHLO, MAIL, RCPT, "RSET"], "DATA", "503 5.5.1 "),
        ([EHLO, MAIL, RCPT, "RSET"], MAIL, "250 2."),
        ([EHLO, MAIL, RCPT, "EHLO y"], RCPT, "503 5.5.1 "),
        ([EHLO, MAIL, RCPT, "HELO y"], MAIL, "250 2."),
    ],
)
async def test_each_command_in_its_place(open_door, before, line, reply):
    client = await (await open_door()).client()
    await client.hear()
    for command in before:
        assert (await client.ask(command)).startswith("250")
    assert (await client.ask(line)).startswith(reply)
    assert await client.ask("NOOP") == "250 2.0.0 ok"


@pytest.mark.parametrize(
    "verb", ["GET / HTTP/1.1", "POST / HTTP/1.0", "BDAT 100 LAST", "CONNECT x"]
)
async def test_what_is_not_smtp_ends_the_connection(open_door, verb):
    client = await (await open_door()).client()
    client.say(verb, "EHLO x", MAIL)
    assert await client.hear_all() == [
        "220 mx.corp.example ESMTP",
        "421 4.7.0 this is a mail server",
    ]


async def test_the_replies_of_the_next_hop_are_mirrored(open_door):
    door = await open_door()
    door.hop.answers = {
        "MAIL": [Reply(451, ("4.4.1 next hop is away",))],
        "b@corp.example": [Reply(550, ("5.1.1 no", "5.1.1 such user"))],
        ".": [Reply(554, ("5.7.0 no",))],
    }
    client = await door.client()
    await client.hear()
    await client.ask(EHLO)
    assert await client.ask(MAIL) == "451 4.4.1 next hop is away"
    assert (await client.ask(RCPT)).startswith("503 ")
    assert (await client.ask(MAIL)).startswith("250 ")
    assert await client.ask(RCPT) == "550-5.1.1 no\n550 5.1.1 such user"
    assert (await client.ask("DATA")).startswith("503 ")
    assert (await client.ask(RCPT)).startswith("250 ")
    assert await client.message(GOOD + b".\r\n") == "554 5.7.0 no"
    assert door.hop.messages == []


async def test_two_messages_on_one_connection_are_two_transactions(open_door):
    door = await open_door()
    client = await door.client()
    await client.envelope()
    await client.message(GOOD + b".\r\n")
    await client.ask(MAIL)
    await client.ask(RCPT)
    assert (await client.message(b"second\r\n.\r\n")).startswith("250 ")
    assert door.hop.messages == [GOOD, b"second\r\n"]
    one, two = (taken.envelope.queue_id for taken in door.taken)
    assert one < two


async def test_a_message_that_is_not_sent_on_is_given_up(open_door):
    async def refuse(content, envelope, downstream):
        return Reply(554, ("5.7.1 no",))

    door = await open_door(refuse)
    client = await door.client()
    await client.envelope()
    assert await client.message(GOOD + b".\r\n") == "554 5.7.1 no"
    await door.hop.happened("RSET")
    assert door.hop.messages == []


async def test_our_own_fault_is_for_later_and_leaves_a_traceback(open_door, caplog):
    async def fail(content, envelope, downstream):
        raise ZeroDivisionError("secret")

    door = await open_door(fail)
    client = await door.client()
    await client.envelope()
    assert await client.message(GOOD + b".\r\n") == "451 4.3.0 local error"
    assert await client.ask("NOOP") == "250 2.0.0 ok"
    assert "ZeroDivisionError: secret" in caplog.text
    await door.hop.happened("RSET")


async def test_a_next_hop_that_raises_is_our_fault_and_the_door_stays(open_door, caplog):
    door = await open_door()
    client = await door.client()
    await client.envelope()
    door.hop.witness = lambda event: 1 / 0
    assert await client.ask("RCPT TO:<c@corp.example>") == "451 4.3.0 local error"
    assert "ZeroDivisionError" in caplog.text
    door.hop.witness = lambda event: None
    assert await client.ask("MAIL FROM:<>") == "250 2.0.0 mail fine"


@pytest.mark.parametrize(
    ("content", "reply"),
    [
        (b"a\nb\r\n.\r\n", "550 5.6.0 "),
        (b"a\rb\r\n.\r\n", "550 5.6.0 "),
        (b"a\n.\nMAIL FROM:<c@d.example>\r\n.\r\n", "550 5.6.0 "),
        (b"x" * 2000 + b"\r\n.\r\n", "552 5.3.4 "),
        (b"a\x00b\r\n.\r\n", "250 "),
        (b".\r\n", "250 "),
        (b"x" * 998 + b"\r\n.\r\n", "250 "),
    ],
)
async def test_content_is_refused_after_it_was_read_and_the_session_goes_on(
    open_door, content, reply
):
    door = await open_door(max_size=1000)
    client = await door.client()
    await client.envelope()
    assert (await client.message(content)).startswith(reply)
    assert len(door.hop.messages) == (reply == "250 ")
    assert (await client.ask("MAIL FROM:<>")).startswith("250 ")


@pytest.mark.parametrize("trap", [b"\n.\n", b"\n.\r\n", b"\r\n.\n", b"\r.\r", b"\r\n.\r"])
@pytest.mark.parametrize("setting", ["refuse", "repair"])
async def test_one_message_in_is_never_two_out(open_door, trap, setting):
    door = await open_door(bare_line_ends=setting)
    client = await door.client()
    await client.envelope()
    smuggled = b"MAIL FROM:<s@x.example>\r\nRCPT TO:<v@corp.example>\r\nDATA\r\nhello\r\n.\r\n"
    first = await client.message(b"a" + trap + smuggled)
    assert first.startswith("550 5.6.0 " if setting == "refuse" else "250 ")
    assert await client.ask("NOOP") == "250 2.0.0 ok"
    assert door.hop.events.count("MAIL a@elsewhere.example") == 1
    assert "MAIL s@x.example" not in door.hop.events
    for message in door.hop.messages:
        assert message.replace(b"\r\n", b"").count(b"\n") == 0
        assert message.replace(b"\r\n", b"").count(b"\r") == 0


async def test_recipients_are_counted(open_door):
    door = await open_door(max_recipients=2)
    client = await door.client()
    door.hop.answers["x@corp.example"] = [Reply(550, ("5.1.1 no",))]
    replies = await client.envelope(
        "x@corp.example", "b@corp.example", "c@corp.example", "d@corp.example"
    )
    assert [reply[:9] for reply in replies[1:]] == [
        "550 5.1.1",
        "250 2.0.0",
        "250 2.0.0",
        "452 4.5.3",
    ]


async def test_messages_on_a_connection_are_counted(open_door):
    client = await (await open_door(max_messages=1)).client()
    await client.envelope()
    await client.message(b".\r\n")
    assert (await client.ask(MAIL)).startswith("421 4.7.0 ")
    assert await client.hear() == ""


async def test_utf8_goes_through_whole(open_door):
    door = await open_door()
    client = await door.client()
    await client.hear()
    await client.ask(EHLO)
    await client.ask("MAIL FROM:<j\u00f6rg@b\u00fccher.example> SMTPUTF8 BODY=8BITMIME")
    await client.ask("RCPT TO:<\u7528\u6237@corp.example>")
    await client.message(GOOD + b".\r\n")
    (taken,) = door.taken
    assert taken.envelope == replace(
        taken.envelope,
        reverse_path="j\u00f6rg@b\u00fccher.example",
        parameters=("SMTPUTF8", "BODY=8BITMIME"),
        recipients=(Forward("\u7528\u6237@corp.example"),),
        protocol="UTF8SMTP",
    )


@pytest.mark.parametrize("half", [b"", b"half a mess", b"a\r\n.", b"a\r\n.\r"])
async def test_a_client_that_leaves_in_the_content_has_sent_nothing(open_door, half):
    door = await open_door()
    client = await door.client()
    await client.envelope()
    await client.ask("DATA")
    client.send(half)
    client.writer.close()
    await door.hop.happened("RSET")
    assert (door.taken, door.hop.messages) == ([], [])


async def test_a_client_that_leaves_while_we_look_has_sent_nothing(open_door):
    looking, gone = asyncio.Event(), asyncio.Event()

    async def look(content, envelope, downstream):
        looking.set()
        await gone.wait()
        return await door.send_on(content, downstream)

    door = await open_door(look)
    client = await door.client()
    await client.envelope()
    await client.ask("DATA")
    client.send(GOOD + b".\r\n")
    await looking.wait()
    client.vanish()
    await door.client_left()
    gone.set()
    await door.hop.happened("RSET")
    assert door.hop.messages == []


async def test_a_client_that_leaves_while_we_send_has_sent_its_message(open_door):
    sending, gone = asyncio.Event(), asyncio.Event()

    async def send(content, envelope, downstream):
        door.hop.pause = gone.wait
        sending.set()
        return await door.send_on(content, downstream)

    door = await open_door(send)
    client = await door.client()
    await client.envelope()
    await client.ask("DATA")
    client.send(GOOD + b".\r\n")
    await sending.wait()
    client.vanish()
    await door.client_left()
    gone.set()
    await door.hop.happened("SEND")
    assert door.hop.messages == [GOOD]
