"""The vocabulary, and the page that says what each name means."""

import re
from pathlib import Path

from pratique.scanners.office.names import NAMES

ROOT = Path(__file__).resolve().parents[3]
PAGE = ROOT / "docs/findings/office.md"


def test_the_page_says_of_each_name_what_the_vocabulary_says():
    rows = dict(re.findall(r"(?m)^\| `((?:Office|Rtf)\.\w+)` \| (.+) \|$", PAGE.read_text("utf-8")))
    assert rows == {name: f"{severity} | {text}" for name, (severity, text) in NAMES.items()}


def test_each_name_that_is_stated_is_in_the_vocabulary_and_no_other():
    places = [
        *(ROOT / "src/pratique/scanners/office").glob("*.py"),
        ROOT / "src/pratique/scanners/builtin/office.py",
    ]
    text = "".join(path.read_text("utf-8") for path in places if path.name != "names.py")
    told = set(re.findall(r'"((?:Office|Rtf)\.[A-Z]\w+)"', text))
    made = {"Office.MacroInjects", "Office.MacroDisarms"}
    assert told | made == set(NAMES)
