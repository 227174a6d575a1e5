"""Strangers' mail through a door in this very process: nobody on this side parses it."""

import asyncio
import importlib
from pathlib import Path

import pytest

from pratique.milter.doors.smtp.server import serve_smtp
from pratique.milter.doors.smtp.settings import DoorSettings
from pratique.milter.next_hop.maildir import Maildir
from pratique.milter.pipeline import Pipeline
from pratique.milter.quarantine.store import Quarantine
from pratique.milter.wall.workers import Workers, own_nursery
from pratique.milter.ways import Ways
from pratique.policies.policy import Policy
from pratique.scanners.wall_pb2 import Setup

pytestmark = [
    pytest.mark.real("shared mail"),
    pytest.mark.real("kernel confinement"),
    pytest.mark.slow,
]

SHARED = Path(__file__).resolve().parents[3] / "shared"

# Libraries of ours load `email`; these are the ways into its parser, and aiosmtpd's own.
ENTRIES = [
    ("aiosmtpd.smtp", "SMTP._getaddr"),
    ("aiosmtpd.smtp", "get_addr_spec"),
    ("aiosmtpd.smtp", "get_angle_addr"),
    ("email", "message_from_bytes"),
    ("email", "message_from_string"),
    ("email.feedparser", "FeedParser.feed"),
    ("email.parser", "Parser.parse"),
    ("email.header", "decode_header"),
    ("email.utils", "parseaddr"),
    ("email.utils", "getaddresses"),
    ("email._header_value_parser", "get_addr_spec"),
    ("email._header_value_parser", "get_address_list"),
]
POLICY = '[[rule]]\nname = "all"\nactions = ["accept"]\n'


@pytest.fixture
async def door(tmp_path):
    """Give the port of a door in this process, with real workers behind it."""
    workers = Workers(own_nursery(Setup()))
    await workers.start()
    quarantine = Quarantine(tmp_path / "quarantine")
    hop = Maildir(tmp_path / "maildir")
    pipeline = Pipeline(workers, Policy.load(POLICY), quarantine)
    settings = DoorSettings("smtp", "us.example", port=0, domains=("example.net",))

    async def take(content, envelope, downstream):
        return await pipeline.take(
            content, envelope, Ways(downstream.send, quarantine.hold, "sender")
        )

    listener = await serve_smtp(settings, hop, take)
    yield listener.port
    await listener.close()
    await hop.close()
    quarantine.close()
    await workers.close()


async def send_all(port, messages):
    """Send each message, and give the replies to their final dots."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    await reader.readline()
    replies = []
    for message in messages:
        for line in (b"HELO x", b"MAIL FROM:<a@b.example>", b"RCPT TO:<b@example.net>", b"DATA"):
            writer.write(line + b"\r\n")
            await reader.readline()
        writer.write(message.replace(b"\r\n.", b"\r\n..") + b"\r\n.\r\n")
        replies.append((await reader.readline())[:3])
    writer.close()
    await writer.wait_closed()
    return replies


async def test_no_mail_parser_is_called_on_this_side(door, monkeypatch):
    calls = []
    for module, name in ENTRIES:
        monkeypatch.setattr(f"{module}.{name}", lambda *a, n=name, **k: calls.append(n))
    importlib.import_module("email.utils").parseaddr("does the record work?")
    assert calls == ["parseaddr"]
    calls.clear()
    mails = sorted((SHARED / "corpora").rglob("*.eml"))
    wire = [b"\r\n".join(path.read_bytes().splitlines()).lstrip(b".") for path in mails]
    replies = await send_all(door, wire)
    assert len(replies) > 500
    assert set(replies) == {b"250"}
    assert calls == []
