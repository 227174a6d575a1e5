"""What clamd said is remembered by hash, for one clamd and database, if it was all of it."""

import asyncio

import pytest

from pratique.milter.content import content_of

CLEAN = b"fd[10]: OK\0"


def found(name):
    return b"fd[10]: " + name + b" FOUND\0"


async def test_what_is_only_supposed_says_so_again_when_it_is_remembered(fake_clamd, clamav, look):
    engine, fake_clamd.answer = clamav(), found(b"PUA.Win.Tool.Netcat-1")
    first, again = await look(engine, sha256="a"), await look(engine, sha256="a")
    assert first == again
    assert first.limits == (
        "clamd may have stopped at PUA.Win.Tool.Netcat-1, and says nothing of the rest",
    )


async def test_a_part_that_comes_again_is_not_asked_about_again(fake_clamd, clamav, look):
    engine, fake_clamd.answer = clamav(), found(b"Eicar")
    first, again = await look(engine, sha256="a"), await look(engine, sha256="a")
    assert first == again
    asked = len(fake_clamd.asked)
    await look(engine, sha256="b")
    assert len(fake_clamd.asked) == asked + 1


@pytest.mark.parametrize(
    "answer",
    [found(b"Heuristics.Limits.Exceeded.MaxFiles"), b"fd[10]: Broken ERROR\0", b"no answer\0",
     b"INSTREAM size limit exceeded. ERROR\0"],
)  # fmt: skip
async def test_neither_a_limit_nor_a_failure_is_remembered(fake_clamd, clamav, look, answer):
    engine = clamav()
    await look(engine)
    fake_clamd.answers = [answer]
    before = await look(engine, sha256="a")
    assert before.limits or before.failure
    fake_clamd.answer = found(b"New")
    assert [one.name for one in (await look(engine, sha256="a")).findings] == ["New"]


async def test_what_hides_its_limits_is_not_remembered(fake_clamd, clamav, look):
    fake_clamd.trial = CLEAN
    engine = clamav(limits="told")
    assert (await look(engine, sha256="a")).failure == "engine"
    assert (await look(engine, sha256="a")).failure == "engine"


async def test_what_was_clean_while_it_told_its_limits_is_asked_again_when_it_does_not(
    fake_clamd, clamav, look
):
    engine = clamav()
    assert not (await look(engine, sha256="a")).unsure
    fake_clamd.trial = CLEAN
    engine.doubt()
    assert (await look(engine, sha256="a")).unsure


async def test_with_another_database_it_is_asked_again(fake_clamd, clamav, look):
    engine = clamav()
    await look(engine, sha256="a")
    fake_clamd.version = b"ClamAV 1.4.6/27501/Fri Nov 21 08:35:01 2025\0"
    fake_clamd.answer = found(b"New")
    engine.doubt()
    (finding,) = (await look(engine, sha256="a")).findings
    assert (finding.name, finding.database_version) == ("New", "27501")


async def test_an_answer_is_remembered_of_the_clamd_that_was_asked(fake_clamd, clamav, look):
    engine, content = clamav(), content_of([b"x"])
    await look(engine, sha256="other")
    question = engine.ask(content, "a", asyncio.get_running_loop().time() + 10)
    # It says OK, and becomes another one before anybody reads that.
    fake_clamd.version = b"ClamAV 1.4.6/27501/Fri Nov 21 08:35:01 2025\0"
    engine.doubt()
    await look(engine, sha256="other")
    fake_clamd.answer = found(b"New")
    assert (await question.said()).findings == ()
    await question.drop()
    content.close()
    assert [one.name for one in (await look(engine, sha256="a")).findings] == ["New"]
