"""Tables stand between marks, and what is written by hand stays as it is."""

from pathlib import Path

import pytest

PAGE = Path(__file__).resolve().parents[2] / "docs/costs.md"


@pytest.fixture(scope="module")
def costs_page(bench):
    return bench("costs_page")


def test_a_table_is_put_between_its_marks_and_nowhere_else(costs_page):
    begins, ends = costs_page.marks("a")
    page = f"before\n{begins}\nold\n{ends}\nafter {costs_page.marks('b')[0]}\n"
    once = costs_page.put(page, "a", "new\n")
    assert once == page.replace("\nold\n", "\n\nnew\n\n")
    assert costs_page.put(once, "a", "new") == once


@pytest.mark.parametrize("page", ["", "<!-- a: written by make bench -->", "<!-- a: end -->"])
def test_a_page_without_the_marks_is_left_alone(costs_page, page):
    with pytest.raises(costs_page.NoPlaceError, match="'a'"):
        costs_page.put(page, "a", "new")


def test_a_table_has_its_words_left_and_its_figures_right(costs_page):
    assert costs_page.table(["a", "b"], [["c", "1"]]) == "| a | b |\n| --- | ---: |\n| c | 1 |"


@pytest.mark.parametrize(
    ("value", "told"),
    [(0.123, "0.12"), (1.26, "1.3"), (9.96, "10"), (99.4, "99"), (1234.5, "1,234"), (0.0, "0.00")],
)
def test_two_digits_of_a_figure_count(costs_page, value, told):
    assert costs_page.number(value) == told


def test_the_machine_is_told_with_its_processors_and_its_python(costs_page):
    assert " processors, " in costs_page.machine()
    assert "Python 3." in costs_page.machine()


@pytest.mark.parametrize("name", ["scanners", "engines", "rules"])
def test_the_page_of_the_docs_has_a_table_for_each(costs_page, name):
    begins, ends = costs_page.marks(name)
    between = PAGE.read_text("utf-8").partition(begins)[2].partition(ends)[0]
    assert between.strip().startswith("Measured on 20")
    assert "\n| --- | ---: |" in between
