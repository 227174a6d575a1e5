"""The page docs/limits.md says of each limit what is true."""

import re
from pathlib import Path

import pytest

from pratique.milter.sections.seeing import BudgetSection
from pratique.policies import danger
from pratique.scanners import report
from pratique.scanners.budget import RATIO_FROM, Limits
from pratique.scanners.containers import streams
from pratique.scanners.keys import SECONDS, SECONDS_IN_ALL, TRIES

PAGE = (Path(__file__).resolve().parents[2] / "docs/limits.md").read_text("utf-8")
ROWS = dict(re.findall(r"^\| `(\w+)` \| ([^|]+?) \|", PAGE, re.MULTILINE))
UNITS = {"": 1, "KiB": 1024, "MiB": 1024**2}


def number(shown):
    digits, _, unit = shown.partition(" ")
    return int(digits.replace(",", "")) * UNITS[unit]


def test_each_setting_stands_there_with_its_default():
    defaults = {name: field.default for name, field in BudgetSection.model_fields.items()}

    assert {name: number(shown) for name, shown in ROWS.items()} == defaults


def test_the_settings_have_the_defaults_of_the_readers():
    assert BudgetSection().model_dump() == {
        name: getattr(Limits(), name) for name in BudgetSection.model_fields
    }


@pytest.mark.parametrize(
    "said",
    [
        f"{danger.PARTS:,}, with {danger.NAMES} further names",
        f"{report.AMBIGUITIES}, {report.FINDINGS:,}",
        f"{TRIES}, and {SECONDS:g} seconds; {SECONDS_IN_ALL:g} seconds in one message",
        f"{streams.MEMORY // 1024**2} MiB | `scanners/containers/streams.py`",
        f"from {RATIO_FROM // 1024**2} MiB on",
    ],
)
def test_the_numbers_that_are_no_settings_are_those_of_the_code(said):
    assert said in PAGE
