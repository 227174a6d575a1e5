"""The connection: pipelining, errors, silence, and what must never be called."""

import asyncio
import importlib
import socket

import pytest

from pratique.milter.next_hop import Reply

EHLO, MAIL, RCPT = "EHLO x", "MAIL FROM:<a@b.example>", "RCPT TO:<b@corp.example>"


def codes(replies):
    return [reply[:3] for reply in replies]


async def test_a_whole_session_may_come_in_one_packet(open_door):
    door = await open_door()
    client = await door.client()
    client.say(EHLO, MAIL, RCPT, "DATA", "one", ".", MAIL, RCPT, "DATA", "two", ".", "QUIT")
    assert codes(await client.hear_all()) == "220 250 250 250 354 250 250 250 354 250 221".split()
    assert door.hop.messages == [b"one\r\n", b"two\r\n"]


async def test_a_session_may_come_octet_by_octet(open_door):
    door = await open_door()
    client = await door.client()
    client.writer.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for octet in f"{EHLO}\r\n{MAIL}\r\n{RCPT}\r\nDATA\r\n.x\r\n\r\n.\r\nQUIT\r\n".encode():
        client.send(bytes([octet]))
        await client.writer.drain()
    assert codes(await client.hear_all()) == "220 250 250 250 354 250 221".split()
    assert door.hop.messages == [b"x\r\n\r\n"]


@pytest.mark.parametrize(
    "line",
    [
        b"NOOP\n",
        b"DATA\n",
        b"\n",
        b"NOOP\x00\r\n",
        b"NOOP\r\r\n",
        b"\xff\xfe\r\n",
        b"MAIL FROM:<\xe9@b.example>\r\n",
        b"x" * 5000 + b"\r\n",
        b"x" * 300_000 + b"\r\n",
        b"XYZZY\r\n",
    ],
)
async def test_a_bad_line_is_refused_once_and_the_session_goes_on(open_door, line):
    client = await (await open_door()).client()
    await client.hear()
    client.send(line)
    assert (await client.hear()).startswith("500 5.5.")
    assert await client.ask("NOOP") == "250 2.0.0 ok"


async def test_twenty_errors_are_too_many(open_door):
    client = await (await open_door()).client()
    client.say(*["XYZZY"] * 25)
    assert codes(await client.hear_all()) == ["220", *["500"] * 20, "421"]


async def test_nineteen_errors_are_not(open_door):
    client = await (await open_door()).client()
    client.say(*["XYZZY"] * 19, "QUIT")
    assert codes(await client.hear_all()) == ["220", *["500"] * 19, "221"]


async def test_content_sent_after_data_with_a_bare_lf_is_no_mail(open_door):
    door = await open_door()
    client = await door.client()
    await client.envelope()
    client.send(b"DATA\nSubject: x\r\n\r\nhello\r\n.\r\nQUIT\r\n")
    assert codes(await client.hear_all()) == ["500"] * 5 + ["221"]
    assert (door.taken, door.hop.messages) == ([], [])


@pytest.mark.slow
async def test_random_octets_do_not_kill_the_door(open_door):
    door = await open_door()
    for seed in range(30):
        client = await door.client()
        octets = bytes((seed * 131 + at * at * 7 + at // 3) % 256 for at in range(3000))
        client.send(octets + b"\r\nQUIT\r\n")
        heard = await client.hear_all()
        assert heard[0].startswith("220")
        assert heard[-1][:3] in {"221", "421"}
    assert door.taken == []


async def test_a_silent_client_is_let_go(open_door):
    door = await open_door(idle_seconds=0.05)
    client = await door.client()
    assert codes(await client.hear_all()) == ["220", "421"]


@pytest.mark.slow
async def test_a_client_that_is_silent_in_its_content_is_let_go(open_door):
    door = await open_door(idle_seconds=0.3)
    client = await door.client()
    client.say(EHLO, MAIL, RCPT, "DATA", "half")
    assert (await client.hear_all())[-1] == "421 4.4.2 waited too long"
    await door.hop.happened("RSET")
    assert door.taken == []


@pytest.mark.slow
async def test_a_client_is_not_let_go_while_we_look(open_door):
    timed_out = asyncio.Event()

    async def look(content, envelope, downstream):
        asyncio.get_running_loop().call_later(0.5, timed_out.set)
        await timed_out.wait()
        return Reply(250, ("2.0.0 done",))

    client = await (await open_door(look, idle_seconds=0.2)).client()
    client.say(EHLO, MAIL, RCPT, "DATA", "x", ".", "QUIT")
    assert (await client.hear_all())[-2:] == ["250 2.0.0 done", "221 2.0.0 bye"]


@pytest.mark.slow
async def test_a_next_hop_is_given_back_while_content_is_slow(open_door):
    door = await open_door(keep_seconds=0.5)
    client = await door.client()
    await client.envelope()
    await client.ask("DATA")
    client.say("slow")
    await door.hop.happened("RSET")
    client.say(".")
    assert await client.hear() == "250 2.0.0 . fine"
    taken = ["MAIL a@elsewhere.example", "RCPT b@corp.example"]
    assert door.hop.events == [*taken, "RSET", *taken, "SEND"]


async def test_a_recipient_that_is_refused_the_second_time_defers_the_whole(open_door):
    door = await open_door()
    client = await door.client()
    await client.envelope("b@corp.example", "c@corp.example")
    door.park()
    await door.hop.happened("RSET")
    door.hop.answers["c@corp.example"] = [Reply(550, ("5.1.1 gone",))]
    assert (await client.message(b"x\r\n.\r\n")).startswith("451 4.3.0 ")
    assert door.hop.messages == []


async def test_a_large_message_goes_through_whole(open_door):
    door = await open_door()
    client = await door.client()
    await client.envelope()
    line = b"..0123456789" * 6 + b"\r\n"
    wire = line * 40_000
    assert (await client.message(wire + b".\r\n")).startswith("250 ")
    assert door.hop.messages == [wire.replace(b"\r\n..", b"\r\n.")[1:]]


# The readers of the standard library's email package, and aiosmtpd's use of it.
PARSERS = [
    ("aiosmtpd.smtp", "SMTP._getaddr"),
    ("aiosmtpd.smtp", "get_addr_spec"),
    ("aiosmtpd.smtp", "get_angle_addr"),
    ("email", "message_from_bytes"),
    ("email", "message_from_string"),
    ("email.feedparser", "FeedParser.feed"),
    ("email.parser", "Parser.parse"),
    ("email.utils", "parseaddr"),
    ("email.utils", "getaddresses"),
    ("email._header_value_parser", "get_addr_spec"),
    ("email._header_value_parser", "get_mailbox"),
    ("email._header_value_parser", "get_address_list"),
]


async def test_nothing_of_the_standard_librarys_mail_parser_is_called(open_door, monkeypatch):
    calls = []
    for module, name in PARSERS:
        monkeypatch.setattr(f"{module}.{name}", lambda *a, n=name, **k: calls.append(n))
    importlib.import_module("email.utils").parseaddr("seen")
    assert calls == ["parseaddr"]
    calls.clear()
    door = await open_door()
    client = await door.client()
    client.say(EHLO, MAIL, 'RCPT TO:<"b c"@corp.example>', "RCPT TO:<bad", "DATA")
    client.say("From: a@b.example", "", "x", ".", "VRFY x", "QUIT")
    assert codes(await client.hear_all()) == "220 250 250 250 501 354 250 252 221".split()
    assert len(door.hop.messages) == 1
    assert calls == []
