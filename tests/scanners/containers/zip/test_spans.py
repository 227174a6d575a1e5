"""Intervals of a file: merged, asked for holes, held against a plain set of places."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from pratique.scanners.containers.zip.spans import Spans

intervals = some.lists(some.tuples(some.integers(0, 40), some.integers(0, 40)), max_size=12)


def spans_of(*pairs):
    spans = Spans()
    for start, stop in pairs:
        spans.add(start, stop)
    return spans


def test_nothing_is_one_hole():
    assert list(Spans().holes(3, 9)) == [(3, 9)]
    assert list(Spans().holes(3, 3)) == []
    assert not Spans().holds(0)


def test_what_touches_is_one_interval():
    assert list(spans_of((0, 3), (3, 5), (7, 9)).holes(0, 10)) == [(5, 7), (9, 10)]


@pytest.mark.parametrize(("place", "held"), [(2, False), (3, True), (4, True), (5, False)])
def test_the_end_of_an_interval_is_outside_of_it(place, held):
    assert spans_of((3, 5)).holds(place) == held


@given(intervals, some.integers(0, 40), some.integers(0, 40))
def test_it_tells_what_a_set_of_places_tells(pairs, start, stop):
    spans = spans_of(*pairs)
    places = {place for begin, end in pairs for place in range(begin, end)}
    missing = {place for begin, end in spans.holes(start, stop) for place in range(begin, end)}

    assert missing == set(range(start, stop)) - places
    assert spans.covered(start, stop) == len(places & set(range(start, stop)))
    assert all(spans.holds(place) == (place in places) for place in range(41))
