"""The page docs/containers.md says what the readers say of themselves."""

import runpy
from pathlib import Path

import pytest

from pratique.scanners.formats import FORMATS

ROOT = Path(__file__).resolve().parents[3]
TOOL = runpy.run_path(str(ROOT / "tools/containers_page.py"))


def test_the_page_is_what_the_readers_say_today():
    assert TOOL["PAGE"] == ROOT / "docs/containers.md"
    assert TOOL["PAGE"].read_text("utf-8") == TOOL["page"](), "run: make pages"


@pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.name)
def test_each_form_has_a_row_that_says_something(form):
    (row,) = [line for line in TOOL["page"]().splitlines() if line.startswith(f"| `{form.name}`")]
    _, _, what, locked, _, _ = row.replace(r"\|", "").split("|")

    assert len(what.strip()) >= 3
    assert bool(locked.strip()) == hasattr(form, "unlock")
