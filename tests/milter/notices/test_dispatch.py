"""What waits is sent by one of all, again and again for a day."""

import asyncio
import itertools
import logging

import pytest

from pratique.milter import logs
from pratique.milter.mail import Forward
from pratique.milter.next_hop import Reply
from pratique.milter.notices.dispatch import LIFETIME, LONGEST_PAUSE, Dispatch
from pratique.milter.notices.outbox import Waiting

LATER, NO = Reply(451, ("4.4.1 away",)), Reply(550, ("5.1.1 no",))


@pytest.fixture
def put(outbox, clock):
    def put(address="sec@our.example", mail=b"Subject: x\r\n\r\nhello\r\n"):
        with outbox.writing():
            outbox.put(Waiting(address, "programs", "Q1", int(clock().timestamp()), mail))

    return put


@pytest.fixture
def dispatch(outbox, hop, clock):
    made = Dispatch(outbox, hop, clock, clock.monotonic)
    yield made
    made.close()


async def test_each_is_sent_once_with_a_null_reverse_path(dispatch, outbox, hop, put):
    put()
    put("b@our.example")
    await dispatch.look()
    await dispatch.look()
    assert sorted(address for address, _ in hop.sent) == ["b@our.example", "sec@our.example"]
    assert hop.asked[0][0] == ""
    assert isinstance(hop.asked[0][1], Forward)
    assert hop.asked[0][1].parameters == ("NOTIFY=NEVER",)
    assert outbox.names() == []


async def test_it_sends_by_itself_until_it_is_ended(outbox, hop, clock, put):
    sent = asyncio.Event()

    class Tells(type(hop)):
        async def send(self, outgoing):
            sent.set()
            return await super().send(outgoing)

    put()
    made = Dispatch(outbox, Tells(), clock, clock.monotonic)
    running = asyncio.create_task(made.run())
    await asyncio.wait_for(sent.wait(), 10)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    made.close()


@pytest.mark.parametrize("reply", [LATER, NO])
async def test_what_fails_is_tried_again_after_growing_pauses(dispatch, hop, clock, put, reply):
    hop.answers["sec@our.example"] = reply
    put()
    put("b@our.example")
    tries = []
    for second in range(1, 4000, 10):
        before = len(hop.asked)
        await dispatch.look()
        tries += [second] * (len(hop.asked) > before)
        clock.on(10)
    # The other went at once.
    assert [address for address, _ in hop.sent] == ["b@our.example"]
    gaps = [after - before for before, after in itertools.pairwise(tries)]
    assert gaps == [30, 60, 120, 240, 480, 960, 1920]
    del hop.answers["sec@our.example"]
    clock.on(LONGEST_PAUSE)
    await dispatch.look()
    assert len(hop.sent) == 2


@pytest.fixture
def refused(hop, put):
    """One that waits and cannot be sent."""
    hop.answers["sec@our.example"] = LATER
    put()


@pytest.mark.usefixtures("refused")
async def test_after_a_day_it_is_dropped_loudly(dispatch, outbox, clock, caplog):
    await dispatch.look()
    clock.on(LIFETIME)
    await dispatch.look()
    assert len(outbox.names()) == 1
    clock.on(LONGEST_PAUSE + 1)
    await dispatch.look()
    assert outbox.names() == []
    (told,) = [one for one in caplog.records if one.levelno == logs.ALERT]
    assert told.getMessage() == "<sec@our.example> was never told by programs of Q1: 451 4.4.1 away"


async def test_what_is_no_notice_is_set_aside_once_and_the_others_go(
    dispatch, outbox, hop, put, caplog
):
    (outbox.folder / "new/0").write_bytes(b"pratique notice 2\n")
    (outbox.folder / "new/1").mkdir()
    put()
    await dispatch.look()
    await dispatch.look()
    assert len(hop.sent) == 1
    assert outbox.names() == []
    assert len([one for one in caplog.records if one.levelno == logging.ERROR]) == 2


async def test_of_several_one_sends_and_the_next_takes_over(outbox, hop, clock, dispatch, put):
    other = Dispatch(outbox, hop, clock, clock.monotonic)
    await dispatch.look()
    put()
    await other.look()
    assert hop.sent == []
    dispatch.close()
    await other.look()
    assert len(hop.sent) == 1
    other.close()


async def test_a_file_that_stays_is_not_sent_twice(outbox, hop, clock, put):
    class Stuck(type(outbox)):
        def remove(self, name):
            raise OSError("read-only")

    dispatch = Dispatch(Stuck(outbox.folder), hop, clock, clock.monotonic)
    put()
    for _ in range(3):
        await dispatch.look()
    dispatch.close()
    assert len(hop.sent) == 1
    assert len(outbox.names()) == 1


async def test_a_folder_that_is_gone_is_told_once(outbox, hop, clock, caplog):
    dispatch = Dispatch(outbox, hop, clock, clock.monotonic)
    for name in ("new", "tmp", "aside"):
        (outbox.folder / name).rmdir()
    await dispatch.look()
    await dispatch.look()
    dispatch.close()
    assert caplog.text.count("notices wait") == 1
