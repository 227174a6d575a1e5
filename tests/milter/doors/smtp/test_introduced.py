"""Who comes in: whom a balancer names, and how many of one client."""

import asyncio
import shutil
import socket
import ssl
import subprocess
from ipaddress import ip_network

import pytest

from pratique.milter.next_hop import Reply

EHLO, MAIL, RCPT = "EHLO x", "MAIL FROM:<a@b.example>", "RCPT TO:<b@corp.example>"
LINE = "PROXY TCP4 192.0.2.7 192.0.2.1 56324 25"
SIGNATURE = b"\r\n\r\n\x00\r\nQUIT\n"


@pytest.fixture
def behind(open_door, loopback):
    """`await behind(**settings)`: a door behind a balancer on 127.0.0.1."""

    async def make(take=None, **settings):
        return await open_door(take, proxy_protocol_from=loopback, **settings)

    return make


@pytest.mark.parametrize(
    ("header", "ip"),
    [
        (f"{LINE}\r\n".encode(), "192.0.2.7"),
        (SIGNATURE + b"\x21\x11\x00\x0f" + bytes([192, 0, 2, 7, 1, 2, 3, 4, 0, 1, 0, 2]) + b"TLV",
         "192.0.2.7"),
        (SIGNATURE + b"\x20\x00\x00\x00", "127.0.0.1"),
        (b"PROXY UNKNOWN\r\n", ""),
    ],
)  # fmt: skip
async def test_whom_a_header_names_is_the_client(behind, header, ip):
    door = await behind()
    client = await door.client()
    client.send(header)
    client.say(EHLO, MAIL, RCPT, "DATA", "x", ".", "QUIT")
    assert (await client.hear_all())[-2:] == ["250 2.0.0 . fine", "221 2.0.0 bye"]
    assert door.taken[0].envelope.client.ip == ip


@pytest.mark.parametrize("step", [1, 7])
async def test_a_header_may_come_in_pieces(behind, step):
    client = await (await behind()).client()
    octets = f"{LINE}\r\n".encode()
    for at in range(0, len(octets), step):
        client.send(octets[at : at + step])
        await client.writer.drain()
    assert (await client.hear())[:3] == "220"


async def test_it_has_the_rights_of_that_client_and_not_of_the_balancer(behind, loopback):
    elsewhere = "RCPT TO:<b@elsewhere.example>"
    door = await behind(relay_from=(*loopback, ip_network("192.0.2.8")))
    for header, reply in (
        (LINE, "550"),
        (LINE.replace("2.7", "2.8"), "250"),
        ("PROXY UNKNOWN", "550"),
    ):
        client = await door.client()
        client.say(header, EHLO, MAIL, elsewhere)
        assert [(await client.hear())[:3] for _ in range(4)] == ["220", "250", "250", reply]


@pytest.mark.parametrize("said", [b"EHLO x\r\n", b"PROXY nonsense\r\n", b"x" * 3000, b"PROXY TCP4"])
async def test_a_balancer_that_sends_no_header_is_let_go_without_a_word(behind, said, caplog):
    door = await behind(proxy_seconds=0.1)
    client = await door.client()
    client.send(said)
    assert await client.reader.read() == b""
    assert "127.0.0.1, a peer of proxy_protocol_from: it" in caplog.text
    await door.all_left()


async def test_a_balancer_that_says_nothing_is_not_waited_for_long(behind):
    door = await behind(proxy_seconds=0.05)
    client = await door.client()
    assert await client.reader.read() == b""


async def test_after_the_header_its_client_has_all_its_time(behind):
    door = await behind()
    client = await door.client()
    client.say(LINE)
    assert (await client.hear())[:3] == "220"
    (connection,) = door.listener._open_doors.doors
    assert connection._hurried_until is None


@pytest.mark.parametrize("header", [f"{LINE}\r\n".encode(), SIGNATURE + b"\x20\x00\x00\x00"])
async def test_of_a_stranger_a_header_is_a_syntax_error_and_names_nobody(open_door, header):
    door = await open_door()
    client = await door.client()
    client.send(header)
    client.say("", EHLO, MAIL, RCPT, "DATA", "x", ".", "QUIT")
    heard = await client.hear_all()
    assert heard[1].startswith("500 5.5.")
    assert heard[-2:] == ["250 2.0.0 . fine", "221 2.0.0 bye"]
    assert door.taken[0].envelope.client.ip == "127.0.0.1"


async def test_starttls_comes_after_a_header(behind, make_pair):
    certificate, key = make_pair("mx")
    door = await behind(tls="opportunistic", tls_certificate=certificate, tls_key=key)
    client = await door.client()
    client.say(LINE, EHLO)
    assert (await client.hear())[:3] == "220"
    assert "STARTTLS" in await client.hear()


class Behind:
    """A client whose octets a balancer sends on, with a header in front, in one packet."""

    def __init__(self, port):
        self.plain = socket.create_connection(("127.0.0.1", port))
        self.sent = f"{LINE}\r\n".encode()
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        self.there, self.back = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self.back, self.there)

    def until_done(self, step):
        while True:
            try:
                done = step()
            except ssl.SSLWantReadError:
                done = None
            self.plain.sendall(self.sent + self.there.read())
            self.sent = b""
            if done is not None:
                return done
            self.back.write(self.plain.recv(65536))


async def test_implicit_tls_comes_after_a_header_in_the_same_packet(behind, make_pair):
    certificate, key = make_pair("mx")
    door = await behind(tls="implicit", tls_certificate=certificate, tls_key=key)
    client = Behind(door.port)
    try:
        await asyncio.to_thread(client.until_done, lambda: client.tls.do_handshake() or True)
        heard = await asyncio.to_thread(client.until_done, lambda: client.tls.read(1000))
    finally:
        client.plain.close()
    assert heard == b"220 mx.corp.example ESMTP\r\n"


# Limits


async def test_a_client_too_often_here_is_told_so_and_others_are_not(behind):
    door = await behind(max_connections_per_client=2)
    first, second, third, other = [await door.client() for _ in range(4)]
    for client in (first, second, third):
        client.say(LINE)
        await asyncio.sleep(0)
    other.say(LINE.replace("2.7", "2.8"))
    heard = sorted([(await client.hear()) for client in (first, second, third)])
    assert [reply[:3] for reply in heard] == ["220", "220", "421"]
    assert heard[2] == "421 4.7.0 too many connections from you"
    assert (await other.hear())[:3] == "220"


async def test_one_that_left_makes_room_for_the_next(behind):
    door = await behind(max_connections_per_client=1)
    for _ in range(3):
        client = await door.client()
        client.say(LINE, "QUIT")
        assert [reply[:3] for reply in await client.hear_all()] == ["220", "221"]
        await door.all_left()


async def test_messages_of_one_client_wait_while_another_ones_are_looked_into(behind):
    looked, begun = asyncio.Event(), []

    async def look(content, envelope, downstream):
        begun.append(envelope.client.ip)
        await looked.wait()
        return Reply(250, ("2.0.0 done",))

    door = await behind(look, turns_per_client=1)
    clients = [await door.client() for _ in range(3)]
    for client, name in zip(clients, ("2.7", "2.7", "2.8"), strict=True):
        client.say(LINE.replace("2.7", name), EHLO, MAIL, RCPT, "DATA", "x", ".", "QUIT")
        while begun.count(f"192.0.{name}") < 1:  # noqa: ASYNC110 - no event tells of it
            await asyncio.sleep(0)
    assert sorted(begun) == ["192.0.2.7", "192.0.2.8"]
    looked.set()
    for client in clients:
        assert (await client.hear_all())[-2:] == ["250 2.0.0 done", "221 2.0.0 bye"]
    assert len(begun) == 3


async def test_a_message_that_waits_too_long_for_its_turn_is_deferred(behind):
    looked = asyncio.Event()

    async def look(content, envelope, downstream):
        await looked.wait()
        return Reply(250, ("2.0.0 done",))

    door = await behind(look, turns_per_client=1, turn_seconds=0.05)
    first, second = await door.client(), await door.client()
    for client in (first, second):
        client.say(LINE, EHLO, MAIL, RCPT, "DATA", "x", ".")
        await door.client_sent_all()
    assert [await second.hear() for _ in range(6)][-1].startswith("451 4.3.2 ")
    looked.set()
    assert [await first.hear() for _ in range(6)][-1] == "250 2.0.0 done"


async def test_where_there_is_no_room_mail_is_not_begun(behind):
    door = await behind(max_in_flight=200, max_size=100)
    client = await door.client()
    client.say(LINE, EHLO, "MAIL FROM:<a@b.example> SIZE=100", RCPT, "DATA")
    client.send(b"x" * 100)
    for _ in range(5):
        await client.hear()
    other = await door.client()
    other.say(LINE, EHLO)
    assert [(await other.hear())[:3] for _ in range(2)] == ["220", "250"]
    while (said := await other.ask("MAIL FROM:<a@b.example> SIZE=1")).startswith("250"):
        await other.ask("RSET")
    assert said == "452 4.3.1 no room for the message"
    third = await door.client()
    third.say(LINE.replace("2.7", "2.8"), EHLO, "MAIL FROM:<a@b.example> SIZE=100")
    assert [(await third.hear())[:3] for _ in range(3)] == ["220", "250", "250"]


# The real thing

HAPROXY = """
defaults
    mode tcp
    timeout connect 5s
    timeout client 30s
    timeout server 30s
frontend one
    bind 127.0.0.1:{first}
    default_backend v1
frontend two
    bind 127.0.0.1:{second}
    default_backend v2
backend v1
    server door 127.0.0.1:{door} send-proxy
backend v2
    server door 127.0.0.1:{door} send-proxy-v2 proxy-v2-options unique-id check-send-proxy check
"""


@pytest.fixture
def haproxy(tmp_path):
    """`haproxy(**ports)`: one that runs until the test is over."""
    running = []

    def run(**ports):
        config = tmp_path / "haproxy.cfg"
        config.write_text(HAPROXY.format(**ports))
        running.append(subprocess.Popen([shutil.which("haproxy"), "-db", "-q", "-f", config]))

    yield run
    for one in running:
        one.terminate()
        one.wait(10)


@pytest.mark.slow
@pytest.mark.real("haproxy")
async def test_a_real_haproxy_names_its_client(behind, free_port, haproxy):
    door = await behind()
    first, second = free_port(), free_port()
    haproxy(first=first, second=second, door=door.port)
    for port, source in ((first, "127.0.0.9"), (second, "127.0.0.10")):
        reader, writer = await connected(port, source)
        lines = (EHLO, MAIL, RCPT, "DATA", "x", ".", "QUIT")
        writer.write("".join(f"{line}\r\n" for line in lines).encode())
        heard = (await reader.read()).decode().splitlines()
        assert heard[-2:] == ["250 2.0.0 . fine", "221 2.0.0 bye"]
        writer.close()
        assert door.taken[-1].envelope.client.ip == source


async def connected(port, source):
    """A connection from this address, once haproxy listens."""
    async with asyncio.timeout(20):
        while True:
            try:
                return await asyncio.open_connection("127.0.0.1", port, local_addr=(source, 0))
            except ConnectionRefusedError:
                await asyncio.sleep(0)
