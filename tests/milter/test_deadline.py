"""One budget a message: a part of it is kept back for acting."""

import asyncio

from pratique.milter.config import parse
from pratique.milter.content import content_of
from pratique.milter.deadline import LOOKING_SECONDS, for_looking
from pratique.milter.pipeline import Options, Pipeline
from pratique.milter.ways import Ways
from pratique.policies.policy import Policy


def test_a_sixth_is_kept_for_acting():
    assert for_looking(60) == 50
    assert for_looking(12) == 10


def test_the_defaults_fit_each_other():
    settings = parse("", "x")
    assert for_looking(settings.deadline.seconds) == LOOKING_SECONDS
    assert 2 * settings.workers.seconds == LOOKING_SECONDS


def test_for_a_server_under_stress_it_may_be_short():
    text = '[deadline]\nseconds = 9\n[workers]\nseconds = 3\n[clamav]\nsocket = "unix:/c"\n'
    settings = parse(text + "seconds = 7\n", "x")
    assert for_looking(settings.deadline.seconds) == 7.5


def test_with_milters_alone_it_may_be_long():
    text = '[[milter]]\nreply = "sender"\n[deadline]\nseconds = 270\n[workers]\nseconds = 112\n'
    assert parse(text, "x").deadline.seconds == 270


ANEW = """
[[rule]]
name = "anew"
when = 'mail.subject == "anew"'
actions = ["rebuild", "accept"]
reason = "in one reading"

[[rule]]
name = "all other mail"
actions = ["accept"]
"""


async def test_for_a_change_there_is_what_looking_has_left(fake_sees, hop, quarantine, envelope):
    class Slow(type(fake_sees())):
        async def rewrite(self, content, edits):
            await asyncio.Event().wait()

    ways, content = Ways(hop.send, quarantine.hold, "sender"), content_of([b"anew"])
    pipeline = Pipeline(Slow(), Policy.load(ANEW), quarantine, options=Options(looking=0.05))
    await pipeline.take(content, envelope, ways)
    content.close()
    assert hop.sent == []
    (message,) = quarantine.messages()
    assert "it took more than 0.0" in quarantine.show(message.id).record.worst.reason
