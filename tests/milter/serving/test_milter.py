"""One message of a milter: what its pipeline may do with it, and what the mail server is told."""

import contextlib
import os
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from pratique.milter.content import content_of
from pratique.milter.mail import Envelope, Outgoing, Rewritten
from pratique.milter.next_hop import Reply
from pratique.milter.sections.milter import MilterListener
from pratique.milter.serving.milter import Message

ENVELOPE = Envelope("Q1", datetime(2026, 11, 22, tzinfo=UTC))
OK = Reply(250, ("2.0.0 Ok",))


@pytest.fixture
def taken():
    """Have a message taken by a pipeline that does what a test says with its ways."""

    async def taken(take, **settings):
        content = content_of([b"A: b\r\n\r\nold\r\n"])
        quarantine = SimpleNamespace(hold=None)
        house = SimpleNamespace(pipeline=SimpleNamespace(take=take), quarantine=quarantine)
        section = MilterListener(reply="sender", **settings)
        with contextlib.closing(content):
            return await Message(house, section, content, 0).taken(ENVELOPE)

    return taken


def changed(content):
    new = content_of([b"A: b\r\n\r\nnew\r\n"])
    return Outgoing(content, rewritten=Rewritten(new, 6, (), b"", 6, 8))


async def test_what_leaves_changed_is_no_larger_than_what_is_taken(taken):
    async def take(content, envelope, ways):
        assert ways.most == 100_000
        return OK

    await taken(take, max_size=100_000)


async def test_a_new_body_is_open_until_the_mail_server_has_it(taken):
    async def take(content, envelope, ways):
        outgoing = changed(content)
        assert (await ways.send(outgoing)).accepted
        outgoing.rewritten.content.close()
        return OK

    ending = await taken(take)
    assert ending.body.peek(ending.outgoing.rewritten.body, 100) == b"new\r\n"
    ending.body.close()


async def test_a_new_body_that_nobody_will_be_told_of_is_closed(taken):
    async def take(content, envelope, ways):
        outgoing = changed(content)
        await ways.send(outgoing)
        outgoing.rewritten.content.close()
        raise OSError("the journal is gone")

    before = os.listdir("/proc/self/fd")
    with pytest.raises(OSError, match="the journal"):
        await taken(take)
    assert len(os.listdir("/proc/self/fd")) == len(before)
