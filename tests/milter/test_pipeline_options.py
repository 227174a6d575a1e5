"""Beside the policy: what came of late is counted once, and a message is stamped once."""

import runpy
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from pratique.milter.alerts.buckets import MemoryBuckets
from pratique.milter.alerts.bursts import Bursts
from pratique.milter.alerts.lately import Lately
from pratique.milter.mail import Client
from pratique.milter.own_fields import OwnFields
from pratique.milter.pipeline import Options
from pratique.milter.sections.bursts import BurstsSection
from pratique.milter.sent.keys import Key, Keys
from pratique.milter.sent.our_mail import OurMail
from pratique.milter.sent.stamping import Stamping
from pratique.milter.sent.stated import StatedLedger

STRIPPED = runpy.run_path(str(Path(__file__).with_name("rewritten.py")))
ID = "<1@example.org>"


@pytest.fixture
def ledger():
    return StatedLedger()


@pytest.fixture
def options(ledger):
    keys = Keys((Key(1, date(2026, 1, 1), b"k" * 32),))
    stamping = Stamping(OurMail(ledger, ("example.org",), keys), "h.example")
    bursts = Bursts(Lately(MemoryBuckets()), BurstsSection())
    return Options(OwnFields(stamping), bursts)


@pytest.fixture
def outgoing(envelope):
    return replace(envelope, direction="outbound", client=Client("192.0.2.7"))


@pytest.fixture
def send(take, fake_sees, options, outgoing):
    """Have a message with a Message-ID taken on its way out."""

    async def send(octets, **mail):
        sees = fake_sees(**{"message_id": ID, **mail})
        return await take(octets, sees, options=options, envelope=outgoing)

    return send


@pytest.mark.parametrize("subject", [b"hello", b"mark"])
async def test_what_goes_out_is_stamped_below_the_trace_field(send, hop, ledger, subject):
    assert (await send(subject)).code == 250
    sent = hop.sent[0].split(b"\r\n")
    assert sent[0] == b"Received: here"
    assert sent[1].startswith(b"X-Pratique-Watermark: 1-")
    assert await ledger.by_message_id(ID, "ann@example.org") is not None


async def test_what_is_held_is_stamped_as_it_would_go_out(send, quarantine, ledger):
    assert (await send(b"hold")).code == 250
    (message,) = quarantine.messages()
    assert b"\nX-Pratique-Watermark: 1-" in quarantine.show(message.id).record.prepend
    assert await ledger.by_message_id(ID) is not None


@pytest.mark.parametrize("subject", [b"refuse", b"defer", b"drop"])
async def test_what_goes_nowhere_was_never_sent(send, ledger, subject):
    await send(subject)
    assert await ledger.by_message_id(ID) is None


async def test_a_mail_loop_was_never_sent(send, ledger):
    assert (await send(b"hello", received_count=51)).code == 554
    assert await ledger.by_message_id(ID) is None


async def test_for_whom_it_is_held_is_a_recipient_too(send, ledger):
    await send(b"mixed")
    sent = await ledger.by_message_id(ID)
    assert sent.recipients == set(map(ledger.hashed, ("bob@example.net", "eve@example.net")))


async def test_a_message_that_nobody_looks_into_goes_as_it_is(take, options, outgoing, ledger):
    reply = await take(b"x", too_large=9, heard_by="queue", options=options, envelope=outgoing)
    assert reply.code == 250
    # That we wrote to him is known all the same.
    assert await ledger.last_to("bob@example.net", "ann@example.org") == outgoing.received_at


class Counted(StatedLedger):
    """Keeps what it was told to record."""

    def __init__(self):
        super().__init__()
        self.told = []

    async def record(self, message_id, *rest):
        self.told.append(message_id)
        return await super().record(message_id, *rest)


class Sees(STRIPPED["Sees"]):
    """Keeps what it has seen."""

    def __init__(self):
        super().__init__()
        self.seen = []

    async def inspect(self, content, envelope):
        facts = await super().inspect(content, envelope)
        facts.mail.header.SetInParent()
        self.seen.append(facts)
        return facts


async def test_a_message_that_is_changed_is_counted_and_stamped_once(strip, options, outgoing, hop):
    sees, ledger = Sees(), Counted()
    own_fields = OwnFields(Stamping(OurMail(ledger, ("example.org",)), "h.example"))
    options = replace(options, own_fields=own_fields)
    assert (await strip(sees, options=options, envelope=outgoing)).code == 250
    assert [one.envelope.client.recent_recipients for one in sees.seen] == [2, 2]
    made = [line for line in hop.sent[0].split(b"\r\n") if line.startswith(b"Message-ID: ")]
    assert made == [f"Message-ID: {one}".encode() for one in ledger.told]
    assert len(made) == 1
