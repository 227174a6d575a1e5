"""A real rspamd and a real spamd: what they make of mail, and what becomes of it without them."""

import asyncio
import json
import runpy
import signal
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest

from pratique.milter.config import parse
from pratique.milter.content import content_of
from pratique.milter.engines import ENGINES
from pratique.milter.engines.asked import Asked
from pratique.milter.engines.opinion import GTUBE
from pratique.milter.mail import Client, Envelope, Forward
from pratique.milter.wall.workers import Workers, WorkerSettings, own_nursery
from pratique.scanners.wall_pb2 import Setup

pytestmark = [pytest.mark.slow]

TESTS = Path(__file__).parent.parent
REAL = SimpleNamespace(**runpy.run_path(str(TESTS / "spam_filter_processes.py")))
ENVELOPE = Envelope(
    "Q1",
    datetime(2026, 11, 22, tzinfo=UTC),
    reverse_path=REAL.REVERSE_PATH,
    recipients=(Forward(REAL.RECIPIENT), Forward("other@own.example")),
    client=Client(REAL.CLIENT, REAL.NAME, REAL.HELO),
    door="inside",
)
EVIL = "x\r\nX-Evil: y\r\n\r\nz"
PLUGH = b"From: a@own.example\r\nSubject: plugh\r\n\r\nhello\r\n"
HAM = PLUGH.replace(b"plugh", b"lunch")
BOTH = [
    pytest.param("rspamd", marks=pytest.mark.real("rspamd")),
    pytest.param("spamassassin", marks=pytest.mark.real("spamd")),
]
KINDS = {"rspamd": REAL.RspamdProcess, "spamassassin": REAL.SpamdProcess}
THRESHOLDS = {"rspamd": 15.0, "spamassassin": 5.0}


@pytest.fixture(scope="module", params=BOTH)
def name(request):
    return request.param


@pytest.fixture(scope="module")
def lasting(name, until, free_port, listens):
    server = KINDS[name](until, free_port())
    yield server.start(listens)
    server.close()


@pytest.fixture
def own(name, until, free_port):
    """One that a test may start and stop; not started."""
    server = KINDS[name](until, free_port())
    yield server
    server.close()


@pytest.fixture
def engine(name):
    """The engine that the settings name, closed at the end."""
    made = []

    def engine(server, address="", **settings):
        said = {"address": address or server.address, "seconds": 10.0, **settings}
        lines = "".join(f"{key} = {json.dumps(value)}\n" for key, value in said.items())
        settings = parse(f"[{name}]\n{lines}", "x")
        (found,) = [one for kind in ENGINES for one in kind(settings)]
        made.append(found)
        return found

    yield engine
    for one in made:
        one.close()


async def ask(engine, octets, envelope=ENVELOPE, seconds=20.0):
    content = content_of([octets])
    question = engine.ask(content, "", asyncio.get_running_loop().time() + seconds, envelope)
    try:
        return await question.said()
    finally:
        await question.drop()
        content.close()


def symbols(said):
    (score,) = said.scores
    return {one.name: one.value for one in score.symbols}


@pytest.mark.parametrize("way", ["address", "socket"])
async def test_it_gives_a_score_and_reasons(lasting, engine, name, way):
    asked = engine(lasting, getattr(lasting, way))
    said = await ask(asked, PLUGH, None)
    (score,) = said.scores
    assert (score.engine, score.value, score.threshold) == (name, 7.5, THRESHOLDS[name])
    assert symbols(said) == {"PLUGH": 7.5}
    said = await ask(asked, HAM, None)
    assert (said.scores[0].value, symbols(said)) == (0.0, {})


async def test_gtube_is_spam_and_proves_it(lasting, engine):
    asked = engine(lasting)
    (score,) = (await ask(asked, GTUBE)).scores
    assert score.value >= score.threshold
    assert "GTUBE" in [one.name for one in score.symbols]
    told = f"{asked.name}: at {lasting.address}, threshold {score.threshold:g}"
    assert await asked.start() == told
    assert (await asked.prove()).state == "proven"


async def test_one_that_gives_gtube_no_score_must_know_it(name, engine, until, free_port, listens):
    server = KINDS[name](until, free_port(), sound=False)
    try:
        await asyncio.to_thread(server.start, listens)
        proof = await engine(server).prove()
        exempt = await engine(server, self_test=False).prove()
    finally:
        server.close()
    # rspamd without `reject` names it all the same.
    missed = ("missed", "it gives GTUBE 0 of 5")
    assert (proof.state, proof.detail) == (("proven", "") if name == "rspamd" else missed)
    assert exempt.state == "exempt"


async def test_it_is_told_the_envelope(lasting, engine, name):
    said = symbols(await ask(engine(lasting), PLUGH))
    assert said["ENVELOPE"] == -1.5
    if name == "rspamd":
        assert lasting.told[-1] == (
            "192.0.2.7 helo.example name.example bad@evil.example  Q1 inside "
            "to@own.example other@own.example"
        )
    else:
        # Rounded to a tenth in its report.
        assert said["RECIPIENT"] == pytest.approx(0.25, abs=0.06)


async def test_so_it_is_of_a_login_and_of_the_null_reverse_path(lasting, engine, name):
    envelope = replace(ENVELOPE, authenticated="joe", reverse_path="")
    said = symbols(await ask(engine(lasting), PLUGH, envelope))
    if name == "rspamd":
        assert lasting.told[-1].startswith("192.0.2.7 helo.example name.example  joe Q1 inside ")
    else:
        assert said["LOGIN"] == -2.5
        assert "ENVELOPE" not in said


async def test_nothing_in_an_envelope_is_a_field_of_its_own(lasting, engine, name):
    evil = Envelope(
        EVIL, ENVELOPE.received_at, EVIL, (), (Forward(EVIL),), Client(EVIL, EVIL, EVIL), EVIL,
        EVIL, EVIL,
    )  # fmt: skip
    asked = engine(lasting)
    assert "EVIL" not in symbols(await ask(asked, PLUGH, evil))
    if name == "spamassassin":
        # It would have been noticed.
        assert "EVIL" in symbols(await ask(asked, b"X-Evil: y\r\n" + PLUGH))
    # A message that begins with a blank goes on in no field that counts.
    said = await ask(asked, b" (envelope-from <x@y.example>)\r\n" + PLUGH)
    assert symbols(said)["ENVELOPE"] == -1.5


@pytest.mark.parametrize(
    "octets", [b"", b"\r\n", b"\0" * 1000, b"x" * 3_000_000, b"Subject: plugh"]
)
async def test_whatever_a_message_is_it_gets_a_score(lasting, engine, octets):
    said = await ask(engine(lasting), octets)
    assert (said.failure, len(said.scores)) == ("", 1)


async def test_one_that_is_not_there_is_away_and_is_asked_when_it_is(own, engine, listens):
    asked = engine(own)
    assert (await ask(asked, PLUGH)).failure == "engine_away"
    assert (await asked.prove()).state == "away"
    await asyncio.to_thread(own.start, listens)
    assert (await ask(asked, PLUGH)).scores


async def test_one_that_is_killed_and_started_again_is_asked_again(own, engine, listens):
    await asyncio.to_thread(own.start, listens)
    asked = engine(own)
    assert (await ask(asked, PLUGH)).scores
    own.stop(signal.SIGKILL)
    assert (await ask(asked, PLUGH)).failure == "engine_away"
    await asyncio.to_thread(own.start, listens)
    assert (await ask(asked, PLUGH)).scores


async def test_one_that_stops_in_the_middle_is_a_fact_within_its_time(own, engine, listens):
    await asyncio.to_thread(own.start, listens)
    asked = engine(own, seconds=0.5)
    clock = asyncio.get_running_loop().time
    own.freeze()
    begun = clock()
    said = await ask(asked, PLUGH)
    took = clock() - begun
    own.thaw()
    assert (said.failure, said.scores) == ("engine", ())
    assert took < 5.0
    assert (await ask(engine(own), PLUGH)).scores


@pytest.mark.real("kernel confinement")
async def test_its_score_is_a_fact_of_the_message_beside_all_others(lasting, engine, name):
    workers = Workers(own_nursery(Setup()), WorkerSettings(count=1))
    await workers.start()
    try:
        asked = Asked(workers, [engine(lasting, max_size=1000)], 50.0)
        content = content_of([PLUGH])
        seen = await asked.inspect(content, ENVELOPE)
        content.close()
        larger = content_of([PLUGH + b"x" * 1000])
        past = await asked.inspect(larger, ENVELOPE)
        larger.close()
    finally:
        await workers.close()
    assert [(one.engine, one.value) for one in seen.scores] == [
        (name, pytest.approx(6.15, abs=0.2))
    ]
    assert (len(seen.findings), len(seen.limits), len(seen.failures)) == (0, 0, 0)
    assert ([one.class_ for one in past.limits], len(past.scores)) == (["engine"], 0)
