"""Fields of ours: who gets them, which, and where they stand."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from pratique.milter import actions, counters
from pratique.milter.content import content_of
from pratique.milter.doors.milter import ending
from pratique.milter.doors.milter.ending import Ending
from pratique.milter.mail import Envelope, Forward
from pratique.milter.next_hop import Reply
from pratique.milter.own_fields import OwnFields
from pratique.milter.sent.keys import Key, Keys
from pratique.milter.sent.our_mail import OurMail
from pratique.milter.sent.stamping import Stamping
from pratique.milter.sent.stated import StatedLedger
from pratique.milter.ways import Whole, outgoing
from pratique.policies.verdict import Action, Verdict
from pratique.scanners.facts_pb2 import DkimResult, Facts

AT = datetime(2026, 11, 22, tzinfo=UTC)
ANN, BOB, EVE = "ann@example.org", "bob@example.net", "eve@example.net"
KEYS = Keys((Key(1, date(2026, 1, 1), b"k" * 32),))


@pytest.fixture
def ledger():
    return StatedLedger()


@pytest.fixture
def own_fields(ledger):
    return OwnFields(Stamping(OurMail(ledger, ("example.org",), KEYS), "h.example"), "mx.example")


@pytest.fixture
def whole():
    content = content_of([b"hello"])
    seen = Facts()
    seen.mail.message_id = "<1@example.org>"
    recipients = (Forward(BOB), Forward(EVE))
    yield Whole(content, Envelope("Q1", AT, ANN, recipients=recipients), seen)
    content.close()


@pytest.fixture
def outbound(whole):
    return replace(whole, envelope=replace(whole.envelope, direction="outbound"))


def plan(*said):
    return actions.plan([Verdict(Action(one), "a rule", "") for one in said])


def looked(whole):
    auth = whole.facts.auth
    auth.spf, auth.checker = "pass", "pratique"
    auth.dkim.extend(DkimResult(domain="a.example", result="pass") for _ in range(10))
    whole.facts.envelope.reverse_path = ANN
    return whole


@pytest.mark.parametrize(
    ("said", "recipients"),
    [
        (("accept", "accept"), {BOB, EVE}),
        (("quarantine", "quarantine"), {BOB, EVE}),
        (("accept", "quarantine"), {BOB, EVE}),
    ],
)
async def test_what_goes_out_or_may_do_so_one_day_is_stamped(
    own_fields, ledger, outbound, said, recipients
):
    before = counters.STAMPED._value.get()
    whole = await own_fields.added(outbound, plan(*said))
    assert whole.fields.startswith(b"X-Pratique-Watermark: 1-20779-")
    assert whole.above == b""
    sent = await ledger.by_message_id("<1@example.org>", ANN)
    assert sent.recipients == set(map(ledger.hashed, recipients))
    assert counters.STAMPED._value.get() == before + 1


@pytest.mark.parametrize("said", ["reject", "defer", "discard"])
@pytest.mark.parametrize("direction", ["inbound", "outbound"])
async def test_what_goes_nowhere_has_no_fields(own_fields, ledger, whole, said, direction):
    whole = looked(replace(whole, envelope=replace(whole.envelope, direction=direction)))
    assert await own_fields.added(whole, plan(said, said)) is whole
    assert await ledger.by_message_id("<1@example.org>") is None


async def test_what_comes_in_is_not_stamped(own_fields, ledger, whole):
    added = await own_fields.added(whole, plan("accept", "accept"))
    assert (added.fields, added.above) == (b"", b"")
    assert await ledger.by_message_id("<1@example.org>") is None


async def test_what_was_found_out_is_said_above_the_trace_field(own_fields, whole):
    made = plan("accept", "accept")
    added = await own_fields.added(looked(whole), made)
    out = outgoing(added, b"Received: here\r\n", made.shares[0])
    said = b"".join(out.chunks())
    assert said.startswith(
        b"Authentication-Results: mx.example;\r\n\tspf=pass smtp.mailfrom=example.org;\r\n\tdkim="
    )
    assert said.endswith(b"header.d=a.example\r\nReceived: here\r\nhello")
    assert max(map(len, said.splitlines())) < 998
    # A mail server that keeps the message can be told so.
    edits = ending.edits(Ending(Reply(250, ("ok",)), out), {}, {})
    assert [name for name, _ in edits.prepend] == ["Received", "Authentication-Results"]


@pytest.mark.parametrize(
    ("authserv_id", "checker"), [("", "pratique"), ("mx.example", ""), ("", "")]
)
async def test_who_has_no_name_or_did_not_look_says_nothing(whole, authserv_id, checker):
    whole = looked(whole)
    whole.facts.auth.checker = checker
    assert (await OwnFields(None, authserv_id).added(whole, plan("accept", "accept"))).above == b""


async def test_without_stamps_what_goes_out_is_as_it_was(outbound):
    own = OwnFields(None, "mx.example")
    assert await own.added(looked(outbound), plan("accept", "accept")) is outbound
