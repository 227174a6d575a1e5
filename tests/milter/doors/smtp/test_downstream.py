"""The transaction with the next hop, kept for a while, given back and taken up again."""

from datetime import UTC, datetime

import pytest

from pratique.milter.content import content_of
from pratique.milter.doors.replies import CLIENT_GONE
from pratique.milter.doors.smtp.downstream import NO_LONGER_TAKEN, UNTOLD, Downstream
from pratique.milter.mail import Envelope, Forward, Outgoing
from pratique.milter.next_hop import Reply

ENVELOPE = Envelope("ID1", datetime(2025, 1, 1, tzinfo=UTC), "a@b.example")
B, C = Forward("b@corp.example"), Forward("c@corp.example")
NO, LATER = Reply(550, ("5.1.1 no such user",)), Reply(450, ("4.2.1 greylisted",))
TAKE_AGAIN = ["MAIL a@b.example", "RCPT b@corp.example", "RCPT c@corp.example"]


@pytest.fixture
def outgoing():
    content = content_of([b"Subject: x\r\n\r\n"])
    yield Outgoing(content)
    content.close()


@pytest.fixture
async def downstream(hop, timers):
    made = Downstream(hop, 8.0, timers.later)
    assert (await made.mail(ENVELOPE)).accepted
    assert (await made.recipient(B)).accepted
    assert (await made.recipient(C)).accepted
    return made


async def test_a_message_in_time_goes_in_the_same_transaction(downstream, hop, timers, outgoing):
    timers.pass_by(7.9)
    assert await downstream.send(outgoing) == Reply(250, ("2.0.0 . fine",))
    timers.pass_by(100)
    await downstream.give_up()
    assert hop.events == [*TAKE_AGAIN, "SEND"]


async def test_after_eight_seconds_it_is_given_back_and_said_again(
    downstream, hop, timers, outgoing
):
    timers.pass_by(8)
    await hop.happened("RSET")
    assert (await downstream.send(outgoing)).accepted
    assert hop.events == [*TAKE_AGAIN, "RSET", *TAKE_AGAIN, "SEND"]


async def test_who_names_no_recipient_keeps_no_transaction_either(hop, timers):
    downstream = Downstream(hop, 8.0, timers.later)
    assert (await downstream.mail(ENVELOPE)).accepted
    timers.pass_by(8)
    await hop.happened("RSET")
    assert (await downstream.recipient(B)).accepted
    assert hop.events == ["MAIL a@b.example", "RSET", *TAKE_AGAIN[:2]]


async def test_the_seconds_count_from_the_last_recipient(downstream, hop, timers):
    timers.pass_by(7)
    await downstream.recipient(Forward("d@corp.example"))
    timers.pass_by(7)
    assert "RSET" not in hop.events
    timers.pass_by(1)
    await hop.happened("RSET")


async def test_a_recipient_after_it_was_given_back_finds_the_others_there(downstream, hop, timers):
    timers.pass_by(8)
    assert (await downstream.recipient(Forward("d@corp.example"))).accepted
    await downstream.give_up()
    assert sorted(hop.events[3:]) == sorted(["RSET", *TAKE_AGAIN, "RCPT d@corp.example", "RSET"])


@pytest.mark.parametrize("key", ["MAIL", "b@corp.example", "c@corp.example"])
async def test_what_is_refused_the_second_time_is_for_later_and_nothing_goes_out(
    downstream, hop, timers, outgoing, key
):
    timers.pass_by(8)
    hop.answers[key] = [NO]
    assert await downstream.send(outgoing) == NO_LONGER_TAKEN
    assert hop.messages == []
    await downstream.give_up()
    assert hop.events.count("RSET") == (1 if key == "MAIL" else 2)


async def test_a_refusal_for_now_is_passed_on_the_second_time(downstream, hop, timers, outgoing):
    timers.pass_by(8)
    hop.answers["c@corp.example"] = [LATER]
    assert await downstream.send(outgoing) == LATER
    assert hop.messages == []


async def test_a_recipient_that_was_refused_is_not_said_again(hop, timers, outgoing):
    downstream = Downstream(hop, 8.0, timers.later)
    hop.answers["c@corp.example"] = [NO]
    await downstream.mail(ENVELOPE)
    assert (await downstream.recipient(B)).accepted
    assert await downstream.recipient(C) == NO
    timers.pass_by(8)
    assert (await downstream.send(outgoing)).accepted
    assert hop.events[-3:] == ["MAIL a@b.example", "RCPT b@corp.example", "SEND"]


async def test_a_client_that_is_gone_gets_nothing_delivered(downstream, hop, outgoing):
    downstream.abandon()
    assert await downstream.send(outgoing) == CLIENT_GONE
    await downstream.give_up()
    assert hop.messages == []
    assert hop.events[-1] == "RSET"


async def test_a_client_that_goes_while_recipients_are_said_again_gets_nothing_delivered(
    downstream, hop, timers, outgoing
):
    timers.pass_by(8)
    hop.witness = lambda event: downstream.abandon() if event.startswith("RCPT") else None
    assert await downstream.send(outgoing) == CLIENT_GONE
    assert hop.messages == []


async def test_the_reply_to_the_content_is_passed_on_as_it_is(downstream, hop, outgoing):
    hop.answers["."] = [NO]
    assert await downstream.send(outgoing) == NO
    await downstream.give_up()
    assert "RSET" not in hop.events


async def test_a_message_is_never_sent_twice(downstream, hop, outgoing):
    await downstream.send(outgoing)
    with pytest.raises(RuntimeError):
        await downstream.send(outgoing)
    assert len(hop.messages) == 1


async def test_giving_up_twice_is_once(downstream, hop):
    await downstream.give_up()
    await downstream.give_up()
    assert hop.events.count("RSET") == 1


async def test_a_refused_mail_leaves_nothing_to_give_up(hop, timers):
    hop.answers["MAIL"] = [NO]
    downstream = Downstream(hop, 8.0, timers.later)
    assert await downstream.mail(ENVELOPE) == NO
    timers.pass_by(100)
    await downstream.give_up()
    assert hop.events == ["MAIL a@b.example"]


# Behind a queue: the client is not told of a refusal, and hears it at the end.


@pytest.fixture
def silent(hop, timers):
    return Downstream(hop, 8.0, timers.later, tells_refusals=False)


async def test_a_refused_mail_is_told_at_the_end(silent, hop, outgoing):
    hop.answers["MAIL"] = [NO]
    assert await silent.mail(ENVELOPE) == UNTOLD
    assert await silent.recipient(B) == UNTOLD
    assert await silent.send(outgoing) == NO
    assert hop.events == ["MAIL a@b.example"]


async def test_a_refused_recipient_is_told_at_the_end_and_nothing_goes_out(silent, hop, outgoing):
    hop.answers["b@corp.example"] = [NO]
    assert (await silent.mail(ENVELOPE)).accepted
    assert await silent.recipient(B) == UNTOLD
    assert (await silent.recipient(C)).accepted
    assert await silent.send(outgoing) == NO
    # At once, and not when the client goes.
    await hop.happened("RSET")
    await silent.give_up()
    assert hop.events == [*TAKE_AGAIN, "RSET"]


async def test_beside_a_refused_recipient_others_are_still_asked_for(silent, hop, timers):
    hop.answers["b@corp.example"], hop.answers["c@corp.example"] = [NO], [LATER]
    await silent.mail(ENVELOPE)
    assert await silent.recipient(B) == UNTOLD
    timers.pass_by(8)
    assert await silent.recipient(C) == LATER


async def test_the_first_refusal_is_the_one_that_is_told(silent, hop, outgoing):
    hop.answers["b@corp.example"] = [NO]
    hop.answers["c@corp.example"] = [Reply(554, ("5.7.1 relay access denied",))]
    for said in (silent.mail(ENVELOPE), silent.recipient(B), silent.recipient(C)):
        assert (await said).accepted
    assert await silent.send(outgoing) == NO


async def test_a_deferral_is_told_at_once(silent, hop):
    hop.answers["MAIL"] = [LATER]
    assert await silent.mail(ENVELOPE) == LATER


async def test_a_refusal_is_not_told_to_who_is_gone(silent, hop, outgoing):
    hop.answers["MAIL"] = [NO]
    await silent.mail(ENVELOPE)
    silent.abandon()
    assert await silent.send(outgoing) == CLIENT_GONE


# Some get one thing, some another: a transaction each.


async def test_each_group_is_said_in_a_transaction_of_its_own(downstream, hop, outgoing):
    assert (await downstream.send(outgoing, (C,))).accepted
    assert (await downstream.send(outgoing, (B,))).accepted
    first, second = (["MAIL a@b.example", f"RCPT {one.address}", "SEND"] for one in (C, B))
    assert hop.events == [*TAKE_AGAIN, "RSET", *first, *second]
    await downstream.give_up()
    assert hop.events[-1] == "SEND"


async def test_all_of_them_by_name_are_sent_to_in_the_same_transaction(downstream, hop, outgoing):
    assert (await downstream.send(outgoing, (B, C))).accepted
    assert hop.events == [*TAKE_AGAIN, "SEND"]


@pytest.mark.parametrize("again", [(B,), (B, C), (C, C), (Forward("d@corp.example"),)])
async def test_nobody_is_sent_to_twice_or_who_was_not_taken(downstream, hop, outgoing, again):
    await downstream.send(outgoing, (B,))
    with pytest.raises(RuntimeError):
        await downstream.send(outgoing, again)
    assert len(hop.messages) == 1


async def test_who_was_said_twice_is_sent_to_twice(hop, timers, outgoing):
    twice = Downstream(hop, 8.0, timers.later)
    await twice.mail(ENVELOPE)
    for forward in (B, C, B):
        await twice.recipient(forward)
    assert (await twice.send(outgoing, (C,))).accepted
    assert (await twice.send(outgoing, (B, B))).accepted
    with pytest.raises(RuntimeError):
        await twice.send(outgoing, (B,))


async def test_one_group_that_is_refused_keeps_no_other_from_its_own(downstream, hop, outgoing):
    hop.answers["c@corp.example"] = [NO]
    assert await downstream.send(outgoing, (C,)) == NO_LONGER_TAKEN
    assert (await downstream.send(outgoing, (B,))).accepted


async def test_a_client_that_goes_between_two_groups_gets_no_second(downstream, hop, outgoing):
    await downstream.send(outgoing, (B,))
    downstream.abandon()
    assert await downstream.send(outgoing, (C,)) == CLIENT_GONE
    assert len(hop.messages) == 1


async def test_behind_a_queue_each_group_hears_of_what_was_refused(silent, hop, outgoing):
    hop.answers["b@corp.example"] = [NO]
    await silent.mail(ENVELOPE)
    for forward in (B, C):
        await silent.recipient(forward)
    assert await silent.send(outgoing, (B,)) == NO
    assert await silent.send(outgoing, (C,)) == NO
    assert hop.messages == []


async def test_what_goes_elsewhere_is_a_transaction_of_its_own(downstream, hop, outgoing):
    elsewhere = Forward("analyst@our.example", ("NOTIFY=NEVER",))
    assert (await downstream.redirect(outgoing, [B], elsewhere, False)).accepted
    assert (await downstream.send(outgoing, [C])).accepted
    await downstream.give_up()
    redirected = ["RSET", "MAIL a@b.example", "RCPT analyst@our.example", "SEND"]
    rest = ["MAIL a@b.example", "RCPT c@corp.example", "SEND"]
    assert hop.events == [*TAKE_AGAIN, *redirected, *rest]


async def test_a_client_that_is_gone_has_nothing_redirected(downstream, hop, outgoing):
    downstream.abandon()
    assert await downstream.redirect(outgoing, [B, C], Forward("x@y.z"), True) == CLIENT_GONE
    assert "SEND" not in hop.events


async def test_a_client_that_goes_while_the_other_address_is_said_has_nothing_redirected(
    downstream, hop, outgoing
):
    hop.witness = lambda event: downstream.abandon() if event.startswith("RCPT x") else None
    assert await downstream.redirect(outgoing, [B, C], Forward("x@y.z"), True) == CLIENT_GONE
    assert hop.events[-2:] == ["RCPT x@y.z", "RSET"]
    assert hop.messages == []


async def test_a_refusal_of_the_other_address_is_passed_on_as_it_is(downstream, hop, outgoing):
    hop.answers["x@y.z"] = [NO]
    assert await downstream.redirect(outgoing, [B, C], Forward("x@y.z"), True) == NO


async def test_behind_a_queue_what_was_refused_is_not_redirected_either(silent, hop, outgoing):
    await silent.mail(ENVELOPE)
    await silent.recipient(B)
    silent.refuse(NO)
    assert await silent.redirect(outgoing, [B], Forward("x@y.z"), True) == NO
    await hop.happened("RSET")
    assert "SEND" not in hop.events
