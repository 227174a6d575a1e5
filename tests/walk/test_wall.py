"""The near side of the wall: what a worker says is not trusted."""

import pytest

from pratique.milter.wall import MAX_CUT, Sighting
from pratique.scanners.facts_pb2 import Facts, Finding, ForeignField, Mail, Part

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


async def test_an_answer_without_the_message_is_a_lie(naughty_workers, see):
    pool = await naughty_workers()
    facts = await see(pool, b"silence first")
    assert [failure.class_ for failure in facts.failures] == ["worker", "worker"]
    assert "without the message" in facts.failures[0].detail


def sighted(size, *spans):
    sighting = Sighting()
    fields = [ForeignField(start=start, end=end) for start, end in spans]
    sighting.take(Facts(parts=[Part(id=0)], mail=Mail(size=size, foreign_fields=fields)))
    return sighting


@pytest.mark.parametrize("spans", [(), ((0, 10),), ((0, 3), (3, 5)), ((2, 4), (8, 10))])
def test_cuts_that_can_be_made_are_believed(spans):
    assert sighted(10, *spans).flaw(10) == ""


@pytest.mark.parametrize(
    "spans", [((-1, 2),), ((3, 3),), ((4, 2),), ((0, 11),), ((4, 6), (5, 7)), ((4, 6), (0, 2))]
)
def test_cuts_that_cannot_be_made_are_a_lie(spans):
    assert "cannot be made" in sighted(10, *spans).flaw(10)


def test_so_much_as_a_header_holds_may_be_cut_and_no_more():
    size = 2 * MAX_CUT
    assert sighted(size, (0, MAX_CUT)).flaw(size) == ""
    assert "limit is" in sighted(size, (0, MAX_CUT), (MAX_CUT, MAX_CUT + 1)).flaw(size)


def test_facts_about_another_message_are_a_lie():
    assert "without the message" in sighted(10).flaw(11)
    assert "without the message" in Sighting().flaw(0)


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
