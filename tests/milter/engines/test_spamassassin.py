"""By its own protocol spamd is asked; whatever a server does instead of answering is a fact."""

import json

import pytest

REPORT = b"""pts rule name              description
---- ---------------------- --------------------------------------------------
 7.5 PLUGH                  No description available.

"""


def answer(report=REPORT, spam="True ; 7.5 / 5.0", length=None):
    length = len(report) if length is None else length
    return (
        f"SPAMD/1.1 0 EX_OK\r\nContent-length: {length}\r\nSpam: {spam}\r\n\r\n".encode() + report
    )


@pytest.fixture
def spamassassin(engines, scripted):
    def spamassassin(**settings):
        said = {"address": scripted.address, "seconds": 5.0, **settings}
        lines = "".join(f"{key} = {json.dumps(value)}\n" for key, value in said.items())
        return engines(f"[spamassassin]\n{lines}")

    return spamassassin


async def test_a_report_is_asked_for_with_the_whole_message(spamassassin, scripted, look):
    scripted.answers = [answer()]
    said = await look(spamassassin(user="joe"), b"Subject: x\r\n\r\nhello\r\n")
    (score,) = said.scores
    assert (score.engine, score.value, score.threshold) == ("spamassassin", 7.5, 5.0)
    assert [(one.name, one.value) for one in score.symbols] == [("PLUGH", 7.5)]
    assert scripted.asked == [
        b"REPORT SPAMC/1.5\r\nContent-length: 21\r\nUser: joe\r\n\r\nSubject: x\r\n\r\nhello\r\n"
    ]


@pytest.mark.parametrize("octets", [b"Subject: x", b"Subject: x\r", b"\r", b""])
async def test_the_last_line_has_an_end(spamassassin, scripted, look, octets):
    scripted.answers = [answer()]
    assert (await look(spamassassin(), octets)).scores
    assert scripted.asked[0].endswith(b"\r\n\r\n" + octets + b"\r\n")


async def test_each_question_has_a_connection_of_its_own(spamassassin, scripted, look):
    scripted.answers = [answer()] * 2
    engine = spamassassin()
    for _ in range(2):
        assert (await look(engine)).scores
    assert scripted.opened == 2


@pytest.mark.parametrize(
    ("said", "failure"),
    [
        (answer(spam="True ; nan / 5.0"), "engine"),
        (answer(spam="True ; 1e308 / 5.0"), "engine"),
        (answer(spam="True ; 7.5"), "engine"),
        (answer(length=len(REPORT) - 1), "engine"),
        (answer(length=len(REPORT) + 1), "engine"),
        (answer(length=10**9), "engine"),
        (answer(length="x"), "engine"),
        (b"nonsense\r\n\r\n", "engine"),
        (b"SPAMD/1.0 76 Bad header line: x\r\n", "engine"),
        (b"SPAMD/1.0 75 x\r\n", "engine_away"),
        (b"", "engine"),
    ],
)
async def test_what_is_no_answer_is_a_fact(spamassassin, scripted, look, said, failure):
    scripted.default = said
    found = await look(spamassassin())
    assert (found.failure, found.scores, found.findings) == (failure, (), ())


async def test_one_that_is_slow_is_a_fact_within_its_time(spamassassin, scripted, look):
    scripted.default = None
    assert (await look(spamassassin(seconds=0.05))).failure == "engine"
    # Half an answer is none.
    scripted.default = answer()[:-3], None
    assert (await look(spamassassin(seconds=0.05))).failure == "engine"


async def test_an_opinion_of_half_a_message_is_none(spamassassin, scripted, look):
    scripted.default, scripted.reads = answer(), False
    said = await look(spamassassin(), b"x" * 8_000_000)
    assert (said.failure, said.scores) == ("engine", ())


async def test_nobody_there_is_away(spamassassin, scripted, look):
    engine = spamassassin()
    await scripted.stop()
    assert (await look(engine)).failure == "engine_away"
    assert (await engine.prove()).state == "away"


async def test_it_is_asked_again_where_it_closed_unanswered(spamassassin, scripted, look):
    scripted.answers = [b"", answer()]
    assert (await look(spamassassin())).scores


def test_without_an_address_it_is_not_asked(engines):
    assert engines("[spamassassin]\nseconds = 5\n") == []
