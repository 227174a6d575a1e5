"""Carrying a plan out: the order that keeps the promises, also where a step fails."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from pratique.milter.actions import Plan
from pratique.milter.carry_out import Ways, carry_out, outgoing
from pratique.milter.content import content_of
from pratique.milter.mail import Envelope, Forward, Outgoing
from pratique.milter.next_hop import Reply
from pratique.milter.quarantine.record import Held
from pratique.policies.verdict import Action, HeaderField, Verdict
from pratique.scanners.facts_pb2 import Facts, ForeignField, Mail

ACCEPT = Plan(Action.ACCEPT, "a rule", "")
HOLD = Plan(Action.QUARANTINE, "a rule", "")


@pytest.fixture
def held():
    envelope = Envelope(
        "Q1", datetime(2026, 11, 22, tzinfo=UTC), "", recipients=(Forward("b@x.org"),)
    )
    content = content_of([b"hello"])
    yield Held(Outgoing(content), envelope, (Verdict(Action.ACCEPT, "a rule", ""),), Facts())
    content.close()


class Log:
    """A next hop, a quarantine and a token that write down what was done to them."""

    message_id = "M1"

    def __init__(self):
        self.done = []
        self.reply = Reply(250, ("2.0.0 Ok",))
        self.error = None

    async def send(self, outgoing):
        self.done.append("send")
        return self.reply

    async def hold(self, held):
        self.done.append("hold")
        if self.error:
            raise self.error
        return "M2"

    async def spent(self):
        self.done.append("spent")
        if self.error:
            raise self.error

    def back(self):
        self.done.append("back")


@pytest.fixture
def log():
    return Log()


async def done(plan, held, log, released=None, heard_by="sender"):
    """What the client hears once a plan is carried out."""
    return (await carry_out(plan, held, Ways(log.send, log.hold, heard_by), released)).reply


async def test_a_token_is_spent_after_the_next_hop_has_the_message(held, log):
    reply = await done(ACCEPT, held, log, log)
    assert (reply.code, log.done) == (250, ["send", "spent", "back"])


async def test_a_token_is_given_back_when_the_next_hop_refuses(held, log):
    log.reply = Reply(451, ("4.3.0 later",))
    reply = await done(ACCEPT, held, log, log)
    assert (reply, log.done) == (log.reply, ["send", "back"])


async def test_a_token_that_cannot_be_spent_does_not_make_the_sender_send_again(held, log):
    log.error = OSError(5, "Input/output error")
    reply = await done(ACCEPT, held, log, log)
    assert (reply.code, log.done) == (250, ["send", "spent", "back"])


@pytest.mark.parametrize(
    ("error", "said"),
    [(OSError(28, "No space left on device"), "452 4.3.1"), (OSError(5, "I/O error"), "451 4.3.0")],
)
async def test_what_cannot_be_held_is_deferred_without_a_path(held, log, error, said):
    log.error = error
    reply = await done(HOLD, held, log)
    assert str(reply).startswith(said)
    assert log.done == ["hold"]


@pytest.mark.parametrize(
    ("action", "code"), [(Action.REJECT, 550), (Action.DEFER, 451), (Action.DISCARD, 250)]
)
async def test_what_is_not_wanted_is_neither_sent_nor_held(held, log, action, code):
    reply = await done(Plan(action, "a rule", ""), held, log)
    assert (reply.code, log.done) == (code, [])


async def test_held_and_delivered_sound_the_same(held, log):
    sent = await done(ACCEPT, held, log)
    kept = await done(HOLD, held, log)
    assert sent == kept


async def test_behind_a_queue_a_token_is_given_back_when_the_next_hop_refuses(held, log):
    log.reply = Reply(550, ("5.1.1 no such user",))
    reply = await done(replace(ACCEPT, verdicts=held.verdicts), held, log, log, "queue")
    assert (reply.code, log.done) == (250, ["send", "hold", "back"])


async def test_what_the_next_hop_refuses_and_nobody_can_hold_is_deferred(held, log):
    log.reply, log.error = Reply(550, ("5.1.1 no",)), OSError(28, "No space left on device")
    reply = await done(replace(ACCEPT, verdicts=held.verdicts), held, log, None, "queue")
    assert str(reply).startswith("452 4.3.1")


async def test_what_was_done_is_told_beside_the_reply(held, log):
    log.reply = Reply(550, ("5.1.1 no such user",))
    plan = replace(ACCEPT, verdicts=held.verdicts)
    made = (await carry_out(plan, held, Ways(log.send, log.hold, "queue"), None)).plan
    assert (made.action, made.rule) == (Action.QUARANTINE, "refused by the next hop")
    made = (await carry_out(plan, held, Ways(log.send, log.hold, "sender"), None)).plan
    assert made == plan


def test_fields_of_ours_go_in_front_and_forgeries_of_them_are_cut(held):
    content = held.outgoing.content
    plan = Plan(Action.ACCEPT, "a rule", "", (HeaderField("X-Pratique-Note", "x"),))
    seen = Facts(mail=Mail(foreign_fields=[ForeignField(start=1, end=3)]))
    out = outgoing(content, seen, b"Received: here\r\n", plan)
    assert b"".join(out.chunks()) == b"Received: here\r\nX-Pratique-Note: x\r\nhlo"
