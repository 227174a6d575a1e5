"""Engines are relied on as long as they find what they must find."""

import asyncio
import logging

import pytest

from pratique.milter import counters
from pratique.milter.engines.engine import Proof
from pratique.milter.engines.proofs import TICKS, Proofs, Standing
from pratique.scanners import facts_pb2 as facts

PROVEN, MISSED = Proof("proven"), Proof("missed", "it does not find EICAR")
AWAY, EXEMPT = Proof("away", "nobody there"), Proof("exempt")


class Engine:
    def __init__(self, proof=PROVEN, name="av"):
        self.name, self.proof, self.sources = name, proof, ()
        self.started, self.tried, self.ended = 0, 0, 0
        # Clear it, and no trial comes to its end.
        self.ready = asyncio.Event()
        self.ready.set()

    async def start(self):
        self.started += 1
        return f"{self.name}: is there"

    async def prove(self):
        self.tried += 1
        try:
            await self.ready.wait()
        except asyncio.CancelledError:
            self.ended += 1
            raise
        return self.proof


@pytest.fixture
async def proofs():
    made = []

    async def start(*engines, seconds=5.0):
        found = Proofs(engines)
        made.append(found)
        await found.start(seconds)
        return found

    yield start
    for each in made:
        await each.close()


@pytest.fixture
def failures():
    """What is added to a message that these engines answered."""

    async def failures(proofs, answered=("av",), away=(), seconds=5.0):
        seen = facts.Facts()
        until = asyncio.get_running_loop().time() + seconds
        await proofs.add(seen, set(answered), set(away), until)
        assert {one.class_ for one in seen.failures} <= {"engine_unproven"}
        assert {one.part for one in seen.failures} <= {-1}
        return [one.detail for one in seen.failures]

    return failures


async def until_tried(engine, times, soon):
    await soon(lambda: engine.tried == times)
    # The trial's own end.
    for _ in range(3):
        await asyncio.sleep(0)


@pytest.mark.parametrize(
    ("proof", "said"),
    [
        (PROVEN, []),
        (EXEMPT, []),
        (MISSED, ["av: it does not find EICAR"]),
        (AWAY, ["av: nobody there"]),
    ],
)
async def test_what_a_trial_means_for_a_message(proofs, failures, proof, said):
    found = await proofs(Engine(proof))
    assert found.hold is (not said)
    assert await failures(found) == said


async def test_engines_are_tried_at_the_same_time(proofs):
    first, second = Engine(name="first"), Engine(name="second")
    first.ready.clear()

    async def prove():
        first.ready.set()
        return PROVEN

    second.prove = prove
    assert (await proofs(first, second)).hold
    assert (first.started, second.started) == (1, 1)


async def test_one_that_takes_long_holds_no_door_up_but_messages_that_it_answers(
    proofs, failures, soon
):
    engine = Engine()
    engine.ready.clear()
    found = await proofs(engine, seconds=0.01)
    assert not found.hold
    late = ["av: it was being tried when the message's time was over"]
    assert await failures(found, seconds=0.01) == late
    assert await failures(found, seconds=-1) == late
    waiting = [asyncio.create_task(failures(found)) for _ in range(3)]
    # Who was not asked needs not wait.
    assert await failures(found, answered=()) == []
    engine.ready.set()
    assert await asyncio.gather(*waiting) == [[], [], []]
    assert engine.tried == 1


async def test_one_that_is_down_is_so_for_messages_that_it_was_not_asked_about(proofs, failures):
    engine = Engine(MISSED)
    found = await proofs(engine)
    assert await failures(found, answered=()) == ["av: it does not find EICAR"]
    # A message never has it tried: each would, as long as it is down.
    assert engine.tried == 1


async def test_who_is_away_says_so_itself_and_is_tried_when_it_answers(proofs, failures):
    engine = Engine(AWAY)
    found = await proofs(engine)
    assert await failures(found, away=["av"]) == []
    assert engine.tried == 1
    engine.proof = MISSED
    assert await failures(found) == ["av: it does not find EICAR"]
    assert engine.tried == 2


async def test_who_was_away_is_not_relied_on_before_it_is_tried(proofs, failures):
    engine = Engine()
    found = await proofs(engine)
    assert found.hold
    await failures(found, away=["av"])
    assert not found.hold
    assert await failures(found, answered=()) == []
    assert engine.tried == 1
    assert await failures(found) == []
    assert (engine.tried, found.hold) == (2, True)


async def test_what_was_tried_before_it_was_away_proves_nothing(proofs, failures, soon):
    engine = Engine()
    found = await proofs(engine)
    await failures(found, away=["av"])
    engine.ready.clear()
    found.tick()
    await soon(lambda: engine.tried == 2)
    # It goes in midst of a trial, and what comes back is another one.
    await failures(found, away=["av"])
    engine.ready.set()
    assert await failures(found) == []
    assert engine.tried == 3


async def test_it_is_tried_again_after_ten_minutes(proofs, soon):
    engine = Engine()
    found = await proofs(engine)
    for _ in range(TICKS - 1):
        found.tick()
    assert engine.tried == 1
    found.tick()
    await until_tried(engine, 2, soon)
    found.tick()
    assert (engine.tried, engine.started) == (2, 1)


async def test_and_when_it_has_other_signatures(proofs, failures, soon):
    engine = Engine()
    found = await proofs(engine)
    engine.sources, engine.proof = (facts.Source(name="av", version="2"),), MISSED
    # Not at once: one that names another version each time would be tried for each message.
    assert found.hold
    found.tick()
    await until_tried(engine, 2, soon)
    assert await failures(found) == ["av: it does not find EICAR"]


@pytest.mark.parametrize("proof", [MISSED, AWAY])
async def test_and_soon_if_it_is_down_or_away(proofs, proof, soon):
    engine = Engine(proof)
    found = await proofs(engine)
    engine.proof = PROVEN
    found.tick()
    await until_tried(engine, 2, soon)
    assert found.hold


async def test_never_twice_at_the_same_time(proofs, soon):
    engine = Engine(MISSED)
    found = await proofs(engine)
    engine.ready.clear()
    for _ in range(3):
        found.tick()
        await asyncio.sleep(0)
    assert engine.tried == 2


async def test_at_the_end_nothing_is_tried_any_more():
    engine, idle = Engine(), Standing(Engine())
    found = Proofs([engine])
    engine.ready.clear()
    await found.start(0.01)
    await found.close()
    await idle.close()
    assert engine.ended == 1
    assert len(asyncio.all_tasks()) == 1


async def test_without_engines_there_is_nothing_to_wait_for(proofs):
    assert (await proofs()).hold


async def test_the_log_and_a_gauge_tell_what_became_of_it(proofs, caplog, soon):
    caplog.set_level(logging.INFO)
    engine = Engine(name="told")
    found = await proofs(engine)
    gauge = counters.ENGINE_PROVEN.labels("told")
    assert gauge._value.get() == 1
    for number, proof in enumerate([MISSED, MISSED, AWAY, PROVEN, EXEMPT], 2):
        engine.proof = proof
        engine.sources = (facts.Source(name="told", version=str(number)),)
        found.tick()
        await until_tried(engine, number, soon)
        assert gauge._value.get() == (proof.state in ("proven", "exempt"))
    down = "told: is down: it does not find EICAR; until it does, each message has the failure "
    assert [(each.levelname, each.getMessage()) for each in caplog.records] == [
        ("INFO", "told: is there"),
        ("INFO", "told: finds what it must find"),
        ("ERROR", f"{down}engine_unproven"),
        ("WARNING", "told: could not be tried: nobody there"),
        ("INFO", "told: finds what it must find"),
        ("INFO", "told: is relied on untried (self_test = false)"),
    ]
