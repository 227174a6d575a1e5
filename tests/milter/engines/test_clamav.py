"""A clamd is asked, believed where it answers, and blamed in words where it does not."""

import asyncio

import pytest

from pratique.milter.config import parse
from pratique.milter.content import content_of
from pratique.milter.engines.clamav import SILENT, clamav_of
from pratique.milter.engines.engine import Proof, Said

CLEAN, SILENCE = b"fd[10]: OK\0", None
LIMIT = b"fd[9]: Heuristics.Limits.Exceeded.MaxRecursion FOUND\0"


def found(name):
    return b"fd[10]: " + name + b" FOUND\0"


async def test_nothing_found_is_nothing_said(clamav, look):
    said = await look(clamav())
    assert (said.findings, said.limits, said.failure) == ((), (), "")


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        (b"Eicar-Test.UNOFFICIAL", "malicious"),
        (b"Win.Worm.Mydoom-5", "malicious"),
        (b"Win.Worm.Mydoom-5.UNOFFICIAL", "malicious"),
        (b"PUA.Win.Tool.Netcat-1", "suspicious"),
        (b"Heuristics.Phishing.Email.SpoofedDomain", "suspicious"),
        (b"Heuristics.Encrypted.Zip", "suspicious"),
        (b"Eicar(44d88612fea8a8f36de82e1278abb02f:68)", "malicious"),
        (b"A name with blanks", "malicious"),
    ],
)
async def test_a_name_is_a_finding_as_bad_as_its_kind(fake_clamd, clamav, look, name, kind):
    fake_clamd.answer = found(name)
    said = await look(clamav())
    (finding,) = said.findings
    assert (finding.name, finding.severity, finding.family) == (name.decode(), kind, "")
    # clamd says one name: behind one that many let pass there may be a worm, or a limit.
    assert len(said.limits) == (kind == "suspicious")
    assert (finding.engine_version, finding.database_version) == ("1.4.6", "27500")
    assert finding.database_date.ToDatetime().year == 2025


@pytest.mark.parametrize(
    "answer",
    [found(b"Heuristics.Limits.Exceeded.MaxScanSize"), b"INSTREAM size limit exceeded. ERROR\0"],
)
async def test_a_limit_is_a_limit_and_never_clean(fake_clamd, clamav, look, answer):
    fake_clamd.answer = answer
    said = await look(clamav())
    assert len(said.limits) == 1
    assert (said.findings, said.failure) == ((), "")


async def test_a_clamd_that_hides_its_limits_is_not_believed_to_find_nothing(
    fake_clamd, clamav, look, caplog
):
    fake_clamd.trial = CLEAN
    assert (await look(clamav(limits="told"))).failure == "engine"
    assert SILENT in caplog.text
    fake_clamd.answer = found(b"Eicar")
    assert (await look(clamav(limits="told"))).findings


async def test_unless_an_admin_says_so(fake_clamd, clamav, look, caplog):
    fake_clamd.trial = CLEAN
    assert await look(clamav(limits="silent")) == Said()
    assert caplog.text == ""


async def test_or_it_depends_on_the_message(fake_clamd, clamav, look, caplog):
    fake_clamd.trial = CLEAN
    engine = clamav()
    for _ in range(2):
        said = await look(engine, sha256="a")
        assert (said.findings, said.limits, said.failure, bool(said.unsure)) == ((), (), "", True)
        engine.doubt()
    assert caplog.text.count(SILENT) == 1
    fake_clamd.answer = found(b"Eicar")
    said = await look(engine)
    assert (len(said.findings), said.unsure) == (1, "")


async def test_one_that_begins_to_tell_its_limits_is_believed(fake_clamd, clamav, look):
    fake_clamd.trial = CLEAN
    engine = clamav()
    assert (await look(engine, sha256="a")).unsure
    fake_clamd.trial = LIMIT
    engine.doubt()
    assert not (await look(engine, sha256="a")).unsure


@pytest.mark.parametrize(
    "answer",
    [
        b"fd[10]: OK",  # half a reply
        b"fd[10]",
        b"fd[10]: OK\0fd[10]: OK\0",  # twice
        b"fd[10]: OK\0x",
        b"OK\0",
        b"fd[]: OK\0",
        b"/etc/passwd: OK\0",
        b"fd[10]: FOUND\0",
        b"fd[10]:  FOUND\0",
        b"fd[10]: " + b"a" * 513 + b" FOUND\0",
        b"fd[10]: Eic\xe4r FOUND\0",
        b"fd[10]: ok\0",
        b"fd[10]: Can't read file ERROR\0",
        b"UNKNOWN COMMAND\0",
        b"COMMAND READ TIMED OUT\0",
        b"\0",
        b"a" * 4097,
        [b"a" * 4096] * 1000,  # endless
    ],
)
async def test_what_is_no_answer_is_a_failure(fake_clamd, clamav, look, answer):
    fake_clamd.answer = answer
    said = await look(clamav())
    assert (said.failure, said.findings, said.limits) == ("engine", (), ())
    assert len(said.detail) <= 300


async def test_an_answer_may_come_in_pieces(fake_clamd, clamav, look):
    fake_clamd.answer = [b"fd[1", b"0]: Eicar", b" FOUND", b"\0"]
    assert (await look(clamav())).findings[0].name == "Eicar"


async def test_who_closes_unanswered_is_asked_once_more(fake_clamd, clamav, look):
    engine = clamav()
    await look(engine)
    fake_clamd.answers = [b"", found(b"Eicar")]
    assert (await look(engine)).findings[0].name == "Eicar"


async def test_and_the_second_time_the_message_is_to_blame(fake_clamd, clamav, look):
    engine = clamav()
    await look(engine)
    fake_clamd.answers = [b"", b""]
    assert (await look(engine)).failure == "engine"
    assert (await look(engine)).failure == ""


async def test_nobody_there_is_away(fake_clamd, clamav, look):
    engine = clamav()
    await fake_clamd.stop()
    said = await look(engine)
    assert said.failure == "engine_away"
    assert "No such file" in said.detail
    await fake_clamd.start()
    assert (await look(engine)).failure == ""


async def test_one_that_goes_between_two_messages_is_away(fake_clamd, clamav, look):
    engine = clamav()
    await look(engine)
    await fake_clamd.stop()
    assert (await look(engine)).failure == "engine_away"


async def test_one_that_ends_over_a_message_is_not_away(fake_clamd, clamav, look):
    """It might be the message that ended it: to come again would end the next one."""
    engine = clamav()
    await look(engine)
    content, fake_clamd.answer = content_of([b"x"]), SILENCE
    question = engine.ask(content, "", asyncio.get_running_loop().time() + 10)
    await fake_clamd.stop()
    assert (await question.said()).failure == "engine"
    await question.drop()
    content.close()


async def test_a_version_that_is_not_told_is_away(fake_clamd, clamav, look):
    fake_clamd.version = b""
    assert (await look(clamav())).failure == "engine_away"


async def test_one_that_is_slow_over_a_message_failed_on_it(fake_clamd, clamav, look):
    engine = clamav(seconds=0.05)
    await look(engine)
    fake_clamd.answer = SILENCE
    said = await look(engine)
    assert (said.failure, said.detail) == ("engine", "no answer within 0.05 s")


async def test_one_that_takes_a_connection_and_is_silent_is_away_until_it_saw_a_message(
    fake_clamd, clamav, look
):
    """Of a message that it was not shown its silence says nothing."""
    fake_clamd.version = None
    engine = clamav(seconds=0.2)
    said = await look(engine)
    assert (said.failure, "does not say within 0.1 s" in said.detail) == ("engine_away", True)
    assert not fake_clamd.scans


async def test_all_who_wait_while_it_does_not_say_what_it_is_hear_that_it_is_away(
    fake_clamd, clamav
):
    """One after the other they would be at the end of their time, as if it had seen them."""
    fake_clamd.version = None
    engine, content = clamav(seconds=0.4), content_of([b"x"])
    until = asyncio.get_running_loop().time() + 10
    questions = [engine.ask(content, "", until) for _ in range(8)]
    said = await asyncio.gather(*(question.said() for question in questions))
    assert [one.failure for one in said] == ["engine_away"] * 8
    assert fake_clamd.asked == ["VERSION"]
    for question in questions:
        await question.drop()
    content.close()


async def test_one_that_hangs_over_a_message_is_asked_what_it_is_before_the_next(
    fake_clamd, clamav, look
):
    engine = clamav(seconds=0.2)
    assert (await look(engine)).failure == ""
    fake_clamd.version = fake_clamd.answer = None
    assert [(await look(engine)).failure for _ in range(3)] == [
        "engine", "engine_away", "engine_away"
    ]  # fmt: skip


async def test_one_that_would_pass_the_deadline_is_left_out(fake_clamd, clamav, look):
    engine = clamav()
    await look(engine)
    fake_clamd.answer = SILENCE
    assert (await look(engine, seconds=0.05)).failure == "engine_late"
    assert (await look(engine, seconds=-1)).failure == "engine_late"


async def test_no_more_is_asked_at_one_time_than_is_set(fake_clamd, clamav, look, soon):
    engine = clamav(connections=2)
    await look(engine)
    fake_clamd.gate = asyncio.Event()
    fake_clamd.most = 0
    looks = [asyncio.create_task(look(engine)) for _ in range(5)]
    await soon(lambda: fake_clamd.open == 2)
    late = await look(engine, seconds=0.05)
    assert late.failure == "engine_late"
    fake_clamd.gate.set()
    assert all(said.failure == "" for said in await asyncio.gather(*looks))
    assert fake_clamd.most == 2


async def test_an_answer_gives_its_turn_back_before_anybody_drops_it(
    fake_clamd, clamav, look, soon
):
    """A message with more parts than turns waits for none that it has itself."""
    engine = clamav(connections=1)
    await look(engine)
    content, until = content_of([b"x"]), asyncio.get_running_loop().time() + 10
    questions = [engine.ask(content, "", until) for _ in range(5)]
    await soon(lambda: len(fake_clamd.scans) > 2 and not fake_clamd.open)
    assert [(await question.said()).failure for question in questions] == [""] * 5
    for question in questions:
        await question.drop()
    content.close()


async def test_what_is_dropped_gives_its_turn_back(fake_clamd, clamav, look, soon):
    engine = clamav(connections=1)
    await look(engine)
    content, fake_clamd.answers = content_of([b"x"]), [SILENCE]
    until = asyncio.get_running_loop().time() + 10
    begun, waiting = engine.ask(content, "", until), engine.ask(content, "", until)
    await soon(lambda: not fake_clamd.answers)
    for question in (begun, waiting, begun):
        await question.drop()
    assert (await look(engine)).failure == ""
    content.close()


async def test_a_question_that_nobody_waits_for_leaves_no_coroutine_behind(clamav):
    engine, content = clamav(), content_of([b"x"])
    # Not asked yet what clamd is, so it waits in a task, which has not had its first step.
    await engine.ask(content, "", asyncio.get_running_loop().time() + 10).drop()
    content.close()


async def test_a_stream_is_the_octets(fake_clamd, clamav, look):
    octets = bytes(range(256)) * 2000
    said = await look(clamav(stream=True), octets)
    assert said.failure == ""
    assert fake_clamd.scans[-1] == octets


async def test_a_stream_that_is_cut_off_is_answered_all_the_same(fake_clamd, clamav, look):
    class Cut(type(fake_clamd)):
        async def _stream(self, reader):
            await reader.readexactly(4)
            return "cut"

    fake_clamd.__class__ = Cut
    fake_clamd.answer = b"INSTREAM size limit exceeded. ERROR\0"
    said = await look(clamav(stream=True), bytes(4 * 1024 * 1024))
    assert said.limits == ("INSTREAM size limit exceeded (StreamMaxLength)",)


async def test_the_start_says_what_answers(fake_clamd, clamav):
    assert "ClamAV 1.4.6, database 27500 of 2025-11-" in await clamav().start()
    await fake_clamd.stop()
    assert "clamav: not there yet: no clamd at unix:" in await clamav().start()


def test_the_settings_name_it():
    assert clamav_of(parse("", "x")) == []
    (engine,) = clamav_of(parse('[clamav]\nsocket = "unix:/c"\nshow = "parts"\n', "x"))
    assert engine.show == "parts"


async def test_its_database_is_a_source_with_a_date(fake_clamd, clamav, look):
    engine = clamav()
    assert engine.sources == ()
    await look(engine)
    (source,) = engine.sources
    assert (source.name, source.version) == ("clamav", "27500")
    assert source.date.ToDatetime().year == 2025
    fake_clamd.version = b"ClamAV 1.4.6\0"
    engine.doubt()
    await look(engine)
    (source,) = engine.sources
    assert (source.version, source.HasField("date")) == ("", False)
    # What it was is known as long as nobody says otherwise.
    await fake_clamd.stop()
    engine.doubt()
    await look(engine)
    assert engine.sources == (source,)


async def test_it_proves_itself_and_nothing_is_remembered(fake_clamd, clamav):
    engine = clamav(show="parts")
    fake_clamd.answer = found(b"Eicar")
    assert await engine.prove() == Proof("proven")
    fake_clamd.answer = CLEAN
    missed = await engine.prove()
    assert (missed.state, missed.detail.count("EICAR")) == ("missed", 6)
    fake_clamd.answer = b"fd[9]: lstat() failed. ERROR\0"
    assert "EICAR in mail: fd[9]: lstat() failed." in (await engine.prove()).detail
    fake_clamd.answer = LIMIT
    assert "EICAR in mail: Heuristics.Limits.Exceeded.MaxRecursion" in (await engine.prove()).detail
    await fake_clamd.stop()
    engine.doubt()
    assert (await engine.prove()).state == "away"
    assert await clamav(self_test=False).prove() == Proof("exempt")
