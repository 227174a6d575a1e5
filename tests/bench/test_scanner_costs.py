"""The table of scanners has a row for each that is shipped, and the same shape each time."""

import random
import re
from pathlib import Path

import pytest

from pratique.scanners.builtin import FOLLOWERS, MADE_FOLLOWERS, SCANNERS

PAGE = Path(__file__).resolve().parents[2] / "docs/costs.md"
SHIPPED = {one.name for one in (*SCANNERS, *FOLLOWERS, *MADE_FOLLOWERS)}


@pytest.fixture(scope="module")
def scanner_mails(bench):
    return bench("scanner_mails")


@pytest.fixture(scope="module")
def scanner_costs(bench):
    return bench("scanner_costs")


@pytest.fixture(scope="module")
def measured(scanner_costs, scanner_mails, tmp_path_factory):
    """Each kind of small mail, measured."""
    made = scanner_costs.Bench(scanner_costs.setup_in(tmp_path_factory.mktemp("bench")))
    kinds = [kind for kind in scanner_mails.KINDS if kind != "zip of 5 MB"]
    return {kind: made.costs(scanner_mails.made(kind, 6)) for kind in kinds}


def rows(text: str) -> list[list[str]]:
    """The cells of the table's rows, head and ruler apart."""
    lines = [line for line in text.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def test_the_page_has_a_row_for_each_scanner_that_is_shipped(scanner_mails):
    part = PAGE.read_text("utf-8").partition("## Scanners")[2].partition("## Engines")[0]
    assert set(re.findall(r"^\| `(\w+)` \|", part, re.MULTILINE)) >= SHIPPED
    assert {len(row) for row in rows(part)} == {1 + len(scanner_mails.KINDS)}


@pytest.mark.slow
def test_each_scanner_is_measured_by_some_mail(measured):
    names = {name for costs in measured.values() for name in costs}
    assert names >= SHIPPED


@pytest.mark.slow
def test_what_scanners_take_is_part_of_all_of_it(scanner_costs, measured):
    for costs in measured.values():
        assert all(one >= 0 for one in costs.values())
        # Half of the mails are seen with a stopwatch, others without: it is about so much.
        spent = sum(costs[name] for name in SHIPPED if name in costs)
        assert 0 < spent < 3 * costs[scanner_costs.ALL]


@pytest.mark.slow
def test_the_table_has_the_same_shape_each_time(scanner_costs, measured):
    text = scanner_costs.told(measured)
    table = rows(text)
    assert {row[0].strip("`") for row in table} >= SHIPPED
    assert {len(row) for row in table} == {1 + len(measured)}
    assert min(float(cell) for cell in table[-1][1:]) == 1.0
    assert scanner_costs.told(measured) == text


def test_a_stopwatch_is_taken_off_and_says_who_was_asked(scanner_costs):
    meter = scanner_costs.Meter()
    assert list(meter.time("a", iter, [1, 2])) == [1, 2]
    assert meter.time("a", len, [1]) == 1
    assert meter.calls == {"a": 2}
    assert meter.spent["a"] > 0


@pytest.mark.slow
def test_mail_is_the_same_each_time_and_no_two_alike(scanner_mails):
    for kind, (make, _) in scanner_mails.KINDS.items():
        if kind != "zip of 5 MB":
            once, again = (make(random.Random("1"), 1) for _ in range(2))
            assert once == again, kind
            assert len(set(scanner_mails.made(kind, 3))) == 3
