"""How long rules take, and which of them it is."""

import pytest

from pratique.scanners.yara_rules import timing
from pratique.scanners.yara_rules.timing import MEGABYTE, MOST_OCTETS, Watch, octets_of

LOOP = "for all i in (0..{}) : (uint8(i % 4) != 7)"
SOURCE = (
    "rule quick { condition: false }\n"
    "rule slow { condition: filesize > 9 and " + LOOP.format(300_000) + " }\n"
    "rule needs { condition: slow }\n"
)


@pytest.fixture(scope="module")
def watch():
    return Watch([b"0123456789" * 10_000])


def test_a_slow_file_is_slow_and_it_is_the_rule_that_is_named(watch):
    (whole,) = watch.file("f", SOURCE)
    assert whole["slow"]
    assert whole["rules"] == 3
    rules = {one["rule"]: one for one in watch.rules("f", SOURCE)}
    assert {name: (one["line"], one["slow"]) for name, one in rules.items()} == {
        "quick": (1, False),
        "slow": (2, True),
        "needs": (3, True),
    }
    assert rules["quick"]["cost"] < 5
    assert rules["slow"]["cost"] > timing.SLOW


def test_a_file_that_costs_next_to_nothing_is_not_slow(watch):
    (whole,) = watch.file("f", "rule quick { condition: false }")
    assert (whole["slow"], whole["problem"]) == (False, "")
    assert 0 <= whole["cost"] < 5


def test_a_broken_file_is_told_with_its_line(watch):
    (whole,) = watch.file("f", "\nrule a { condition: b }")
    assert whole == {"line": 2, "problem": 'undefined identifier "b"'}


def test_a_rule_that_cannot_be_cut_out_is_told(watch):
    source = "rule x1 { condition: true }\nrule b { condition: any of (x*) }"
    rules = list(watch.rules("f", source))
    assert rules[1]["problem"].startswith("not by itself: ")


@pytest.mark.slow
def test_a_string_that_matches_too_often_is_told():
    watch = Watch([b"a" * 1_100_000])
    (whole,) = watch.file("f", 'rule often { strings: $a = "a" condition: #a > 3 }')
    assert (whole["slow"], whole["problem"]) == (True, "often matches too often")


@pytest.mark.slow
def test_a_scan_that_does_not_end_is_told(watch):
    (whole,) = watch.file("f", "rule a { condition: " + LOOP.format(10**12) + " }")
    assert whole["problem"] == "a scan is not finished after 5 seconds"


def test_what_is_scanned_is_made_for_this_or_an_admins_own(tmp_path):
    made = octets_of([])
    assert [len(octets) for octets in made] == [MEGABYTE] * 4
    (tmp_path / "a").write_bytes(b"a")
    assert octets_of([str(tmp_path / "a")]) == [b"a"]
    (tmp_path / "empty").touch()
    assert octets_of([str(tmp_path / "empty")]) == made


@pytest.mark.parametrize("more", [0, 1])
def test_of_an_admins_own_files_so_many_octets_are_scanned(tmp_path, more):
    with (tmp_path / "a").open("wb") as file:
        file.truncate(MOST_OCTETS + more)
    (tmp_path / "b").write_bytes(b"b")
    (only,) = octets_of([str(tmp_path / "a"), str(tmp_path / "b")])
    assert len(only) == MOST_OCTETS
