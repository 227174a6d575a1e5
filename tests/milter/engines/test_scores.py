"""A score is a number that can be true, and its symbols stand in the order of their weight."""

import math

import pytest

from pratique.milter.engines.scores import LARGEST, LONGEST, SYMBOLS, number, said_of
from pratique.milter.engines.troubles import NoAnswer

ABSURD = [math.nan, math.inf, -math.inf, 1e308, LARGEST * 1.001, -LARGEST * 1.001]


def test_a_score_is_a_fact_and_no_finding():
    said = said_of("rspamd", 7.5, 15.0, [("A", -0.5), ("B", 8.0), ("C", 0.0)])
    (score,) = said.scores
    assert (score.engine, score.value, score.threshold) == ("rspamd", 7.5, 15.0)
    assert [(one.name, one.value) for one in score.symbols] == [("B", 8.0), ("A", -0.5), ("C", 0.0)]
    assert (said.findings, said.limits, said.failure) == ((), (), "")


@pytest.mark.parametrize("absurd", ABSURD)
@pytest.mark.parametrize("place", ["value", "threshold", "symbol"])
def test_a_number_that_cannot_be_true_is_no_answer(absurd, place):
    numbers = {"value": 1.0, "threshold": 5.0, "symbol": 1.0, place: absurd}
    with pytest.raises(NoAnswer):
        said_of("x", numbers["value"], numbers["threshold"], [("A", numbers["symbol"])])


@pytest.mark.parametrize("value", [0.0, -0.0, 1000.0, LARGEST, -LARGEST])
def test_one_that_can_is_taken(value):
    assert number(value, "it") == value
    assert math.copysign(1, number(-0.0, "it")) == 1


@pytest.mark.parametrize(("count", "limits"), [(0, 0), (SYMBOLS, 0), (SYMBOLS + 1, 1)])
def test_of_very_many_symbols_the_lightest_are_left_out_and_that_is_told(count, limits):
    said = said_of("x", 1.0, 5.0, [(f"S{each}", float(each)) for each in range(count)])
    kept = [one.name for one in said.scores[0].symbols]
    assert len(kept) == min(count, SYMBOLS)
    assert len(said.limits) == limits
    assert ("S0" in kept) == (0 < count <= SYMBOLS)


def test_of_what_is_left_out_no_fact_is_made():
    # The lightest of ten thousand would hold the door up; this one could not be stated.
    said = said_of("x", 1.0, 5.0, [("\0", 0.0), *((f"S{each}", 1.0) for each in range(SYMBOLS))])
    assert (len(said.scores[0].symbols), len(said.limits)) == (SYMBOLS, 1)


@pytest.mark.parametrize("name", ["A", "x" * LONGEST, "LOCAL WL", "Ä_1"])
def test_a_name_is_kept_as_it_is(name):
    assert said_of("x", 1.0, 5.0, [(name, 1.0)]).scores[0].symbols[0].name == name


@pytest.mark.parametrize(
    "name", ["", "x" * (LONGEST + 1), "A\r\nB", "A\0", "A\ud800", " A", "a  b"]
)
def test_what_is_no_name_is_no_answer(name):
    with pytest.raises(NoAnswer):
        said_of("x", 1.0, 5.0, [(name, 1.0)])
