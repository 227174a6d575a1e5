"""What a worker says in frames and on its page, put together, whatever ended it."""

import os

import pytest

from pratique.milter.wall.said import MAX_SAID, Said
from pratique.milter.wall.sighting import Lie, Sighting
from pratique.scanners import frames
from pratique.scanners.facts_pb2 import Facts, Finding, Part
from pratique.scanners.page import Page, new_page


@pytest.fixture
def pages():
    """The worker's view of a page, and ours."""
    descriptor = new_page()
    theirs, ours = Page(os.dup(descriptor)), Page(descriptor)
    yield theirs, ours
    theirs.close()
    ours.close()


def found(name):
    return Facts(findings=[Finding(name=name)])


def names(sighting):
    return [finding.name for finding in sighting.whole().findings]


def ended(end="died"):
    return Sighting(10, end=end)


def test_facts_on_the_page_are_those_of_a_worker_that_is_done(pages):
    theirs, ours = pages
    theirs.add(Facts(parts=[Part(id=0)]).SerializeToString())
    theirs.add(found("a").SerializeToString())
    sighting = Sighting(10)
    Said().rest(ours, sighting)
    assert names(sighting) == ["a"]
    assert [part.id for part in sighting.whole().parts] == [0]


def test_frames_come_before_what_stands_on_the_page(pages):
    theirs, ours = pages
    said, sighting = Said(), Sighting(10)
    said.found(found("a"), 5, sighting)
    theirs.went_out()
    theirs.add(found("b").SerializeToString())
    said.rest(ours, sighting)
    assert names(sighting) == ["a", "b"]


def test_what_was_sent_and_still_stands_there_counts_once(pages):
    theirs, ours = pages
    theirs.add(found("a").SerializeToString())
    said, sighting = Said(), ended()
    said.found(found("a"), 5, sighting)
    said.left(ours, sighting)
    assert names(sighting) == ["a"]


def test_who_died_left_its_place_and_its_facts(pages):
    theirs, ours = pages
    theirs.add(found("a").SerializeToString())
    theirs.started("zip", 3)
    sighting = ended("late")
    Said().left(ours, sighting)
    assert (sighting.last.name, sighting.last.part) == ("zip", 3)
    assert (sighting.end, names(sighting)) == ("late", ["a"])


def test_who_died_before_all_else_is_in_nothing(pages):
    sighting = ended()
    Said().left(pages[1], sighting)
    assert sighting.last is None
    assert sighting.end == "died"


def test_what_a_liar_left_is_not_taken_and_its_place_is(pages):
    theirs, ours = pages
    theirs.add(found("a").SerializeToString())
    theirs.started("zip", 3)
    sighting = ended("lied")
    Said().left(ours, sighting)
    assert (sighting.last.name, names(sighting)) == ("zip", [])


@pytest.mark.parametrize("left", [b"\xff", Facts(findings=[Finding(severity="?")])])
def test_a_death_over_facts_that_cannot_be_is_a_lie(pages, left):
    theirs, ours = pages
    theirs.add(left if isinstance(left, bytes) else left.SerializeToString())
    sighting = ended()
    Said().left(ours, sighting)
    assert sighting.end == "lied"


def test_a_place_that_is_none_is_a_lie(pages):
    theirs, ours = pages
    theirs.started("\x1b[2J", 0)
    sighting = ended()
    Said().left(ours, sighting)
    assert (sighting.end, sighting.detail) == ("lied", "a scanner whose name is none")
    assert sighting.last is None


def test_facts_of_a_worker_that_is_done_are_held_against_what_can_be(pages):
    theirs, ours = pages
    theirs.add(Facts(findings=[Finding(severity="?")]).SerializeToString())
    with pytest.raises(Lie):
        Said().rest(ours, Sighting(10))


def test_so_much_may_be_said_and_no_more():
    said, sighting = Said(), Sighting(10)
    said.found(found("a"), MAX_SAID, sighting)
    with pytest.raises(frames.FrameError):
        said.found(found("b"), 1, sighting)
