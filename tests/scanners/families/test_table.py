"""The page on families shows the table as it is."""

from pathlib import Path

from pratique.scanners.families.table import FAMILIES

PAGE = Path(__file__).resolve().parents[3] / "docs/families.md"


def test_the_page_has_each_family_with_its_names():
    rows = [f"| {family} | {', '.join(others)} |" for family, others in FAMILIES.items()]
    told = [line for line in PAGE.read_text("utf-8").splitlines() if line.startswith("| ")]
    assert told[1:] == rows
