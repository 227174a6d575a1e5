"""One process of a door: what it is told, what it answers, and how it ends."""

import contextlib
import os
import socket
import sys

import pytest

from pratique.milter.supervisor.charge import Charge
from pratique.milter.supervisor.orders import MAX_FRAME, OrderError
from pratique.milter.supervisor.process import DoorProcess, Inherited, Lost, Unfit

# Reads one frame and its descriptors, then does what its name says.
DOOR = """
import json, os, socket, sys
name, _section, number = sys.argv[1:]
control = socket.socket(fileno=int(number))

def hear():
    head, descriptors, _, _ = socket.recv_fds(control, 4, 16)
    body = b""
    while len(body) < int.from_bytes(head, "big"):
        body += control.recv(int.from_bytes(head, "big") - len(body))
    return json.loads(body) if head else {"word": "end"}, descriptors

def say(**said):
    octets = json.dumps({"descriptors": 0, **said}).encode()
    control.sendall(len(octets).to_bytes(4, "big") + octets)

if name == "early":
    say(word="counted", counted="[]")
order, descriptors = hear()
if name in ("good", "early"):
    os.fstat(descriptors[0])
    say(word="counted", counted="[]")
    say(word="ready", policy=os.pread(descriptors[1], 100, 0).decode())
elif name == "unfit":
    say(word="unfit", why="no such group: mail")
elif name == "alone":
    say(word="alone", why="the nursery ended")
elif name == "dead":
    os._exit(3)
elif name == "mad":
    control.sendall(b"\\xff" * 8)
while hear()[0]["word"] not in ("drain", "end"):
    pass
"""
COMMAND = (sys.executable, "-I", "-c", DOOR)
CHARGE = Charge("{}", b"the policies")


class Nursery:
    def adopted(self):
        ours, theirs = socket.socketpair()
        theirs.close()
        return ours


@pytest.fixture
async def start(tmp_path):
    lock = os.open(tmp_path / "lock", os.O_RDWR | os.O_CREAT)
    begun = []

    async def heard(process, said):
        start.heard.append(said)
        start.hears(said)

    async def start(name):
        begun.append(await DoorProcess.start((name, ""), Inherited(lock, heard), COMMAND))
        return begun[-1]

    start.heard = []
    start.hears = lambda said: None
    yield start
    for process in begun:
        await process.kill()
    os.close(lock)


async def test_a_door_that_is_ready_serves_until_it_is_drained(start):
    process = await start("good")
    await process.serve(CHARGE, Nursery())
    assert not process.ended
    assert [said.word for said in start.heard] == ["counted"]
    await process.hand_over(Nursery())
    await process.drain()
    assert await process.wait() == 0


async def test_a_door_says_in_words_why_it_cannot_serve(start):
    process = await start("unfit")
    with pytest.raises(Unfit, match="no such group: mail"):
        await process.serve(CHARGE, Nursery())


async def test_a_door_whose_nursery_ended_before_it_served_is_lost_and_not_unfit(start):
    process = await start("alone")
    with pytest.raises(Lost, match="alone: the nursery ended"):
        await process.serve(CHARGE, Nursery())


async def test_a_door_that_ends_before_it_is_ready_is_lost(start):
    process = await start("dead")
    with pytest.raises(Lost, match="ended"):
        await process.serve(CHARGE, Nursery())
    assert await process.wait() == 3


async def test_a_door_that_talks_nonsense_is_killed(start):
    process = await start("mad")
    with pytest.raises(Lost):
        await process.serve(CHARGE, Nursery())
    assert await process.wait() == -9


async def test_an_order_to_a_door_that_has_ended_is_lost(start):
    process = await start("dead")
    with contextlib.suppress(Lost):
        await process.serve(CHARGE, Nursery())
    await process.wait()
    with pytest.raises(Lost):
        await process.hand_over(Nursery())


async def test_a_door_may_count_before_its_first_order(start):
    process = await start("early")
    await process.serve(CHARGE, Nursery())
    assert [said.word for said in start.heard] == ["counted", "counted"]


async def test_a_door_whose_words_cannot_be_taken_is_killed_and_not_left_unheard(start):
    def refuse(said):
        raise OrderError(f"not a word of ours: {said.word}")

    start.hears = refuse
    process = await start("early")
    assert await process.wait() == -9
    with pytest.raises(Lost, match="before it was told"):
        await process.serve(CHARGE, Nursery())


async def test_a_door_is_killed_too_where_hearing_it_fails_in_a_way_nobody_foresaw(start, caplog):
    def fail(said):
        raise ZeroDivisionError

    start.hears = fail
    process = await start("good")
    with pytest.raises(Lost, match="before it was ready"):
        await process.serve(CHARGE, Nursery())
    # Who waits for its end, to start it again, hears of that end and of nothing else.
    assert await process.wait() == -9
    assert "good: an error of ours; it is killed" in caplog.messages


async def test_what_is_too_much_for_an_order_is_told_in_words_and_waits_for_no_answer(start):
    process = await start("good")
    with pytest.raises(Unfit, match="many thousands in one of the settings"):
        await process.serve(Charge("x" * MAX_FRAME, b"the policies"), Nursery())
    await process.serve(CHARGE, Nursery())
