"""A door's process: it does what it is ordered, and answers."""

import asyncio
import contextlib
import json
import os
import socket
from pathlib import Path

import pytest

from pratique.milter.config import Settings
from pratique.milter.content import content_of
from pratique.milter.doors.places import DoorError
from pratique.milter.policy_file import PolicyFile
from pratique.milter.serving.door_process import run
from pratique.milter.supervisor.charge import Policies
from pratique.milter.supervisor.orders import Channel, Order
from pratique.milter.wall.faults import NurseryLost, NurseryUnfit
from pratique.milter.wall.workers import NoMoreNurseries
from pratique.policies.policy import Policy

POLICY = '[[rule]]\nname = "all"\nactions = ["accept"]\n'


class Serving:
    """Serves, or fails as the test says."""

    def __init__(self):
        self.faults = []
        self.charges = []
        self.nurseries = []
        self.sockets = []
        self.drained = False
        self.draining, self.hurried = asyncio.Event(), asyncio.Event()
        self.end = None

    def begun(self, end):
        self.end = end

    async def serve(self, charge, nurseries, sockets):
        if self.faults:
            raise self.faults.pop(0)
        self.charges.append(charge)
        self.nurseries.append(nurseries)
        self.sockets.append(sockets)

    def hurry(self):
        self.hurried.set()

    async def drain(self, patience):
        self.drained = True
        self.patience = patience
        self.draining.set()
        if patience:
            await self.hurried.wait()
        for opened in [one for some in self.sockets for one in some]:
            opened.close()


@pytest.fixture
async def process():
    """The process' end of the pipe in a task, and ours."""
    ours, theirs = socket.socketpair()
    serving = Serving()
    serving.running = asyncio.create_task(run(serving, theirs.detach()))
    serving.channel = Channel(ours)
    yield serving
    serving.channel.close()
    await asyncio.wait_for(serving.running, 5)
    for nurseries in serving.nurseries:
        while not nurseries._controls.empty():
            if (control := nurseries._controls.get_nowait()) is not None:
                control.close()


def serve(*descriptors):
    body = {"settings": Settings().model_dump_json(exclude_unset=True)}
    return Order("serve", body, descriptors)


def policies(shadow=None):
    """The policies as the supervisor hands them over."""
    mine = PolicyFile("mine.toml", POLICY, Path())
    other = shadow and PolicyFile("new.toml", shadow, Path())
    return contextlib.closing(content_of([Policies(mine, other).written()]))


def some_socket():
    one, other = socket.socketpair()
    other.close()
    return one


async def ordered(process, shadow=None):
    with some_socket() as control, some_socket() as listening, policies(shadow) as handed:
        order = serve(control.fileno(), handed.descriptor, listening.fileno())
        await process.channel.say(order)
        return await answer_of(process)


async def answer_of(process):
    """The next answer; what the door says by itself is passed over."""
    while (said := await process.channel.hear()).word == "counted":
        pass
    return said


async def test_a_door_serves_by_what_it_was_told(process):
    assert (await ordered(process)).word == "ready"
    (charge,) = process.charges
    assert charge.settings == Settings()
    assert charge.policy.hash == charge.policy_text.hash == Policy.load(POLICY).hash
    assert charge.policy_text.name == "mine.toml"
    assert charge.shadow is None
    assert len(process.sockets[0]) == 1


async def test_a_door_is_handed_the_policy_in_the_shadow_too(process):
    other = POLICY.replace("all", "each")
    assert (await ordered(process, other)).word == "ready"
    (charge,) = process.charges
    assert charge.policy.hash == Policy.load(POLICY).hash
    assert charge.shadow.hash == Policy.load(other).hash
    assert charge.shadow.name == "new.toml"


@pytest.mark.parametrize(
    ("fault", "word"),
    [
        (NurseryUnfit("bad.yar: line 1"), "unfit"),
        (DoorError("no group mail"), "unfit"),
        (OSError("disk full"), "unfit"),
        (NurseryLost("killed"), "alone"),
    ],
)
async def test_what_keeps_a_door_from_serving_is_said_in_words(process, fault, word):
    process.faults = [fault]
    answer = await ordered(process)
    assert (answer.word, answer.body["why"]) == (word, str(fault))
    assert (await ordered(process)).word == "ready"


async def test_the_next_nursery_is_handed_to_what_is_served_now(process):
    await ordered(process)
    await ordered(process)
    with some_socket() as control:
        await process.channel.say(Order("nursery", {}, (control.fileno(),)))
        inode = os.fstat(control.fileno()).st_ino
    async with asyncio.timeout(5):
        while process.nurseries[1]._controls.empty():  # noqa: ASYNC110 - read by another task
            await asyncio.sleep(0)
        taken = [await process.nurseries[1]._controls.get()]
        while inode not in [os.fstat(one.fileno()).st_ino for one in taken]:
            taken.append(await process.nurseries[1]._controls.get())
    for one in taken:
        one.close()


async def test_a_door_drains_when_it_is_told(process):
    await ordered(process)
    await process.channel.say(Order("drain", {"patience": "7.5"}))
    await asyncio.wait_for(process.draining.wait(), 5)
    assert process.patience == 7.5
    process.hurry()
    await asyncio.wait_for(process.running, 5)


async def test_a_door_that_drains_has_patience_while_there_is_a_supervisor_and_no_longer(process):
    await ordered(process)
    await process.channel.say(Order("drain", {"patience": "7.5"}))
    # What is said to it meanwhile ends nothing, and is not kept.
    with some_socket() as control:
        await process.channel.say(Order("nursery", descriptors=(control.fileno(),)))
    await asyncio.wait_for(process.draining.wait(), 5)
    assert not process.hurried.is_set()
    process.channel.close()
    await asyncio.wait_for(process.running, 5)
    assert process.hurried.is_set()


async def test_a_door_drains_when_its_supervisor_is_gone(process):
    await ordered(process)
    process.channel.close()
    await asyncio.wait_for(process.running, 5)
    assert process.drained
    assert process.patience == 0.0


async def test_a_door_drains_when_it_is_ended_from_within(process):
    await ordered(process)
    process.end()
    await asyncio.wait_for(process.running, 5)
    assert process.drained


async def test_at_its_end_nobody_waits_for_another_nursery(process):
    await ordered(process)
    process.channel.close()
    await asyncio.wait_for(process.running, 5)
    (nurseries,) = process.nurseries
    with contextlib.suppress(NurseryLost):
        # The one that came with the order, of somebody who has hung up.
        await asyncio.wait_for(nurseries(), 5)
    with pytest.raises(NoMoreNurseries):
        await asyncio.wait_for(nurseries(), 5)


async def test_what_was_served_before_gets_no_other_nursery(process):
    await ordered(process)
    await ordered(process)
    before, _ = process.nurseries
    with contextlib.suppress(NurseryLost):
        await asyncio.wait_for(before(), 5)
    with pytest.raises(NoMoreNurseries):
        await asyncio.wait_for(before(), 5)


async def test_what_goes_on_since_the_next_cannot_serve_gets_the_next_nursery(process):
    await ordered(process)
    process.faults = [NurseryUnfit("bad.yar: line 1")]
    with some_socket() as control, policies() as handed:
        await process.channel.say(serve(control.fileno(), handed.descriptor))
        assert (await answer_of(process)).word == "unfit"
    (before,) = process.nurseries
    with contextlib.suppress(NurseryLost):
        await asyncio.wait_for(before(), 5)
    with some_socket() as control:
        await process.channel.say(Order("nursery", {}, (control.fileno(),)))
    with pytest.raises(NurseryLost) as lost:
        await asyncio.wait_for(before(), 5)
    assert lost.type is NurseryLost


async def test_a_door_says_what_it_has_counted(process):
    said = await process.channel.hear()
    assert said.word == "counted"
    assert json.loads(said.body["counted"])


async def test_a_door_that_has_lost_its_nursery_says_which(process):
    await ordered(process)
    (nurseries,) = process.nurseries
    nurseries._last = 4711
    with contextlib.suppress(NurseryLost):
        await asyncio.wait_for(nurseries(), 5)
    waiting = asyncio.create_task(nurseries())
    said = await answer_of(process)
    assert (said.word, said.body["pid"]) == ("lost", "4711")
    process.channel.close()
    with pytest.raises(NoMoreNurseries):
        await asyncio.wait_for(waiting, 5)
