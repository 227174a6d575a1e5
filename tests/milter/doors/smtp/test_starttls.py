"""TLS with a client: STARTTLS and from the start, what is forgotten, what is injected."""

import asyncio
import ssl

import pytest

from pratique.milter.doors.smtp.trace import received_field

pytestmark = pytest.mark.real("openssl")

EHLO, MAIL, RCPT = "EHLO x", "MAIL FROM:<a@b.example>", "RCPT TO:<b@corp.example>"


@pytest.fixture
def open_tls(open_door, make_pair):
    certificate, key = make_pair("mx")

    async def make(tls="opportunistic", **settings):
        told = {"tls": tls, "tls_certificate": certificate, "tls_key": key, **settings}
        return await open_door(**told)

    return make


def context():
    made = ssl.create_default_context()
    made.check_hostname, made.verify_mode = False, ssl.CERT_NONE
    return made


async def encrypted(client):
    """The same conversation, over TLS."""
    await client.writer.start_tls(context())


async def test_a_message_over_tls_says_so(open_tls, settings):
    door = await open_tls()
    client = await door.client()
    await client.hear()
    assert "250-STARTTLS" in (await client.ask(EHLO)).split("\n")
    assert await client.ask("STARTTLS") == "220 2.0.0 ready for TLS"
    await encrypted(client)
    assert "STARTTLS" not in await client.ask(EHLO)
    client.say(MAIL, RCPT, "DATA", "x" * 300_000, ".", "QUIT")
    assert [reply[:3] for reply in await client.hear_all()] == ["250", "250", "354", "250", "221"]
    (taken,) = door.taken
    assert taken.envelope.tls == "TLSv1.3"
    assert taken.content == b"x" * 300_000 + b"\r\n"
    assert b" with ESMTPS id " in received_field(taken.envelope, settings)


async def test_without_a_certificate_it_is_not_offered(open_door):
    client = await (await open_door()).client()
    await client.hear()
    assert "STARTTLS" not in await client.ask(EHLO)
    assert await client.ask("STARTTLS") == "502 5.5.1 command not offered"


async def test_what_was_said_before_tls_is_forgotten(open_tls):
    door = await open_tls()
    client = await door.client()
    client.say(EHLO, MAIL, RCPT, "STARTTLS")
    assert [(await client.hear())[:3] for _ in range(5)] == ["220", "250", "250", "250", "220"]
    await encrypted(client)
    for line, reply in ((RCPT, "503"), ("DATA", "503"), (MAIL, "503"), (EHLO, "250")):
        assert (await client.ask(line))[:3] == reply
    assert door.hop.events[-1] == "RSET"


@pytest.mark.parametrize("injected", [b"RSET\r\n", b"x", b"\r\n"])
async def test_octets_that_come_along_with_starttls_are_never_obeyed(open_tls, injected):
    door = await open_tls()
    client = await door.client()
    client.send(f"{EHLO}\r\nSTARTTLS\r\n".encode() + injected)
    heard = await client.hear_all()
    assert heard[-1] == "421 4.7.0 nothing may follow STARTTLS"
    assert [reply[:3] for reply in heard] == ["220", "250", "421"]


async def test_nor_are_those_that_come_before_its_reply_in_a_packet_of_their_own(open_tls):
    door = await open_tls()
    asked, known = asyncio.Event(), asyncio.Event()

    async def extensions():
        asked.set()
        await known.wait()
        return frozenset()

    door.hop.extensions = extensions
    client = await door.client()
    await client.hear()
    client.say(EHLO, "STARTTLS")
    await asked.wait()
    (connection,) = door.listener._open_doors.doors
    client.say("RSET")
    while not connection.has_unread:  # noqa: ASYNC110 - no event tells of it
        await asyncio.sleep(0)
    known.set()
    assert [reply[:3] for reply in await client.hear_all()] == ["250", "421"]


async def test_octets_that_come_after_220_are_no_commands_but_broken_tls(open_tls):
    door = await open_tls()
    client = await door.client()
    await client.hear()
    await client.ask(EHLO)
    await client.ask("STARTTLS")
    client.say("NOOP", MAIL)
    heard = await client.reader.read()
    assert b"250" not in heard
    await door.all_left()
    assert door.hop.events == []


async def test_who_never_shakes_hands_is_let_go(open_tls):
    door = await open_tls(handshake_seconds=0.05)
    client = await door.client()
    await client.hear()
    await client.ask("STARTTLS")
    await door.all_left()


async def test_who_leaves_in_the_handshake_leaves_nothing(open_tls):
    door = await open_tls()
    client = await door.client()
    await client.hear()
    await client.ask("STARTTLS")
    client.vanish()
    await door.all_left()


@pytest.mark.parametrize(
    ("line", "reply"),
    [("STARTTLS now", "501"), ("starttls", "220"), ("AUTH PLAIN AGEAYg==", "502")],
)
async def test_starttls_has_no_argument_and_auth_is_not_offered(open_tls, line, reply):
    client = await (await open_tls()).client()
    await client.hear()
    assert (await client.ask(line))[:3] == reply


async def test_what_a_proxy_said_before_tls_gives_no_rights_behind_it(open_tls, loopback):
    door = await open_tls(xclient_from=loopback, relay_from=loopback)
    client = await door.client()
    await client.hear()
    # A client that may relay, and has logged in: said in clear, by whoever is on the way.
    assert (await client.ask("XCLIENT ADDR=127.0.0.1 LOGIN=ceo"))[:3] == "220"
    await client.ask(EHLO)
    assert (await client.ask(MAIL))[:3] == "250"
    assert (await client.ask("RCPT TO:<b@elsewhere.example>"))[:3] == "250"
    await client.ask("STARTTLS")
    await encrypted(client)
    await client.ask(EHLO)
    assert (await client.ask(MAIL))[:3] == "250"
    assert (await client.ask("RCPT TO:<b@elsewhere.example>"))[:3] == "550"


async def test_starttls_comes_once(open_tls):
    client = await (await open_tls()).client()
    await client.hear()
    await client.ask("STARTTLS")
    await encrypted(client)
    assert await client.ask("STARTTLS") == "502 5.5.1 command not offered"


@pytest.mark.parametrize(("reply", "code"), [("sender", "530"), ("queue", "451")])
async def test_where_tls_is_required_nothing_is_taken_before_it(open_tls, reply, code):
    door = await open_tls("required", reply=reply)
    client = await door.client()
    await client.hear()
    said = [("NOOP", "250"), ("HELO x", code), (EHLO, "250"), (MAIL, code), ("RSET", code)]
    for line, heard in said:
        assert (await client.ask(line))[:3] == heard
    assert (await client.ask("STARTTLS"))[:3] == "220"
    await encrypted(client)
    assert (await client.ask(EHLO))[:3] == "250"
    assert (await client.ask(MAIL))[:3] == "250"


async def test_implicit_tls_is_spoken_from_the_first_octet(open_tls):
    door = await open_tls("implicit")
    client = await door.client(ssl=context())
    assert (await client.hear())[:3] == "220"
    assert "STARTTLS" not in await client.ask(EHLO)
    client.say(MAIL, RCPT, "DATA", "x", ".", "QUIT")
    assert [reply[:3] for reply in await client.hear_all()] == ["250", "250", "354", "250", "221"]
    assert door.taken[0].envelope.tls == "TLSv1.3"


async def test_who_speaks_smtp_where_tls_is_implicit_hears_nothing_of_it(open_tls):
    door = await open_tls("implicit", handshake_seconds=5)
    client = await door.client()
    client.say(EHLO)
    assert b"250" not in await client.reader.read()
    await door.all_left()


async def test_where_there_are_too_many_tls_is_not_even_begun(open_tls):
    door = await open_tls("implicit", max_connections=1)
    first = await door.client(ssl=context())
    assert (await first.hear())[:3] == "220"
    other = await door.client()
    assert await other.reader.read() == b""


async def test_one_client_does_not_crowd_others_out_with_handshakes_that_it_never_ends(
    open_tls, loopback
):
    door = await open_tls(
        "implicit", max_connections_per_client=2, proxy_protocol_from=loopback, proxy_seconds=20
    )
    clients = [await door.client() for _ in range(3)]
    for client in clients:
        client.say("PROXY TCP4 192.0.2.7 192.0.2.1 1 1")
    heard = [asyncio.ensure_future(client.reader.read()) for client in clients]
    done, waiting = await asyncio.wait(heard, timeout=20, return_when=asyncio.FIRST_COMPLETED)
    assert [task.result() for task in done] == [b""]
    assert len(waiting) == 2
    for task in waiting:
        task.cancel()


async def test_closing_does_not_wait_for_a_handshake(open_tls):
    door = await open_tls("implicit", parting_seconds=0.02)
    client = await door.client()
    await door.came_in()
    await door.listener.close()
    assert await client.reader.read() == b""


async def test_a_new_certificate_is_served_without_a_restart(open_tls, make_pair):
    door = await open_tls("implicit")
    seen = []
    for _ in range(2):
        client = await door.client(ssl=context())
        await client.hear()
        seen.append(client.writer.get_extra_info("ssl_object").getpeercert(binary_form=True))
        make_pair("mx")
        connection = next(iter(door.listener._open_doors.doors))
        connection._desk.certificate._looked_at = float("-inf")
    assert seen[0] != seen[1]


async def test_a_client_that_closes_tls_while_we_look_has_sent_nothing(open_tls, caplog):
    looked = asyncio.Event()

    async def look(content, envelope, downstream):
        await looked.wait()
        return await door.send_on(content, downstream)

    door = await open_tls("implicit", take=look)
    client = await door.client(ssl=context())
    client.say(EHLO, MAIL, RCPT, "DATA", "x", ".")
    await door.client_sent_all()
    client.writer.close()
    await door.client_left()
    looked.set()
    await door.hop.happened("RSET")
    assert door.hop.messages == []
    # asyncio complains of who would keep half a connection open, which TLS has not.
    assert "eof_received" not in caplog.text
