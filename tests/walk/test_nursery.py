"""The nursery: what it says at its start, and what happens when it ends."""

import asyncio
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from pratique.milter.wall.faults import NurseryLost, NurseryUnfit
from pratique.milter.wall.workers import Workers, own_nursery
from pratique.scanners import frames
from pratique.scanners.wall_pb2 import Request, Setup

pytestmark = [pytest.mark.real("kernel confinement"), pytest.mark.slow]


async def test_the_end_of_the_nursery_defers_what_is_in_flight(naughty_workers, see, soon):
    pool = await naughty_workers(seconds=20.0)
    inspecting = asyncio.create_task(see(pool, b"hang first"))
    await soon(lambda: not pool._idle._free)
    pool._nursery._process.kill()
    with pytest.raises(NurseryLost):
        await inspecting


async def test_a_new_nursery_takes_the_place_of_a_dead_one(naughty_workers, see, soon):
    pool = await naughty_workers()
    (worker,) = pool._alive
    pool._nursery._process.kill()
    await soon(lambda: worker.gone)
    facts = await see(pool, b"nothing first")
    assert "done: 'all is well'" in [finding.name for finding in facts.findings]


async def test_workers_end_with_their_nursery(naughty_workers, soon):
    pool = await naughty_workers(count=3)
    pids = [worker.pid for worker in pool._alive]
    pool._nursery._process.kill()
    pool._nursery._process.wait()
    await soon(lambda: not any(alive(pid) for pid in pids))


async def test_a_rule_that_cannot_be_compiled_stops_the_start_and_is_named(tmp_path):
    (tmp_path / "broken.yar").write_text("rule broken { condition: nonsense }")
    pool = Workers(own_nursery(Setup(rule_folders=[str(tmp_path)])))
    with pytest.raises(NurseryUnfit, match=r"broken\.yar:1: "):
        await pool.start()
    await pool.close()


async def test_settings_that_are_too_much_for_workers_are_told_in_words():
    domains = [f"d{number:06}.customers.example" for number in range(120_000)]
    pool = Workers(own_nursery(Setup(own_domains=domains)))
    with pytest.raises(NurseryUnfit, match="are there many thousands of domains"):
        await pool.start()
    await pool.close()


async def test_a_program_that_is_no_nursery_is_told(tmp_path):
    pool = Workers(own_nursery(Setup(), ("/bin/true",)))
    with pytest.raises(NurseryLost):
        await pool.start()
    await pool.close()


def test_a_nursery_ends_when_nobody_is_left_to_ask():
    ours, theirs = socket.socketpair()
    command = [sys.executable, "-I", "-m", "pratique.scanners.nursery", str(theirs.fileno())]
    with subprocess.Popen(command, pass_fds=[theirs.fileno()]) as nursery, ours, theirs:
        theirs.close()
        frames.send(ours, Request(setup=Setup()))
        answer, _ = frames.receive(ours)
        assert frames.decode_answer(answer).hello.scanners
        ours.close()
        assert nursery.wait(20) == 0


def alive(pid):
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"
