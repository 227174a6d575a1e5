"""Carrying a plan out: the order that keeps the promises, also where a step fails."""

from datetime import UTC, datetime

import pytest

from pratique.milter.actions import Plan
from pratique.milter.carry_out import carry_out
from pratique.milter.content import content_of
from pratique.milter.mail import Envelope, Forward, Outgoing
from pratique.milter.next_hop import Reply
from pratique.milter.quarantine.record import Held
from pratique.policies.verdict import Action, Verdict
from pratique.scanners.facts_pb2 import Facts

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


async def test_a_token_is_spent_after_the_next_hop_has_the_message(held, log):
    reply = await carry_out(ACCEPT, held, log.send, log, log)
    assert (reply.code, log.done) == (250, ["send", "spent", "back"])


async def test_a_token_is_given_back_when_the_next_hop_refuses(held, log):
    log.reply = Reply(451, ("4.3.0 later",))
    reply = await carry_out(ACCEPT, held, log.send, log, log)
    assert (reply, log.done) == (log.reply, ["send", "back"])


async def test_a_token_that_cannot_be_spent_does_not_make_the_sender_send_again(held, log):
    log.error = OSError(5, "Input/output error")
    reply = await carry_out(ACCEPT, held, log.send, log, log)
    assert (reply.code, log.done) == (250, ["send", "spent", "back"])


@pytest.mark.parametrize(
    ("error", "said"),
    [(OSError(28, "No space left on device"), "452 4.3.1"), (OSError(5, "I/O error"), "451 4.3.0")],
)
async def test_what_cannot_be_held_is_deferred_without_a_path(held, log, error, said):
    log.error = error
    reply = await carry_out(HOLD, held, log.send, log, None)
    assert str(reply).startswith(said)
    assert log.done == ["hold"]


@pytest.mark.parametrize(
    ("action", "code"), [(Action.REJECT, 550), (Action.DEFER, 451), (Action.DISCARD, 250)]
)
async def test_what_is_not_wanted_is_neither_sent_nor_held(held, log, action, code):
    reply = await carry_out(Plan(action, "a rule", ""), held, log.send, log, None)
    assert (reply.code, log.done) == (code, [])


async def test_held_and_delivered_sound_the_same(held, log):
    sent = await carry_out(ACCEPT, held, log.send, log, None)
    kept = await carry_out(HOLD, held, log.send, log, None)
    assert sent == kept
