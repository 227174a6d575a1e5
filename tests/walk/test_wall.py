"""The near side of the wall: what a worker says is not trusted."""

import pytest

from pratique.milter.wall import Sighting
from pratique.scanners.facts_pb2 import Facts, Finding, Mail, Part

pytestmark = [pytest.mark.real("kernel confinement"), pytest.mark.slow]


async def test_a_worker_that_babbles_is_cut_off(naughty_workers, see):
    pool = await naughty_workers(seconds=20.0)
    facts = await see(pool, b"babble first")
    assert [failure.class_ for failure in facts.failures] == ["worker"]
    assert "octets of facts" in facts.failures[0].detail


async def test_octets_that_are_no_frame_end_the_worker(naughty_workers, see):
    pool = await naughty_workers()
    facts = await see(pool, b"noise first")
    assert [failure.class_ for failure in facts.failures] == ["worker"]
    assert "limit is 1 to" in facts.failures[0].detail


async def test_an_answer_that_fits_no_question_ends_the_worker(naughty_workers, see):
    pool = await naughty_workers()
    facts = await see(pool, b"greet first")
    assert "hello is no answer to a message" in facts.failures[0].detail


def test_a_part_replaces_the_part_of_the_same_id():
    sighting = Sighting()
    sighting.take(Facts(parts=[Part(id=1, kind="other"), Part(id=0)]))
    sighting.take(Facts(parts=[Part(id=1, kind="archive")]))
    assert [(part.id, part.kind) for part in sighting.facts().parts] == [(0, ""), (1, "archive")]


def test_lists_are_added_to_and_single_facts_replaced():
    sighting = Sighting()
    sighting.take(Facts(findings=[Finding(name="a")], mail=Mail(size=1)))
    sighting.take(Facts(findings=[Finding(name="b")], mail=Mail(size=2)))
    whole = sighting.facts()
    assert [finding.name for finding in whole.findings] == ["a", "b"]
    assert whole.mail.size == 2
