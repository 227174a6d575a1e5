"""Carrying a plan out where all recipients have the same: each action, and the release token.

And all of it on a disk that is really full.
"""

import json
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pratique.milter import actions
from pratique.milter.carry_out import carry_out, spend
from pratique.milter.content import content_of
from pratique.milter.mail import Envelope, Forward
from pratique.milter.next_hop import Reply
from pratique.milter.ways import Done, Ways, Whole
from pratique.policies.verdict import Action, Verdict
from pratique.scanners.facts_pb2 import Facts

TAKEN = Reply(250, ("2.0.0 Ok",))


def plan(action):
    return actions.plan([Verdict(Action(action), "a rule", "because")])


@pytest.fixture
def whole():
    at = datetime(2026, 11, 22, tzinfo=UTC)
    content = content_of([b"hello"])
    yield Whole(content, Envelope("Q1", at, "", recipients=(Forward("b@x.org"),)), Facts())
    content.close()


class Log:
    """A next hop, a hold and a token that write down what was done to them."""

    message_id = "M1"

    def __init__(self):
        self.done = []
        self.reply = TAKEN
        self.error = None

    async def send(self, outgoing, recipients):
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


@pytest.fixture
def carried(whole, log, quarantine):
    """Carry a plan out by the ways of the log."""

    async def carried(made, *more):
        recipients = (*whole.envelope.recipients, *more)
        to_all = replace(whole, envelope=replace(whole.envelope, recipients=recipients))
        ways = Ways(log.send, log.hold, "sender")
        return await carry_out(made, to_all, ways, quarantine, {})

    return carried


@pytest.mark.parametrize(
    ("error", "said"),
    [(OSError(28, "No space left on device"), "452 4.3.1"), (OSError(5, "I/O error"), "451 4.3.0")],
)
async def test_what_cannot_be_held_is_deferred_without_a_path(carried, log, error, said):
    log.error = error
    done = await carried(plan("quarantine"))
    assert str(done.reply).startswith(said)
    assert log.done == ["hold"]


@pytest.mark.parametrize(("action", "code"), [("reject", 550), ("defer", 451), ("discard", 250)])
async def test_what_is_not_wanted_is_neither_sent_nor_held(carried, log, action, code):
    done = await carried(plan(action))
    assert (done.reply.code, log.done) == (code, [])


async def test_held_and_delivered_sound_the_same(carried, log):
    assert (await carried(plan("accept"))).reply == (await carried(plan("quarantine"))).reply
    assert log.done == ["send", "hold"]


async def test_what_is_held_by_the_door_has_its_name(carried):
    assert (await carried(plan("quarantine"))).held_as == "M2"


async def test_a_loop_is_refused_in_words_of_its_own(carried):
    made = actions.loop([Verdict(Action.ACCEPT, "", "")])
    assert (await carried(made)).reply == actions.LOOP


ACCEPTED, HELD = plan("accept"), plan("quarantine")
LATER = Reply(451, ("4.3.0 later",))


@pytest.mark.parametrize(
    ("made", "reply", "done"),
    [
        (ACCEPTED, TAKEN, ["spent", "back"]),
        (ACCEPTED, LATER, ["back"]),
        # Behind a queue the next hop refused it, and it is held once more.
        (HELD, TAKEN, ["back"]),
    ],
)
async def test_a_token_is_spent_once_the_next_hop_has_the_message(log, made, reply, done):
    await spend(log, Done(made, reply))
    assert log.done == done


async def test_a_token_that_cannot_be_spent_does_not_make_the_sender_send_again(log):
    log.error = OSError(5, "Input/output error")
    await spend(log, Done(ACCEPTED, TAKEN))
    assert log.done == ["spent", "back"]


async def test_what_the_plan_orders_for_others_is_done_for_them_too(carried, log):
    made = actions.plan([Verdict(Action.ACCEPT, "", ""), Verdict(Action.REJECT, "no", "")])
    done = await carried(made, Forward("c@x.org"))
    assert (done.reply.code, done.outcomes) == (250, ("delivered", "held"))
    assert log.done == ["send"]


CAROL, DAVE = Forward("c@x.org"), Forward("d@x.org")


@pytest.mark.parametrize("action", ["quarantine", "reject"])
async def test_who_has_it_since_an_earlier_try_has_no_part_in_what_is_decided_now(
    *, carried, whole, log, quarantine, action
):
    has = replace(whole.envelope, recipients=(*whole.envelope.recipients, CAROL, DAVE))
    await quarantine.delivered.note(whole.content, has, [CAROL.address])
    made = actions.plan([Verdict(Action(action), "a rule", "because")] * 3)
    done = await carried(made, CAROL, DAVE)
    assert (done.reply.code, log.done) == (250, [])
    assert done.outcomes == ("held", "delivered", "held")
    (held,) = quarantine.messages()
    assert held.recipients == ("b@x.org", "d@x.org")
    # The next one with these octets is another mail.
    assert await quarantine.delivered.known(whole.content, has) == frozenset()


async def test_where_all_have_it_nothing_is_left_to_refuse(carried, whole, log, quarantine):
    await quarantine.delivered.note(whole.content, whole.envelope, ["b@x.org"])
    done = await carried(plan("reject"))
    assert (done.reply.code, done.outcomes, log.done) == (250, ("delivered",), [])
    assert list(quarantine.messages()) == []


@pytest.mark.real("root")
@pytest.mark.slow
def test_a_disk_that_is_really_full_holds_back_what_cannot_be_held(tmp_path):
    script = Path(__file__).with_name("shares_on_a_small_disk.py")
    command = ["unshare", "--mount", sys.executable, script, tmp_path]
    ran = subprocess.run(command, check=True, stdout=subprocess.PIPE, timeout=100)
    assert json.loads(ran.stdout) == {
        "too large": [452, 0],
        "told": [250, 452],
        "some of each": True,
        "held is what was taken": True,
        "delivered is what was taken": True,
        "deferred": 451,
        "and then taken": 250,
        "each once": [1, 1],
    }
