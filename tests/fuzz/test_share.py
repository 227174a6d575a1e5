"""A short share of the fuzzing, the same on each run; `make fuzz` does the long one."""

import pytest
from fuzz import trials
from fuzz.choices import Dice, Drawn
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

SHARE = settings(
    derandomize=True,
    max_examples=40,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)
# So few that all trials together take less than half a minute.
SEEDS = range(7000, 7025)
TRIALS = trials.trials()


def numbers(least: int, most: int):
    return st.integers(least, most)


@pytest.mark.slow
@SHARE
@given(st.data())
def test_no_letter_that_hypothesis_writes_hides_a_file(data):
    assert trials.letters(Drawn(data.draw, numbers)).wrong == []


@pytest.mark.slow
@SHARE
@given(st.data())
def test_no_container_that_hypothesis_makes_hides_a_member(data):
    assert trials.boxes("")(Drawn(data.draw, numbers)).wrong == []


@pytest.mark.slow
@pytest.mark.parametrize("name", TRIALS)
def test_nothing_that_the_dice_make_goes_wrong(name):
    wrong = {seed: TRIALS[name](Dice(seed)).wrong for seed in SEEDS}

    assert {seed: found for seed, found in wrong.items() if found} == {}
