"""The octets that a worker looked at are the octets that the next hop gets."""

import asyncio
import hashlib
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from pratique.milter.content import content_of
from pratique.milter.doors.smtp.server import serve_smtp
from pratique.milter.doors.smtp.settings import DoorSettings
from pratique.milter.mail import CHUNK, Envelope, Forward, Outgoing
from pratique.milter.next_hop.smtp import SmtpNextHop
from pratique.milter.wall.workers import Workers, WorkerSettings, own_nursery
from pratique.scanners.wall_pb2 import Setup

pytestmark = [pytest.mark.real("kernel confinement"), pytest.mark.slow]

HEADER = b"From: <a@sender.example>\r\nSubject: odd\r\n\r\n"
EDGE = CHUNK - len(HEADER)
ODD = {
    "nothing": b"",
    "no header": b"\r\n",
    "no body": b"Subject: x\r\n",
    "lines of dots": HEADER + b".\r\n..\r\n...\r\n.a\r\n. \r\n.\t\r\n",
    "a dot line at the end": HEADER + b"x\r\n.\r\n",
    "a whole session": HEADER
    + b".\r\nMAIL FROM:<x@y.example>\r\nRCPT TO:<z@y.example>\r\nDATA\r\n",
    "NUL": HEADER + b"a\0b\r\n\0\r\n",
    "all octets but line ends": HEADER + bytes(one for one in range(256) if one not in b"\r\n\0"),
    "a long line": HEADER + b"y" * 100_000 + b"\r\n",
    "a long line that begins with a dot": HEADER + b"." * 100_000 + b"\r\n",
    "a dot that begins a chunk": HEADER + b"z" * (EDGE - 2) + b"\r\n" + b".dot\r\n",
    "CR and LF in two chunks": HEADER + b"z" * (EDGE - 1) + b"\r\n" + b".dot\r\n",
    "a dot alone in two chunks": HEADER + b"z" * (EDGE - 3) + b"\r\n" + b".\r\nz\r\n",
    "many chunks of dots": HEADER + b".\r\n" * 200_000,
    "bare line ends": HEADER + b"a\nb\rc\n.\nd\r.\re\n.\r\n\r\r\n",
    "a dot after a bare LF": HEADER + b"x\n.y\r\n",
    "a dot after a bare CR": HEADER + b"x\r.y\r\n",
    "header fields that repeat": b"Subject: a\r\nSubject: b\r\n: c\r\n folded\r\n\r\nx\r\n",
    "UTF-8": "Subject: Grüße\r\n\r\n…\r\n".encode(),
    "broken UTF-8": HEADER + b"\xc3\x28\xff\xfe\r\n",
}


@pytest.fixture
async def relay(sink):
    """`await relay(content)`: what the sink got, and the hash of what was looked at."""
    workers = Workers(own_nursery(Setup()), WorkerSettings(1, 20.0))
    await workers.start()
    seen = []

    async def take(content, envelope, downstream):
        seen.append((await workers.inspect(content, envelope)).mail.sha256)
        return await downstream.send(Outgoing(content))

    settings = replace(
        DoorSettings("mx", "mx.example", port=0, domains=("corp.example",)), bare_line_ends="repair"
    )
    hop = SmtpNextHop("127.0.0.1", sink.port, "mx.example")
    listener = await serve_smtp(settings, hop, take)

    async def send(content):
        reader, writer = await asyncio.open_connection("127.0.0.1", listener.port)
        stuffed = (b"\r\n" + content).replace(b"\r\n.", b"\r\n..")[2:]
        end = b"" if stuffed.endswith(b"\r\n") or not stuffed else b"\r\n"
        await reader.readline()
        for line in (b"HELO c.example", b"MAIL FROM:<>", b"RCPT TO:<b@corp.example>", b"DATA"):
            writer.write(line + b"\r\n")
            await reader.readline()
        writer.write(stuffed + end + b".\r\n")
        assert (await reader.readline()).startswith(b"250")
        writer.close()
        return sink.messages[-1].content, seen[-1]

    yield send
    await listener.close(5.0)
    await hop.close()
    await workers.close()


async def test_what_was_looked_at_is_what_is_forwarded(relay):
    for name, content in ODD.items():
        got, looked_at = await relay(content)
        assert hashlib.sha256(got).hexdigest() == looked_at, name
        normal = content.replace(b"\r\n", b"\n").replace(b"\r", b"\n").replace(b"\n", b"\r\n")
        ended = normal if normal.endswith(b"\r\n") or not normal else normal + b"\r\n"
        assert got == ended, name


@pytest.mark.parametrize("end", [b"", b"x", b"\r", b"\n", b"\r\n", b".", b"\r\n."])
async def test_content_without_a_line_end_gets_one_and_nothing_else(sink, end):
    octets = HEADER + b"x" + end
    hop, content = SmtpNextHop("127.0.0.1", sink.port, "mx.example"), content_of([octets])
    envelope = Envelope("Q1", datetime(2026, 11, 22, tzinfo=UTC), "a@sender.example")
    _, transaction = await hop.resume(envelope, [Forward("b@corp.example")])
    assert (await transaction.send(Outgoing(content))).accepted
    content.close()
    await hop.close()
    assert sink.messages[0].content == octets + b"\r\n" * (not octets.endswith(b"\r\n"))
