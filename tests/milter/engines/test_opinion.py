"""A spam filter is an engine: shown the message once, told its envelope, proven by GTUBE."""

import asyncio
from datetime import UTC, datetime

import pytest

from pratique.milter.content import content_of
from pratique.milter.engines.asking import WHOLE_OCTETS, Asking
from pratique.milter.engines.engine import Said
from pratique.milter.engines.opinion import GTUBE, TRIAL, Opinion
from pratique.milter.engines.plain import START_SECONDS, Terms
from pratique.milter.engines.scores import said_of
from pratique.milter.engines.troubles import Away, Closed, NoAnswer
from pratique.milter.mail import Envelope
from pratique.milter.programs.handed import Handed
from pratique.scanners import facts_pb2 as facts

ENVELOPE = Envelope("Q1", datetime(2026, 11, 22, tzinfo=UTC))
SPAM, HAM = said_of("x", 15.0, 15.0, [("GTUBE", 0.0)]), said_of("x", 14.9, 15.0, [("A", 14.9)])
KNOWN = said_of("x", 0.0, 6.0, [("GTUBE", 0.0)])


class Filter:
    """Says what it was told to in turn, then the last of it again."""

    address = "somewhere"

    def __init__(self, *says):
        self.says, self.looked, self.doubts, self.closed = list(says), [], 0, False

    async def look(self, content, envelope):
        self.looked.append((content.peek(0, 1000), envelope))
        says = self.says.pop(0) if len(self.says) > 1 else self.says[0]
        if isinstance(says, Exception):
            raise says
        if says is None:
            await asyncio.Event().wait()
        return says

    def doubt(self):
        self.doubts += 1

    def close(self):
        self.closed = True


def opinion_of(asked, **terms):
    given = {"name": "x", "show": "whole", "seconds": 10.0, "connections": 2, **terms}
    return Opinion(Terms(**given), asked)


@pytest.mark.parametrize(
    ("says", "state", "words"),
    [
        ([SPAM], "proven", ""),
        ([HAM], "missed", "it gives GTUBE 14.9 of 15"),
        # rspamd where `reject` is off.
        ([KNOWN], "proven", ""),
        # A kept connection has ended, perhaps.
        ([Closed("end"), SPAM], "proven", ""),
        ([Closed("end")], "away", "end"),
        ([Away("nobody")], "away", "nobody"),
        ([NoAnswer("nonsense")], "missed", "GTUBE: nonsense"),
        ([TimeoutError()], "away", "no answer within 10 s"),
        ([Away("x" * 1000)], "away", "x" * 300),
    ],
)
async def test_it_is_proven_by_gtube(says, state, words):
    asked = Filter(*says)
    proof = await opinion_of(asked).prove()
    assert (proof.state, proof.detail) == (state, words)
    assert {octets for octets, _ in asked.looked} == {GTUBE}


async def test_a_trial_ends_when_its_time_is_over():
    proof = await opinion_of(Filter(None), seconds=0.02).prove()
    assert (proof.state, proof.detail) == ("away", "no answer within 0.02 s")


async def test_who_knows_no_gtube_is_not_asked():
    asked = Filter(HAM)
    assert (await opinion_of(asked, self_test=False).prove()).state == "exempt"
    assert asked.looked == []


@pytest.mark.parametrize(
    ("says", "words"),
    [
        (HAM, "x: at somewhere, threshold 15"),
        (Away("nobody"), "x: not there yet: nobody"),
        (NoAnswer("nonsense"), "x: not there yet: nonsense"),
        (Closed("end"), "x: not there yet: end"),
        (TimeoutError(), f"x: not there yet: no answer within {START_SECONDS:g} s"),
    ],
)
async def test_the_start_tells_what_is_there_and_raises_nothing(says, words):
    asked = Filter(says)
    assert await opinion_of(asked).start() == words
    assert asked.looked[0] == (TRIAL, None)


async def ask(engine, octets=b"mail", envelope=ENVELOPE, seconds=10.0):
    content = content_of([octets])
    question = engine.ask(content, "", asyncio.get_running_loop().time() + seconds, envelope)
    try:
        return await question.said()
    finally:
        await question.drop()
        content.close()


async def test_it_is_told_the_envelope_and_asked_each_time():
    asked = Filter(SPAM)
    engine = opinion_of(asked)
    assert await ask(engine) == await ask(engine) == SPAM
    assert asked.looked == [(b"mail", ENVELOPE)] * 2


@pytest.mark.parametrize(
    ("says", "failure", "doubts"),
    [
        ([Away("gone")], "engine_away", 1),
        ([NoAnswer("what")], "engine", 1),
        ([Closed("end"), SPAM], "", 1),
        ([Closed("end")], "engine", 2),
    ],
)
async def test_what_goes_wrong_is_a_fact(says, failure, doubts):
    asked = Filter(*says)
    said = await ask(opinion_of(asked))
    assert (said.failure, bool(said.scores)) == (failure, not failure)
    assert asked.doubts == doubts


@pytest.mark.parametrize(
    ("own", "message", "failure"), [(0.02, 10.0, "engine"), (10.0, 0.02, "engine_late")]
)
async def test_one_that_is_slow_is_a_fact_within_its_time(own, message, failure):
    said = await ask(opinion_of(Filter(None), seconds=own), seconds=message)
    assert (said.failure, said.scores) == (failure, ())


@pytest.mark.parametrize(("octets", "limits"), [(b"mail", 0), (b"mails", 1)])
async def test_what_is_too_large_it_is_not_shown_and_that_is_told(octets, limits):
    asked = Filter(SPAM)
    said = await ask(opinion_of(asked, max_size=4), octets)
    assert (len(said.limits), len(asked.looked)) == (limits, 1 - limits)


def test_what_it_is_comes_from_its_terms():
    asked = Filter()
    engine = opinion_of(asked, waits="never")
    assert (engine.name, engine.show, engine.waits, engine.seconds) == ("x", "whole", "never", 10.0)
    assert engine.sources == ()
    engine.close()
    assert asked.closed


class Plain:
    """Any other engine, beside it."""

    waits = False

    def __init__(self, show):
        self.name = self.show = show
        self.asked = []

    def ask(self, content, sha256, until, envelope=None):
        self.asked.append(sha256)
        return self

    async def said(self):
        return Said()

    async def drop(self):
        pass


@pytest.mark.parametrize("octets", [4, WHOLE_OCTETS + 1])
@pytest.mark.parametrize(
    ("others", "show"),
    [([], ""), (["message"], "hidden"), (["apart"], "apart"), (["parts"], "")],
)
async def test_of_what_the_others_are_shown_it_sees_the_message_alone(octets, others, show):
    asked, plain = Filter(SPAM), [Plain(other) for other in others]
    content = content_of([b"m" * octets])
    until = asyncio.get_running_loop().time() + 10
    asking = Asking([opinion_of(asked), *plain], content, until, envelope=ENVELOPE)
    try:
        asking.start(waits=False)
        if others == ["parts"]:
            show = "hidden" if octets <= WHOLE_OCTETS else "parts"
        assert asking.show == show
        asking.take(Handed("", "a", (), content_of([b"part"]), shown=True, hidden=True))
        asking.take(Handed("", "b", (), content_of([b"other"]), shown=True))
        seen = facts.Facts(parts=[facts.Part(id=0)])
        await asking.answer(seen)
    finally:
        await asking.close()
        content.close()
    assert [(len(each) <= octets, envelope) for each, envelope in asked.looked] == [
        (True, ENVELOPE)
    ]
    assert [one.value for one in seen.scores] == [15.0]
    assert (len(seen.findings), len(seen.failures), len(seen.limits)) == (0, 0, 0)
    for each in plain:
        assert "a" in each.asked
