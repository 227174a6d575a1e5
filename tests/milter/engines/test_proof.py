"""An engine is tried with the test files: it finds them, misses them, or is not there."""

import asyncio

import pytest

from pratique.milter.engines.engine import Proof, Said
from pratique.milter.engines.proof import DETAIL, prove
from pratique.milter.engines.proof_samples import EICAR, samples
from pratique.milter.engines.troubles import Away, Closed, NoAnswer
from pratique.scanners import facts_pb2 as facts

FOUND = Said(findings=(facts.Finding(name="Eicar", severity="malicious"),))


class Looks:
    """Says in turn what it was told to say; then that it found something."""

    def __init__(self, *says):
        self.says, self.shown = list(says), []

    async def __call__(self, content):
        self.shown.append(b"".join(content.span(0, content.size)))
        said = self.says.pop(0) if self.says else FOUND
        if isinstance(said, Exception):
            raise said
        return said


@pytest.mark.parametrize("show", ["message", "parts", "apart"])
async def test_one_that_finds_all_is_proven(show):
    look = Looks()
    assert await prove(show, look, 5.0) == Proof("proven")
    assert look.shown == [sample.octets for sample in samples(show)]


@pytest.mark.parametrize(
    ("says", "detail"),
    [
        ([Said()], "it does not find EICAR in mail"),
        ([FOUND, Said(), Said()],
         "it does not find EICAR in a zip in mail; EICAR in a document in mail"),
        ([FOUND, Said(limits=("MaxFiles",))], "it does not find EICAR in a zip in mail: MaxFiles"),
        ([NoAnswer("nonsense")], "it does not find EICAR in mail: nonsense"),
        ([Said(failure="engine", detail="it failed")],
         "it does not find EICAR in mail: it failed"),
    ],
)  # fmt: skip
async def test_one_that_misses_one_is_down(says, detail):
    assert await prove("message", Looks(*says), 5.0) == Proof("missed", detail)


async def test_who_does_not_open_containers_must_find_it_plain_and_no_more():
    class Plain(Looks):
        async def __call__(self, content):
            await super().__call__(content)
            return FOUND if self.shown[-1] == EICAR else Said()

    detail = "it need not find, and does not: EICAR in a zip; EICAR in a document"
    assert await prove("apart", Plain(), 5.0) == Proof("proven", detail)
    assert (await prove("parts", Plain(), 5.0)).state == "missed"
    assert (await prove("apart", Looks(Said()), 5.0)).state == "missed"
    away = Looks(FOUND, Away("gone"), NoAnswer("broken"))
    detail = "it need not find, and does not: EICAR in a zip: gone; EICAR in a document: broken"
    assert await prove("apart", away, 5.0) == Proof("proven", detail)


@pytest.mark.parametrize("error", [Away("gone"), Closed("it ended")])
async def test_one_that_is_not_there_has_missed_nothing(error):
    look = Looks(FOUND, error, error)
    assert await prove("message", look, 5.0) == Proof("away", f"EICAR in a zip in mail: {error}")


async def test_a_connection_that_was_closed_is_tried_once_more():
    look = Looks(Closed("kept too long"))
    assert await prove("apart", look, 5.0) == Proof("proven")
    assert len(look.shown) == 4


async def test_one_that_does_not_answer_in_time_is_away():
    async def never(_content):
        await asyncio.Event().wait()

    proof = await prove("apart", never, 0.01)
    assert proof == Proof("away", "EICAR: no answer within 0.01 s")


async def test_words_have_an_end():
    proof = await prove("apart", Looks(NoAnswer("x" * 1000)), 5.0)
    assert len(proof.detail) == DETAIL
