"""A released message on its way back: that message alone, with trace fields in front."""

import asyncio
import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from pratique.milter.content import content_of
from pratique.milter.mail import Envelope, Forward, Outgoing
from pratique.milter.next_hop import Reply
from pratique.milter.quarantine.record import Held
from pratique.milter.quarantine.store import Quarantine
from pratique.milter.released import MAX_TRACE, redemption
from pratique.policies.verdict import Action, Verdict
from pratique.scanners.facts_pb2 import Facts, ForeignField, Mail

BOB, CARL, EVE = (Forward(f"{name}@example.net") for name in ("bob", "carl", "eve"))
ENVELOPE = Envelope(
    "Q1", datetime(2026, 11, 22, tzinfo=UTC), "ann@example.org", recipients=(BOB, CARL)
)
CONTENT = b"Subject: text\r\nX-Pratique-Note: forged\r\n\r\nX-Pratique-Release: x\r\n.\r\n"
OK = Reply(250, ("2.0.0 Ok",))
RECEIVED = b"Received: from a\r\n\tby b; today\r\n"


class Hop:
    """A next hop that keeps what a release sends."""

    sent = b""

    async def begin(self, envelope):
        return OK, self

    async def recipient(self, forward):
        return OK

    async def send(self, outgoing):
        self.sent = b"".join(outgoing.chunks())
        return OK


@pytest.fixture
async def quarantine(tmp_path):
    made = Quarantine(tmp_path / "quarantine")
    yield made
    made.close()


@pytest.fixture
async def sent(quarantine):
    """What the release of a held message sends."""
    content, hop = content_of([CONTENT]), Hop()
    outgoing = Outgoing(content, b"Received: by us\r\nX-Pratique-Seen: yes\r\n", ((15, 40),))
    verdicts = (Verdict(Action.QUARANTINE, "", ""),) * 2
    message_id = await quarantine.hold(Held(outgoing, ENVELOPE, verdicts, Facts()))
    content.close()
    await quarantine.release(message_id, hop)
    return hop.sent


def mail_of(octets):
    """What a worker says of our fields in a header."""
    header = octets.partition(b"\r\n\r\n")[0] + b"\r\n"
    mail = Mail()
    for found in re.finditer(rb"(?im)^(x-pratique-\w+) *: *(.*)\r\n(?:[ \t].*\r\n)*", header):
        name = found[1].decode()
        mail.foreign_fields.add(name=name, start=found.start(), end=found.end())
        if name.lower() == "x-pratique-release":
            mail.release_token = found[2].decode()
    return mail


@pytest.fixture
def opens(quarantine):
    """Try a message that came; true if it passes.  The token is given back."""

    async def opens(octets, mail=None, envelope=ENVELOPE):
        content = content_of([octets])
        try:
            found = await redemption(quarantine, content, envelope, mail or mail_of(octets))
        finally:
            content.close()
        if found is not None:
            found.back()
        return found is not None

    return opens


async def test_a_message_that_comes_back_as_it_went_passes(opens, sent):
    assert sent.count(b"X-Pratique-") == 3
    assert await opens(sent)
    assert await opens(RECEIVED + sent)


@pytest.mark.parametrize(
    "front",
    [
        RECEIVED * 50,
        b"RETURN-PATH: <ann@example.org>\r\nDelivered-To: x\r\n" + RECEIVED,
        b"DKIM-Signature: v=1;\r\n h=a;\r\n b=c\r\nAuthentication-Results: x; none\r\n",
        b"Received-SPF: pass\r\nARC-Seal: i=1\r\n",
        b"Received: \xff\x80\r\n",
        b"Received:\r\n\t x\r\n",
    ],
)
async def test_trace_fields_in_front_do_no_harm(opens, sent, front):
    assert await opens(front + sent)


@pytest.mark.parametrize(
    "front",
    [
        b"Content-Type: application/x-dosexec\r\n",
        RECEIVED + b"Content-Type: multipart/mixed; boundary=b\r\n" + RECEIVED,
        b"Subject: another\r\n",
        b"Received-By: x\r\n",
        b"XReceived: x\r\n",
        b"Received : x\r\n",
        b" Received: x\r\n",
        b"\tx\r\n",
        b"Received: x\nContent-Type: evil\r\n",
        b"Received: x\rContent-Type: evil\r\n",
        b"Received: x\r\n \r\n",
        b"Received: x\r\n \rContent-Type: evil\r\n",
        b"Received: x\r\n\t\nContent-Type: evil\r\n",
        b"Received: x\0\r\n",
        b"\r\n",
        b"Received: x\r\n\r\nMZ\r\n",
        b"From ann Sat Nov 22\r\n",
        b"X-Pratique-Note: x\r\n",
        b"\xef\xbb\xbfReceived: x\r\n",
    ],
)
async def test_nothing_else_may_stand_in_front(opens, sent, front):
    whole = front + sent
    # Also where a worker would say that all is well.
    mail, start = mail_of(sent), len(front)
    (token, *_) = mail.foreign_fields
    mail.foreign_fields[0].CopyFrom(
        ForeignField(name=token.name, start=token.start + start, end=token.end + start)
    )
    assert not await opens(whole, mail)
    assert await opens(sent)


@pytest.mark.parametrize(("more", "passes"), [(0, True), (1, False)])
async def test_no_more_trace_than_servers_write(opens, sent, more, passes):
    front = b"Received: " + b"x" * (MAX_TRACE - 12 + more) + b"\r\n"
    assert await opens(front + sent) is passes


@pytest.mark.parametrize(
    "change",
    [
        lambda sent: sent + b"footer\r\n",
        lambda sent: sent[:-3],
        lambda sent: sent.replace(b"Subject: text", b"Subject: TEXT"),
        lambda sent: sent.replace(b"\r\n\r\n", b"\r\nMessage-ID: <x@y>\r\n\r\n"),
        lambda sent: sent.replace(b"X-Pratique-Seen: yes\r\n", b""),
        lambda sent: sent.partition(b"\r\n")[0] + b"\r\nSubject: evil\r\n\r\nMZ\r\n",
        lambda sent: sent.replace(b"\r\n", b"\r\n" + sent.partition(b"\r\n")[0] + b"\r\n", 1),
        lambda sent: sent.partition(b"\r\n")[2],
    ],
)
async def test_a_message_that_was_changed_is_another_one(opens, sent, change):
    changed = change(sent)
    assert changed != sent
    assert not await opens(changed)
    assert await opens(sent)


@pytest.mark.parametrize(
    ("changed", "passes"),
    [
        ({"recipients": (BOB,)}, True),
        ({"recipients": (CARL, CARL)}, True),
        ({"recipients": (Forward("bob@EXAMPLE.net", ("NOTIFY=NEVER",)),)}, True),
        ({"recipients": (BOB, EVE)}, False),
        ({"recipients": (EVE,)}, False),
        ({"reverse_path": ""}, False),
        ({"reverse_path": "eve@example.org"}, False),
        ({"reverse_path": "ann@EXAMPLE.org"}, True),
    ],
)
async def test_it_passes_only_to_those_it_was_released_for(opens, sent, changed, passes):
    assert await opens(sent, envelope=replace(ENVELOPE, **changed)) is passes


async def test_a_worker_that_lies_about_the_token_gains_nothing(opens, sent):
    line, _, tail = sent.partition(b"\r\n")
    evil = b"Subject: evil\r\n\r\nMZ\r\n"
    mail = Mail(release_token=mail_of(sent).release_token)
    span = mail.foreign_fields.add(name="X-Pratique-Release")
    # What was released stands at the end of another message.
    span.start, span.end = len(evil), len(evil + line) + 2
    assert not await opens(evil + sent, mail)
    # What is no part of the field would be cut with it: what is left was released.
    span.start, span.end = 0, len(line + evil) + 2
    assert await opens(line + b"\r\n" + evil + tail, mail)
    span.end = len(line) + 2
    assert not await opens(line + b"\r\n" + evil + tail, mail)


@pytest.mark.parametrize("count", [0, 2])
async def test_a_token_stands_in_one_field(opens, sent, count):
    mail = mail_of(sent)
    field = mail.foreign_fields[0]
    del mail.foreign_fields[:]
    mail.foreign_fields.extend([field] * count)
    assert not await opens(sent, mail)


async def test_the_case_of_the_field_means_nothing(opens, sent):
    assert await opens(b"x-PRATIQUE-release" + sent[18:])


async def test_another_message_does_not_keep_the_token_from_the_right_one(quarantine, sent):
    content, evil = content_of([sent]), content_of([sent + b"MZ"])
    tries = (redemption(quarantine, each, ENVELOPE, mail_of(sent)) for each in [evil, content] * 9)
    found = [one for one in await asyncio.gather(*tries) if one is not None]
    assert len(found) == 1
    await found[0].spent()
    assert await redemption(quarantine, content, ENVELOPE, mail_of(sent)) is None
    content.close()
    evil.close()


async def test_a_door_that_goes_away_meanwhile_gives_the_token_back(quarantine, sent, opens):
    content = content_of([sent])
    trying = asyncio.create_task(redemption(quarantine, content, ENVELOPE, mail_of(sent)))
    await asyncio.sleep(0)
    trying.cancel()
    with pytest.raises(asyncio.CancelledError):
        await trying
    content.close()
    # Nobody waits for the thread any more; what is asked next comes after it.
    async with asyncio.timeout(10):
        while not await opens(sent):
            pass
