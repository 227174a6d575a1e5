"""Over HTTP rspamd is asked; whatever a server does instead of answering is a fact."""

import asyncio
import json

import pytest

from pratique.milter.config import ConfigError

BODY = json.dumps(
    {"score": 7.5, "required_score": 15, "symbols": {"PLUGH": {"score": 7.5}}}
).encode()
KEEP, CLOSE = "keep-alive", "close"


def answer(body=BODY, status="200 OK", connection=CLOSE, length=None):
    length = len(body) if length is None else length
    fields = f"Connection: {connection}\r\nContent-Length: {length}\r\n"
    return f"HTTP/1.1 {status}\r\n{fields}\r\n".encode() + body


@pytest.fixture
def rspamd(engines, scripted):
    def rspamd(**settings):
        said = {"address": scripted.address, "seconds": 5.0, **settings}
        lines = "".join(f"{key} = {json.dumps(value)}\n" for key, value in said.items())
        return engines(f"[rspamd]\n{lines}")

    return rspamd


async def test_a_score_is_asked_for_with_the_whole_message(rspamd, scripted, look):
    scripted.answers = [answer()]
    said = await look(rspamd(password="secret"), b"Subject: x\r\n\r\nhello")
    (score,) = said.scores
    assert (score.engine, score.value, score.threshold) == ("rspamd", 7.5, 15.0)
    head, _, body = scripted.asked[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /checkv2 HTTP/1.1\r\nHost: 127.0.0.1:")
    assert b"\r\nPassword: secret" in head
    assert body == b"Subject: x\r\n\r\nhello"


@pytest.mark.parametrize(("connection", "opened"), [(KEEP, 1), (CLOSE, 2)])
async def test_a_connection_is_kept_where_it_keeps_it(rspamd, scripted, look, connection, opened):
    scripted.answers = [answer(connection=connection)] * 2
    engine = rspamd()
    for _ in range(2):
        assert (await look(engine)).scores
    assert scripted.opened == opened


@pytest.mark.parametrize(
    ("said", "failure"),
    [
        (answer(b"{}"), "engine"),
        (answer(BODY[:-1]), "engine"),
        (answer(BODY.replace(b"7.5", b"1e308")), "engine"),
        (answer(BODY.replace(b"7.5", b"NaN")), "engine"),
        # Too short, too long, more than is taken, none.
        (answer(length=len(BODY) - 1), "engine"),
        (answer(length=len(BODY) + 1), "engine"),
        (answer(length=10**9), "engine"),
        (answer(length="x"), "engine"),
        (b"nonsense\r\n\r\n", "engine"),
        (answer(b'{"error": "no"}', "400 Bad Request"), "engine"),
        (answer(b"", "403 Forbidden"), "engine"),
        (answer(b"", "503 No room"), "engine_away"),
        (b"", "engine"),
    ],
)
async def test_what_is_no_answer_is_a_fact(rspamd, scripted, look, said, failure):
    scripted.default = said
    found = await look(rspamd())
    assert (found.failure, found.scores, found.findings) == (failure, (), ())


async def test_one_that_is_slow_is_a_fact_within_its_time(rspamd, scripted, look):
    scripted.default = None
    assert (await look(rspamd(seconds=0.05))).failure == "engine"
    # Half an answer is none.
    scripted.default = answer()[:-3], None
    assert (await look(rspamd(seconds=0.05))).failure == "engine"


async def test_an_opinion_of_half_a_message_is_none(rspamd, scripted, look):
    scripted.default, scripted.reads = answer(), False
    said = await look(rspamd(), b"x" * 8_000_000)
    assert (said.failure, said.scores) == ("engine", ())


async def test_nobody_there_is_away(rspamd, scripted, look):
    engine = rspamd()
    await scripted.stop()
    assert (await look(engine)).failure == "engine_away"
    assert (await engine.prove()).state == "away"


async def test_it_is_asked_again_after_a_restart(rspamd, scripted, look):
    scripted.answers = [answer(connection=KEEP), b"", answer()]
    engine = rspamd()
    assert (await look(engine)).scores
    assert (await look(engine)).scores


async def test_so_many_are_asked_at_one_time(rspamd, scripted, content, soon):
    scripted.default = None
    engine = rspamd(connections=2)
    until = asyncio.get_running_loop().time() + 10
    questions = [engine.ask(content, "", until) for _ in range(3)]
    await soon(lambda: len(scripted.asked) == 2)
    assert scripted.opened == 2
    for question in questions:
        await question.drop()


def test_without_an_address_it_is_not_asked(engines):
    assert engines("[rspamd]\nseconds = 5\n") == []


@pytest.mark.parametrize("lines", ["seconds = 60", 'address = "h"', 'password = "a\\nb"'])
def test_what_cannot_be_is_told(engines, lines):
    address = "" if "address" in lines else 'address = "h:1"\n'
    with pytest.raises(ConfigError):
        engines(f"[rspamd]\n{address}{lines}\n")
