"""How a message can leave, and the nouns that go with it."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from pratique.milter import actions
from pratique.milter.content import content_of
from pratique.milter.mail import Envelope, Forward
from pratique.milter.next_hop import Reply
from pratique.milter.sharing import Sharing
from pratique.milter.ways import Ways, Whole, outgoing
from pratique.policies.verdict import Action, HeaderField, Verdict
from pratique.scanners.facts_pb2 import Facts, ForeignField, Mail

B, C, D = (Forward(f"{name}@x.org") for name in "bcd")


async def nothing(*_):
    raise AssertionError("nobody calls it")


@pytest.mark.parametrize(
    ("apart", "divides", "contents"),
    [(None, True, 1), (nothing, True, actions.MOST_CONTENTS), (nothing, False, 0)],
)
def test_so_many_contents_can_leave(apart, divides, contents):
    ways = Ways(nothing, nothing, "sender", apart=apart, divides=divides)
    assert ways.contents == contents


@pytest.fixture
def whole():
    content = content_of([b"hello"])
    envelope = Envelope("Q1", datetime(2026, 11, 22, tzinfo=UTC), "", recipients=(B, C, D))
    seen = Facts(mail=Mail(foreign_fields=[ForeignField(start=1, end=3)]))
    yield Whole(content, envelope, seen)
    content.close()


def test_fields_of_ours_go_in_front_and_forgeries_of_them_are_cut(whole):
    (share,) = actions.plan(
        [Verdict(Action.ACCEPT, "a rule", "", (HeaderField("X-Pratique-Note", "x"),))]
    ).shares
    out = outgoing(whole, b"Received: here\r\n", share)
    assert b"".join(out.chunks()) == b"Received: here\r\nX-Pratique-Note: x\r\nhlo"


def test_some_fields_of_ours_lie_above_the_trace_field_and_some_below(whole):
    (share,) = actions.plan([Verdict(Action.ACCEPT, "a rule", "")]).shares
    out = outgoing(replace(whole, above=b"A: 1\r\n", fields=b"B: 2\r\n"), b"Trace: x\r\n", share)
    assert b"".join(out.chunks()) == b"A: 1\r\nTrace: x\r\nB: 2\r\nhlo"


def test_what_is_held_for_some_has_their_envelope_and_their_verdicts(whole):
    said = [Verdict(Action(one), one, "") for one in ("quarantine", "accept", "quarantine")]
    (share, _) = actions.plan(said).shares
    held = whole.held(share, outgoing(whole, b"", share))
    assert held.envelope.recipients == whole.forwards(share) == (B, D)
    assert [one.rule for one in held.verdicts] == ["quarantine"] * 2
    assert held.envelope.queue_id == "Q1"


TAKEN, LATER = Reply(250, ("2.0.0 Ok",)), Reply(451, ("4.2.2 no room",))


@pytest.mark.parametrize("by_recipient", [False, True])
async def test_who_has_it_hears_so_where_each_hears_a_reply_of_his_own(
    *, whole, hop, quarantine, by_recipient
):
    plan = actions.plan([Verdict(Action.ACCEPT, "", "")] * 3)
    ways = Ways(hop.send, quarantine.hold, "queue", by_recipient=by_recipient)
    hop.reply = Reply(451, ("4.2.2 no room",), (TAKEN, LATER, TAKEN))
    done = await Sharing(plan, whole, ways, quarantine, {}).carry_out()
    assert (done.reply.code, done.outcomes) == (451, ("delivered", "deferred", "delivered"))
    # With one reply for all they come again, and are left out then.
    known = await quarantine.delivered.known(whole.content, whole.envelope)
    assert known == (set() if by_recipient else {B.address, D.address})
    assert [one.code for one in done.reply.each] == ([250, 451, 250] if by_recipient else [])


async def test_who_has_it_since_an_earlier_try_hears_so_too(whole, hop, quarantine):
    await quarantine.delivered.note(whole.content, whole.envelope, [C.address])
    plan = actions.plan([Verdict(Action.ACCEPT, "", "")] * 3)
    ways = Ways(hop.send, quarantine.hold, "queue", by_recipient=True)
    hop.reply = LATER
    done = await Sharing(plan, whole, ways, quarantine, {}).carry_out()
    assert hop.recipients == [[B.address, D.address]]
    assert [one.code for one in done.reply.each] == [451, 250, 451]
    assert await quarantine.delivered.known(whole.content, whole.envelope) == set()


NOBODY, FULL = Reply(550, ("5.1.1 no such user",)), Reply(552, ("5.2.2 mailbox full",))


@pytest.mark.parametrize(
    ("said", "heard", "outcomes"),
    [
        ((NOBODY, FULL, FULL), (550, 552, 552), ("refused", "refused", "refused")),
        ((NOBODY, LATER, FULL), (550, 451, 552), ("refused", "deferred", "refused")),
        ((TAKEN, NOBODY, LATER), (250, 550, 451), ("delivered", "refused", "deferred")),
        ((NOBODY, NOBODY, NOBODY), (), ("refused", "refused", "refused")),
        # What is refused to some and taken for the rest is held, as it is by SMTP.
        ((TAKEN, NOBODY, TAKEN), (), ("delivered", "held", "delivered")),
    ],
)
async def test_each_hears_why_the_next_hop_refused_him_and_nobody_comes_again_for_that(
    *, whole, hop, quarantine, said, heard, outcomes
):
    plan = actions.plan([Verdict(Action.ACCEPT, "", "")] * 3)
    ways = Ways(hop.send, quarantine.hold, "sender", by_recipient=True)
    hop.reply = Reply(said[-1].code, said[-1].lines, said)
    done = await Sharing(plan, whole, ways, quarantine, {}).carry_out()
    assert (tuple(one.code for one in done.reply.each), done.outcomes) == (heard, outcomes)


@pytest.mark.parametrize(("heard_by", "by_recipient"), [("queue", True), ("sender", False)])
async def test_where_one_reply_is_for_all_or_only_a_queue_hears_it_the_refused_come_again(
    *, whole, hop, quarantine, heard_by, by_recipient
):
    plan = actions.plan([Verdict(Action.ACCEPT, "", "")] * 3)
    ways = Ways(hop.send, quarantine.hold, heard_by, by_recipient=by_recipient)
    hop.reply = Reply(451, ("4.2.2 no room",), (NOBODY, LATER, NOBODY))
    done = await Sharing(plan, whole, ways, quarantine, {}).carry_out()
    assert (done.reply.code, done.reply.each) == (451, ())
    assert done.outcomes == ("deferred",) * 3
