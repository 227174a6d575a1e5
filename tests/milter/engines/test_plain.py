"""What engines have in common: they are tried once, remembered, and not believed too far."""

import asyncio

import pytest

from pratique.milter.content import content_of
from pratique.milter.engines.engine import Proof, Said
from pratique.milter.engines.plain import FINDINGS, START_SECONDS, Plain, Terms, clean
from pratique.milter.engines.troubles import Away, NoAnswer
from pratique.milter.engines.turns import Turns
from pratique.scanners import facts_pb2 as facts

NOTHING = Said()
WORM = facts.Finding(name="Worm", severity="malicious")


class Looker:
    address = "somewhere"
    signatures = ""

    def __init__(self, says=NOTHING):
        self.says, self.state, self.looked, self.closed = says, "1", 0, False

    async def version(self):
        return self.state

    async def look(self, content):
        self.looked += 1
        if isinstance(self.says, Exception):
            raise self.says
        return self.says

    def doubt(self):
        pass

    def close(self):
        self.closed = True


@pytest.fixture
def plain():
    def plain(looker, **terms):
        given = {"name": "av", "show": "apart", "seconds": 10.0, "connections": 2, **terms}
        return Plain(Terms(**given), looker, Turns(2))

    return plain


@pytest.mark.parametrize(
    ("says", "words"),
    [
        (Said(), "av: somewhere"),
        (Said((WORM,), ("too large",)),
         "av: somewhere, which says of harmless octets: too large; Worm"),
        (Away("nobody"), "av: not there yet: nobody"),
        (NoAnswer("nonsense"), "av: not there yet: nonsense"),
        (TimeoutError(), f"av: not there yet: no answer within {START_SECONDS:g} s"),
    ],
)  # fmt: skip
async def test_the_start_tells_what_is_there_and_raises_nothing(plain, says, words):
    assert await plain(Looker(says)).start() == words


@pytest.mark.parametrize(
    ("says", "looked"),
    [
        (Said(), 1),
        (Said((WORM,)), 1),
        # Neither of these is whole, or small.
        (Said((WORM,), ("too large",)), 2),
        (Said(limits=("too large",)), 2),
        (Said((WORM,) * 2), 2),
    ],
)
async def test_a_whole_answer_about_a_part_is_remembered(plain, look, says, looked):
    looker = Looker(says)
    engine = plain(looker)
    assert await look(engine, sha256="a") == await look(engine, sha256="a") == says
    assert looker.looked == looked
    await look(engine, sha256="b")
    assert looker.looked == looked + 1


async def test_an_answer_about_a_message_or_of_another_state_is_not(plain, look):
    looker = Looker()
    engine = plain(looker)
    await look(engine)
    await look(engine)
    assert looker.looked == 2
    await look(engine, sha256="a")
    looker.state = "2"
    await look(engine, sha256="a")
    assert looker.looked == 4


async def test_what_is_too_large_it_is_not_shown(plain, look):
    looker = Looker()
    engine = plain(looker, max_size=4)
    assert (await look(engine, b"mails")).limits
    assert looker.looked == 0
    assert not (await look(engine, b"mail")).limits


async def test_it_is_asked_in_its_turn(plain):
    gate = asyncio.Event()

    class Slow(Looker):
        async def look(self, content):
            self.looked += 1
            await gate.wait()
            return self.says

    looker, content = Slow(), content_of([b"x"])
    engine = plain(looker)
    until = asyncio.get_running_loop().time() + 10
    questions = [engine.ask(content, "", until) for _ in range(3)]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert looker.looked == 2
    gate.set()
    for question in questions:
        assert await question.said() == Said()
        await question.drop()
    content.close()


def test_what_it_is_comes_from_its_terms(plain):
    looker = Looker()
    engine = plain(looker, waits="never")
    assert (engine.name, engine.show, engine.waits, engine.seconds) == (
        "av",
        "apart",
        "never",
        10.0,
    )
    engine.close()
    assert looker.closed


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Worm", "Worm"),
        ("  two \t\r\n words\x00 ", "two words"),
        ("a\u202eb\ud800c\x7f", "a b c"),
        ("a" * 30, "a" * 20),
        ("\x01" * 100 + "a", ""),
        ("é", "é"),
    ],
)
def test_foreign_words_are_made_fit_to_be_shown(text, words):
    assert clean(text, 20) == words


def test_there_is_a_limit_to_findings():
    assert FINDINGS == 20


async def test_the_signatures_that_it_tells_of_are_its_source(plain):
    looker = Looker()
    engine = plain(looker)
    assert engine.sources == ()
    for version in "1", "2":
        looker.signatures = version
        (source,) = engine.sources
        assert (source.name, source.version, source.HasField("date")) == ("av", version, False)
        # Asked of each message.
        assert engine.sources[0] is source


async def test_it_proves_itself_by_what_it_says_of_test_files(plain):
    looker = Looker(Said((WORM,)))
    engine = plain(looker)
    for times in (1, 2):
        assert await engine.prove() == Proof("proven")
        # Nothing is remembered.
        assert looker.looked == 3 * times
    looker.says = Said()
    assert (await engine.prove()).state == "missed"
    assert await plain(looker, self_test=False).prove() == Proof("exempt")
    assert await plain(Looker(TimeoutError())).prove() == Proof(
        "away", "EICAR: no answer within 10 s"
    )
