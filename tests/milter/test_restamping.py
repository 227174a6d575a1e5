"""What an admin releases of our mail is stamped on the day on which it leaves."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from pratique.milter.mail import Envelope, Forward
from pratique.milter.quarantine.record import Record
from pratique.milter.restamping import Restamping
from pratique.milter.sections.sent import BatvSection, SentSection
from pratique.milter.sent import batv, watermark
from pratique.milter.sent import keys as key_files
from pratique.milter.sent.day import day_of
from pratique.milter.sent.our_mail import open_our_mail
from pratique.scanners.facts_pb2 import Facts

HELD = datetime(2026, 11, 1, 12, tzinfo=UTC)
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
ANN, GONE, BOB = "ann@example.org", "gone@example.net", "bob@example.net"
CAME, ADDED = "<came@example.org>", "<added@example.org>"
DOMAINS = ("example.org",)


@pytest.fixture
def section(tmp_path):
    key_files.add(tmp_path / "keys", date(2026, 11, 22))
    return SentSection(keys=tmp_path / "keys", batv=(BatvSection(domain="example.org"),))


@pytest.fixture
def leaving(section, tmp_path):
    return Restamping(section, tmp_path, DOMAINS, lambda: NOW)


def held(keys, came="", **changed):
    """A message of ours, held three weeks ago; without `came` we gave it a Message-ID."""
    facts = Facts()
    facts.mail.message_id = came
    mark = watermark.mark(keys, day_of(HELD), came or ADDED, ANN) if keys else ""
    prepend = b"Received: by us;\r\n\tat noon\r\n"
    prepend += b"" if came else b"Message-ID: %b\r\n" % ADDED.encode()
    prepend += b"X-Pratique-Watermark: %b\r\n" % mark.encode() if mark else b""
    fields = {"direction": "outbound", "reverse_path": ANN, **changed}
    recipients = (Forward(GONE), Forward(BOB))
    envelope = Envelope("Q1", HELD, recipients=recipients, **fields)
    return Record("id", HELD, "ab" * 32, 1, envelope, (), facts, prepend)


@pytest.mark.parametrize("came", [CAME, ""])
async def test_mark_row_and_tag_are_of_today(leaving, section, tmp_path, came):
    keys = key_files.read(section.keys)
    record = held(keys, came)
    left = await leaving(record, (Forward(GONE),))
    assert batv.untag(keys, left.envelope.reverse_path, day_of(NOW)).state == "ours"
    assert batv.bare(left.envelope.reverse_path) == ANN
    before, _, mark = left.prepend.removesuffix(b"\r\n").rpartition(b"\r\nX-Pratique-Watermark: ")
    assert record.prepend.startswith(before)
    found = watermark.verify(keys, mark.decode(), came or ADDED, ANN, day_of(NOW))
    assert (found.state, found.day) == ("valid", day_of(NOW))
    with open_our_mail(section, tmp_path, DOMAINS) as ours:
        sent = await ours.ledger.by_message_id(came or ADDED, ANN)
        assert sent.sent_at == NOW
        assert sent.recipients == {ours.ledger.hashed(GONE)}


async def test_a_message_without_a_mark_gets_none(leaving):
    record = held(None, CAME)
    assert (await leaving(record, ())).prepend == record.prepend


@pytest.mark.parametrize(
    "changed", [{"direction": "inbound"}, {"reverse_path": ""}, {"reverse_path": None}]
)
async def test_what_is_not_stamped_leaves_as_it_was_held(leaving, section, changed):
    section.keys.write_text("nonsense")
    record = held(None, CAME, **changed)
    assert await leaving(record, ()) is record


async def test_without_keys_nothing_is_stamped(tmp_path):
    record = held(None, CAME)
    assert await Restamping(SentSection(), tmp_path)(record, ()) is record


async def test_keys_that_cannot_be_used_are_told(leaving, section):
    section.keys.write_text("nonsense")
    with pytest.raises(key_files.KeysError, match="pratique keys new"):
        await leaving(held(None, CAME), ())


async def test_a_tag_that_is_there_stays(leaving, section):
    tagged = batv.tag(key_files.read(section.keys), ANN, day_of(NOW))
    record = replace(held(None, CAME), envelope=replace(held(None).envelope, reverse_path=tagged))
    assert (await leaving(record, ())).envelope.reverse_path == tagged
