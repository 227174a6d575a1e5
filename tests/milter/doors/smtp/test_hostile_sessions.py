"""Whatever a client says, one message in is never two out, and nothing of ours is told.

Sessions of the evasion cases, where they lie beside this repository, and tables of our own:
each pair of line ends around the dot, bare line ends in commands, junk, odd orders, too much
of everything, and strangers who speak for others.
"""

import asyncio
import base64
import itertools
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from pratique.milter.mail import Client

MAKER = Path(__file__).resolve().parents[5] / "shared/evasion/make_cases_public.py"
EHLO, MAIL, RCPT = b"EHLO x\r\n", b"MAIL FROM:<a@b.example>\r\n", b"RCPT TO:<b@corp.example>\r\n"
HEAD = b"Subject: outer\r\n\r\nouter body"
SMUGGLED = (
    b"MAIL FROM:<evil@x.example>\r\nRCPT TO:<v@corp.example>\r\nDATA\r\n"
    b"Subject: smuggled\r\n\r\nsmuggled body\r\n.\r\n"
)
ENDS = {
    "CRLF": b"\r\n",
    "LF": b"\n",
    "CR": b"\r",
    "LFCR": b"\n\r",
    "CRCRLF": b"\r\r\n",
    "CRLFLF": b"\r\n\n",
    "CRCR": b"\r\r",
    "LFLF": b"\n\n",
    "CRNULLF": b"\r\0\n",
    "NUL": b"\0",
    "VT": b"\x0b",
    "FF": b"\x0c",
    "NEL": b"\xc2\x85",
    "LS": b"\xe2\x80\xa8",
    "CRLFSP": b"\r\n ",
    "SPCRLF": b" \r\n",
    "CRLFNUL": b"\r\n\0",
    "NULCRLF": b"\0\r\n",
    "none": b"",
}
# Those that a command does not end with, wherever its line ends at last.
NOT_CRLF = [name for name, end in ENDS.items() if end and b"\r\n" not in end]
NOT_CRLF.append("CRCRLF")


async def all_heard(door, octets, *, step=0):
    """Send octets, at once or in steps, and QUIT; all that the door says."""
    client = await door.client()
    for cut in range(0, len(octets), step or len(octets)):
        client.send(octets[cut : cut + (step or len(octets))])
    return await client.hear_all()


def assert_whole(door):
    """Assert that no message has a bare line end: no server finds an end within it."""
    for message in door.hop.messages:
        assert re.search(rb"(?<!\r)\n|\r(?!\n)", message) is None


@pytest.mark.slow
@pytest.mark.parametrize("before", ENDS.values(), ids=ENDS.keys())
@pytest.mark.parametrize("setting", ["refuse", "repair"])
async def test_only_crlf_dot_crlf_ends_a_message(open_door, before, setting):
    door = await open_door(bare_line_ends=setting)
    seams = [before + b"." + after for after in ENDS.values()]
    for seam in seams:
        if b"\r\n.\r\n" in seam:
            continue
        content = HEAD + seam + SMUGGLED
        heard = await all_heard(door, EHLO + MAIL + RCPT + b"DATA\r\n" + content + b"QUIT\r\n")
        assert [reply[:3] for reply in heard[1:5]] == ["250", "250", "250", "354"], seam
        assert [reply[:3] for reply in heard[5:]] in (["250", "221"], ["550", "221"]), seam
    assert {event for event in door.hop.events if "MAIL" in event} == {"MAIL a@b.example"}
    assert len(door.hop.messages) == len(door.taken) <= len(seams)
    assert_whole(door)


@pytest.mark.parametrize("after", ["CRLF", *NOT_CRLF])
async def test_a_dot_that_begins_the_content_ends_it_with_crlf_alone(open_door, after):
    door = await open_door()
    content = b"." + ENDS[after] + b"MAIL FROM:<evil@x.example>\r\n"
    heard = await all_heard(door, EHLO + MAIL + RCPT + b"DATA\r\n" + content + b"\r\n.\r\nQUIT\r\n")
    assert ("MAIL evil@x.example" in door.hop.events) == (after == "CRLF")
    assert heard[5].startswith(("250", "550"))
    assert [message == b"" for message in door.hop.messages] in ([], [after == "CRLF"])
    assert_whole(door)


@pytest.mark.parametrize("end", [ENDS[name] for name in NOT_CRLF], ids=NOT_CRLF)
async def test_a_command_that_ends_in_anything_but_crlf_is_none(open_door, end):
    door = await open_door()
    heard = await all_heard(door, EHLO + MAIL[:-2] + end + b"x\r\nNOOP\r\nQUIT\r\n")
    assert heard[-2:] == ["250 2.0.0 ok", "221 2.0.0 bye"]
    assert {reply[0] for reply in heard[2:-2]} == {"5"}
    assert door.hop.events == []


@pytest.mark.parametrize("end", [ENDS[name] for name in NOT_CRLF], ids=NOT_CRLF)
async def test_data_that_ends_in_anything_but_crlf_begins_no_content(open_door, end):
    door = await open_door()
    heard = await all_heard(door, EHLO + MAIL + RCPT + b"DATA" + end + HEAD + b"\r\nQUIT\r\n")
    assert not any(reply.startswith("354") for reply in heard)
    assert door.taken == []


JUNK = {
    "binary": bytes(range(256)) * 4 + b"\r\n",
    "tls": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(500) + b"\r\n",
    "ssh": b"SSH-2.0-OpenSSH_9.2\r\n",
    "http": b"GET / HTTP/1.1\r\nHost: x\r\n\r\n" + EHLO + MAIL + RCPT + b"DATA\r\n",
    "imap": b"a1 LOGIN x y\r\na2 LOGOUT\r\n",
    "telnet": b"\xff\xfb\x01\xff\xfd\x06EHLO x\r\n",
    "blank": b"\r\n" * 50,
    "blanks": b" " * 5000 + b"\r\n",
    "dots": b".\r\n" * 30,
    "content": HEAD + b"\r\n.\r\n",
    "proxy 1": b"PROXY TCP4 127.0.0.1 127.0.0.1 25 25\r\n",
    "proxy 2": b"\r\n\r\n\0\r\nQUIT\n\x21\x11\x00\x0c" + b"\x7f\0\0\x01" * 2 + b"\0\x19\0\x19",
    "long": b"x" * 1_000_000 + b"\r\n",
    "endless": b"x" * 1_000_000,
    "after quit": b"QUIT\r\n" + EHLO + MAIL + RCPT + b"DATA\r\nx\r\n.\r\n",
    "unquoted": b'MAIL FROM:<"a"b"@c>\r\n' * 3,
    "nested": b"MAIL FROM:<" + b"(" * 1900 + b">\r\n",
    "routes": b"RCPT TO:<" + b"@a," * 600 + b"@a:b@c>\r\n",
    "parameters": b"MAIL FROM:<a@b>" + b" X=1" * 450 + b"\r\n",
    "format": b"MAIL FROM:<%s%n%x@b> \r\nVRFY {0.__class__}\r\n",
}


@pytest.mark.parametrize("octets", JUNK.values(), ids=JUNK.keys())
@pytest.mark.parametrize("before", [b"", EHLO, EHLO + MAIL, EHLO + MAIL + RCPT], ids=range(4))
@pytest.mark.parametrize("reply", ["sender", "queue"])
async def test_junk_brings_nothing_through(open_door, loopback, octets, before, reply):
    door = await open_door(reply=reply, relay_from=loopback)
    heard = await all_heard(door, before + octets + b"\r\nQUIT\r\n")
    assert all(
        re.match(r"[245][0-5][0-9][ -][ -~]+\Z", one) for one in "\n".join(heard).split("\n")
    )
    assert heard[-1][:3] in ("221", "421")
    assert door.taken == []
    assert reply == "sender" or not any(one.startswith("5") for one in heard)
    assert "Traceback" not in "".join(heard)


# Each command where another is due; what they do not undo must not be skipped.
COMMANDS = {
    "EHLO": EHLO,
    "HELO": b"HELO x\r\n",
    "MAIL": MAIL,
    "RCPT": RCPT,
    "RSET": b"RSET\r\n",
    "DATA": b"DATA\r\n",
}


def due_to(order):
    """What a client says in this order, and which codes it must hear."""
    greeted, mail, rcpt = False, False, False
    octets, due = b"", ["220"]
    for name in order:
        octets += COMMANDS[name]
        good = "250"
        match name:
            case "EHLO" | "HELO":
                greeted, mail, rcpt = True, False, False
            case "RSET":
                mail, rcpt = False, False
            case "MAIL":
                good = "250" if greeted and not mail else "503"
                mail = mail or greeted
            case "RCPT":
                good, rcpt = ("250", True) if mail else ("503", rcpt)
            case "DATA":
                good = "354" if rcpt else "503"
        due.append(good)
        if good == "354":
            octets += b"x\r\n.\r\n"
            due.append("250")
            mail, rcpt = False, False
    return octets + b"QUIT\r\n", [*due, "221"]


@pytest.mark.slow
@pytest.mark.parametrize("first", COMMANDS)
@pytest.mark.parametrize("second", COMMANDS)
async def test_content_is_taken_only_after_its_envelope(open_door, first, second):
    door = await open_door()
    messages = 0
    for rest in itertools.product(COMMANDS, repeat=3):
        octets, due = due_to((first, second, *rest))
        heard = await all_heard(door, octets)
        assert [reply[:3] for reply in heard] == due, rest
        messages += due.count("354")
    assert len(door.hop.messages) == messages


@pytest.mark.parametrize(
    "said",
    [
        b"XFORWARD ADDR=127.0.0.1 NAME=localhost\r\n",
        b"XCLIENT ADDR=127.0.0.1 LOGIN=admin\r\n",
        b"PROXY TCP4 127.0.0.1 127.0.0.1 25 25\r\n",
        b"PROXY UNKNOWN\r\n",
        JUNK["proxy 2"] + b"\r\n",
    ],
    ids=["XFORWARD", "XCLIENT", "PROXY 1", "PROXY unknown", "PROXY 2"],
)
async def test_a_stranger_speaks_for_nobody(open_door, said):
    door = await open_door()
    heard = await all_heard(door, said + EHLO + said + MAIL + RCPT + b"QUIT\r\n")
    assert [reply[:3] for reply in heard[-3:]] == ["250", "250", "221"]
    (envelope,) = door.hop.envelopes
    assert (envelope.client, envelope.authenticated) == (Client("127.0.0.1", "", "x"), "")


async def test_more_recipients_than_anybody_has(open_door):
    door = await open_door(max_recipients=100)
    heard = await all_heard(door, EHLO + MAIL + RCPT * 300 + b"DATA\r\n")
    codes = [reply[:3] for reply in heard]
    assert (codes.count("250"), codes.count("452"), codes[-1]) == (102, 101, "421")


async def test_content_that_never_ends_takes_no_memory(open_door):
    door = await open_door(max_size=1000)
    client = await door.client()
    client.send(EHLO + MAIL + RCPT + b"DATA\r\n")
    for _ in range(50):
        client.send(b"x" * 100_000)
        await client.writer.drain()
    client.send(b"\r\n.\r\nQUIT\r\n")
    heard = await client.hear_all()
    assert [reply[:3] for reply in heard[-2:]] == ["552", "221"]


# The evasion cases


@pytest.fixture(scope="module")
def cases(tmp_path_factory):
    """Give the sessions of the evasion cases by their names."""
    folder = tmp_path_factory.mktemp("cases")
    subprocess.run([sys.executable, MAKER, folder], check=True, capture_output=True)
    return {path.name: json.loads(path.read_text()) for path in folder.rglob("*.smtp.json")}


def octets_of(step):
    return base64.b64decode(step["b64"]) if "b64" in step else step["value"].encode()


async def play(door, steps):
    """Play a session up to where it expects TLS, which is offered by nobody here."""
    client = await door.client()
    for step in steps:
        match step["action"]:
            case "send":
                client.send(octets_of(step))
            case "expect":
                expected, heard = octets_of(step).decode(), await client.hear()
                if expected == "220" and heard.startswith("502"):
                    break
                assert expected == "any" or heard.startswith((expected, "4", "5"))
            case "starttls":
                pytest.fail("TLS was not offered")
    client.writer.write_eof()
    await client.hear_all()


@pytest.mark.real("shared mail")
@pytest.mark.slow
@pytest.mark.parametrize("setting", ["refuse", "repair"])
async def test_the_sessions_of_the_evasion_cases(open_door, cases, setting):
    assert len(cases) >= 8
    for name, case in cases.items():
        door = await open_door(bare_line_ends=setting, domains=("example.org",))
        await play(door, case["steps"])
        async with asyncio.timeout(20):
            await door.all_left()
        wanted = case["expect"]
        assert len(door.hop.messages) <= wanted["max_messages"], name
        for message in door.hop.messages:
            assert wanted.get("body_contains", "").encode() in message, name
        assert_whole(door)
