"""The table of engines has a row for each kind, and says which was not tried."""

import asyncio
from pathlib import Path

import pytest

from pratique.milter.engines import ENGINES

PAGE = Path(__file__).resolve().parents[2] / "docs/costs.md"


@pytest.fixture(scope="module")
def engine_costs(bench):
    return bench("engine_costs")


def test_each_kind_of_engine_is_measured(engine_costs):
    assert set(engine_costs.KINDS) == {made.__name__ for made in ENGINES}


def test_the_page_has_a_row_for_each_kind_of_engine(engine_costs):
    part = PAGE.read_text("utf-8").partition("## Engines")[2].partition("## Many")[0]
    lines = [line for line in part.splitlines() if line.startswith("| ")]
    for kind in engine_costs.KINDS.values():
        (row,) = (line for line in lines if line.startswith(f"| {kind.title} |"))
        assert row.count("|") == 2 + 2 * len(engine_costs.SIZES)


def test_an_engine_that_was_not_tried_has_a_row_that_says_so(engine_costs, capsys):
    cost = engine_costs.Cost(123.4, 5.678)
    measured = {name: [cost, cost] for name in engine_costs.KINDS} | {"icap_of": "no c-icap"}
    told = engine_costs.told(measured)
    assert "| 123 | 123 | 5.7 | 5.7 |" in told
    assert told.count("not tried") == 2 * len(engine_costs.SIZES)
    assert "no c-icap" in capsys.readouterr().err
    assert told == engine_costs.told(measured)


@pytest.mark.slow
@pytest.mark.real("bubblewrap")
def test_a_command_and_a_service_are_asked(engine_costs):
    with engine_costs.rooms() as rooms:
        for kind in ("commands_of", "http_of"):
            text = engine_costs.KINDS[kind].start(rooms)
            costs = asyncio.run(engine_costs.measured(text, 2))
            assert [one.own > 0 and one.elapsed > 0 for one in costs] == [True, True], kind


def test_an_engine_that_does_not_answer_is_told_and_has_no_figure(engine_costs):
    text = '[[http]]\nname = "own"\nurl = "http://127.0.0.1:1/scan"\n'
    with pytest.raises(engine_costs.AwayError, match="engine_away"):
        asyncio.run(engine_costs.measured(text, 1))
