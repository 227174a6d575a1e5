"""A transaction by LMTP: each recipient has a reply of its own at the end of data."""

import pytest

from pratique.milter.mail import Forward
from pratique.milter.next_hop import Reply
from pratique.milter.next_hop.connection import Timeouts
from pratique.milter.next_hop.smtp import SmtpNextHop, Way
from pratique.milter.next_hop.transaction import LOST, NO_RECIPIENT, joined
from pratique.milter.next_hop.wire import MALFORMED

OK, FULL, NO = (
    Reply(250, ("2.0.0 ok",)),
    Reply(452, ("4.2.2 full",)),
    Reply(550, ("5.2.1 disabled",)),
)
RECIPIENTS = [Forward(f"{name}@corp.example") for name in "bcd"]


@pytest.fixture
async def lmtp(script, patient):
    script.lmtp = True
    hop = SmtpNextHop("127.0.0.1", script.port, "us.example", Way(lmtp=True, timeouts=patient))
    yield hop
    await hop.close()


async def told(hop, envelope, outgoing, count=3):
    """What is said of a message to so many recipients."""
    _, transaction = await hop.begin(envelope)
    for forward in RECIPIENTS[:count]:
        await transaction.recipient(forward)
    return await transaction.send(outgoing)


async def test_it_is_greeted_by_lhlo_and_nothing_else(lmtp, script, envelope, outgoing):
    script.answers["LHLO"] = ["500 what", "250 hop"]
    assert (await lmtp.begin(envelope))[0].code == 451
    assert script.verbs() == ["LHLO"]
    assert (await told(lmtp, envelope, outgoing, 1)).accepted


@pytest.mark.parametrize(
    ("replies", "whole"),
    [
        ((OK, OK, OK), OK),
        ((OK, FULL, OK), FULL),
        ((NO, FULL, OK), FULL),
        ((OK, OK, NO), NO),
        ((NO, NO, NO), NO),
        ((FULL, OK, OK), FULL),
    ],
)
async def test_each_has_its_reply_and_the_whole_is_taken_only_by_all(
    *, lmtp, script, envelope, outgoing, replies, whole
):
    script.answers["."] = [str(reply) for reply in replies]
    reply = await told(lmtp, envelope, outgoing)
    assert (reply.code, reply.lines, reply.each) == (whole.code, whole.lines, replies)
    assert (await told(lmtp, envelope, outgoing)).each == (OK, OK, OK)
    assert script.connections == 1


async def test_who_was_refused_before_has_no_reply(lmtp, script, envelope, outgoing):
    script.answers["RCPT"] = ["250 ok", "550 5.1.1 no", "250 ok"]
    script.answers["."] = [str(OK), str(FULL)]
    reply = await told(lmtp, envelope, outgoing)
    assert reply.each == (OK, FULL)


async def test_of_one_recipient_there_is_one_reply(lmtp, script, envelope, outgoing):
    assert await told(lmtp, envelope, outgoing, 1) == OK


async def test_nothing_is_sent_to_nobody(lmtp, script, envelope, outgoing):
    script.answers["RCPT"] = ["550 5.1.1 no"]
    assert await told(lmtp, envelope, outgoing, 1) == NO_RECIPIENT
    assert "DATA" not in script.verbs()
    assert (await told(lmtp, envelope, outgoing, 1)).accepted


@pytest.mark.parametrize(
    ("last", "rest"),
    [("CLOSE", LOST), ("HANG", LOST), ("421 4.3.2 bye\r\nCLOSE", None), ("nonsense", MALFORMED)],
)
async def test_what_was_said_before_it_broke_off_holds(
    *, lmtp, script, envelope, outgoing, caplog, last, rest
):
    script.answers["."] = [str(OK), last]
    if last == "HANG":
        lmtp.timeouts = Timeouts(end_of_content=0.1)
    reply = await told(lmtp, envelope, outgoing)
    bye = Reply(451, ("4.3.2 bye",))
    assert reply.each == ((OK, rest, rest) if rest else (OK, bye, LOST))
    assert reply.code == 451
    assert "a retry may double it" in caplog.text
    assert len(script.messages) == 1


def test_one_reply_alone_stays_as_it_is():
    assert joined([NO]) == NO


async def test_a_recipient_said_again_counts(lmtp, script, envelope, outgoing):
    script.answers["."] = [str(OK), str(NO), str(OK)]
    _, transaction = await lmtp.resume(envelope, RECIPIENTS)
    assert (await transaction.send(outgoing)).each == (OK, NO, OK)


async def test_by_smtp_one_reply_holds_for_all(hop, script, envelope, outgoing):
    assert await told(hop, envelope, outgoing) == OK
