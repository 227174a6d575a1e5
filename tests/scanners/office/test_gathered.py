"""What members of a document say together."""

import pytest

from pratique.scanners.office.code import MOST
from pratique.scanners.office.gathered import Gathered, add, sheets


def test_code_and_the_event_that_starts_it_are_concluded_together():
    gathered = Gathered()
    gathered.add_source("basic/a.xml", 'Sub Work\nShell "calc"\nEnd Sub')
    assert {one.name: one.severity for one in gathered.conclude()} == {
        "Office.Macros": "information",
        "Office.MacroExecutes": "information",
    }
    gathered.auto.append("load: a")
    found = {one.name: one.severity for one in gathered.conclude()}
    assert found["Office.MacroExecutes"] == "suspicious"


def test_nothing_is_concluded_from_nothing():
    assert list(Gathered().conclude()) == []


def test_an_event_without_code_of_its_own_is_told():
    gathered = Gathered(auto=["load: macro:///Standard"])
    assert [one.name for one in gathered.conclude()] == ["Office.AutoExec"]


@pytest.mark.parametrize(
    ("auto", "calls", "severity"),
    [
        ([], [], None),
        (["Auto_Open"], [], None),
        ([], ["EXEC"], "suspicious"),
        (["Auto_Open"], ["EXEC"], "malicious"),
    ],
)
def test_a_macro_sheet_is_grave_by_what_it_does(auto, calls, severity):
    found = {one.name: one.severity for one in sheets(["a"], auto, calls)}
    assert found["Office.MacroSheet"] == "suspicious"
    assert found.get("Office.MacroExecutes") == severity


@pytest.mark.parametrize(("length", "cut"), [(MOST, False), (MOST + 1, True)])
def test_so_much_code_is_kept_and_no_more(length, cut):
    gathered = Gathered()
    gathered.add_source("a", "x" * (length - 1))
    gathered.add_source("b", "y")
    assert (gathered.cut, sum(map(len, gathered.sources)) <= MOST) == (cut, True)


def test_so_many_names_are_kept_and_no_more():
    names = []
    for number in range(150):
        add(names, f"{number % 120}")
    assert len(names) == 100
