"""A goal above what Postfix or clamd leave is said to be one, and stays a goal."""

from types import ModuleType

import pytest


@pytest.fixture(scope="module")
def made(bench) -> ModuleType:
    return bench("peers_bounds")


def middle(bench, rate: float):
    return bench("peers_table").Middle(1, rate, (1.0, 2.0, 3.0), {}, 0.0, 0.0, 4096.0, "")


@pytest.fixture
def said(made, bench):
    """The section for one kind of mail, from rates by peer."""

    def said(kind: str, **rates: float) -> list[str]:
        peers = {name.replace("_", "-"): middle(bench, rate) for name, rate in rates.items()}
        return made.bounds({kind: peers})

    return said


def test_a_goal_stands_beside_both_bounds(said):
    lines = said("100k", none=800, clamav_milter=200, rspamd=100)
    assert "100k: Postfix alone 800/s, clamav-milter 200/s." in lines
    assert "| 1.2 x rspamd (100/s) | 120 | 60 % | 15 % | within both |" in lines


@pytest.mark.parametrize(
    ("kind", "rates", "word"),
    [
        ("4k", {"none": 1139, "clamav_milter": 612, "rspamd": 511}, "ABOVE_CLAMD"),
        ("4k", {"none": 1139, "clamav_milter": 650, "rspamd": 500}, "WITHIN"),
        ("eicar", {"none": 1153, "clamav_milter": 823, "rspamd": 739}, "ABOVE_POSTFIX"),
    ],
)
def test_a_goal_above_a_bound_is_said_to_be_one_in_words(made, said, kind, rates, word):
    (row,) = [line for line in said(kind, **rates) if " x rspamd" in line]
    assert row.endswith(f"| {getattr(made, word)} |")


def test_a_bound_that_was_not_measured_is_neither_passed_nor_kept(said):
    row = said("4k", none=1139, rspamd=511)[-2]
    assert row.endswith("| 664 | not measured | 58 % | unknown: a bound was not measured |")


def test_a_goal_above_the_one_bound_that_was_measured_is_above_it(made, said):
    assert said("eicar", none=1153, rspamd=739)[-2].endswith(f"| {made.ABOVE_POSTFIX} |")


def test_without_a_peer_to_surpass_both_bounds_still_stand_there(made, said):
    lines = said("4k", none=1139, clamav_milter=612)
    assert lines[-2:] == ["4k: Postfix alone 1,139/s, clamav-milter 612/s.", ""]
    assert made.HEAD not in lines
